#!/bin/sh
# A full disk: what cannot be kept says so, the old text stands, the mount lives, and removing works.
set -u
. "$(dirname "$0")/lib.sh"

[ "$(id -u)" = 0 ] || skip "only the super-user can make a small disk"
setup
disk=$work/disk
mkdir "$disk"
mount -t tmpfs -o size=24M tmpfs "$disk" || skip "no tmpfs"
trap 'umount -l "$mnt" 2>/dev/null; umount -l "$disk"; teardown' EXIT
mv "$db" "$disk/plans.db"
db=$disk/plans.db
mount_it
python3 "$(dirname "$0")/full_disk.py" "$mnt" || die "see above"
remount_it
[ "$(cat "$mnt/2016/合肥市/计划/01-旧.txt")" = 旧文字 ] || die "the old text is gone after a new mount"
umount_it
"$PLANFS" check "$db" || die "check finds damage"
