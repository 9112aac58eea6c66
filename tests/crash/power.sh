#!/bin/bash
# Power failures: record what the daemon writes while texts are saved, then look at the disk as it may
# be after a failure at hundreds of moments.
#
#   STATES=600   how many      SEED=…   another course      CAMPAIGN=20   so many recordings
#   KEEP=1       leave the files, and each bad state, for a look
set -u
here=$(cd "$(dirname "$0")" && pwd)
. "$here/lib.sh"
seed=${SEED:-$RANDOM}
pause=1.8 # longer than "within a second"

# burst COUNT ROUND: all kinds of writers at once, until each has saved COUNT times.
burst() {
  local pattern pid pids=
  for pattern in in-place rename vim append tree tar; do
    SAVERS_SEED=$seed "$SAVERS" write $pattern "$pattern" "$mnt" "$log" "$2" "$1" &
    pids="$pids $!"
  done
  for pid in $pids; do wait "$pid" || fail "$what: a writer failed"; done
}

# A marked silence, after which even new files are on the disk.
silence() {
  sleep $pause
  "$SAVERS" mark "$log" T
}

# recording WHAT COUNT [MOUNT OPTION...]: a life of a daemon, in $log.
recording() {
  local count=$2
  what=$1 log=$work/log
  shift 2
  rm -rf "$db"* "$log" "$work/states"
  mkdir "$work/states"
  DAEMON_ENV="LD_PRELOAD=$POWERLOG POWERLOG_DB=$db POWERLOG_LOG=$log ASAN_OPTIONS=verify_asan_link_order=0 ${BREAK:-}"
  # Recorded, too: a save is not on the disk when the name of its database is not.
  # shellcheck disable=SC2086
  env $DAEMON_ENV "$PLANFS" init "$db" || { fail "$what: init"; return 1; }
  mount_it "$@" || { fail "$what: mount"; return 1; }
  burst "$count" 1
  silence
  burst $((count / 3)) 2
  silence
  "$SAVERS" mark "$log" T
  umount_it || fail "$what: umount"
}

# replay_log STATES [OPTION...]: sets $figures and the associative array $f of them.
replay_log() {
  local states=$1
  shift
  figures=$("$REPLAY" -n "$states" -s "$seed" -j "$(nproc)" -d "$work/states" "$@" "$log" "$db" 2>"$work/findings")
  status=$?
  [ $status -lt 3 ] || { fail "$what: $(cat "$work/findings")"; return 1; }
  # shellcheck disable=SC2206
  local words=($figures) i
  for ((i = 0; i < ${#words[@]}; i += 2)); do f[${words[i]}]=${words[i + 1]}; done
  echo "$what (seed $seed): $(stat -c %s "$log") bytes, $figures"
}

# The promise itself.
whole() {
  recording "power failure" "${SAVES:-60}" && replay_log "${STATES:-600}" -p "$PLANFS" -m 60 || return
  if [ "$status" = 0 ]; then
    ok
  else
    fail "power failure: ${f[bad]} bad states"
    head -40 "$work/findings"
  fi
}

# Daemons that break it, so that the test can be trusted.
broken() {
  BREAK="POWERLOG_BREAK=1"
  recording "a daemon that forgets fsync" 30 && replay_log 100 &&
    expect "$what loses nothing?" test "$((f[lost] + f[corrupt]))" -gt 0
  BREAK=
  recording "-o durable=fsync" 30 -o durable=fsync && replay_log 200 &&
    expect "$what loses no save without fsync?" test "${f[lost]}" -gt 0 &&
    expect "$what is corrupt" test "${f[corrupt]}" = 0
}

declare -A f
need_fuse
setup
for ((campaign = 0; campaign < ${CAMPAIGN:-1}; campaign++)); do
  whole
  [ -n "${KEEP:-}" ] && [ "$failed" -gt 0 ] && break
  seed=$((seed + 1))
done
[ -n "${CAMPAIGN:-}" ] || broken
finish
