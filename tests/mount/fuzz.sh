#!/bin/sh
# Random operations against a model in memory: first in an ordinary directory, so that the model is known
# to be right, then on a mount. fuzz.sh FUZZ [-n OPERATIONS] [SEED...]
set -u
. "$(dirname "$0")/lib.sh"

fuzz=${1:?the program fuzz}
shift
operations=6000
if [ "${1:-}" = -n ]; then
	operations=$2
	shift 2
fi
[ $# -gt 0 ] || set -- $$
# What matters here is what happens, not whether the disk keeps it.
[ -w /dev/shm ] && export TMPDIR=/dev/shm
setup
mkdir "$work/plain"
"$fuzz" -n 4000 "$work/plain" "$@" || die "the model, in an ordinary directory"
mount_it
"$fuzz" -n "$operations" -m "$db" "$PLANFS" "$options" "$mnt" "$@" || die "a mount"
finish
