#!/bin/sh
# Who made a version, and with which program: each case on a fresh mount of a database that an ordinary user
# owns. who.sh [CASE...]
set -u
. "$(dirname "$0")/lib.sh"

prepare_database() {
	chown daemon:daemon "$db" "$work"
}

[ "$(id -u)" = 0 ] || skip "other users are needed"
setup
run_cases who.py "$@"
