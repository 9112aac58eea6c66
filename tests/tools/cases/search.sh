# shellcheck shell=sh disable=SC2034,SC2154
# Programs that only read: on the mount and on the plain copy they say the same.
cases='search'

# agree COMMAND...: run in both trees; the order of readdir is nobody's promise.
agree() {
  (cd "$samples" && timeout 60 "$@" | sort) >want
  (cd "$root" && timeout 60 "$@" | sort) >got
  [ -s want ] || die "$* finds nothing in the samples"
  diff want got >difference || die "$* (< plain, > mount): $(head difference)"
}

case_search() {
  fill_root
  agree grep -rn 控辍保学 .
  agree grep -rlE '巩固率达到9[1-3]%' --include='*.txt' .
  agree grep -rc 德育 2016
  if command -v rg >/dev/null; then
    agree rg -uuu -n --no-heading 控辍保学
    agree rg --files
    agree rg -l -g '*.txt' '安全第.（'
  else
    echo 'rg is not installed; apt install ripgrep'
  fi
  agree find . ! -type d -printf '%P %y %#m %U:%G %s %T@ %n %l\n'
  agree find . -type d -printf '%P %#m %U:%G %T@\n'
  agree find . -name '*.txt' -size +1k -newermt 2016-03-01
  agree find . -samefile ./资料/链接/同一文件
  agree find . -empty
  agree find 资料/名单 -name '学校*' -exec cat '{}' +
  agree sh -c 'cat 2016/合肥市/2016年教育工作要点/*.txt | sha256sum'
  agree sh -c 'cd 资料/深 && while cd 第*层目录 2>/dev/null; do :; done; cat *.txt'
  agree wc -c 2016/合肥市/2016年教育工作要点/附件/报表.xls
  agree sh -c 'ls -lARn --time-style=full-iso --block-size=1 | grep -v "^total\|^d"'
  diff -r --no-dereference --exclude '*.fifo' "$samples" "$root"
  remount
  diff -r --no-dereference --exclude '*.fifo' "$samples" "$root"
}
