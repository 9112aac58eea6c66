#!/bin/sh
# Writers that meet each other, another program, or a signal: each case on a fresh mount. meet.sh [CASE...]
set -u
. "$(dirname "$0")/lib.sh"

[ "$(id -u)" = 0 ] || skip "other users are needed"
script=$(cd "$(dirname "$0")" && pwd)/meet.py
setup
[ $# -gt 0 ] || set -- $(sed -n 's/^def \([a-z_]*_[a-z_]*_[a-z_]*\)():$/\1/p' "$script")
for name; do
	rm -f "$db" "$db"-*
	"$PLANFS" init "$db" || die "init"
	mount_it
	python3 "$script" "$name" "$PLANFS" "$db" "$mnt" || die "$name"
	is_not_mounted || umount_it
	wait_until 20 has_no_daemon || die "$name: a process is left"
	"$PLANFS" check "$db" >"$work/check" || { cat "$work/check"; die "$name: damage"; }
	echo "ok $name"
done
