# shellcheck shell=sh
# Helpers of the tests of commands; sourced with $planfs set. $work and a mount at $mnt are removed at the end; $db is the
# path of a database that is not there yet: see begin.

export LC_ALL=C.UTF-8
work=$(mktemp -d /tmp/planfs-cli-XXXXXX) || exit 1
db=$work/plans.db mnt=$work/mnt
failed=0 done=0

clean_up() {
	mountpoint -q "$mnt" && umount "$mnt"
	rm -rf "$work"
}
trap clean_up EXIT

# A fresh database.
begin() {
	"$planfs" init "$db" || exit 1
}

# run CODE STDOUT STDERR [ARGUMENT...]: the outputs are patterns of the shell for all that is printed
run() {
	code=$1 out=$2 err=$3
	shift 3
	"$planfs" "$@" >"$work/out" 2>"$work/err"
	got=$?
	done=$((done + 1))
	# shellcheck disable=SC2254
	case $(cat "$work/out") in $out) ;; *) got="$got, stdout: $(cat "$work/out")" ;; esac
	# shellcheck disable=SC2254
	case $(cat "$work/err") in $err) ;; *) got="$got, stderr: $(cat "$work/err")" ;; esac
	[ "$got" = "$code" ] && return
	failed=$((failed + 1))
	printf 'planfs %s\n  wanted %s, stdout: %s, stderr: %s\n  got %s\n' "$*" "$code" "$out" "$err" "$got"
}

# same WHAT WANTED GOT
same() {
	done=$((done + 1))
	[ "$2" = "$3" ] && return
	failed=$((failed + 1))
	printf '%s\n  wanted %s\n  got %s\n' "$1" "$2" "$3"
}

# The end of a test.
finish() {
	echo "$done cases, $failed failed"
	[ "$failed" = 0 ] && [ "$done" -gt 0 ]
	exit
}
