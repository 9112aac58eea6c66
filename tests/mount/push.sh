#!/bin/sh
# Texts beside one that is read are pushed into the kernel's pages, and no old one over a new one.
set -u
. "$(dirname "$0")/lib.sh"

FILES=200

make_texts() {
	for i in $(seq 1 $FILES); do
		seq -f "%g $1" 1 100 >"$plan/$i.txt" || return
	done
}

# What grep asks for when nothing is in memory.
reads_of_grep() {
	before=$(requests "$mnt" READ)
	[ "$(grep -rl "^50 $1" "$plan" | wc -l)" = $FILES ] || die "grep does not find $1 in all texts"
	echo $(($(requests "$mnt" READ) - before))
}

setup
mount_it
plan=$mnt/2018/合肥市/要点
mkdir -p "$plan"
make_texts 文字 || die "cannot make the texts"
# Fresh, half of the texts come without being asked for; where others keep the notifier from running, at another time.
texts_are_pushed() {
	remount_it
	exec 9>>"$1"
	n=$(reads_of_grep 文字) || die "$n"
	exec 9>&-
	echo "$n reads of $FILES texts"
	[ "$n" -le $((FILES / 2)) ]
}

wait_until 60 texts_are_pushed /dev/null || die "$n reads of $FILES small files: none was pushed"

# What is open is not pushed, and arrives with a read.
wait_until 60 texts_are_pushed "$plan/100.txt" || die "$n reads beside an open file"

# A text that another program stores is seen in less than a second, whatever was pushed before.
"$PLANFS" sql "$db" "UPDATE section SET body = replace(body, '文字', '新文') WHERE name LIKE '%.txt'" ||
	die "cannot write with SQL"
has_new_texts() {
	[ "$(grep -rl '^50 新文' "$plan" | wc -l)" = $FILES ]
}
wait_until 5 has_new_texts || die "an old text is still there"

mkdir -p "$mnt/2019/合肥市/要点"
python3 "$(dirname "$0")/push.py" "$mnt/2019/合肥市/要点" 5 || die "an old text was pushed"
finish
