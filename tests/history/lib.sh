# shellcheck shell=sh
# Helpers of these tests; sourced behind tests/mount/lib.sh, or alone where nothing is mounted.
#
#   run CODE OUT ERR [ARGUMENT...]: planfs with these arguments ends with CODE; the outputs are patterns of the shell.
#   The outputs are in $work/out and $work/err. Where run_path is set, planfs looks for programs there only.

failed=0 tried=0 run_path=

run() {
	run_code=$1 run_out=$2 run_err=$3
	shift 3
	env ${run_path:+"PATH=$run_path"} "$PLANFS" "$@" >"$work/out" 2>"$work/err" </dev/null
	run_got=$?
	tried=$((tried + 1))
	# shellcheck disable=SC2254
	case $(cat "$work/out") in $run_out) ;; *) run_got="$run_got, stdout: $(cat "$work/out")" ;; esac
	# shellcheck disable=SC2254
	case $(cat "$work/err") in $run_err) ;; *) run_got="$run_got, stderr: $(cat "$work/err")" ;; esac
	[ "$(wc -l <"$work/err")" -le 1 ] || run_got="$run_got, more than a line: $(cat "$work/err")"
	[ "$run_got" = "$run_code" ] && return
	failed=$((failed + 1))
	printf 'planfs %s\n  wanted %s, stdout: %s, stderr: %s\n  got %s\n' "$*" "$run_code" "$run_out" "$run_err" "$run_got" >&2
}

# is WHAT WANTED GOT
is() {
	tried=$((tried + 1))
	[ "$2" = "$3" ] && return
	failed=$((failed + 1))
	printf '%s\n  wanted %s\n  got %s\n' "$1" "$2" "$3" >&2
}

# The end: the number of checks, and whether all went well.
report() {
	echo "$tried checks, $failed failed"
	[ "$failed" = 0 ]
}

sql() {
	sqlite3 "$db" "$1"
}
