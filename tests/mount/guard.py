"""Who may do what on a mount that others may enter, and how much memory they can make it use.

    guard.py PART PLANFS DB MNT     see guard.sh; PART is users, bounds or closed
"""
import ctypes
import errno
import json
import os
import resource
import shutil
import sqlite3
import stat
import subprocess
import sys

part, planfs, db, mnt = sys.argv[1:5]
A, B, GROUP = 65001, 65002, 65003
REFUSED = {errno.EACCES, errno.EPERM}
failures = []


def fail(text):
    failures.append(text)
    print('FAILED: ' + text, flush=True)


def as_user(uid, call, groups=()):
    """Run call() as somebody else. Returns its errno, 0 when it succeeded."""
    child = os.fork()
    if child == 0:
        code = 255
        try:
            os.setgroups(list(groups))
            os.setgid(uid)
            os.setuid(uid)
            os.umask(0)
            call()
            code = 0
        except OSError as e:
            code = e.errno
        finally:
            os._exit(code)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def refused(what, uid, call, **more):
    code = as_user(uid, call, **more)
    if code not in REFUSED:
        fail('%s: %s' % (what, os.strerror(code) if code else 'was allowed'))


def allowed(what, uid, call, **more):
    code = as_user(uid, call, **more)
    if code:
        fail('%s: %s' % (what, os.strerror(code) if code < 255 else 'no OSError'))


def write(path, data=b'text', flags=os.O_WRONLY | os.O_CREAT, mode=0o666):
    fd = os.open(path, flags, mode)
    try:
        os.write(fd, data)
    finally:
        os.close(fd)


def read(path):
    with open(path, 'rb') as f:
        return f.read()


def at(*names):
    return os.path.join(mnt, *names)


def private_files():
    """A's directory and file, closed to B in every way."""
    os.chmod(mnt, 0o1777)
    allowed('A makes a directory', A, lambda: os.mkdir(at('甲'), 0o755))
    secret = at('甲', '秘密.txt')
    allowed('A writes', A, lambda: write(secret, mode=0o600))
    calls = {
        'read': lambda: read(secret),
        'write': lambda: write(secret, flags=os.O_WRONLY),
        'append': lambda: write(secret, flags=os.O_WRONLY | os.O_APPEND),
        'cut by open': lambda: os.open(secret, os.O_WRONLY | os.O_TRUNC),
        'truncate': lambda: os.truncate(secret, 0),
        'chmod': lambda: os.chmod(secret, 0o666),
        'chown': lambda: os.chown(secret, B, -1),
        'utimens': lambda: os.utime(secret, (1, 1)),
        'touch': lambda: os.utime(secret),
        'set an attribute of': lambda: os.setxattr(secret, 'user.a', b'1'),
        'read an attribute of': lambda: os.getxattr(secret, 'user.a'),
        'unlink': lambda: os.unlink(secret),
        'rename': lambda: os.rename(secret, secret + '2'),
        'replace': lambda: os.rename(at('乙.txt'), secret),
        'create beside': lambda: write(at('甲', '新.txt')),
        'mkdir beside': lambda: os.mkdir(at('甲', '新')),
        'link beside': lambda: os.link(at('乙.txt'), at('甲', '链')),
        'chmod the directory of': lambda: os.chmod(at('甲'), 0o777),
    }
    allowed('B writes', B, lambda: write(at('乙.txt')))
    os.setxattr(secret, 'user.a', b'1')
    for what, call in calls.items():
        refused('B may ' + what + " A's file", B, call)
    if read(secret) != b'text' or os.getxattr(secret, 'user.a') != b'1':
        fail("A's file was changed")
    refused("B unlinks A's directory in a sticky one", B, lambda: os.rename(at('甲'), at('丙')))
    os.chmod(at('甲'), 0o700)
    refused('B searches a directory that is closed', B, lambda: os.stat(secret))
    refused('B lists a directory that is closed', B, lambda: os.listdir(at('甲')))
    os.chmod(at('甲'), 0o711)
    allowed('B passes a directory that may be searched', B, lambda: os.stat(secret))
    refused('B lists a directory that may only be searched', B, lambda: os.listdir(at('甲')))


def groups():
    shared = at('共用.txt')
    write(shared)
    os.chown(shared, A, GROUP)
    os.chmod(shared, 0o640)
    allowed('a member of the group reads', B, lambda: read(shared), groups=[GROUP])
    refused('a member of the group writes', B, lambda: write(shared, flags=os.O_WRONLY), groups=[GROUP])
    refused('no member of the group reads', B, lambda: read(shared))
    os.chmod(shared, 0o066)
    refused('the owner reads what others may', A, lambda: read(shared))
    refused('A gives a file to a group that is not his', A, lambda: os.chown(shared, -1, B))


def set_ids():
    program = at('程序')
    shutil.copy(shutil.which('id'), program)
    for what, call in {
        'a write': lambda: write(program, b'', os.O_WRONLY | os.O_APPEND) or os.truncate(program, os.path.getsize(program)),
        'truncate': lambda: os.truncate(program, os.path.getsize(program)),
    }.items():
        os.chmod(program, 0o6777)
        allowed(what + ' by B', B, call)
        if os.stat(program).st_mode & stat.S_ISUID:
            fail('the set-user-ID bit survives %s by another user' % what)
    os.chmod(program, 0o4755)
    os.chown(program, A, A)
    if os.stat(program).st_mode & stat.S_ISUID:
        fail('the set-user-ID bit survives chown')
    os.chown(program, 0, 0)
    os.chmod(program, 0o4755)
    seen = subprocess.run([program, '-u'], capture_output=True, text=True, user=B, group=B, extra_groups=[])
    if seen.stdout.strip() != str(B):
        fail('a set-user-ID program runs as %r' % (seen.stdout + seen.stderr))


def devices():
    options = [line.split()[5] for line in open('/proc/self/mountinfo') if line.split()[4] == mnt]
    if not options or not {'nosuid', 'nodev'} <= set(options[-1].split(',')):
        fail('nosuid and nodev are not in effect: %r' % options)
    os.mknod(at('设备'), 0o666 | stat.S_IFCHR, os.makedev(1, 5))
    try:
        read(at('设备'))
        fail('a device can be opened')
    except OSError as e:
        if e.errno != errno.EACCES:
            fail('a device: %s' % e)


def views():
    """What .planfs shows to everybody names nothing that is not everybody's."""
    text = []
    for name in 'README.txt', 'status.json':
        allowed('B reads .planfs/' + name, B, lambda: read(at('.planfs', name)))
        refused_or_rofs = as_user(B, lambda: write(at('.planfs', name), flags=os.O_WRONLY))
        if refused_or_rofs not in REFUSED | {errno.EROFS}:
            fail('.planfs/%s can be written' % name)
        text.append(read(at('.planfs', name)).decode())
    if '秘密' in ''.join(text):
        fail('.planfs tells names of files')
    if as_user(B, lambda: write(at('.planfs', '新.txt'))) not in REFUSED | {errno.EROFS}:
        fail('something can be made in .planfs')


def modes():
    """The database and all that lies beside it are its owner's."""
    subprocess.run([planfs, 'backup', db, db + '.copy'], check=True)
    folder, name = os.path.split(db)
    for entry in sorted(os.listdir(folder)):
        mode = os.stat(os.path.join(folder, entry)).st_mode
        if entry.startswith(name) and mode & 0o077:
            fail('%s has mode %o' % (entry, mode & 0o7777))
    os.unlink(db + '.copy')


def rss():
    with open(at('.planfs/status.json')) as f:
        pid = json.load(f)['pid']
    for line in open('/proc/%s/status' % pid):
        if line.startswith('VmRSS'):
            return int(line.split()[1]) // 1024


def bound(what, megabytes):
    """Generous: the point is that it is no multiple of what was asked for."""
    used = rss()
    print('%-40s %4d MB' % (what, used), flush=True)
    if used > megabytes and not os.environ.get('NO_BOUNDS'):
        fail('%s: the daemon uses %d MB, %d are allowed' % (what, used, megabytes))


def getdents(path, size):
    """Names in a directory, asked for with a buffer of `size` bytes."""
    libc, names = ctypes.CDLL(None, use_errno=True), set()
    buffer = ctypes.create_string_buffer(size)
    fd = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    while True:
        n = libc.syscall(ctypes.c_long(217), fd, buffer, size)
        if n < 0:
            fail('getdents with %d bytes: %s' % (size, os.strerror(ctypes.get_errno())))
        if n <= 0:
            break
        place = 0
        while place < n:
            length = int.from_bytes(buffer.raw[place + 16:place + 18], sys.byteorder)
            name = buffer.raw[place + 19:place + length].split(b'\0')[0]
            if name in names:
                fail('%s is listed twice' % name.decode())
            names.add(name)
            place += length
    os.close(fd)
    return names - {b'.', b'..'}


def fill(path, count):
    """Make a directory with many empty files, in the database."""
    os.mkdir(path)
    parent = os.stat(path).st_ino
    with sqlite3.connect(db, timeout=30) as c:
        first = c.execute("SELECT seq FROM sqlite_sequence WHERE name = 'inode'").fetchone()[0] + 1
        row = ("WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i + 1 < %d) " % count)
        c.execute("INSERT INTO inode (id, mode, uid, gid, nlink, rdev, size, atime, mtime, ctime, btime) " + row +
                  "SELECT %d + i, 33188, 0, 0, 1, 0, 0, 0, 0, 0, 0 FROM n" % first)
        c.execute("INSERT INTO dentry (parent, name, inode, seq) " + row +
                  "SELECT %d, printf('文件%%07d.txt', i), %d + i, %d + i FROM n" % (parent, first, first))
        c.execute("UPDATE sqlite_sequence SET seq = %d WHERE name = 'inode'" % (first + count))
    c.close()


def large_directory():
    count = int(os.environ.get('ENTRIES', 100000))
    fill(at('大'), count)
    bound('before a listing', 100)
    listed = sum(1 for _ in os.scandir(at('大')))
    if listed != count:
        fail('%d of %d entries were listed' % (listed, count))
    bound('%d entries listed' % count, 200)
    fill(at('小'), 500)
    for size in 300, 1000:
        if len(getdents(at('小'), size)) != 500:
            fail('a listing with %d bytes is not whole' % size)


def open_files():
    resource.setrlimit(resource.RLIMIT_NOFILE, (20000, 20000))
    os.mkdir(at('开'))
    names = [at('大', '文件%07d.txt' % i) for i in range(10000)]
    fds = [os.open(name, os.O_RDONLY) for name in names]
    bound('10,000 open files', 250)
    for fd in fds:
        os.close(fd)
    fds = [os.open(at('开', '%d.txt' % i), os.O_WRONLY | os.O_CREAT) for i in range(1000)]
    for fd in fds:
        os.write(fd, b'x' * 20000)
    bound('1,000 files of 20 KB being written', 300)
    for fd in fds:
        os.close(fd)


def large_file():
    size, block = 64 << 20, b'z' * (1 << 20)
    fd = os.open(at('大.txt'), os.O_RDWR | os.O_CREAT)
    for _ in range(64):
        os.write(fd, block)
    bound('a file of 64 MiB being written', 500)
    try:
        os.write(fd, b'z')
        fail('one byte more than 64 MiB was taken')
    except OSError as e:
        if e.errno != errno.EFBIG:
            fail('one byte more than 64 MiB: %s' % e)
    os.close(fd)
    if os.path.getsize(at('大.txt')) != size:
        fail('the file has %d bytes' % os.path.getsize(at('大.txt')))
    bound('a file of 64 MiB stored', 700)


if part == 'users':
    for case in private_files, groups, set_ids, devices, views, modes:
        case()
elif part == 'bounds':
    for case in large_directory, open_files, large_file:
        case()
else:
    refused('another user enters a mount without allow_other', B, lambda: os.listdir(mnt))
    refused('another user looks at it', B, lambda: os.stat(at('.planfs')))
print('%s: %d failures' % (part, len(failures)))
sys.exit(bool(failures))
