#!/bin/sh
# The service file: systemd understands it, nothing in it hides the mount, and little is left to the daemon.
# The line for fstab: planfs takes its options. systemd.sh PLANFS EXAMPLES
set -u
planfs=$(realpath "$1") examples=$2/systemd
failed=0

fail() {
	echo "FAILED: $*"
	failed=1
}

hiding='PrivateMounts|PrivateTmp|PrivateDevices|ProtectSystem|ProtectHome|ProtectProc|ProcSubset|PrivateIPC'
hiding="$hiding|ProtectKernel[A-Za-z]*|ProtectControlGroups|[A-Za-z]*Paths|TemporaryFileSystem|MountFlags"
hiding="$hiding|Root[A-Z][A-Za-z]*|DynamicUser|LogNamespace"
grep -nE "^($hiding)=" "$examples/planfs.service" && fail "these hide the mount from everybody else"

work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
# The kernel's words are not asked: a mount over nothing fails, but not for its options.
options=$(awk '$3 == "fuse.planfs" { print $4 }' "$examples/fstab")
"$planfs" init "$work/plans.db" || fail "init"
said=$("$planfs" mount -o "$options" "$work/plans.db" "$work/nowhere" 2>&1) && fail "mounted at nowhere"
case $said in *option*) fail "fstab: $said" ;; esac

if command -v systemd-analyze >/dev/null; then
	sed "s|/usr/bin/planfs|$planfs|; /^Documentation=/d" "$examples/planfs.service" >"$work/planfs.service"
	said=$(systemd-analyze verify --man=no "$work/planfs.service" 2>&1 | grep planfs.service)
	[ -z "$said" ] || fail "$said"
	systemd-analyze security --offline=true --threshold=55 --no-pager "$work/planfs.service" >"$work/said" 2>&1 ||
		{ tail -3 "$work/said"; fail "systemd finds it too open"; }
	tail -1 "$work/said"
fi

# The rights that the service leaves are enough to mount, serve and end.
if [ "$(id -u)" = 0 ] && [ -c /dev/fuse ] && command -v setpriv >/dev/null; then
	mkdir "$work/mnt"
	chmod 711 "$work"
	chown 65001:65001 "$work/plans.db" "$work"
	left=$(sed -n 's/^CapabilityBoundingSet=//p' "$examples/planfs.service" | tr 'A-Z ' 'a-z\n' | sed 's/^cap_/,+/' | tr -d '\n')
	setpriv --bounding-set="-all$left" --inh-caps=-all --no-new-privs \
		"$planfs" mount -o allow_other "$work/plans.db" "$work/mnt" || fail "not mounted with the rights that are left"
	echo text >"$work/mnt/a.txt" || fail "not written with the rights that are left"
	"$planfs" umount "$work/mnt" || fail "not unmounted"
	[ -z "$(ls -A "$work/mnt")" ] || fail "it was not the mount that was written"
fi
exit $failed
