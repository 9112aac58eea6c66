#!/bin/bash
# Damaged databases: bits flipped, pages gone or exchanged, files and logs cut. Each copy is opened, listed, read
# with verification, checked and recovered; some are mounted, too; and hostile rows are looked at in a mount.
#
#   COPIES=1000   how many      MOUNTS=20   how many are mounted      SEED=1   another course
set -u
here=$(cd "$(dirname "$0")" && pwd)
. "$here/lib.sh"
copies=${COPIES:-200} mounts=${MOUNTS:-12} seed=${SEED:-1}
: "${DAMAGE:?the helper that meson builds}"

# A daemon that does not answer is ended by the kernel, so that nothing here can hang with it.
abort_mount() {
  local device
  device=$(sed -n "s|^[0-9]* [0-9]* 0:\([0-9]*\) .* $mnt .*|\1|p" /proc/self/mountinfo)
  grep -q fusectl /proc/self/mounts || mount -t fusectl none /sys/fs/fuse/connections 2>/dev/null
  [ -z "$device" ] || echo 1 >"/sys/fs/fuse/connections/$device/abort"
}

# mounted_copy I: a copy is mounted, looked at, and unmounted, whatever is in it.
mounted_copy() {
  local out code
  rm -f "$db" "$db-wal" "$db-shm"
  "$DAMAGE" make "$seed" "$1" "$db" >"$work/what" || { fail "damage make $1"; return; }
  if ! timeout -k 5 20 "$PLANFS" mount -o ro,verify "$db" "$mnt" 2>"$work/err"; then
    expect "copy $1 ($(cat "$work/what")) is refused in one line" [ "$(wc -l <"$work/err")" -ge 1 ]
    return
  fi
  out=$(timeout -k 5 30 "$DAMAGE" look "$mnt")
  code=$?
  [ $code = 124 ] && abort_mount
  expect "copy $1 ($(cat "$work/what")): $out" right_or_found $code
  timeout -k 5 20 "$PLANFS" umount "$mnt" >/dev/null 2>&1 || { abort_mount; umount -l "$mnt"; fail "copy $1: umount"; }
}

# right_or_found CODE: no text was wrong, or the check finds damage.
right_or_found() {
  [ "$1" = 0 ] || { [ "$1" = 1 ] && ! timeout -k 5 20 "$PLANFS" check "$db" >/dev/null; }
}

# --- hostile rows ---

sql() {
  sqlite3 -cmd 'PRAGMA ignore_check_constraints = 1' "$db" "$1"
}

drop_triggers() {
  sqlite3 "$db" "SELECT 'DROP TRIGGER ' || name || ';' FROM sqlite_schema WHERE type = 'trigger'" | sqlite3 "$db"
}

hostile_rows() {
  rm -f "$db" "$db-wal" "$db-shm"
  "$PLANFS" init "$db"
  sqlite3 "$db" "INSERT INTO section (year, district, plan, name, body) VALUES
    ('2016', 'a', 'p', '1.txt', 'one'), ('2016', 'a', 'p', '2.txt', 'two'), ('2016', 'a', 'p', '3.txt', 'three'),
    ('2016', 'a', 'p', '4.txt', 'four'), ('2016', 'a', 'p', '5.txt', 'five'), ('2016', 'a', 'p', '6.txt', 'six'),
    ('2016', 'a', 'p', '7.txt', 'seven'), ('2016', 'a', 'p', '8.txt', 'eight'), ('2016', 'a', 'q', 'z.txt', 'one')"
  drop_triggers
  sql "UPDATE dentry SET name = 'x/y' WHERE name = '1.txt'; UPDATE dentry SET name = '..' WHERE name = '2.txt';
    UPDATE dentry SET name = '.' WHERE name = '3.txt'; UPDATE dentry SET name = '' WHERE name = '4.txt';
    UPDATE dentry SET name = CAST(x'610062' AS TEXT) WHERE name = '5.txt';
    UPDATE inode SET size = -9 WHERE id = (SELECT inode FROM dentry WHERE name = '6.txt');
    UPDATE inode SET size = 1 << 60 WHERE id = (SELECT inode FROM dentry WHERE name = '7.txt');
    INSERT INTO dentry (parent, name, inode) SELECT parent, hex(zeroblob(140)), inode FROM dentry WHERE name = '8.txt';
    INSERT INTO dentry (parent, name, inode) SELECT inode, 'cycle', (SELECT inode FROM dentry WHERE name = 'a') FROM dentry WHERE name = 'q';
    INSERT INTO dentry (parent, name, inode) SELECT inode, 'root', 1 FROM dentry WHERE name = 'q';
    INSERT INTO dentry (parent, name, inode) SELECT inode, 'nothing', 999999 FROM dentry WHERE name = 'q';
    INSERT INTO dentry (parent, name, inode) VALUES (888888, 'nowhere', 2);
    UPDATE inode SET nlink = -5, mtime = -1 << 62 WHERE id = (SELECT inode FROM dentry WHERE name = '8.txt')"
}

hostile_mount() {
  local p=$mnt/2016/a/p q=$mnt/2016/a/q
  timeout -k 5 20 "$PLANFS" mount "$db" "$mnt" || { fail "hostile rows: mount"; return; }
  expect "only what can be a file is listed" [ "$(timeout 10 ls -A "$p" | tr '\n' ' ')" = '8.txt ' ]
  expect "a name that names nothing is not listed" [ "$(timeout 10 ls -A "$q" 2>/dev/null | tr '\n' ' ')" = 'z.txt ' ]
  expect "the tree has an end" [ "$(timeout 10 find "$mnt" 2>/dev/null | wc -l)" = 7 ]
  expect "the others can be read" [ "$(timeout 10 cat "$p/8.txt" "$q/z.txt")" = eightone ]
  expect "a negative size" fails cat "$p/6.txt"
  expect "a huge size" fails cat "$p/7.txt"
  expect "a cycle" fails ls "$q/cycle"
  expect "a name of the root" fails ls "$q/root"
  expect "a name of nothing" fails cat "$q/nothing"
  expect "the mount lives" timeout 10 touch "$q/new.txt"
  timeout -k 5 20 "$PLANFS" umount "$mnt" || { abort_mount; fail "hostile rows: umount"; }
  expect "check finds it" fails "$PLANFS" check "$db"
  expect "repair mends it" timeout 20 "$PLANFS" check "$db" --repair >/dev/null
  timeout -k 5 20 "$PLANFS" mount "$db" "$mnt" || { fail "hostile rows, repaired: mount"; return; }
  expect "all texts are there" [ "$(timeout 10 find "$mnt" -name '[^n]*' -type f -exec cat {} + | wc -c)" = 40 ]
  timeout -k 5 20 "$PLANFS" umount "$mnt" || { abort_mount; fail "hostile rows, repaired: umount"; }
}

# --- rot ---

# A text whose bytes changed on the disk: as it stands without verification, EIO and one line in the log with it.
rotten_text() {
  rm -f "$db" "$db-wal" "$db-shm"
  "$PLANFS" init "$db"
  timeout -k 5 20 "$PLANFS" mount "$db" "$mnt" || { fail "rot: mount"; return; }
  mkdir -p "$mnt/2016/a/p"
  head -c 400000 /dev/zero | tr '\0' x >"$mnt/2016/a/p/1.txt"
  echo sound >"$mnt/2016/a/p/2.txt"
  timeout -k 5 20 "$PLANFS" umount "$mnt" || { abort_mount; fail "rot: umount"; return; }
  python3 - "$db" <<'END'
import sys
data = bytearray(open(sys.argv[1], 'rb').read())
data[data.index(b'x' * 3000) + 1500] = ord('y')
open(sys.argv[1], 'wb').write(data)
END
  mount_it -o ro || { fail "rot: mount -o ro"; return; }
  expect "rot is not noticed unasked" [ "$(timeout 10 tr -d x <"$mnt/2016/a/p/1.txt")" = y ]
  umount_it
  : >"$work/daemon.log"
  mount_it -o ro,verify || { fail "rot: mount -o verify"; return; }
  expect "a rotten text is EIO" fails cat "$mnt/2016/a/p/1.txt"
  expect "also at its end" fails tail -c 10 "$mnt/2016/a/p/1.txt"
  expect "others can be read" [ "$(timeout 10 cat "$mnt/2016/a/p/2.txt")" = sound ]
  umount_it
  expect "one line in the log" [ "$(wc -l <"$work/daemon.log")" = 1 ]
  expect "that names the file and the way out" grep -q "2016/a/p/1.txt: .*planfs check $db.*planfs recover" "$work/daemon.log"
  expect "check finds it" fails "$PLANFS" check "$db"
  expect "export refuses it" fails "$PLANFS" export "$db" --txt
}

fails() {
  ! timeout 10 "$@" >/dev/null 2>&1
}

setup
timeout -k 5 "${LIMIT:-280}" "$DAMAGE" run "$copies" "$seed" || fail "damaged copies"
need_fuse
command -v sqlite3 >/dev/null || skip "no sqlite3 shell"
for ((i = 0; i < mounts; i++)); do mounted_copy $((i * 7)); done
hostile_rows
hostile_mount
rotten_text
finish
