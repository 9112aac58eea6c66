#!/bin/sh
# shellcheck disable=SC2317 # functions are called by name
# A read-only mount stands beside the one that writes, shows in a second what that stores, and makes no requests
# for what the kernel knows.
set -u
. "$(dirname "$0")/lib.sh"

ro=
plan=2016/合肥市/要点

# The writer's mount in $mnt, the reader's in $ro.
mount_both() {
	mount_it
	ro=$work/ro
	mkdir -p "$ro"
	"$PLANFS" mount -o "${options:+$options,}ro" "$db" "$ro" || die "a second mount, read-only"
	wait_until 20 shows_status || die "the read-only mount does not answer"
}

shows_status() {
	grep -q '"mountpoint": ".*/ro"' "$ro/.planfs/status.json" 2>/dev/null
}

umount_reader() {
	[ -z "$ro" ] || umount -l "$ro" 2>/dev/null || fusermount3 -u -z "$ro" 2>/dev/null
}

shows() {
	[ "$(cat "$ro/$1" 2>/dev/null)" = "$2" ]
}

shows_nothing() {
	! [ -e "$ro/$1" ] && ! find "$ro/${1%/*}" -path "$ro/$1" | grep -q .
}

is_listed() {
	find "$ro/${1%/*}" -maxdepth 1 -path "$ro/$1" | grep -q .
}

expect() {
	wait_until 10 "$@" || die "not in time: $*"
}

read_all() {
	find "$ro" -type f -size +0 -exec cat {} + >/dev/null
}

setup
# shellcheck disable=SC2154 # set in the trap
trap 'status=$?; umount_reader; (exit $status); teardown' EXIT
mount_both
mkdir -p "$mnt/$plan" || die "mkdir"
echo 一 >"$mnt/$plan/01.txt"
expect shows "$plan/01.txt" 一
is_listed "$plan/01.txt" || die "not listed"

# what the writer does, in all ways
echo 二 >"$mnt/$plan/01.txt"
expect shows "$plan/01.txt" 二
for text in 三 三一 三二; do
	printf '%s\n' "$text" >"$mnt/$plan/01.txt.tmp" && mv "$mnt/$plan/01.txt.tmp" "$mnt/$plan/01.txt"
	expect shows "$plan/01.txt" "$text"
done
: >"$mnt/$plan/01.txt"
expect shows "$plan/01.txt" ""
echo 四 >>"$mnt/$plan/01.txt"
expect shows "$plan/01.txt" 四
shows_nothing "$plan/02.txt" || die "there is nothing yet"
echo 五 >"$mnt/$plan/02.txt"
expect shows "$plan/02.txt" 五
expect is_listed "$plan/02.txt"
mv "$mnt/$plan/02.txt" "$mnt/$plan/03.txt"
expect shows "$plan/03.txt" 五
expect shows_nothing "$plan/02.txt"
rm "$mnt/$plan/03.txt"
expect shows_nothing "$plan/03.txt"
mv "$mnt/2016" "$mnt/2017"
expect shows "2017/合肥市/要点/01.txt" 四
expect shows_nothing "$plan/01.txt"
mv "$mnt/2017" "$mnt/2016"
chmod 600 "$mnt/$plan/01.txt"
mode_is_600() { [ "$(stat -c %a "$ro/$plan/01.txt")" = 600 ]; }
expect mode_is_600
sqlite3 "$db" "UPDATE section SET body = '六' WHERE name = '01.txt'" || die "sqlite3"
expect shows "$plan/01.txt" 六

# scratch files are versions of nothing, yet the name is asked for each time
echo draft >"$mnt/$plan/x.tmp"
shows "$plan/x.tmp" draft || die "a scratch file is not found"
echo longer draft >"$mnt/$plan/x.tmp"
shows "$plan/x.tmp" "longer draft" || die "a scratch file shows its old text"
rm "$mnt/$plan/x.tmp"
[ ! -e "$ro/$plan/x.tmp" ] || die "a scratch file that is gone is found"

# a long text, in pieces
seq 1 400000 >"$mnt/long.txt"
expect is_listed long.txt
cmp "$mnt/long.txt" "$ro/long.txt" || die "a long text differs"

# texts are pushed beside those that are asked for, and never stay behind what was stored later
mkdir -p "$mnt/2018/合肥市/要点"
expect is_listed 2018/合肥市/要点
python3 "$(dirname "$0")/readonly.py" "$mnt/2018/合肥市/要点" "$ro/2018/合肥市/要点" 5 || die "pushed texts"
mkdir "$mnt/2019"
for i in $(seq 1 200); do
	echo "$i" >"$mnt/2019/$i.txt"
done
expect is_listed 2019/200.txt
before=$(requests "$ro" READ)
read_all
after=$(requests "$ro" READ)
[ $((after - before)) -le 120 ] || die "$((after - before)) reads of 200 small files: none was pushed"

# nothing can be changed, and what changes nothing succeeds
for command in "touch $ro/$plan/01.txt" "rm $ro/$plan/01.txt" "mkdir $ro/2020" "chmod 644 $ro/$plan/01.txt" \
	"ln $ro/$plan/01.txt $ro/b" "mv $ro/$plan/01.txt $ro/b" "truncate -s 0 $ro/$plan/01.txt"; do
	if $command 2>"$work/error"; then
		die "succeeded on a read-only mount: $command"
	fi
	grep -q 'Read-only file system' "$work/error" || die "$command: $(cat "$work/error")"
done
sync "$ro/$plan/01.txt" "$ro/$plan" || die "fsync of what was read"

# what the kernel knows costs nothing
read_all
read_all
before=$(requests "$ro" OPEN READ LOOKUP READDIRPLUS FLUSH RELEASE OPENDIR)
read_all
after=$(requests "$ro" OPEN READ LOOKUP READDIRPLUS FLUSH RELEASE OPENDIR)
# two looks at status.json cost two lookups each, of .planfs and of the file, and a read
[ $((after - before)) -le 8 ] || die "reading what is known made $((after - before)) requests"

# status.json is as of now, each time
"$PLANFS" status --json "$db" | grep -q "\"mountpoint\": \"$mnt\"" || die "status does not prefer the writer"
first=$(requests "$ro" LOOKUP)
second=$(requests "$ro" LOOKUP)
[ "$second" -gt "$first" ] || die "status.json is the old one"

"$PLANFS" umount "$ro" || die "umount of the reader"
ro=
echo 七 >"$mnt/$plan/01.txt" || die "the writer goes on"
finish
