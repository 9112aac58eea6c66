#!/bin/bash
# Recorder and replay against a program whose promises are known, stock SQLite: with synchronous=FULL
# no commit is lost, with NORMAL many are but the database is sound, with OFF it is not.
set -u
here=$(cd "$(dirname "$0")" && pwd)
. "$here/lib.sh"

# losses LEVEL: sets the associative array $f.
losses() {
  local words i
  rm -rf "$work/t.db"* "$work/log" "$work/states"
  mkdir "$work/states"
  LD_PRELOAD=$POWERLOG POWERLOG_DB=$work/t.db POWERLOG_LOG=$work/log ASAN_OPTIONS=verify_asan_link_order=0 \
    "$SQLSAVERS" "$work/t.db" "$work/log" "$1" 1200 "$seed" || { fail "$1: the program failed"; return 1; }
  words=$("$REPLAY" -n 600 -s "$seed" -j "$(nproc)" -q 'SELECT path, body FROM text' -d "$work/states" \
    "$work/log" "$work/t.db" 2>"$work/findings")
  [ $? -lt 3 ] || { fail "$1: $(cat "$work/findings")"; return 1; }
  echo "synchronous=$1 (seed $seed): $words"
  # shellcheck disable=SC2206
  words=($words)
  for ((i = 0; i < ${#words[@]}; i += 2)); do f[${words[i]}]=${words[i + 1]}; done
}

declare -A f
seed=${SEED:-$RANDOM}
setup
losses FULL && expect "FULL loses nothing" test "${f[bad]}" = 0
losses NORMAL && expect "NORMAL loses commits" test "${f[lost]}" -gt 100 &&
  expect "NORMAL keeps the database sound" test "${f[corrupt]}" = 0
losses OFF && expect "OFF damages the database" test "${f[corrupt]}" -gt 10
finish
