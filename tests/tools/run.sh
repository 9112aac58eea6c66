#!/bin/sh
# Real tools (tar, rsync, restic, borg, git, grep, …) on a real mount: what goes in comes out, in content,
# names, times, modes, owners, links and attributes, and a second backup takes only what has changed.
#
#   PLANFS=build/planfs tests/tools/run.sh [case…]
#   tests/tools/run.sh --plain DIR [case…]      in DIR instead of a mount: tests the cases themselves
#   tests/tools/run.sh --list
#
# KEEP=1 keeps the scratch directory. Exit: 0 all well, 1 a case failed, 2 usage, 77 nothing could run.
here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=tests/tools/mount.sh
. "$here/mount.sh"
# shellcheck source=tests/tools/lib.sh
. "$here/lib.sh"

plain=
list=
while :; do
  case ${1:-} in
    --plain) plain=${2:?--plain needs a directory}; shift 2 ;;
    --list) list=1; shift ;;
    -*) echo "usage: $0 [--list] [--plain DIR] [case…]" >&2; exit 2 ;;
    *) break ;;
  esac
done

all=
for file in "$here"/cases/*.sh; do
  cases=
  # shellcheck disable=SC1090
  . "$file"
  all="$all $cases"
done
if [ -n "$list" ]; then
  # shellcheck disable=SC2086
  printf '%s\n' $all
  exit 0
fi
for name; do
  case " $all " in
    *" $name "*) ;;
    *) echo "$0: no such case: $name" >&2; exit 2 ;;
  esac
done

[ -n "$plain" ] || need_fuse
scratch_make tools
trap 'scratch_remove; [ -z "$plain" ] || rm -rf "$plain/root"' EXIT
trap 'exit 130' INT TERM
samples=$work/samples
"$here/samples.sh" "$samples" || exit 1

# root_new: an empty tree for the next case.
root_new() {
  if [ -n "$plain" ]; then
    root=$plain/root
    rm -rf "$root"
    mkdir -p "$root"
    return
  fi
  root=$mnt
  rm -f "$db" "$db-wal" "$db-shm"
  mount_new
}

root_done() {
  [ -n "$plain" ] && return
  mount_stop && "$PLANFS" check "$db" >>"$out/log" 2>&1 && return
  echo "umount or check after the case:" >>"$out/failures"
  tail -n 5 "$work/mount.log" >>"$out/failures"
  return 1
}

run_case() {
  (
    set -e
    cd "$out"
    "case_$1"
  ) >"$out/log" 2>&1
}

passed=0
failed=0
skipped=0
# shellcheck disable=SC2086
[ $# -gt 0 ] || set -- $all
for name; do
  out=$work/$name
  mkdir "$out"
  began=$(date +%s%N)
  root_new || exit 1
  run_case "$name"
  status=$?
  root_done || status=1
  took=$((($(date +%s%N) - began) / 1000000))
  if [ -s "$out/skip" ]; then
    skipped=$((skipped + 1))
    echo "skip $name # $(cat "$out/skip")"
  elif [ "$status" -eq 0 ]; then
    passed=$((passed + 1))
    echo "ok $name # $took ms"
  else
    failed=$((failed + 1))
    echo "not ok $name # status $status"
    [ ! -s "$out/failures" ] || sed 's/^/    /' "$out/failures"
    tail -n 15 "$out/log" | sed 's/^/    | /'
  fi
  [ -n "${KEEP:-}" ] || { chmod -R u+rwx "$out" && rm -rf "$out"; }
done

echo "$passed passed, $failed failed, $skipped skipped"
[ "$failed" -eq 0 ] || exit 1
[ "$passed" -gt 0 ] || exit 77
