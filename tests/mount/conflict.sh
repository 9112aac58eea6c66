#!/bin/sh
# Versions that overwrite what their writer has not seen: each case on a fresh mount. conflict.sh [CASE...]
set -u
. "$(dirname "$0")/lib.sh"

[ "$(id -u)" = 0 ] || skip "other users are needed"
setup
run_cases conflict.py "$@"
