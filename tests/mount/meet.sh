#!/bin/sh
# Writers that meet each other, another program, or a signal: each case on a fresh mount. meet.sh [CASE...]
set -u
. "$(dirname "$0")/lib.sh"

[ "$(id -u)" = 0 ] || skip "other users are needed"
setup
run_cases meet.py "$@"
