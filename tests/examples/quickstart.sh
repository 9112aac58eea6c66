#!/bin/sh
# The README's first command, as a new user runs it: twice in a row, and everything works as it says.
set -u
top=$(cd "$(dirname "$0")/../.." && pwd)
[ -c /dev/fuse ] || { echo "skipped: no /dev/fuse"; exit 77; }
work=$(mktemp -d)
mnt=$work/计划
planfs=$top/build/quick/src/cli/planfs

die() {
  echo "FAILED: $*" >&2
  exit 1
}

clean_up() {
  [ -x "$planfs" ] && "$planfs" umount "$mnt" 2>/dev/null
  rm -rf "$work"
}
trap clean_up EXIT INT TERM

sh "$top/examples/quickstart.sh" "$mnt" >"$work/first" 2>&1 || { cat "$work/first"; die "the first run"; }
sh "$top/examples/quickstart.sh" "$mnt" >"$work/second" 2>&1 || { cat "$work/second"; die "the second run"; }

plans=$(find "$mnt" -mindepth 3 -maxdepth 3 -type d | wc -l)
[ "$plans" -ge 15 ] || die "only $plans plans"
[ "$(sqlite3 "$mnt.db" 'SELECT count(*) FROM plan')" = "$plans" ] || die "the database has other plans"
grep -rqF 控辍保学 "$mnt" || die "nothing to find"
grep -qF "$planfs umount $mnt" "$work/second" || die "it does not tell how to end it"

# What it says to try, but for the editor's keys.
section=$(sed -n "s/^  vim '\(.*\)'$/\1/p" "$work/second")
[ -f "$section" ] || die "no such section: $section"
sed -i '1s/$/（修订）/' "$section" || die "an edit"
sqlite3 "$mnt.db" "SELECT op FROM history ORDER BY rev DESC LIMIT 1" | grep -qx save || die "no version"

"$planfs" umount "$mnt" || die "umount"
"$planfs" check "$mnt.db" || die "check"
