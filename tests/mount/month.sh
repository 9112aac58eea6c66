#!/bin/sh
# Changes of every kind, and the whole tree of then afterwards. month.sh [ARGUMENT OF month.py...]
set -u
. "$(dirname "$0")/lib.sh"

[ "$(id -u)" = 0 ] || skip "files are given to other users"
script=$(cd "$(dirname "$0")" && pwd)/month.py
setup
mount_it
python3 "$script" "$PLANFS" "$db" "$mnt" "$@" || die "month"
umount_it
"$PLANFS" check "$db" >"$work/check" || { cat "$work/check"; die "damage"; }
grep history "$work/check" && die "the history does not end in the present"
exit 0
