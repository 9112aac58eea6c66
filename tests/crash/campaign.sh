#!/bin/bash
# The long form of all that takes a mount down, cuts its power, fails its disk and memory, damages its
# database or does random things to it. Prints one table, in Markdown, for docs/reliability.md; takes hours.
# Everything runs niced, one after the other.
#
#   campaign.sh BUILD        BUILD: a directory that meson set up, built
#   SCALE=0.1                a tenth of it      ONLY='kill fuzz'   some of it      SEED=…   another course
#   LOGS=DIR                 where all output goes; a new directory in /tmp else
set -u
here=$(cd "$(dirname "$0")" && pwd)
build=$(cd "${1:?the build directory}" && pwd) || exit 2
logs=${LOGS:-$(mktemp -d /tmp/planfs-campaign-XXXXXX)}
seed=${SEED:-$((RANDOM * 32768 + RANDOM))}
failures=0
export PLANFS=$build/src/cli/planfs
for helper in savers replay sqlsavers damage; do
  export "${helper^^}=$build/tests/crash/$helper"
done
export POWERLOG=$build/tests/crash/powerlog.so FAULTLIB=$build/tests/crash/faultlib.so

# times N: N by SCALE, at least 1
times() {
  awk -v n="$1" -v s="${SCALE:-1}" 'BEGIN { n = int(n * s); print n < 1 ? 1 : n }'
}

# sum LOG REGEX: the sum of the numbers that follow, or stand before, a word
sum() {
  grep -oE "$2" "$1" | grep -oE '[0-9]+' | awk '{ n += $1 } END { print n + 0 }'
}

# run NAME COMMAND...: its output goes to $log; sets $result.
run() {
  local started=$SECONDS
  log=$logs/$1.log
  shift
  if nice "$@" >"$log" 2>&1; then result=ok; else
    case $? in
    77) result="skipped: $(tail -1 "$log")" ;;
    *) result="**FAILED**, see $log" && failures=$((failures + 1)) ;;
    esac
  fi
  minutes=$(((SECONDS - started) / 60))
}

row() {
  echo "| $1 | $2 | $minutes | $result |"
}

wanted() {
  [ -z "${ONLY:-}" ] || [[ " $ONLY " == *" $1 "* ]]
}

kills() {
  KILLS=$(times 500) SEED=$seed run kill bash "$here/kill.sh"
  row "SIGKILL of the daemon under load" "$(sum "$log" 'kills [0-9]+') kills"
}

power() {
  CAMPAIGN=$(times 20) SEED=$seed run power bash "$here/power.sh"
  row "power failure" "$(sum "$log" 'states [0-9]+') disk states"
}

faults() {
  run faults "$build/tests/crash/faults" all
  row "failing I/O and memory, in the store" "$(sum "$log" '^[0-9]+ faults') faults"
  run faultmount bash "$here/faultmount.sh" all
  row "failing I/O and memory, in a mount" "$(sum "$log" '^[0-9]+ faults') faults"
}

writers() {
  run writers bash "$here/writers.sh"
  row "other programs write and lock" "$(sum "$log" '[0-9]+ passed') points"
  run under sh "$here/../mount/under.sh"
  row "the database is taken away, cut, mounted twice" "$(grep -c '^ok ' "$log") cases"
}

damage() {
  COPIES=$(times 2000) MOUNTS=$(times 100) SEED=$seed run damage bash "$here/damage.sh"
  row "damaged databases" "$(times 2000) copies"
}

fuzz() {
  local seeds=$((seed % 100000)) count
  count=$(times 125000)
  # shellcheck disable=SC2046
  run fuzz sh "$here/../mount/fuzz.sh" "$build/tests/mount/fuzz" -n "$count" $(seq $seeds $((seeds + 7)))
  row "random operations beside a model" \
    "$(grep -E '^seed' "$log" | tail -n +9 | grep -oE ' [0-9]+ operations' | awk '{ n += $1 } END { print n + 0 }') operations, $(grep -oE '[0-9]+ deaths' "$log" | tail -1)"
  run fsx sh "$here/../mount/fsx.sh" "$build/tests/mount/fsx" -n "$(times 200000)"
  row "one file, read, written, cut and mapped" "$(sum "$log" '[0-9]+ operations') operations"
}

guard() {
  ENTRIES=$(times 1000000) run guard sh "$here/../mount/guard.sh"
  row "other users, and bounds of memory" "$(grep -oE '[0-9]+ entries listed' "$log")"
}

echo "$("$PLANFS" --version 2>/dev/null | head -1), $(uname -r), seed $seed, $(date -u +%F)"
echo
echo "| campaign | count | minutes | result |"
echo "|---|---|---|---|"
for part in kills power faults writers damage fuzz guard; do
  wanted "$part" && $part
done
echo
echo "logs: $logs; $failures failed"
[ "$failures" = 0 ]
