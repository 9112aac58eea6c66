# Helpers of the crash tests; sourced. Sets up $work, $db, $mnt and takes everything down at exit.
# shellcheck shell=bash
#
#   PLANFS   the program under test         SAVERS, REPLAY, POWERLOG …   built helpers

export LC_ALL=C.UTF-8
passed=0 failed=0 daemon=

skip() {
  echo "skipped: $*"
  exit 77
}

ok() {
  passed=$((passed + 1))
}

fail() {
  failed=$((failed + 1))
  echo "FAILED: $*"
}

# expect WHAT COMMAND...: one point.
expect() {
  local what=$1
  shift
  if "$@"; then ok; else fail "$what"; fi
}

finish() {
  echo "$passed passed, $failed failed"
  [ "$failed" = 0 ]
  exit
}

now_ms() {
  local t=$EPOCHREALTIME
  echo "$((${t/./} / 1000))"
}

# wait_until MILLISECONDS COMMAND...: poll until it succeeds; 1 when the time is over.
wait_until() {
  local end=$(($(now_ms) + $1))
  shift
  until "$@"; do
    [ "$(now_ms)" -lt "$end" ] || return 1
    sleep 0.01
  done
}

# statfs() is the one question about a mount that the kernel never answers from a cache.
mounted() {
  [[ $(stat -f -c %t "$mnt" 2>/dev/null) == 65735546 ]]
}

gone() {
  ! kill -0 "$1" 2>/dev/null
}

need_fuse() {
  [ -e /dev/fuse ] || skip "no /dev/fuse"
  [ "$(id -u)" = 0 ] || command -v fusermount3 >/dev/null || skip "no fusermount3"
  [ -x "${PLANFS:-}" ] || skip "PLANFS is not set to the program"
}

setup() {
  : "${SAVERS:?}" "${REPLAY:?}" "${SQLSAVERS:?}" "${POWERLOG:?the helpers that meson builds}"
  work=$(mktemp -d "${TMPDIR:-/tmp}/planfs-crash-XXXXXX")
  db=$work/plans.db mnt=$work/mnt
  mkdir "$mnt"
  trap teardown EXIT
  trap 'exit 130' INT TERM
}

teardown() {
  local status=$?
  # A subshell that fails must not take the test's ground away.
  [ "$BASHPID" = $$ ] || exit $status
  trap - EXIT
  # shellcheck disable=SC2046
  kill -9 $(jobs -p) 2>/dev/null
  wait 2>/dev/null
  grep -q " $work/mnt " /proc/self/mounts && umount -l "$work/mnt" 2>/dev/null
  if [ -n "${KEEP:-}" ]; then echo "kept: $work"; else rm -rf --one-file-system "$work"; fi
  exit $status
}

# mount_it [OPTION...]: a daemon in the foreground of a job, so that its pid is known. DAEMON_ENV is put before it.
mount_it() {
  # shellcheck disable=SC2086
  env ${DAEMON_ENV:-} "$PLANFS" mount -f "$@" "$db" "$mnt" >>"$work/daemon.log" 2>&1 &
  daemon=$!
  wait_until 20000 mounted_or_gone && mounted && ! gone $daemon && return
  echo "no mount; the daemon said:"
  tail -5 "$work/daemon.log"
  return 1
}

mounted_or_gone() {
  mounted || gone "$daemon"
}

# As if the machine had failed: the supervisor and all that it started. The supervisor first, or it starts another.
kill_it() {
  local all pid
  all="$daemon $(pgrep -P "$daemon" | tr '\n' ' ')"
  # shellcheck disable=SC2086
  kill -9 $all 2>/dev/null
  wait "$daemon" 2>/dev/null
  for pid in $all; do
    wait_until 20000 gone "$pid" || fail "process $pid does not die"
  done
  daemon=
}

umount_it() {
  "$PLANFS" umount "$mnt" || return
  wait_until 20000 gone "$daemon" || return
  wait "$daemon"
}
