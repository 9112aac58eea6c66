#!/bin/sh
# Install what the tests need, build with gcc, clang and the sanitizers, warnings being errors, and run
# everything. Works as root and as a user with sudo; leaves nothing running.
#
#   sh tests/run.sh            everything
#   sh tests/run.sh quick      unit tests only
set -eu
cd "$(dirname "$0")/.."
PATH=/usr/sbin:/usr/bin:/sbin:/bin:$PATH # of the packages: other python3 are scripts that take a second to start
export PATH

build_packages='gcc clang meson ninja-build pkg-config libc6-dev libfuse3-dev libsqlite3-dev libjansson-dev libzip-dev libexpat1-dev
  libxxhash-dev libcmocka-dev libclang-rt-14-dev valgrind'
run_packages='fuse3 sqlite3 python3 attr acl rsync restic borgbackup tar zip unzip cpio git ripgrep
  vim neovim emacs-nox nano micro mc joe kakoune ed sed perl patch moreutils gawk dos2unix tmux
  samba samba-vfs-modules smbclient python3-samba
  expect strace xvfb xdotool mousepad dbus dbus-x11 libreoffice-writer-nogui poppler-utils psmisc util-linux procps'

as_root() {
  if [ "$(id -u)" = 0 ]; then "$@"; else sudo "$@"; fi
}

install_packages() {
  missing=
  for package; do
    dpkg-query -W -f '${Status}\n' "$package" 2>/dev/null | grep -q '^install ok installed' ||
      missing="$missing $package"
  done
  [ -n "$missing" ] || return 0
  echo "== installing:$missing"
  as_root apt-get -qq update
  # shellcheck disable=SC2086
  as_root env DEBIAN_FRONTEND=noninteractive apt-get -qq install -y --no-install-recommends $missing >/dev/null
}

# build NAME CC [MESON-OPTION...]: configure once, then compile $targets, or everything
build() {
  dir=build/test-$1 CC=$2
  export CC
  shift 2
  echo "== building $dir ($CC)"
  if [ -f "$dir/build.ninja" ]; then
    meson configure "$dir" -Dwerror=true "$@" >/dev/null
  else
    meson setup "$dir" -Dwerror=true "$@" >/dev/null
  fi
  # shellcheck disable=SC2086
  ninja -C "$dir" $targets | tail -n 1
}

# count LOG: note what meson says about a run; one that says nothing has failed
count() {
  grep -q '^Ok: ' "$1" || echo 'failed 1' >>"$results"
  sed -n 's/^Ok: */passed /p; s/^Fail: */failed /p; s/^Timeout: */failed /p; s/^Skipped: */skipped /p' "$1" >>"$results"
}

# sum WHAT: of all runs
sum() {
  awk -v what="$1" '$1 == what { n += $2 } END { print n + 0 }' "$results"
}

# Limits are for what hangs, not for what is slow: machines differ by a factor of three.
patience=4

# test_as user|root LOG NAME [ARGUMENT...]: run tests of a build. The suites that mount run as root, because
# they let other users in and become them. Each run that may go on beside others has a LOG of its own.
test_as() {
  who=$1 logbase=$2 dir=build/test-$3
  shift 3
  echo "== testing $dir $*"
  log=$(mktemp)
  if [ "$who" = root ]; then
    as_root meson test -C "$dir" --no-rebuild --timeout-multiplier "$patience" --print-errorlogs --logbase "$logbase" "$@" | tee "$log"
  else
    meson test -C "$dir" --no-rebuild --timeout-multiplier "$patience" --print-errorlogs --logbase "$logbase" "$@" | tee "$log"
  fi | grep -E -v '^(ninja|$|Expected Fail|Unexpected Pass|Full log)' || true
  count "$log"
  rm -f "$log"
}

# Those that mount wait more than they compute: they run beside the others, in two rows of the same length.
test_units() {
  test_as user unit gcc --suite unit --suite layers --suite cli
  export PLANFS_TEST_BYTES=100000 # of nonsense that the splitter must survive: the first run had millions
  test_as user unit asan --suite unit --suite cli
  test_as user unit fuzz --suite fuzz
  patience=60
  test_as user unit gcc --suite unit --no-suite long \
    --wrap 'valgrind --quiet --error-exitcode=99 --leak-check=full --errors-for-leak-kinds=definite'
  patience=4
  test_as root crash gcc --suite crash --suite examples
}

test_mounts() {
  test_as root mount gcc --suite mount --suite editors --suite tools
  patience=12
  test_as root mount asan --suite mount --no-suite long
}

results=$(mktemp) targets=
trap 'rm -f "$results"' EXIT
# shellcheck disable=SC2086
install_packages $build_packages
build gcc gcc
if [ "${1:-}" = quick ]; then
  test_as user unit gcc --suite unit
else
  # shellcheck disable=SC2086
  install_packages $run_packages
  build asan clang -Db_sanitize=address,undefined -Db_lundef=false
  targets=fuzz build fuzz clang -Dfuzz=true -Db_lundef=false
  targets=
  test_units 2>&1 | sed 's/^/units  | /' &
  test_mounts 2>&1 | sed 's/^/mounts | /'
  wait
fi
echo "$(sum passed) passed, $(sum failed) failed, $(sum skipped) skipped"
[ "$(sum failed)" = 0 ] && [ "$(sum passed)" -gt 0 ]
