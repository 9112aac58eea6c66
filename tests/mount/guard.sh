#!/bin/sh
# Users that must not get what they may not have, and memory that stays bounded: see guard.py.
# ENTRIES=1000000 is the long form.
set -u
. "$(dirname "$0")/lib.sh"

[ "$(id -u)" = 0 ] || skip "other users are needed"
script=$(cd "$(dirname "$0")" && pwd)/guard.py
[ -w /dev/shm ] && export TMPDIR=/dev/shm
grep -q __asan_init "$PLANFS" && export NO_BOUNDS=1 # the sanitizer keeps what was freed

# part NAME: on a mount of its own, with the options in $options.
part() {
	rm -rf "$db" "$db"-*
	"$PLANFS" init "$db" || die "init"
	mount_it
	python3 "$script" "$1" "$PLANFS" "$db" "$mnt" || die "$1"
	umount_it
}

setup
part users
"$PLANFS" check "$db" >"$work/check" || { cat "$work/check"; die "damage"; }
part bounds
options=
part closed
