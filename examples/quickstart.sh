#!/bin/sh
# Set up planfs and look at it: install what building needs, build, make a database, import the documents
# of this directory, mount it and show the tree. Run it again at any time: it goes on from what is there.
#
#   sh examples/quickstart.sh [MNT]     MNT: where to mount, ~/plans by default
#
# The database is MNT.db beside the mount point. The mount stays; the last lines tell how to end it.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
top=$(dirname "$here")
mnt=${1:-$HOME/plans}
db=$mnt.db
packages='gcc meson ninja-build pkg-config libc6-dev libfuse3-dev libsqlite3-dev libjansson-dev libzip-dev libexpat1-dev libxxhash-dev
  fuse3 sqlite3'

as_root() {
  if [ "$(id -u)" = 0 ]; then "$@"; else sudo "$@"; fi
}

missing=
for package in $packages; do
  dpkg-query -W -f '${Status}\n' "$package" 2>/dev/null | grep -q '^install ok installed' ||
    missing="$missing $package"
done
if [ -n "$missing" ]; then
  echo "== installing:$missing"
  as_root apt-get -qq update
  # shellcheck disable=SC2086
  as_root env DEBIAN_FRONTEND=noninteractive apt-get -qq install -y --no-install-recommends $missing >/dev/null
fi

echo "== building"
[ -f "$top/build/quick/build.ninja" ] || meson setup "$top/build/quick" "$top" >/dev/null
ninja -C "$top/build/quick" src/cli/planfs | tail -n 1
planfs=$top/build/quick/src/cli/planfs

[ -e "$db" ] || "$planfs" init "$db"
echo "== importing $here into $db"
"$planfs" import "$db" "$here"/*.txt

if [ ! -w /dev/fuse ]; then
  echo "== letting users open /dev/fuse, as Debian does"
  as_root chmod 666 /dev/fuse
fi
mkdir -p "$mnt" 2>/dev/null || true
if ! "$planfs" status "$db" --json | grep -q '"mountpoint"'; then
  "$planfs" mount "$db" "$mnt"
fi
echo "== mounted at $mnt"
(cd "$mnt" && find . -mindepth 3 -maxdepth 3 -type d | sort | cut -c 3- | head -n 20)

plan=$(cd "$mnt" && find . -mindepth 3 -maxdepth 3 -type d -path './20*' | sort | cut -c 3- | head -n 1)
section=$(cd "$mnt" && find "$plan" -name '*.txt' | sort | sed -n 2p)
cat <<END
== three things to try
  grep -rn 控辍保学 $mnt
  vim '$mnt/$section'
  sqlite3 $db "SELECT time, author, op, plan, name, size FROM history ORDER BY rev DESC LIMIT 5"
== to end it
  $planfs umount $mnt
END
