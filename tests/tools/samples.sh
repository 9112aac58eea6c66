#!/bin/sh
# Make the sample tree: samples.sh DIR. Plans as bureaus keep them, and beside them everything that a
# backup tool meets: attachments, deep directories, hard links, symlinks, a fifo, extended attributes,
# odd modes and owners, times in nanoseconds, empty and sparse files, long names. Always the same tree.
# samples.sh --names DIR makes a tree of awkward names instead.

# shellcheck disable=SC1111,SC2016
set -eu
export LC_ALL=C.UTF-8
umask 022

root_only() {
  [ "$(id -u)" -ne 0 ] || "$@"
}

clock=1456789012
# stamp PATH...: each call is a little later, and no two have the same nanoseconds.
stamp() {
  clock=$((clock + 86461))
  touch -h -d "@$clock.$((clock % 900000000 + 100000000))" -- "$@"
}

# section FILE TITLE: text of a length that depends on the title and the clock.
section() {
  {
    echo "　　$2"
    i=0
    while [ $i -lt $((clock / 86461 % 9 + 1)) ]; do
      echo "　　（$i）坚持立德树人，加强控辍保学，巩固率达到9$i%；德育为先，安全第一（$1）。"
      i=$((i + 1))
    done
  } >"$1"
  stamp "$1"
}

plan() {
  mkdir -p "$1"
  printf '{\n  "title": "%s",\n  "kind": "要点"\n}\n' "${1##*/}" >"$1/plan.json"
  stamp "$1/plan.json"
  section "$1/00-前言.txt" '根据省教育厅工作部署，制定本计划。'
  section "$1/01-指导思想.txt" '一、指导思想'
  section "$1/02-工作目标.txt" '二、工作目标'
  section "$1/03-主要任务.txt" '三、主要任务'
  section "$1/10-保障措施.txt" '十、保障措施'
}

plans() {
  for year in 2014 2015 2016 2017 未知年份; do
    for district in 合肥市 南通市通州区 未知地区; do
      plan "$year/$district/$year年教育工作要点"
      plan "$year/$district/小学2016-2017学年度第一学期“德育”工作计划"
    done
  done
}

attachments() {
  dir=2016/合肥市/2016年教育工作要点
  mkdir -p "$dir/附件/照片/一年级" "$dir/空目录"
  # 1 MiB that compresses badly, the same every time
  seq 1 700000 | gzip -n | head -c 1048576 >"$dir/附件/报表.xls"
  printf '\000\001\377\376\r\n' >"$dir/附件/照片/一年级/IMG_0001.JPG"
  : >"$dir/附件/空文件.doc"
  : >"$dir/04-空章节.txt"
  printf '没有换行符的末行' >"$dir/05-无换行.txt"
  printf '\357\273\277带签名\r\n第二行\r\n' >"$dir/06-记事本.txt"
  printf '\272\317\267\312\312\320\n' >"$dir/附件/国标码.txt"
  truncate -s 300000 "$dir/附件/空洞.bin"
  printf '末尾' >>"$dir/附件/空洞.bin"
  for name in 01-指导思想.txt~ .01-指导思想.txt.swp '#02-工作目标.txt#' .隐藏.txt 临时.tmp Thumbs.db; do
    echo "$name" >"$dir/$name"
    stamp "$dir/$name"
  done
  stamp "$dir"/0[456]-* "$dir"/附件/* "$dir"/附件/照片/一年级/*
}

deep_and_wide() {
  dir=资料/深
  i=0
  while [ $i -lt 40 ]; do
    dir=$dir/第$i层目录
    i=$((i + 1))
  done
  mkdir -p "$dir" 资料/名单
  echo 底 >"$dir/最深的文件.txt"
  stamp "$dir/最深的文件.txt"
  (cd 资料/名单 && seq -f '学校%03g号.csv' 0 299 | while read -r name; do echo "$name" >"$name"; done)
  stamp 资料/名单/*
  # 255 bytes, the most that a name may have: 2 + 83 Han characters + 4
  long=$(printf '%083d' 0 | sed 's/0/长/g')
  echo 长名 >"2015/合肥市/2015年教育工作要点/07$long.txt"
  mkdir "2015/合肥市/07$long.dir"
  echo 长名 >"2015/合肥市/07$long.dir/07$long.txt"
  stamp "2015/合肥市/2015年教育工作要点/07$long.txt" "2015/合肥市/07$long.dir/07$long.txt"
}

links() {
  dir=2016/南通市通州区/2016年教育工作要点
  mkdir -p 资料/链接
  ln "$dir/01-指导思想.txt" "$dir/11-同一章节.txt"
  ln "$dir/01-指导思想.txt" 资料/链接/同一文件
  ln 2016/合肥市/2016年教育工作要点/附件/报表.xls 资料/链接/报表.xls
  ln -s ../../2016/合肥市 资料/链接/目录
  ln -s 不存在的目标 资料/链接/悬空
  ln -s /etc/hostname 资料/链接/绝对
  ln -s 01-指导思想.txt "$dir/12-符号链接.txt"
  ln -s "$(printf '%0300d' 0)" 资料/链接/长目标
  mkfifo -m 0620 资料/链接/管道.fifo
  stamp 资料/链接/目录 资料/链接/悬空 资料/链接/绝对 资料/链接/长目标 资料/链接/管道.fifo "$dir/12-符号链接.txt"
}

attributes() {
  dir=2014/合肥市/2014年教育工作要点
  setfattr -n user.来源 -v 合肥市教育局 "$dir/01-指导思想.txt"
  setfattr -n user.bytes -v 0x00ff0a0d00 "$dir/01-指导思想.txt"
  setfattr -n user.empty "$dir/02-工作目标.txt"
  setfattr -n user.dir -v 年度 "$dir"
  root_only chown 1000:1000 "$dir"/0*.txt
  root_only chown 12345:4294967290 "$dir/10-保障措施.txt"
  root_only chown -h 1000:100 资料/链接/悬空
  chmod 0600 "$dir/01-指导思想.txt"
  chmod 0444 "$dir/02-工作目标.txt"
  chmod 0755 "$dir/03-主要任务.txt"
  root_only chmod 0000 "$dir/00-前言.txt"
  chmod 4711 "$dir/10-保障措施.txt"
  chmod 02775 2014/合肥市
  chmod 01777 资料
  chmod 0700 2014/未知地区
  # before plans, after 2038, and exact to the last nanosecond
  touch -d '1994-02-28 23:59:59.999999999' "$dir/02-工作目标.txt"
  touch -d '2040-02-29 12:00:00.000000001' "$dir/03-主要任务.txt"
  touch -d '@1467331200' "$dir/plan.json"
}

stamp_directories() {
  find . -mindepth 1 -type d | sort -r >"$list"
  while read -r dir; do
    stamp "$dir"
  done <"$list"
}

names() {
  mkdir -p 2016/合肥市/名称
  cd 2016/合肥市/名称
  for name in '空 格.txt' "引'号\".txt" '反\斜线.txt' '星*问?.txt' '-减号.txt' '百%s分%n.txt' ' 前后空格 ' '...' \
    '点在末尾.' 'CON.txt' 'A.txt' 'a.txt' '😀表情.txt' '𠮷龘.txt' '[方括号].txt' '$HOME`id`.txt' '分;号&.txt' \
    '~波浪.txt' '#井号.txt' '全角：＊.txt' '。txt' '.txt' 'plan.json~' '4913' "$(printf '%0255d' 7)"; do
    printf '%s' "$name" >"./$name"
  done
  # two lines; decomposed and composed; right to left; not UTF-8 (GBK); every byte that is left
  for name in '换\n行.txt' 'e\314\201.txt' '\303\251.txt' '\342\200\256反.txt' '\272\317\267\312.txt' '\001\002\033\177.txt' \
    '\377\376' '\355\240\200.txt'; do
    # shellcheck disable=SC2059
    printf '%s' "$name" >"./$(printf "$name")"
  done
}

case $# in
  1) kind=all ;;
  2) kind=${1#--}; shift ;;
  *) echo "usage: $0 [--names] DIR" >&2; exit 2 ;;
esac
mkdir -p "$1"
list=$(mktemp)
trap 'rm -f "$list"' EXIT
cd "$1"
if [ "$kind" = names ]; then
  names
else
  plans
  attachments
  deep_and_wide
  links
  attributes
  stamp_directories
fi
