#!/bin/sh
# shellcheck disable=SC2317 # functions are called by name
# Programs that read find in the mount what they find in a copy on another file system.
set -u
. "$(dirname "$0")/lib.sh"

make_plan() {
	mkdir -p "$1" || return
	printf '{"title": "%s"}\n' "$1" >"$1/plan.json"
	printf '前言：%s\n' "$1" >"$1/00-前言.txt"
	printf '一、控辍保学，%s。\r\n德育为先\n' "$2" >"$1/01-指导思想.txt"
	printf '没有换行的结尾' >"$1/02-工作措施.txt"
	: >"$1/03-空.txt"
}

make_tree() {
	for year in 2014 2015 2016 未知年份; do
		for district in 合肥市 南通市通州区 未知地区; do
			make_plan "$year/$district/${year}年工作要点" "$district" || return
			make_plan "$year/$district/安全工作总结" "$year" || return
		done
	done
	mkdir -p 附件/深 empty .hidden
	head -c 200000 /dev/zero >附件/zeros
	seq 1 20000 >附件/深/numbers.txt
	printf 'a\0b控辍保学\377\n' >附件/binary
	ln -s ../2016 附件/year
	ln 附件/深/numbers.txt 附件/深/again.txt
	printf 'dot\n' >.hidden/file
	printf 'backup\n' >"2016/合肥市/安全工作总结/01-指导思想.txt~"
	find . -exec touch -h -d '2016-05-01 12:00:00.25Z' {} +
}

# compare COMMAND...: its output, run in the mount and in the copy, is the same.
compare() {
	(cd "$mnt" && "$@") >"$work/out.mount" 2>&1
	(cd "$copy" && "$@") >"$work/out.copy" 2>&1
	[ -s "$work/out.copy" ] || die "nothing to compare: $*"
	same "$*" "$work/out.copy" "$work/out.mount"
}

sorted() {
	"$@" | sort
}

all_texts() {
	for plan in */*/*/; do
		cat "$plan"*.txt
	done
}

# The size of a directory is a matter of taste.
long_listing() {
	# shellcheck disable=SC2012
	ls -lRAn --time-style=full-iso | sed -e '/^total /d' -e 's/^\(d[^ ]* *[0-9]* *[0-9]* *[0-9]*\) *[0-9]*/\1/'
}

archive() {
	tar -C . --sort=name --numeric-owner -cf - . | tar -tvf -
}

setup
mount_it
copy=$(mktemp -d /dev/shm/planfs-readers.XXXXXX) || exit 1
trap 'rm -rf "$copy"; teardown' EXIT
chmod 755 "$copy" "$mnt"
(cd "$copy" && umask 022 && make_tree) || die "cannot make the copy"
(cd "$mnt" && umask 022 && make_tree) || die "cannot make the tree"

for pass in first second remounted; do
	echo "# $pass"
	[ $pass != remounted ] || remount_it
	compare sorted grep -r 控辍保学 .
	compare sorted grep -rlc 德育 .
	compare sorted grep -rn --include='*.txt' '结尾$' .
	compare sorted find .
	compare sorted find . -type f -size +10k -printf '%p %s %m %T@\n'
	compare sorted find . -newermt 2016-01-01 ! -newermt 2017-01-01 -printf '%P %y %l\n'
	compare sorted find . -type d -empty
	compare sorted find -L 附件 -name '0*'
	compare ls -aR
	compare long_listing
	compare all_texts
	compare sorted find . -type f -exec wc -c {} +
	compare sorted find . -type f -exec sha256sum {} +
	compare archive
	compare du --apparent-size -b 附件/深/numbers.txt 附件/zeros
done
command -v rg >/dev/null && compare sorted rg -uu --no-heading 控辍保学
diff -r "$copy" "$mnt" || die "diff -r"
[ -z "$(find "$mnt" -maxdepth 1 -name .planfs)" ] || die ".planfs is listed"
rm -rf "$copy"
finish
