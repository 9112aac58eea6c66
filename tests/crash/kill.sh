#!/bin/bash
# Kill the daemon with SIGKILL under load, again and again, and compare what is there afterwards with
# what the writers were told. The journal of the writers is outside of the mount.
#
#   KILLS=12   how often      SEED=…   another course      KEEP=1   leave the files for a look
set -u
here=$(cd "$(dirname "$0")" && pwd)
. "$here/lib.sh"
kills=${KILLS:-12} seed=${SEED:-$RANDOM}
RANDOM=$seed
export SAVERS_SEED=$seed SAVERS_BIG=${SAVERS_BIG:-30}

journal_is_longer() {
  [ "$(stat -c %s "$journal")" -ge "$1" ]
}

writers_gone() {
  local pid
  for pid in $writers; do gone "$pid" || return 1; done
}

start_writers() {
  local pattern
  writers=
  : >"$work/writers.log"
  for pattern in in-place rename vim append tree tar in-place rename; do
    n=$((n + 1))
    "$SAVERS" write $pattern "$pattern$n" "$mnt" "$journal" "$1" 0 2>>"$work/writers.log" &
    writers="$writers $!"
  done
  n=0
}

collect_writers() {
  local pid status
  wait_until 30000 writers_gone || fail "round $1: a writer hangs after the daemon died"
  for pid in $writers; do
    wait "$pid"
    status=$?
    [ $status = 0 ] || fail "round $1: a writer ended with $status: $(cat "$work/writers.log")"
  done
}

# The attributes that a plain stat() shows may come from the kernel's memory of the dead mount.
answers_enotconn() {
  local dead='Transport endpoint is not connected'
  [[ $(ls "$mnt" 2>&1) == *"$dead"* ]] && [[ $(cp "$0" "$mnt/save.txt" 2>&1) == *"$dead"* ]]
}

# The next mount replaces the stale one. When it does not, that is said once and the test goes on.
mount_again() {
  ls "$mnt" >/dev/null 2>&1
  if mount_it >"$work/said"; then ok && return; fi
  [ "$stale" = 0 ] && fail "round $1: planfs mount does not replace the stale mount: $(cat "$work/said")"
  stale=$((stale + 1))
  umount -l "$mnt"
  mount_it
}

# Other programs find the database as the dead daemon left it, and may be the ones who recover it.
others_recover() {
  local said
  said=$(sqlite3 "$db" 'PRAGMA wal_checkpoint(TRUNCATE); PRAGMA integrity_check' 2>&1)
  [[ $said == *ok ]] && return
  echo "$said"
  return 1
}

# One kill; the daemon is up before and after.
round() {
  local before t figures status
  before=$(stat -c %s "$journal")
  start_writers "$1"
  wait_until 20000 journal_is_longer $((before + 3000 + RANDOM * 8)) ||
    fail "round $1: the writers make no progress"
  kill_it
  expect "round $1: ENOTCONN after the daemon's death" answers_enotconn
  collect_writers "$1"
  if [ $(($1 % 3)) = 0 ] && command -v sqlite3 >/dev/null; then
    expect "round $1: recovered by the sqlite3 shell" others_recover
  fi
  if ! "$PLANFS" check "$db" >"$work/check.log" 2>&1; then
    fail "round $1: planfs check: $(head -3 "$work/check.log")"
  else
    ok
  fi
  t=$(now_ms)
  mount_again "$1" || return
  t=$(($(now_ms) - t))
  [ $t -gt "$slowest" ] && slowest=$t
  figures=$("$SAVERS" check "$mnt" "$journal" 2>"$work/findings")
  status=$?
  [ $status = 0 ] && ok && return
  fail "round $1 (SEED=$seed): $figures"
  head -20 "$work/findings"
  return 1
}

need_fuse
setup
n=0 stale=0 slowest=0 journal=$work/journal done_kills=0
: >"$journal"
"$PLANFS" init "$db" || { fail "planfs init"; finish; }
mount_it || { fail "planfs mount"; finish; }
for ((i = 1; i <= kills; i++)); do
  round "$i" || break
  done_kills=$i
done
figures=$("$SAVERS" check "$mnt" "$journal" all 2>"$work/findings") || {
  fail "at the end: $figures"
  head -20 "$work/findings"
}
ok
expect "a clean end" umount_it
expect "nothing in the directory below the mount" test -z "$(ls -A "$mnt")"
expect "planfs check at the end" "$PLANFS" check "$db"
echo "seed $seed, kills $done_kills, slowest remount $slowest ms, not replaced $stale, $figures"
finish
