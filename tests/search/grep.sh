#!/bin/sh
# planfs grep against GNU grep, many times, on a tree of all kinds of files: through the index, and with texts that
# are not in it yet; on what is mounted, and through the mount for those who may not read the database.
set -u
here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=tests/mount/lib.sh
. "$here/../mount/lib.sh"
grep --version | grep -q 'GNU grep) 3\.8' || skip "compared with GNU grep 3.8 only"
setup

plain=$work/plain
mkdir "$plain"
python3 "$here/grep.py" --make "$plain" "${SEED:-1}" || die "make the tree"
seeds=$here/../../../shared/seeds
[ ! -d "$seeds" ] || { mkdir -p "$plain/2016/种子/文件" && cp "$seeds"/*.txt "$plain/2016/种子/文件/"; }
compare() {
	python3 "$here/grep.py" "$PLANFS" "$plain" "$mnt" "$@" || die "differences: $*"
}

is_indexed() {
	"$PLANFS" status "$db" --json | grep -q '"waiting": 0'
}

mount_it
cp -a "$plain/." "$mnt/" || die "copy the tree"
wait_until 60 is_indexed || die "the mount does not index"
compare --seed "${SEED:-1}" --count "${COUNT:-120}" --extra "${EXTRA:-1}"

# Texts that wait for the index are found all the same.
umount_it
python3 "$here/rewrite.py" "$db" || die "write beside the index"
mount_options=$options
options=ro${mount_options:+,$mount_options}
mount_it
compare --seed 2 --count 40 --short
umount_it
options=$mount_options
mount_it
finish
