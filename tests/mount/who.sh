#!/bin/sh
# Who made a version, and with which program: each case on a fresh mount of a database that an ordinary user
# owns. who.sh [CASE...]
set -u
. "$(dirname "$0")/lib.sh"

[ "$(id -u)" = 0 ] || skip "other users are needed"
script=$(cd "$(dirname "$0")" && pwd)/who.py
setup
[ $# -gt 0 ] || set -- $(sed -n 's/^def \([a-z_]*_[a-z_]*_[a-z_]*\)():$/\1/p' "$script")
for name; do
	rm -f "$db" "$db"-*
	"$PLANFS" init "$db" || die "init"
	chown daemon:daemon "$db" "$work"
	mount_it
	python3 "$script" "$name" "$PLANFS" "$db" "$mnt" || die "$name"
	"$PLANFS" umount "$mnt" || die "umount"
	"$PLANFS" check "$db" >"$work/check" || { cat "$work/check"; die "$name: damage"; }
	echo "ok $name"
done
wait_until 20 has_no_daemon || die "a process still serves $db: $(daemon_pids)"
