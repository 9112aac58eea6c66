#!/bin/sh
# The exerciser on a mount, on an ordinary file and on a section: fsx.sh FSX [ARGUMENT...]
set -u
. "$(dirname "$0")/lib.sh"

fsx=${1:?the program fsx}
shift
[ $# -gt 0 ] || set -- -n 10000
setup
mount_it
"$fsx" "$@" "$mnt/file" 1 2 3 || die "an ordinary file"
mkdir -p "$mnt/2016/合肥市/计划"
"$fsx" "$@" "$mnt/2016/合肥市/计划/01-前言.txt" 4 5 6 || die "a section"
"$fsx" "$@" -l 5000 "$mnt/2016/合肥市/计划/02-小.txt" 7 8 || die "a small section"
finish
