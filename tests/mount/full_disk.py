"""Fill the disk below a mount through the mount; see full_disk.sh."""
import errno
import os
import sys
import time

plan = os.path.join(sys.argv[1], '2016/合肥市/计划')
old = os.path.join(plan, '01-旧.txt')
new = os.path.join(plan, '02-新.txt')
BIG = os.urandom(60000)


def save(path, data):
    with open(path, 'wb', buffering=0) as f:
        f.write(data)


def expect_no_space(what, call, *args):
    try:
        call(*args)
    except OSError as e:
        if e.errno == errno.ENOSPC:
            return
        sys.exit('%s: %s' % (what, e))
    sys.exit('%s: succeeded on a full disk' % what)


def wait_for(what, condition):
    end = time.monotonic() + 10
    while not condition():
        if time.monotonic() > end:
            sys.exit('after 10 s: not ' + what)


def append(path):
    with open(path, 'ab', buffering=0) as f:
        f.write(BIG)


def replace(path):
    save(path + '.new', BIG)
    os.rename(path + '.new', path)


def sync_new(path):
    fd = os.open(path, os.O_CREAT | os.O_WRONLY)
    try:
        os.write(fd, BIG)
        os.fsync(fd)
    finally:
        try:
            os.close(fd)
        except OSError:
            pass


os.makedirs(plan)
save(old, '旧文字\n'.encode())
files = 0
try:
    while True:
        save(os.path.join(plan, 'f%d.txt' % files), BIG)
        files += 1
except OSError as e:
    if e.errno != errno.ENOSPC:
        sys.exit('filling: %s' % e)

expect_no_space('a save in place', save, old, BIG)
expect_no_space('an append', append, old)
expect_no_space('a new file over the old', replace, old)
expect_no_space('a new file', sync_new, new)
wait_for('the old text', lambda: open(old, 'rb').read() == '旧文字\n'.encode())
wait_for('the name free again', lambda: not os.path.exists(new))
for i in range(files):
    os.unlink(os.path.join(plan, 'f%d.txt' % i))
save(new, b'now there is room\n')
if open(new, 'rb').read() != b'now there is room\n':
    sys.exit('the new text is not there')
print('%d files stored and removed' % files)
