#!/bin/bash
# Commands that change much at once, killed at a random moment, and on a full disk: restore, undo, prune and backup --at are
# whole or did not happen, the database stays sound, and the next try succeeds.
#
#   KILLS=4   of each command      SEED=…   another course
set -u
here=$(cd "$(dirname "$0")" && pwd)
. "$here/lib.sh"
kills=${KILLS:-4} seed=${SEED:-$RANDOM}
RANDOM=$seed

# A tree of 720 sections, each of them saved three times; the first state is marked.
fill() {
  local round
  for round in 1 2 3; do
    sqlite3 "$1" "
      WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < 719)
      INSERT INTO section (year, district, plan, name, body)
        SELECT 2015 + i / 120, '合肥市', '计划' || (i / 12 % 10), printf('%02d-节.txt', i % 12),
          'r$round 第' || i || '节' || hex(zeroblob(600)) FROM n WHERE $round = 1;
      UPDATE section SET body = 'r$round 第' || inode || '节' || hex(zeroblob(600)) WHERE $round > 1;" || return
    [ $round != 1 ] || "$PLANFS" mark "$1" first >/dev/null || return
  done
}

# One line for each name and text of the present.
state() {
  sqlite3 "$1" "SELECT year, district, plan, name, substr(body, 1, 2), length(body) FROM section ORDER BY 1, 2, 3, 4"
}

# What the marked moment rests on.
versions() {
  sqlite3 "$1" "SELECT parent, name, max(rev) FROM revision WHERE rev <= (SELECT rev FROM mark WHERE name = 'first') GROUP BY 1, 2"
}

fresh() {
  rm -f "$db" "$db"-*
  cp "$work/base.db" "$db"
}

# killed_at MILLISECONDS ARGUMENT...: a command that is killed after so long, unless it has ended.
killed_at() {
  local ms=$1 pid
  shift
  "$PLANFS" "$@" >"$work/said" 2>&1 &
  pid=$!
  sleep "$(printf '%d.%03d' $((ms / 1000)) $((ms % 1000)))"
  kill -9 $pid 2>/dev/null
  wait $pid 2>/dev/null
}

# is_one_of FILE BEFORE AFTER
is_one_of() {
  cmp -s "$1" "$2" || cmp -s "$1" "$3"
}

sound() {
  "$PLANFS" check "$db" >"$work/check.log" 2>&1 && return
  head -3 "$work/check.log"
  return 1
}

quietly() {
  "$@" >"$work/said" 2>&1 && return
  cat "$work/said"
  return 1
}

# attack NAME ARGUMENT...: killed again and again, at moments spread over the time that it takes.
attack() {
  local name=$1 i took
  shift
  fresh
  took=$(now_ms)
  expect "$name" quietly "$PLANFS" "$@"
  took=$(($(now_ms) - took + 1))
  state "$db" >"$work/after"
  for ((i = 0; i < kills; i++)); do
    fresh
    killed_at $((took * (i * 100 + RANDOM % 100) / (kills * 100))) "$@"
    expect "$name killed (SEED=$seed, $i): sound" sound
    state "$db" >"$work/is"
    expect "$name killed (SEED=$seed, $i): before or after" is_one_of "$work/is" "$work/before" "$work/after"
    versions "$db" >"$work/is"
    expect "$name killed (SEED=$seed, $i): what is marked" cmp -s "$work/is" "$work/marked"
    expect "$name again (SEED=$seed, $i)" again "$@"
    state "$db" >"$work/is"
    # an undo that was done before it was killed is what the next one undoes
    expect "$name again: done (SEED=$seed, $i)" is_one_of "$work/is" "$work/$([ $name = undo ] && echo before || echo after)" "$work/after"
  done
}

# What was done already is refused, or done once more.
again() {
  "$PLANFS" "$@" >"$work/said" 2>&1 && return
  state "$db" >"$work/is"
  cmp -s "$work/is" "$work/after" && return
  cat "$work/said"
  return 1
}

# A copy is complete, or is not there under its name.
copy_is_whole() {
  [ -e "$work/copy.db" ] || return 0
  "$PLANFS" check "$work/copy.db" >/dev/null && [ "$(sqlite3 "$work/copy.db" 'SELECT count(*) FROM section')" = 720 ]
}

attack_backup() {
  local i took
  fresh
  took=$(now_ms)
  expect "backup" "$PLANFS" backup "$db" "$work/copy.db" --at first
  took=$(($(now_ms) - took + 1))
  for ((i = 0; i < kills; i++)); do
    rm -f "$work"/copy.db*
    killed_at $((took * (i * 100 + RANDOM % 100) / (kills * 100))) backup "$db" "$work/copy.db" --at first
    expect "backup killed (SEED=$seed, $i): whole or not there" copy_is_whole
    rm -f "$work/copy.db"
    expect "backup again" "$PLANFS" backup "$db" "$work/copy.db" --at first
    expect "backup again: whole" copy_is_whole
  done
}

# full NAME ARGUMENT...: on a disk with hardly any room the command fails and says so, or succeeds; nothing is half done.
full() {
  local name=$1 code
  shift
  fresh
  "$PLANFS" "$@" >/dev/null || fail "$name on a disk with room"
  state "$db" >"$work/after"
  fresh
  head -c $((($(stat -f -c '%a * %S' "$disk")) - 200000)) /dev/zero >"$disk/filler"
  "$PLANFS" "$@" >"$work/said" 2>&1
  code=$?
  rm -f "$disk/filler"
  expect "$name on a full disk says so: $(cat "$work/said")" [ $code = 0 -o -s "$work/said" ]
  expect "$name on a full disk: sound" sound
  state "$db" >"$work/is"
  if [ $code = 0 ]; then
    expect "$name on a full disk: done" cmp -s "$work/is" "$work/after"
  else
    expect "$name on a full disk: not done" cmp -s "$work/is" "$work/before"
  fi
}

[ -x "${PLANFS:-}" ] || skip "PLANFS is not set to the program"
command -v sqlite3 >/dev/null || skip "no sqlite3"
setup
"$PLANFS" init "$work/base.db" && fill "$work/base.db" || { fail "fill"; finish; }
"$PLANFS" reindex "$work/base.db" >/dev/null || fail "index"
state "$work/base.db" >"$work/before"
versions "$work/base.db" >"$work/marked"
expect "720 sections" [ "$(wc -l <"$work/before")" = 720 ]

attack restore restore "$db" 2016@first
attack undo undo "$db" -y
attack prune prune "$db" --keep-all 0 --keep-daily 0 --keep-monthly 0
attack_backup

if [ "$(id -u)" = 0 ] && disk=$work/disk && mkdir "$disk" && mount -t tmpfs -o size=24M tmpfs "$disk"; then
  trap 'umount -l "$disk"; teardown' EXIT
  db=$disk/plans.db
  full restore restore "$db" 2016@first
  full prune prune "$db" --keep-all 0 --keep-daily 0 --keep-monthly 0
fi
echo "seed $seed, $kills kills of each"
finish
