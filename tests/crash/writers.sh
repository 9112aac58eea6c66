#!/bin/bash
# Other programs write the database while it is mounted: their changes are visible at once, their locks
# delay saves and nothing else. The cases are in writers.py.
set -u
here=$(cd "$(dirname "$0")" && pwd)
. "$here/lib.sh"

need_fuse
command -v sqlite3 >/dev/null || skip "no sqlite3 shell"
python3 -c 'import sys; sys.exit(sys.version_info < (3, 8))' 2>/dev/null || skip "no python3"
setup
export COLD_FILES=3000
part() {
  timeout 120 python3 "$here/writers.py" "$db" "$mnt" "$daemon" "$1"
}

"$PLANFS" init "$db" || { fail "planfs init"; finish; }
mount_it || { fail "planfs mount"; finish; }
expect "changes from outside are visible" part changes
expect "texts to read" part prepare
# A new mount: files that no cache holds.
expect "a clean end" umount_it
mount_it || { fail "planfs mount"; finish; }
expect "locks from outside only delay" part locks
expect "a clean end" umount_it
expect "planfs check" "$PLANFS" check "$db"
finish
