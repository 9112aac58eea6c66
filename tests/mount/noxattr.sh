#!/bin/sh
# A mount without extended attributes says so, is not asked for them, and leaves those of the database alone.
set -u
. "$(dirname "$0")/lib.sh"

# xattr set|get|list FILE
xattr() {
	python3 - "$@" <<'PY'
import os
import sys

do, path = sys.argv[1:]
try:
    if do == 'set':
        os.setxattr(path, 'user.名', '值'.encode())
    elif do == 'get':
        print(os.getxattr(path, 'user.名').decode())
    else:
        print(*os.listxattr(path))
except OSError as e:
    print(os.strerror(e.errno))
PY
}

command -v python3 >/dev/null || skip "no python3"
setup
mount_it
mkdir -p "$mnt/2016/合肥市/要点" || die "mkdir"
file=$mnt/2016/合肥市/要点/01.txt
echo 一 >"$file"
xattr set "$file"
[ "$(xattr get "$file")" = 值 ] || die "an attribute is stored"

# ls asks no further when it is told that there are no labels; what came with one keeps it.
mkdir "$mnt/many"
for i in $(seq 1 50); do
	echo "$i" >"$mnt/many/$i" || die "save"
done
before=$(requests "$mnt" GETXATTR)
ls -lR "$mnt" >/dev/null || die "ls -lR"
asked=$(($(requests "$mnt" GETXATTR) - before))
[ "$asked" -le 5 ] || die "ls -lR asks for $asked attributes of 50 files"
if [ "$(id -u)" = 0 ]; then
	setfattr -n security.selinux -v label "$file" || die "setfattr"
	getfattr --only-values -n security.selinux "$file" | grep -qx label || die "a label is stored"
	setfattr -x security.selinux "$file" || die "setfattr -x"
fi
rm -rf "$mnt/many"

umount_it
with=$options
options=${options:+$options,}noxattr
mount_it
for what in set get; do
	[ "$(xattr $what "$file")" = "Operation not supported" ] || die "$what: $(xattr $what "$file")"
done
case $(xattr list "$file") in "" | "Operation not supported") ;; *) die "listed: $(xattr list "$file")" ;; esac
before=$(requests "$mnt" GETXATTR LISTXATTR SETXATTR)
for i in 1 2 3; do
	echo "$i" >"$file" || die "save"
	sync "$file" || die "fsync"
	ls -lR "$mnt" >/dev/null || die "ls -lR"
	rm -rf "$work/copy"
	cp -a "$mnt/2016" "$work/copy" || die "cp -a"
done
[ "$(requests "$mnt" GETXATTR LISTXATTR SETXATTR)" -le $((before + 1)) ] ||
	die "asked $(($(requests "$mnt" GETXATTR LISTXATTR SETXATTR) - before)) times"
[ "$(cat "$file" "$work/copy/合肥市/要点/01.txt")" = "3
3" ] || die "texts"

umount_it
options=$with
mount_it
[ "$(xattr get "$file")" = 值 ] || die "the attribute is gone"
finish
