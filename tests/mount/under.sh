#!/bin/sh
# A database that is replaced, deleted, cut, locked or mounted twice while it is mounted: each case on a
# fresh mount, which must end well and leave no process. under.sh [CASE...]
set -u
. "$(dirname "$0")/lib.sh"

[ "$(id -u)" = 0 ] || skip "the cases are written for the super-user"
command -v sqlite3 >/dev/null || skip "no sqlite3 shell"
script=$(cd "$(dirname "$0")" && pwd)/under.py
[ -w /dev/shm ] && export TMPDIR=/dev/shm
setup
[ $# -gt 0 ] || set -- $(sed -n 's/^def \([a-z]*_[a-z]*_[a-z_]*_[a-z_]*\)():$/\1/p' "$script" | grep -v '^expect_')
for name; do
	rm -rf "$db" "$db"-* "$db".* "${mnt}2"
	"$PLANFS" init "$db" || die "init"
	mount_it
	python3 "$script" "$name" "$PLANFS" "$db" "$mnt" || die "$name"
	is_mounted || die "$name: the mount did not survive"
	"$PLANFS" umount "$mnt" || die "$name: umount" # returns when the daemon has gone
	case $name in
	truncated_*) "$PLANFS" check "$db" >"$work/check" 2>&1 && die "$name: check finds no damage" ;;
	a_deleted_log_*) ;; # what stood in it is lost
	*) "$PLANFS" check "$db" >"$work/check" || { cat "$work/check"; die "$name: damage"; } ;;
	esac
	echo "ok $name"
done
wait_until 20 has_no_daemon || die "a process is left: $(daemon_pids)"
