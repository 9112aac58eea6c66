# shellcheck shell=sh
# Helpers of the mount tests; sourced. POSIX sh. The program under test is $PLANFS.
#
#   $work   a directory of this test, removed at the end      $db    its database
#   $mnt    where it is mounted                               $options   mount options of the test

export LC_ALL=C.UTF-8
export PYTHONDONTWRITEBYTECODE=1 # the tests of the super-user leave nothing in the tree

die() {
	echo "FAILED: $*" >&2
	exit 1
}

skip() {
	echo "skipped: $*"
	exit 77
}

now() {
	date +%s
}

# wait_until SECONDS COMMAND...: poll until it succeeds; 1 when the time is over.
wait_until() {
	wait_end=$(($(now) + $1))
	shift
	until "$@"; do
		[ "$(now)" -le "$wait_end" ] || return 1
		sleep 0.02
	done
}

is_in_mount_table() {
	grep -q " $mnt " /proc/self/mountinfo
}

# The kernel remembers attributes of a mount that is dead; statfs() asks.
is_mounted() {
	is_in_mount_table && stat -f "$mnt" >/dev/null 2>&1
}

is_not_mounted() {
	! is_in_mount_table
}

# The processes that serve this database: no other has the path of it as a word of its command line. One grep for
# all of them, which is given the path in another way: polling is often.
daemon_pids() {
	printf '%s\n' "$db" | grep -lzxFf - /proc/[0-9]*/cmdline 2>/dev/null | sed 's#/proc/\([0-9]*\)/.*#\1#'
}

has_no_daemon() {
	[ -z "$(daemon_pids)" ]
}

# A fresh database and a place to mount it. The super-user lets others in, as the tests of permissions
# need it. PLANFS_OPTIONS holds options to try the tests with.
setup() {
	[ -c /dev/fuse ] || skip "no /dev/fuse"
	[ "$(id -u)" = 0 ] || command -v fusermount3 >/dev/null || skip "no fusermount3"
	[ -x "${PLANFS:-}" ] || skip "PLANFS is not set to the program"
	options=${options:-}
	[ "$(id -u)" = 0 ] && options=allow_other${options:+,$options}
	[ -z "${PLANFS_OPTIONS:-}" ] || options=${options:+$options,}$PLANFS_OPTIONS
	work=$(mktemp -d "${TMPDIR:-/tmp}/planfs-mount.XXXXXX") || exit 1
	chmod 755 "$work"
	db=$work/plans.db mnt=$work/mnt
	trap teardown EXIT
	trap 'exit 129' HUP
	trap 'exit 130' INT
	trap 'exit 143' TERM
	mkdir "$mnt"
	"$PLANFS" init "$db" || die "init"
}

# What is left is taken down by force; a test that ends well has unmounted before.
teardown() {
	teardown_status=$?
	trap - EXIT
	cd / || exit 1
	if is_in_mount_table; then
		umount -l "$mnt" 2>/dev/null || fusermount3 -u -z "$mnt"
	fi
	for teardown_pid in $(daemon_pids); do
		kill -9 "$teardown_pid"
	done
	if [ -n "${KEEP:-}" ]; then
		echo "kept: $work"
	elif is_not_mounted; then
		rm -rf "$work"
	fi
	exit "$teardown_status"
}

mount_it() {
	"$PLANFS" mount ${options:+-o "$options"} "$db" "$mnt" || die "mount"
	wait_until 20 is_mounted || die "not mounted after 20 s"
}

# All is written when this returns, and no process is left.
umount_it() {
	"$PLANFS" umount "$mnt" || die "umount"
	wait_until 20 is_not_mounted || die "still mounted after 20 s"
	wait_until 20 has_no_daemon || die "a process still serves $db: $(daemon_pids)"
}

remount_it() {
	umount_it
	mount_it
}

# As if the power of the daemon alone had failed; mount_it replaces the stale mount.
kill_it() {
	for kill_pid in $(daemon_pids); do
		kill -9 "$kill_pid"
	done
	wait_until 20 has_no_daemon || die "a killed process is still there"
}

# requests MOUNT KIND...: how many of these it has had so far.
requests() {
	requests_all=$(cat "$1/.planfs/status.json")
	shift
	for kind; do
		printf '%s\n' "$requests_all" | sed -n "s/.*\"$kind\": \([0-9]*\).*/\1/p"
	done | awk '{ n += $1 } END { print n + 0 }'
}

# The end of a test that went well: nothing is damaged.
finish() {
	cd / || exit 1
	umount_it
	"$PLANFS" check "$db" || die "check finds damage"
	exit 0
}

# list TREE: every entry with all that stat tells, but for access and change times, in a fixed order.
list() {
	(cd "$1" && find . ! -path './.planfs*' -printf '%P|%y|%m|%U|%G|%n|%i|%s|%l|%T@\n' |
		sed 's/^\([^|]*|d|[^|]*|[^|]*|[^|]*|[^|]*|[^|]*\)|[0-9]*|/\1||/' | sort)
}

# contents TREE: the hash of every file, and its extended attributes.
contents() {
	(cd "$1" && find . -type f ! -path './.planfs*' -exec sha256sum {} + | sort -k 2
	find . \( -type f -o -type d \) ! -path './.planfs*' -print0 | sort -z |
		xargs -0 getfattr -d -m '^user\.' -e hex --absolute-names 2>/dev/null)
}

# same WHAT OLD NEW: two files of lists are equal, or the difference is shown.
same() {
	diff -u "$2" "$3" || die "$1"
}

# Before each case of run_cases; a test may have its own.
prepare_database() {
	:
}

# run_cases SCRIPT [CASE...]: each on a fresh mount, all without an argument. Cases are functions with names of three words or more.
run_cases() {
	cases_script=$(cd "$(dirname "$0")" && pwd)/$1
	shift
	# shellcheck disable=SC2046
	[ $# -gt 0 ] || set -- $(sed -n 's/^def \([a-z]*_[a-z]*_[a-z_]*\)():$/\1/p' "$cases_script")
	for case_name; do
		rm -rf "$db" "$db"-*
		"$PLANFS" init "$db" || die "init"
		prepare_database
		mount_it
		python3 "$cases_script" "$case_name" "$PLANFS" "$db" "$mnt" || die "$case_name"
		is_not_mounted || umount_it
		wait_until 20 has_no_daemon || die "$case_name: a process is left: $(daemon_pids)"
		"$PLANFS" check "$db" >"$work/check" || { cat "$work/check"; die "$case_name: damage"; }
		echo "ok $case_name"
	done
}
