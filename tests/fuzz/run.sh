#!/bin/sh
# Run a fuzz target, beginning with seeds made from tests/data and from what was found before.
#
#   run.sh TARGET --short                 at most 3 seconds, for the test suite
#   run.sh TARGET SECONDS [CORPUS]        a campaign; CORPUS keeps what was found interesting
#
# What crashes is written to the current directory. PLANFS is the program, to make databases with.
set -eu
target=$1
name=$(basename "$target")
name=${name#fuzz_}
here=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d "${TMPDIR:-/tmp}/planfs-fuzz-XXXXXX")
trap 'rm -rf "$work"' EXIT
mkdir "$work/new" "$work/seeds"
python3 "$here/seeds.py" "$name" "$work/seeds"

options='-rss_limit_mb=2048 -timeout=10 -print_final_stats=1'
case $name in
database | pages) options="$options -max_len=120000" ;;
document) options="$options -max_len=20000" ;;
*) options="$options -max_len=4096" ;;
esac
if [ "$2" = --short ]; then
  options="$options -max_total_time=3 -runs=20000 -seed=1"
  corpus=$work/new
else
  options="$options -max_total_time=$2"
  corpus=${3:-$work/new}
  mkdir -p "$corpus"
fi
found=$here/../data/fuzz/$name
[ -d "$found" ] || found=
# shellcheck disable=SC2086
"$target" $options "$corpus" "$work/seeds" $found >"$work/log" 2>&1 || {
  tail -60 "$work/log"
  exit 1
}
grep -E 'stat::number_of_executed_units|cov:' "$work/log" | tail -2
