#!/bin/sh
# What was put into the tree is there after the mount has come back: names, modes, owners, times to the
# nanosecond, links, symlinks, extended attributes, holes, fifos, inode numbers.
set -u
. "$(dirname "$0")/lib.sh"

make_tree() {
	mkdir -p 2016/合肥市/工作要点 附件/深/更深 empty || return
	printf '　　指导思想。\n' >2016/合肥市/工作要点/01-指导思想.txt
	printf '{"title": "工作要点"}\n' >2016/合肥市/工作要点/plan.json
	: >2016/合肥市/工作要点/02-空.txt
	head -c 300000 /dev/urandom >附件/深/更深/随机.bin
	printf x | dd of=附件/holes bs=1 seek=1000000 2>/dev/null
	truncate -s 123457 附件/zeros
	ln 附件/holes "附件/a link"
	ln 附件/holes 附件/深/another
	ln -s ../2016 附件/to_year
	ln -s '/nowhere/at all' 附件/dangling
	mkfifo -m 0620 附件/fifo
	printf 'odd' >"附件/$(printf 'a\nb\377')"
	printf 'scratch' >附件/.x.txt.swp
}

set_attributes() {
	chmod 0600 2016/合肥市/工作要点/01-指导思想.txt
	chmod 0444 2016/合肥市/工作要点/02-空.txt
	chmod 04751 附件/深/更深/随机.bin
	chmod 03775 empty
	setfattr -n user.note -v 备注 2016/合肥市/工作要点/01-指导思想.txt
	setfattr -n user.empty 附件/holes
	setfattr -n user.dir -v 0x0001ff 附件/深
	touch -h -d '1999-12-31 23:59:59.123456789Z' 附件/dangling
	touch -d '2016-03-01 08:00:00.000000001Z' 2016/合肥市/工作要点/01-指导思想.txt
	touch -d '1969-12-31 23:59:59.5Z' 附件/zeros
	touch -d '2106-02-07 06:28:16.987654321Z' 附件/fifo
	touch -d '2016-02-29 00:00:00.75Z' 2016/合肥市/工作要点 附件/深 empty
	[ "$(id -u)" = 0 ] || return 0
	chown 12345:54321 附件/zeros
	chown -h 65534:65533 附件/dangling
}

# The tree before and after, and once more after a daemon that had no time to say good-bye.
setup
mount_it
(cd "$mnt" && make_tree && set_attributes) || die "cannot make the tree"
list "$mnt" >"$work/list"
contents "$mnt" >"$work/contents"
[ "$(wc -l <"$work/list")" -ge 20 ] || die "the list is too short"

remount_it
list "$mnt" >"$work/list.again"
contents "$mnt" >"$work/contents.again"
same "attributes after a remount" "$work/list" "$work/list.again"
same "contents after a remount" "$work/contents" "$work/contents.again"

kill_it
mount_it
list "$mnt" >"$work/list.again"
contents "$mnt" >"$work/contents.again"
same "attributes after a kill" "$work/list" "$work/list.again"
same "contents after a kill" "$work/contents" "$work/contents.again"

# Names that are gone stay gone, and what came back is usable.
rm "$mnt/附件/a link"
printf 'y' >>"$mnt/附件/holes"
remount_it
[ ! -e "$mnt/附件/a link" ] || die "a removed name came back"
[ "$(stat -c '%h %s' "$mnt/附件/holes")" = '2 1000002' ] || die "links and size after a change"
[ "$(stat -c '%h' "$mnt/附件")" = 3 ] || die "link count of a directory"
finish
