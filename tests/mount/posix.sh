#!/bin/sh
# The conformance suite on a mount: posix.sh POSIX [ARGUMENT...]
set -u
. "$(dirname "$0")/lib.sh"

posix=${1:?the program posix}
shift
setup
mount_it
mkdir "$mnt/here"
"$posix" "$@" "$mnt/here" || die "the suite found something"
rmdir "$mnt/here" || die "something is left"
finish
