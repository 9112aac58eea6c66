"""Writes and allocations of a daemon that fail; run by faultmount.sh.

    faultmount.py DB MNT CONTROL [all]

For each step the 1st, the 2nd … write, sync or allocation of the daemon fails, once and from there on, until
the step meets none. The caller must be told; mount and database must show one and the same state, the old
or the new; the next try must succeed.
"""
import errno
import mmap
import os
import sqlite3
import struct
import sys
import time

DB, MNT, CONTROL = sys.argv[1:4]
ALL = 'all' in sys.argv[4:]
PLAN = os.path.join(MNT, '2016/合肥市/计划')
OLD, NEW = os.path.join(PLAN, '01-旧.txt'), os.path.join(PLAN, '02-新.txt')
TEMP, DIR = os.path.join(PLAN, '.01-旧.txt.swp'), os.path.join(PLAN, '目录')

KINDS = {1: ('EIO', {errno.EIO}), 2: ('ENOSPC', {errno.ENOSPC, errno.EIO}), 3: ('memory', {errno.ENOMEM})}
MEMORY = 3
DENSE, LIMIT = (10 ** 6, 10 ** 6) if ALL else (14, 150)

control = mmap.mmap(os.open(CONTROL, os.O_RDWR), 64)
turn = 0


def arm(kind, at, on_and_on):
    control[8:32] = struct.pack('qqq', at, on_and_on, 0)
    control[0:8] = struct.pack('q', kind)


def disarm():
    control[0:8] = struct.pack('q', 0)
    return struct.unpack('q', control[24:32])[0]


def put(path, text):
    fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o644)
    try:
        os.write(fd, text.encode())
    finally:
        os.close(fd)


def new_text():
    return '新文字%d\n' % turn


def in_mount():
    """What the tree shows: names, modes, links, texts, attributes."""
    state = []
    for name in sorted(os.listdir(PLAN)):
        path = os.path.join(PLAN, name)
        st = os.lstat(path)
        text = None
        if os.path.isfile(path):
            with open(path, encoding='utf-8') as f:
                text = f.read()
        state.append((name, st.st_mode, 0 if text is None else st.st_nlink, text, tuple(os.listxattr(path))))
    return state


def in_database():
    with sqlite3.connect(DB, timeout=20) as c:
        rows = c.execute(
            "SELECT d.name, i.mode, CASE WHEN i.mode & 61440 = 16384 THEN 0 ELSE i.nlink END, "
            "CASE WHEN i.mode & 61440 = 16384 THEN NULL ELSE ifnull(CAST(b.data AS TEXT), '') END, "
            "(SELECT group_concat(x.name, '|') FROM xattr x WHERE x.inode = i.id) "
            "FROM dentry d JOIN inode i ON i.id = d.inode LEFT JOIN body b ON b.id = i.body WHERE d.parent = "
            "(SELECT inode FROM dentry WHERE name = '计划') ORDER BY d.name").fetchall()
    c.close()
    return [row[:4] + (tuple((row[4] or '').split('|')) if row[4] else (),) for row in rows]


def agreed():
    """The state in which mount and database agree; what was refused takes the kernel a moment to forget."""
    end = time.monotonic() + 30
    while True:
        mount, database = in_mount(), in_database()
        if mount == database:
            return mount
        if time.monotonic() > end:
            sys.exit('%s: the mount shows\n%r\nand the database holds\n%r' % (what, mount, database))
        time.sleep(0.005)


def save():
    put(OLD, new_text())


def append():
    fd = os.open(OLD, os.O_WRONLY | os.O_APPEND)
    try:
        os.write(fd, b'more')
    finally:
        os.close(fd)


def create():
    put(NEW, new_text())


def setxattr():
    os.setxattr(OLD, 'user.a', b'1')


def exchange():
    os.rename(OLD, TEMP + '.3')
    os.rename(TEMP, OLD)


def forget(path):
    if os.path.lexists(path):
        (os.rmdir if os.path.isdir(path) else os.unlink)(path)


STEPS = [save, append, create, setxattr,
         ('replace', lambda: os.rename(TEMP, OLD)), ('unlink', lambda: os.unlink(OLD)),
         ('mkdir', lambda: os.mkdir(DIR)), ('link', lambda: os.link(OLD, NEW)),
         ('chmod', lambda: os.chmod(OLD, 0o400)), ('truncate', lambda: os.truncate(OLD, 3)),
         ('mknod', lambda: os.mknod(NEW)),
         ('vim', exchange)]


WITH_HANDLES = 'save', 'append', 'create'


def whole(state):
    """Is every text the one that was there, nothing, or the new one?"""
    texts = '旧文字\n', '旧文字\nmore', '临时\n', '', new_text()
    return all(row[3] in texts for row in state)


def begin():
    for path in NEW, DIR, TEMP, TEMP + '.3', OLD:
        forget(path)
    put(OLD, '旧文字\n')
    put(TEMP, '临时\n')


def try_it(step, kind, at, on_and_on):
    """Returns whether something failed."""
    global turn, what
    turn += 1
    what = '%s, %s, operation %d%s' % (step[0], KINDS[kind][0], at, ' and on' if on_and_on else '')
    begin()
    before, error = agreed(), None
    arm(kind, at, on_and_on)
    try:
        step[1]()
    except OSError as e:
        error = e
    failed = disarm()
    if error and not failed:
        sys.exit('%s: without a fault: %s' % (what, error))
    if error and error.errno not in KINDS[kind][1]:
        sys.exit('%s: the caller was told: %s' % (what, error))
    if error and kind == MEMORY and step[0] in WITH_HANDLES:
        # What libfuse has no memory for the daemon never hears of: that a file was closed, or written
        # after it was cut. The database holds the old text, the new one or none; the next save mends all.
        after = in_database()
        after = before if after == before or whole(after) else after
    else:
        after = agreed()
    if error and after != before and step[0] != 'vim':
        sys.exit('%s: it failed (%s), but something changed:\n%r\n%r' % (what, error, before, after))
    if not error and after == before:
        sys.exit('%s: it succeeded, but nothing changed' % what)
    if error:
        begin()
        step[1]()
        agreed()
    return failed > 0


what = 'the beginning'
os.makedirs(PLAN)
total = 0
ONLY = os.environ.get('STEP')
for entry in STEPS:
    step = entry if isinstance(entry, tuple) else (entry.__name__, entry)
    if ONLY and step[0] != ONLY:
        continue
    counts = []
    for kind in KINDS:
        count = 0
        for on_and_on in (0, 1):
            at, misses = 1, 0
            # Other threads of the daemon may take the fault, or a step may do without by chance.
            while misses < 2 and at < LIMIT:
                hit = try_it(step, kind, at, on_and_on)
                misses = 0 if hit else misses + 1
                count += hit
                at += 1 if at < DENSE else at // 3
        counts.append(count)
        total += count
    print('%-10s' % step[0], *('%s %4d' % (KINDS[k][0], n) for k, n in zip(KINDS, counts)), flush=True)
print('%d faults' % total)
