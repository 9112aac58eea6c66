#!/bin/sh
# Real editors on a real mount. Every case edits one section twice, in a plain directory and on
# the mount at the same time; on the mount each save must be exactly one new version, and what remains in
# the directory must be what remains in the plain one.
#
#   PLANFS=build/planfs tests/editors/run.sh [case or family…]     vim, nano-default, 'emacs-*'
#   tests/editors/run.sh --plain DIR [case…]                       only in DIR, without SQL: tests the cases
#   tests/editors/run.sh --list
#
# KEEP=1 keeps the scratch directory. Exit: 0 all well, 1 a case failed, 2 usage, 77 nothing could run.
here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=tests/tools/mount.sh
. "$here/../tools/mount.sh"
# shellcheck source=tests/editors/lib.sh
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

# Which cases: a family is a file in cases/, which lists its own.
all=
for file in "$here"/cases/*.sh; do
  cases=
  # shellcheck disable=SC1090
  . "$file"
  for name in $cases; do
    all="$all $(basename "$file" .sh)/$name"
  done
done

wanted() {
  [ $# -gt 1 ] || return 0
  wanted_case=$1
  shift
  for pattern; do
    # shellcheck disable=SC2254
    case $wanted_case in
      $pattern/* | */$pattern) return 0 ;;
    esac
  done
  return 1
}

selected=
for name in $all; do
  if wanted "$name" "$@"; then
    selected="$selected ${name#*/}"
  fi
done
if [ -z "$selected" ]; then
  echo "$0: no such case: $*" >&2
  exit 2
fi
if [ -n "$list" ]; then
  # shellcheck disable=SC2086
  printf '%s\n' $selected
  exit 0
fi

[ -n "$plain" ] || need_fuse
scratch_make editors
T=$work/texts
texts_make
export TMUX_TMPDIR="$work/tmp"
unset TMUX EDITOR VISUAL DISPLAY
printf '%s\n' 'set -g default-terminal screen-256color' 'set -s escape-time 0' 'set -g status off' \
  >"$work/tmux.conf"

# The plain directory to compare with: memory, where there is any.
reference=$plain
[ -n "$reference" ] || { [ -d /dev/shm ] && reference=$(mktemp -d /dev/shm/planfs-editors.XXXXXX); } ||
  { reference=$work/plain && mkdir "$reference"; }

finish() {
  [ -n "$plain" ] || [ -n "${KEEP:-}" ] || rm -rf "$reference"
  scratch_remove
}
trap finish EXIT
trap 'exit 130' INT TERM

# Random parts of names differ from run to run: x.txt.Ab3xYz is x.txt.XXXXXX in the comparison.
listing() {
  (cd "$1" && find . ! -name . -printf '%P %y\n') |
    sed -E 's/\.[A-Za-z0-9]{6} /.XXXXXX /; s/^(sed|tmp)[A-Za-z0-9]{6} /\1XXXXXX /' | sort
}

attributes() {
  stat -c 'mode %a, owner %u:%g, links %h' -- "$1"
}

# prepare DIR: a fresh plan with the section in it, of a mode and owner that no editor would choose.
prepare() {
  rm -rf "$1"
  mkdir -p "$1" && cat "$T/0" >"$1/$section" && chmod 0640 "$1/$section" || return 1
  [ "$(id -u)" -ne 0 ] || chown 1234:2345 "$1/$section"
}

# run_case NAME TAG DIRECTORY SQL: leaves in $work/result/TAG what happened.
run_case() {
  (
    tag=planfs-$$-$2
    out=$work/result/$2
    dir=$3
    check_sql=$4
    F=$dir/$section
    rm -rf "$out"
    # a home of its own: the two that run at once must not write each other's settings
    HOME=$out/home
    XDG_CONFIG_HOME=$HOME/.config
    mkdir -p "$out/texts" "$out/tmp" "$XDG_CONFIG_HOME"
    cp "$T"/* "$out/texts"
    T=$out/texts
    patience=0
    saves=0
    prepare "$dir" || die "cannot prepare the section in $dir"
    [ -z "$check_sql" ] || sql_begin
    trap 'tm kill-server 2>/dev/null || :' EXIT
    set -e
    "case_$(echo "$1" | tr - _)"
    [ "$saves" -eq 2 ] || die "the case made $saves saves"
    cmp -s "$T/2" "$F" || fail "after the editor ended the file holds other bytes"
    listing "$dir" >"$out/listing"
    attributes "$F" >"$out/attributes"
    [ -z "$check_sql" ] || sql_check_end
  ) >"$work/result/$2.log" 2>&1
  echo $? >"$work/result/$2.status"
}

# same FILE: did both runs leave the same? Says what differs.
same() {
  diff "$work/result/plain/$1" "$work/result/mount/$1" >"$work/result/diff" && return
  sed -n -e 's/^</    plain directory:/p' -e 's/^>/    mount:          /p' "$work/result/diff"
  return 1
}

# What TAG has to complain about, on stdout; silent and true when nothing.
complaints() {
  if [ -s "$work/result/$1/failures" ]; then
    sed "s/^/    /" "$work/result/$1/failures"
  elif [ "$(cat "$work/result/$1.status")" -ne 0 ]; then
    echo "    the case stopped with status $(cat "$work/result/$1.status")"
    tail -n 20 "$work/result/$1.log" | sed 's/^/    | /'
  else
    return 0
  fi
  return 1
}

judge() {
  if [ -s "$work/result/plain/skip" ]; then
    skipped=$((skipped + 1))
    echo "skip $1 # $(cat "$work/result/plain/skip")"
    return
  fi
  text=$(complaints plain | sed '1i\    in a plain directory (the case, not planfs):'
    [ -n "$plain" ] || {
      complaints mount
      [ -s "$work/result/plain/failures" ] || [ -s "$work/result/mount/failures" ] || {
        same listing || echo "    the directory holds other names than a plain one"
        same attributes
      }
    })
  if [ -z "$text" ]; then
    passed=$((passed + 1))
    echo "ok $1"
  else
    failed=$((failed + 1))
    printf 'not ok %s\n%s\n' "$1" "$text"
  fi
}

passed=0
failed=0
skipped=0
mkdir "$work/result"
[ -n "$plain" ] || mount_new || exit 1
for name in $selected; do
  run_case "$name" plain "$reference/$plan_dir" '' &
  plain_job=$!
  [ -n "$plain" ] || run_case "$name" mount "$mnt/$plan_dir" yes
  wait "$plain_job"
  judge "$name"
done

if [ -z "$plain" ] && [ "$passed" -gt 0 ]; then
  if mount_stop && "$PLANFS" check "$db" >"$work/check.log" 2>&1; then
    echo "ok planfs check finds nothing wrong after all that"
    passed=$((passed + 1))
  else
    echo "not ok planfs umount and check after all that"
    cat "$work/mount.log" "$work/check.log" 2>/dev/null | sed 's/^/    /'
    failed=$((failed + 1))
  fi
fi

echo "$passed passed, $failed failed, $skipped skipped"
[ "$failed" -eq 0 ] || exit 1
[ "$passed" -gt 0 ] || exit 77
