#!/bin/bash
# A daemon whose writes, syncs and allocations fail: see faultmount.py. faultmount.sh [all]
set -u
here=$(cd "$(dirname "$0")" && pwd)
. "$here/lib.sh"

need_fuse
grep -q __asan_init "$PLANFS" && skip "the sanitizer has the allocations"
[ -w /dev/shm ] && export TMPDIR=/dev/shm
setup
control=$work/control
head -c 64 /dev/zero >"$control"
"$PLANFS" init "$db" || { fail "planfs init"; finish; }
DAEMON_ENV="LD_PRELOAD=$FAULTLIB FAULT_DB=$db FAULT_CONTROL=$control"
mount_it || { fail "planfs mount"; finish; }
expect "every fault is told, and nothing is mixed" python3 "$here/faultmount.py" "$db" "$mnt" "$control" "$@"
expect "the mount is alive" mounted
[ "$failed" = 0 ] || tail -5 "$work/daemon.log"
expect "a clean end" umount_it
expect "planfs check" "$PLANFS" check "$db"
finish
