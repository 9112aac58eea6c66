#!/bin/sh
# Windows: smbd with examples/smb.conf on a real mount, and clients that do what Windows programs do. In a network of its
# own, so that it meets no other smbd; nothing outside the test's directory is written. samba.sh [CASE...]
set -u
. "$(dirname "$0")/lib.sh"

[ "$(id -u)" = 0 ] || skip "other users are needed"
for program in smbd smbpasswd smbclient; do
	command -v $program >/dev/null || skip "no $program; apt install samba samba-vfs-modules smbclient python3-samba"
done
# of the system: the Samba modules are Debian's
python=/usr/bin/python3
$python -c 'from samba.samba3 import libsmb_samba_internal' 2>/dev/null || skip "no python3-samba"
unshare --net true 2>/dev/null || skip "no network namespaces"
here=$(cd "$(dirname "$0")" && pwd)
setup
[ $# -gt 0 ] || set -- $(sed -n 's/^def \([a-z_]*_[a-z_]*_[a-z_]*\)():$/\1/p' "$here/windows.py")
mount_it

# The script ends its server, unless it is killed itself.
stop_server() {
	status=$?
	[ -s "$work/samba/pid/smbd.pid" ] && kill "$(cat "$work/samba/pid/smbd.pid")"
	(exit "$status")
	teardown
}
trap stop_server EXIT
unshare --net "$python" "$here/windows.py" "$PLANFS" "$db" "$mnt" "$work" "$here/../../examples/smb.conf" "$@" ||
	die "see above"
trap teardown EXIT
finish
