#!/bin/bash
# The death of a daemon and its upgrade: those who work go on. The long form: KILLS=60 UPGRADES=20.
#
#   KILLS=12 UPGRADES=4   how often      SEED=…   another course      KEEP=1   leave the files for a look
set -u
here=$(cd "$(dirname "$0")" && pwd)
. "$here/lib.sh"
kills=${KILLS:-12} upgrades=${UPGRADES:-4} seed=${SEED:-$RANDOM}

pid_of_daemon() {
  sed -n 's/^  "pid": \([0-9]*\),$/\1/p' "$mnt/.planfs/status.json"
}

daemon_is_another() {
  local now
  now=$(pid_of_daemon) && [ -n "$now" ] && [ "$now" != "$1" ]
}

# sent_again WHAT ANSWER CODE: the daemon dies after it has done what CODE asks for and before it answers; that is its
# ANSWERth: a name that is to be new, or replaced, is looked up first. The kernel asks the next daemon, which must
# not do it twice. Python makes nothing but the one call.
sent_again() {
  local what=$1 answer=$2 code=$3 old tracer
  old=$(pid_of_daemon)
  strace -qq -f -o /dev/null -e trace=writev -e inject=writev:signal=KILL:when=$answer+ -p "$old" &
  tracer=$!
  wait_until 20000 grep -q "^TracerPid:[[:space:]]*[1-9]" "/proc/$old/status" || fail "$what: no tracer"
  expect "$what, sent again" timeout 60 python3 -c "
import os, sys
os.chdir(sys.argv[1])
$code" "$work/names"
  wait "$tracer"
  wait_until 20000 daemon_is_another "$old" || fail "$what: the daemon did not die"
}

# What the kernel must know beforehand: where the names are, and that there is none yet. The tracer would otherwise
# strike at a question.
prepare_names() {
  rm -rf "$mnt/names"
  mkdir -p "$mnt/names/dir" "$mnt/names/other" && echo text >"$mnt/names/file" || return
  [ "$work/names" -ef "$mnt/names" ] || ln -s "$mnt/names" "$work/names"
}

# names_are NAME...: exactly these are there.
names_are() {
  [ "$(cd "$mnt/names" && find . -mindepth 1 | sort | tr '\n' ' ')" = "$* " ] && return
  (cd "$mnt/names" && find . -mindepth 1 | sort | tr '\n' ' ')
  return 1
}

each_change_once() {
  local what answer code names
  while IFS='|' read -r what answer code names; do
    prepare_names || fail "$what: prepare"
    sent_again "$what" "$answer" "$code"
    # shellcheck disable=SC2086
    expect "$what was done once" names_are $names
  done <<'CASES'
mkdir|2|os.mkdir('new')|./dir ./file ./new ./other
symlink|2|os.symlink('to', 'new')|./dir ./file ./new ./other
mknod|2|os.mknod('new', 0o10644)|./dir ./file ./new ./other
link|2|os.link('file', 'new')|./dir ./file ./new ./other
rename|2|os.rename('file', 'new')|./dir ./new ./other
rename over a directory|2|os.rename('dir', 'other')|./file ./other
unlink|1|os.unlink('file')|./dir ./other
rmdir|1|os.rmdir('dir')|./file ./other
setxattr|1|os.setxattr('file', 'user.a', b'1', os.XATTR_CREATE)|./dir ./file ./other
CASES
}

# A file that was being written when the daemon died: the handle says so once, and nothing is mixed up.
lost_change_is_told() {
  timeout 60 python3 - "$mnt/names/file" "$mnt/.planfs/status.json" <<'PYTHON'
import errno, json, os, signal, sys
path, status = sys.argv[1:]
fd = os.open(path, os.O_RDWR)
reader = os.open(path, os.O_RDONLY)
os.pwrite(fd, b'lost', 0)
os.kill(json.load(open(status))['pid'], signal.SIGKILL)
def error_of(call, *args):
    try:
        call(*args)
    except OSError as e:
        return e.errno
    return 0
assert error_of(os.pwrite, fd, b'x', 2) == errno.EIO, 'a new piece in the old text'
assert error_of(os.fsync, fd) == errno.EIO, 'fsync says nothing'
assert error_of(os.fsync, fd) == 0, 'fsync says it twice'
os.close(fd)
assert os.pread(reader, 10, 0) == b'text\n', os.pread(reader, 10, 0)
with open(path, 'w') as f:
    f.write('again\n')
assert open(path).read() == 'again\n'
PYTHON
}

need_fuse
command -v strace >/dev/null || skip "no strace"
python3 -c '' 2>/dev/null || skip "no python3"
setup
"$PLANFS" init "$db" || { fail "planfs init"; finish; }
mount_it || { fail "planfs mount"; finish; }
grep -q '"survives_its_daemon": true' "$mnt/.planfs/status.json" || skip "this kernel does not send requests again"
prepare_names || fail "prepare"
expect "a lost change is told" lost_change_is_told
each_change_once
expect "people at work" timeout -k 5 600 python3 "$here/resume.py" "$PLANFS" "$mnt" "$kills" "$upgrades" "$seed"
expect "planfs check" "$PLANFS" check "$db"
expect "a clean end" umount_it
expect "nothing without a name is left" test -z "$(sqlite3 "$db" 'SELECT 1 FROM inode WHERE nlink = 0 LIMIT 1')"
expect "planfs check at the end" "$PLANFS" check "$db"
finish
