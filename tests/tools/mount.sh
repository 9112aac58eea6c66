# shellcheck shell=sh disable=SC2034,SC2154
# Sourced by the runners of tests/editors and tests/tools: a scratch directory, a mount that is
# always taken down again, and waiting for events with a limit. Uses $PLANFS; sets $work, $db, $mnt.

export LC_ALL=C.UTF-8
umask 022

scratch_make() {
  work=$(mktemp -d "${TMPDIR:-/var/tmp}/planfs-$1.XXXXXX") || exit 1
  db=$work/plans.db
  mnt=$work/mnt
  mkdir "$mnt" "$work/home" "$work/tmp"
  # Nobody's own settings may change what an editor or git does here.
  export HOME="$work/home" XDG_CONFIG_HOME="$work/home/.config" TMPDIR="$work/tmp"
}

# within SECONDS COMMAND...: run the command until it succeeds, at most that long.
within() {
  within_tries=$(($1 * 50))
  shift
  until "$@" >/dev/null 2>&1; do
    within_tries=$((within_tries - 1))
    [ "$within_tries" -gt 0 ] || return 1
    sleep 0.02
  done
}

# Without FUSE nothing can be said about the mount: 77 tells meson to count a skip.
need_fuse() {
  if ! [ -c /dev/fuse ] || ! command -v fusermount3 >/dev/null; then
    echo "1..0 # skip: no /dev/fuse or no fusermount3 (package fuse3)"
    exit 77
  fi
  if ! [ -x "${PLANFS:-}" ]; then
    echo "PLANFS must name the planfs program (or use --plain DIR)" >&2
    exit 2
  fi
}

mount_start() {
  "$PLANFS" mount "$db" "$mnt" >>"$work/mount.log" 2>&1 </dev/null && within 10 mountpoint -q "$mnt" && return
  echo "planfs mount $db $mnt failed:" >&2
  cat "$work/mount.log" >&2
  return 1
}

mount_new() {
  "$PLANFS" init "$db" >"$work/mount.log" 2>&1 && mount_start
}

mount_stop() {
  "$PLANFS" umount "$mnt" >>"$work/mount.log" 2>&1 && within 10 not_mounted
}

not_mounted() {
  ! mountpoint -q "$mnt"
}

# For traps: leaves neither mounts nor files, whatever went wrong before.
scratch_remove() {
  if [ -n "${PLANFS:-}" ] && mountpoint -q "$mnt"; then
    mount_stop || fusermount3 -u -z "$mnt" || umount -l "$mnt"
  fi
  if [ -n "${KEEP:-}" ]; then
    echo "# kept: $work"
  else
    rm -rf --one-file-system "$work"
  fi
}
