#!/bin/sh
# The conformance suite in a plan's directory, where saving makes versions: posix_plan.sh POSIX [ARGUMENT...]
set -u
. "$(dirname "$0")/lib.sh"

posix=${1:?the program posix}
shift
setup
mount_it
mkdir -p "$mnt/2016/合肥市/计划"
"$posix" "$@" "$mnt/2016/合肥市/计划" || die "the suite found something"
rm -r "$mnt/2016" || die "something is left"
finish
