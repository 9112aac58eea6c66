# shellcheck shell=sh disable=SC2034,SC2154,SC2164
# A plan under git, for those who want both.
cases='git'

clean() {
  status=$(git status --porcelain)
  [ -z "$status" ] || die "$1: git status is not clean: $status"
  # without reading any file: what git remembers of each (inode, size, times) still holds
  git diff-files --quiet || die "$1: git finds other inodes, sizes or times: $(git diff-files | head)"
}

case_git() {
  needs git git
  fill_root
  plan=$root/${section_a%/*}
  name=${section_a##*/}
  git config --global user.name 教育局
  git config --global user.email jyj@example.cn
  git config --global init.defaultBranch main
  git config --global core.quotePath false

  cd "$plan"
  git init -q
  git add -A
  git commit -q -m 初稿
  clean 'after the commit'
  cd "$out"
  remount
  cd "$plan"
  clean 'after a new mount'

  edit . "$name"
  expect_number 'git status after one edit' "$(git status --porcelain)" " M $name"
  git commit -q -a -m 修改
  git tag 第二稿
  git checkout -q HEAD~1
  git checkout -q 第二稿
  clean 'after checkouts'
  git mv "$name" 33-改名.txt
  git stash -q
  clean 'after stash'
  git gc -q --prune=now
  git fsck --strict
  clean 'after gc'
  cd "$out"
  check_sections

  git clone -q "$plan" clone
  diff -r --exclude .git --exclude 空目录 "$plan" clone
  # and a clone into the mount
  git clone -q clone "$root/2018/合肥市/克隆"
  diff -r --exclude .git clone "$root/2018/合肥市/克隆"
  (cd "$root/2018/合肥市/克隆" && git fsck && git log --oneline | wc -l)
  check_sections
}
