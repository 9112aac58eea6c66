#!/bin/sh
# The past on a real mount: each case of at.py on a fresh one. at.sh [CASE...]
set -u
. "$(dirname "$0")/lib.sh"

[ "$(id -u)" = 0 ] || skip "other users are needed"
script=$(cd "$(dirname "$0")" && pwd)/at.py
setup
[ $# -gt 0 ] || set -- $(sed -n 's/^def \([a-z_]*_[a-z_]*_[a-z_]*\)():$/\1/p' "$script")
for name; do
	rm -rf "$db" "$db"-* "$work"/out* "$work/tar" "$work/cp" "$work/rsync" "$work/ro"
	"$PLANFS" init "$db" || die "init"
	mount_it
	timeout -k 5 120 python3 "$script" "$name" "$PLANFS" "$db" "$mnt" || die "$name"
	umount_it
	"$PLANFS" check "$db" >"$work/check" || { cat "$work/check"; die "$name: damage"; }
	grep history "$work/check" && die "$name: the history does not end in the present"
	echo "ok $name"
done
