"""The past on a real mount, with real tools: .planfs/at, gmt and history. See at.sh; one case a run."""
import errno
import io
import json
import os
import pwd
import shutil
import signal
import sqlite3
import stat
import subprocess
import sys
import tarfile
import threading
import time

import editor_calls

case, planfs, db, mnt = sys.argv[1:5]
work = os.path.dirname(db)
plan = '2016/合肥市/计划'
views = os.path.join(mnt, '.planfs')
FILES = [f'{i:02d}-节.txt' for i in range(20)]


def at(moment, *rest):
    return os.path.join(views, 'at', moment, *rest)


def live(*rest):
    return os.path.join(mnt, *rest)


def save(text, where):
    with open(where, 'w', encoding='utf-8') as f:
        f.write(text)


def read(where):
    with open(where, encoding='utf-8') as f:
        return f.read()


def run(*command, **how):
    return subprocess.run(command, check=True, stdout=subprocess.PIPE, timeout=60, **how).stdout


def newest():
    with sqlite3.connect(db, timeout=10) as c:
        return c.execute('SELECT max(rev) FROM revision').fetchone()[0]


def status(key):
    with open(os.path.join(views, 'status.json'), encoding='utf-8') as f:
        return json.load(f)[key]


def fail(text):
    sys.exit(f'{case}: {text}')


def expect(found, wanted):
    if found != wanted:
        fail(f'{found!r} instead of {wanted!r}')


def wait_for(what, condition):
    end = time.monotonic() + 15
    while not condition():
        if time.monotonic() > end:
            fail(f'after 15 s: not {what}')
        time.sleep(0.005)


def make_tree():
    """Something of everything."""
    os.makedirs(live(plan, '附件'))
    for i, name in enumerate(FILES):
        save(f'{name} {i}\n' * (i * 30 + 1), live(plan, name))
    save('{}', live(plan, 'plan.json'))
    save('x' * 300000, live(plan, '附件', 'long'))
    os.chmod(live(plan, FILES[1]), 0o600)
    os.chmod(live(plan, FILES[2]), 0o755)
    os.link(live(plan, FILES[3]), live(plan, '附件', 'another name'))
    os.symlink('../' + FILES[4], live(plan, '附件', 'l'))
    os.mkdir(live(plan, '附件', '空'), 0o700)
    os.mkfifo(live(plan, '附件', 'fifo'))
    save('x', live(plan, '附件', 'a\nb'))
    save('x', live(plan, '附件', '-rf'))
    os.utime(live(plan, FILES[5]), ns=(1, 123456789012345678))
    os.utime(live(plan, '附件'), ns=(1, 1234567890123456789))


def change_tree():
    for name in FILES[:10]:
        save('changed', live(plan, name))
    os.unlink(live(plan, FILES[11]))
    os.rename(live(plan), live('2016/合肥市/另'))
    os.makedirs(live(plan))
    save('new', live(plan, FILES[0]))


def listing(root):
    """All that stat tells of a tree, inodes aside."""
    lines = []
    for where, dirs, files in os.walk(root):
        dirs.sort()
        for name in sorted(files) + ['.']:
            path = os.path.join(where, name)
            st = os.lstat(path)
            is_dir = stat.S_ISDIR(st.st_mode)
            what = ''
            if stat.S_ISLNK(st.st_mode):
                what = os.readlink(path)
            elif stat.S_ISREG(st.st_mode):
                with open(path, 'rb') as f:
                    what = hash(f.read())
            lines.append((os.path.relpath(path, root), oct(st.st_mode), st.st_uid, st.st_gid, st.st_mtime_ns,
                          1 if is_dir else st.st_nlink, 0 if is_dir else st.st_size, what))
    return sorted(lines)


def same_tree(found, wanted):
    for line in found:
        if line not in wanted:
            fail(f'not then: {line}')
    for line in wanted:
        if line not in found:
            fail(f'missing: {line}')


# --- tools ---

def tools_bring_back_what_was():
    make_tree()
    rev, then = newest(), listing(live('2016'))
    change_tree()
    past = at(f'rev-{rev}', '2016')
    same_tree(listing(past), then)
    for name, command in {
            'tar': ['sh', '-c', f'mkdir {work}/tar && tar --format=posix -C "{past}" -cf - . | tar -C {work}/tar -xpf -'],
            'rsync': ['rsync', '-aH', '--modify-window=-1', past + '/', f'{work}/rsync/'],
            'cp': ['cp', '-a', past, f'{work}/cp']}.items():
        if not shutil.which(name):
            continue
        run(*command)
        same_tree(listing(f'{work}/{name}'), then)
        for trees in ((f'{work}/{name}', past), (past, f'{work}/{name}')):
            run('diff', '-r', '--no-dereference', '--exclude=fifo', *trees)
        if shutil.which('rsync'):
            expect(run('rsync', '-aHn', '--modify-window=-1', '--itemize-changes', '--delete', past + '/', f'{work}/{name}/'), b'')
    expect(run('find', past, '-type', 'f', '-size', '+0', '-printf', '.'), b'.' * 25)
    expect(run('grep', '-rlc', 'changed', past, at('now', '2016')).count(b'\n'), 11)  # one has two names
    expect(run('find', past, '-samefile', os.path.join(past, '合肥市/计划', FILES[3])).count(b'\n'), 2)


def vim_shows_the_past_and_cannot_write_it():
    if not shutil.which('vim'):
        return
    make_tree()
    rev = newest()
    change_tree()
    path = at(f'rev-{rev}', plan, FILES[4])
    out = run('vim', '-R', '-n', '-es', '-u', 'NONE', '-c', '%print', '-c', 'qa!', path)
    expect(out.decode().replace('\r', '').split(), (f'{FILES[4]} 4 ' * 121).split())
    r = subprocess.run(['vim', '-n', '-es', '-u', 'NONE', '-c', 's/^/x/', '-c', 'wq!', path],
                       stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, timeout=60, check=False)
    expect(r.returncode != 0, True)
    expect(read(path), f'{FILES[4]} 4\n' * 121)


# --- a writer goes on ---

class Writer(threading.Thread):
    """Saves the files in turn, so that each state of the tree has a number: that of the saves."""

    def __init__(self):
        super().__init__(daemon=True)
        self.saves, self.ends = 0, False

    def run(self):
        while not self.ends:
            name = FILES[self.saves % len(FILES)]
            scratch = live(plan, f'.{name}.aBcDeF')
            save(f'{self.saves // len(FILES)}\n', scratch)
            os.rename(scratch, live(plan, name))
            self.saves += 1

    def end(self):
        self.ends = True
        self.join()


def state_of(texts):
    """The number of saves after which the files had these texts; None: never."""
    rounds = [int(texts[name]) for name in FILES]
    n = sum(r + 1 for r in rounds)
    wanted = [n // len(FILES) - (0 if i < n % len(FILES) else 1) for i in range(len(FILES))]
    return n if rounds == wanted else None


def begin_writing():
    os.makedirs(live(plan))
    for name in FILES:
        save('-1\n', live(plan, name))
    writer = Writer()
    writer.start()
    wait_for('all files written', lambda: writer.saves > len(FILES))
    return writer


def tar_of_now_is_one_state():
    writer = begin_writing()
    states = []
    while len(states) < 30:
        archive = run('tar', '-C', at('now'), '-c', '.')
        texts = {}
        with tarfile.open(fileobj=io.BytesIO(archive)) as t:
            for member in t:
                if member.isfile():
                    texts[os.path.basename(member.name)] = t.extractfile(member).read()
        expect(sorted(texts), sorted(FILES))
        states.append(state_of(texts))
        if states[-1] is None:
            fail(f'a mixture: {texts}')
    writer.end()
    expect(states, sorted(states))
    expect(len(set(states)) > 1, True)


def other_tools_see_one_state():
    """Who goes by whole paths needs a moment that stands."""
    writer = begin_writing()
    for i in range(5):
        moment = f'rev-{newest()}'
        out = f'{work}/out{i}'
        run('cp', '-a', at(moment, plan), out)
        run('diff', '-r', at(moment, plan), out)
        expect(state_of({n: read(f'{out}/{n}') for n in FILES}) is not None, True)
        if shutil.which('rsync'):
            run('rsync', '-a', at(moment, plan) + '/', out + '.rsync/')
            run('diff', '-r', out, out + '.rsync')
        grep = run('grep', '-r', '', '.', cwd=at('now', plan)).decode()
        expect(state_of({line[2:].split(':')[0]: line.split(':')[1] for line in grep.split('\n') if line}) is not None, True)
    writer.end()


def now_is_what_was_saved_last():
    os.makedirs(live(plan))
    for i in range(200):
        save(f'{i}', live(plan, FILES[0]))
        expect(read(at('now', plan, FILES[0])), f'{i}')
    before = os.open(at('now', plan), os.O_RDONLY)
    os.unlink(live(plan, FILES[0]))
    expect(os.path.exists(at('now', plan, FILES[0])), False)
    expect(os.listdir(at('now', plan)), [])
    expect(os.listdir(before), [FILES[0]])
    expect(read(f'/proc/self/fd/{before}/{FILES[0]}'), '199')
    os.close(before)


# --- nothing can be changed ---

def refused(call, *args, wanted=errno.EROFS, **how):
    try:
        call(*args, **how)
    except OSError as e:
        if e.errno != wanted:
            fail(f'{call.__name__} {args}: {e}')
        return
    fail(f'{call.__name__} {args} went through')


def nothing_of_the_past_can_be_changed():
    make_tree()
    past = listing(at('now', '2016'))
    root = at(f'rev-{newest()}')
    file, directory = os.path.join(root, plan, FILES[0]), os.path.join(root, plan, '附件')
    link, new = os.path.join(directory, 'l'), os.path.join(directory, 'new')
    for flags in (os.O_WRONLY, os.O_RDWR, os.O_RDONLY | os.O_TRUNC, os.O_WRONLY | os.O_TRUNC, os.O_WRONLY | os.O_APPEND):
        refused(os.open, file, flags)
    version = os.path.join(views, 'history', plan, FILES[0], os.listdir(os.path.join(views, 'history', plan, FILES[0]))[0])
    refused(os.open, version, os.O_RDONLY | os.O_TRUNC)
    refused(os.open, os.path.join(views, 'README.txt'), os.O_RDONLY | os.O_TRUNC)
    for where in (new, os.path.join(views, 'at', 'x'), os.path.join(views, 'gmt', 'x'), os.path.join(views, 'x'),
                  os.path.join(views, 'history', 'x'), os.path.join(os.path.dirname(version), 'x')):
        refused(os.open, where, os.O_WRONLY | os.O_CREAT)
        refused(os.open, where, os.O_WRONLY | os.O_CREAT | os.O_EXCL)
        refused(os.mkdir, where)
        refused(os.symlink, 'x', where)
        refused(os.mkfifo, where)
        refused(os.rename, live(plan, FILES[0]), where)
        refused(os.link, live(plan, FILES[0]), where)
    for victim in (file, version):
        refused(os.truncate, victim, 1)
        refused(os.unlink, victim)
        refused(os.rename, victim, victim + '2')
        refused(os.rename, victim, live(plan, 'new'))
        refused(editor_calls.exchange, victim, live(plan, FILES[1]))
        refused(editor_calls.exchange, live(plan, FILES[1]), victim)
        refused(os.link, victim, live(plan, 'new'), wanted=errno.EXDEV)
        refused(os.chmod, victim, 0o600)
        refused(os.chown, victim, 7, 7)
        refused(os.utime, victim)
        refused(os.setxattr, victim, 'user.x', b'x')
        refused(os.removexattr, victim, 'user.x')
    for where in (directory, os.path.join(directory, '空'), os.path.join(views, 'at'), views):
        refused(os.rmdir, where, wanted=errno.EPERM if where == views else errno.EROFS)
        refused(os.chmod, where, 0o700)
        refused(os.utime, where)
    refused(os.unlink, link)
    refused(os.utime, link, follow_symlinks=False)
    expect(os.listxattr(file), [])
    same_tree(listing(at('now', '2016')), past)
    same_tree(listing(os.path.join(root, '2016')), past)
    expect(os.path.exists(live(plan, 'new')), False)


# --- the daemon dies ---

def kill_daemon():
    pid = status('pid')
    os.kill(pid, signal.SIGKILL)
    wait_for('another daemon', lambda: status('pid') != pid)


def tar_goes_on_when_the_daemon_dies():
    make_tree()
    for i in range(8):
        save(f'{i}' * 500000, live(plan, '附件', f'big{i}'))
    for kind in ('now', 'rev'):
        then, rev = listing(live('2016')), newest()
        moment = 'now' if kind == 'now' else f'rev-{rev}'
        inode = os.stat(at(moment)).st_ino
        shutil.rmtree(f'{work}/out', ignore_errors=True)
        os.mkdir(f'{work}/out')
        with subprocess.Popen(['tar', '--format=posix', '-C', at(moment, '2016'), '-c', '.'], stdout=subprocess.PIPE) as tar:
            head = tar.stdout.read(200000)
            save(kind, live(plan, FILES[0]))  # now is another moment already
            kill_daemon()
            rest = tar.stdout.read()
        expect(tar.returncode, 0)
        subprocess.run(['tar', '-C', f'{work}/out', '-xp'], input=head + rest, check=True, timeout=60)
        same_tree(listing(f'{work}/out'), then)
        expect(os.stat(at(moment)).st_ino == inode, kind == 'rev')
    expect(status('restarts'), 2)


def a_directory_that_is_open_survives_the_daemon():
    make_tree()
    directory = os.open(at('now', plan), os.O_RDONLY)
    save('changed', live(plan, FILES[0]))
    kill_daemon()
    fd = os.open(FILES[0], os.O_RDONLY, dir_fd=directory)
    expect(os.read(fd, 100).decode(), f'{FILES[0]} 0\n')
    expect(sorted(os.listdir(directory)), sorted(os.listdir(at('now', plan))))
    os.close(fd)
    os.close(directory)


# --- where one stands ---

def paths_lead_back_up():
    make_tree()
    os.chdir(at('now', plan))
    expect(os.path.realpath('..').endswith('.planfs/at/now/2016/合肥市'), True)
    expect(os.stat('../../..').st_ino, os.stat(at('now')).st_ino)
    expect(os.stat('../../../..').st_ino, os.stat(os.path.join(views, 'at')).st_ino)
    expect(os.stat('../../../../../..').st_ino, os.stat(mnt).st_ino)
    inode = os.stat('.').st_ino
    save('changed', live(plan, FILES[0]))
    expect(os.stat(at('now', plan)).st_ino != inode, True)
    expect(os.stat('.').st_ino, inode)
    expect(read(FILES[0]), f'{FILES[0]} 0\n')
    expect(read(os.path.join('../计划', FILES[0])), f'{FILES[0]} 0\n')
    for name, _, inode in ((e.name, e.path, e.inode()) for e in os.scandir(at('now', plan))):
        expect(os.lstat(at('now', plan, name)).st_ino, inode)
    os.chdir('/')


def nobody_finds_it_who_does_not_look():
    make_tree()
    read(at('now', plan, FILES[0]))
    expect(subprocess.run(['grep', '-rl', FILES[0], mnt], stdout=subprocess.PIPE, check=True).stdout.count(b'\n'), 1)
    expect(run('find', mnt, '-name', 'at'), b'')
    expect('.planfs' in os.listdir(mnt), False)


def who_could_not_read_it_cannot_now():
    make_tree()
    os.chmod(live(plan, FILES[1]), 0o644)
    nobody = pwd.getpwnam('nobody')
    past = at(f'rev-{newest() - 1}', plan, FILES[1])
    history = os.path.join(views, 'history', plan, FILES[1])
    save('public', live(plan, FILES[1]))
    os.chmod(live(plan, FILES[1]), 0o600)
    save('secret', live(plan, FILES[1]))
    expect(read(past), f'{FILES[1]} 1\n' * 31)
    pid = os.fork()
    if pid == 0:
        os.setgid(nobody.pw_gid)
        os.setuid(nobody.pw_uid)
        refused(open, past, wanted=errno.EACCES)
        refused(os.listdir, history, wanted=errno.EACCES)
        expect(read(at('now', plan, FILES[3])).startswith(FILES[3]), True)
        os._exit(0)
    expect(os.waitpid(pid, 0)[1], 0)


# --- lists ---

def marks_are_directories():
    os.makedirs(live(plan))
    save('one', live(plan, FILES[0]))
    run(planfs, 'mark', mnt, '送审')
    save('two', live(plan, FILES[0]))
    run(planfs, 'mark', '定稿', 'now', cwd=live(plan))
    expect(read(at('送审', plan, FILES[0])), 'one')
    expect(read(at('定稿', plan, FILES[0])), 'two')
    wait_for('listed', lambda: {'now', '送审', '定稿'} <= set(os.listdir(os.path.join(views, 'at'))))
    run(planfs, 'mark', '--delete', '送审', mnt)
    expect(os.path.exists(at('送审')), False)
    wait_for('gone from the list', lambda: '送审' not in os.listdir(os.path.join(views, 'at')))
    run(planfs, 'mark', mnt, '送审')
    expect(read(at('送审', plan, FILES[0])), 'two')
    for name in ('tomorrow', '.hidden', '2026-02-30', 'rev-999999', 'x' * 255):
        refused(os.stat, at(name), wanted=errno.ENOENT)
    refused(os.stat, at('x' * 256), wanted=errno.ENAMETOOLONG)


def set_back(seconds):
    with sqlite3.connect(db, timeout=10) as c:
        c.execute('UPDATE revision SET time = time - ?', (seconds * 10 ** 9,))


def samba_finds_moments():
    os.makedirs(live(plan))
    save('old', live(plan, FILES[0]))
    set_back(3 * 86400)
    save('new', live(plan, FILES[0]))
    set_back(200)
    names = os.listdir(os.path.join(views, 'gmt'))
    expect(len(names), 2)
    for name in names:
        time.strptime(name, '@GMT-%Y.%m.%d-%H.%M.%S')
    expect(sorted(read(os.path.join(views, 'gmt', n, plan, FILES[0])) for n in names), ['new', 'old'])
    expect(read(at(min(names), plan, FILES[0])), 'old')
    day = time.strftime('%Y-%m-%d', time.localtime(time.time() - 3 * 86400 - 200))
    expect(day in os.listdir(os.path.join(views, 'at')), True)
    expect(read(at(day, plan, FILES[0])), 'old')
    expect(read(at('yesterday', plan, FILES[0])), 'old')
    expect(read(at('-2d', plan, FILES[0])), 'old')
    expect(read(at('-100s', plan, FILES[0])), 'new')


# --- versions ---

def versions(path):
    where = os.path.join(views, 'history', path)
    return [read(os.path.join(where, n)) for n in sorted(os.listdir(where))]


def each_editor_leaves_one_history():
    os.makedirs(live(plan))
    path = live(plan, FILES[0])
    texts = []

    def new_text():
        texts.append(f'{len(texts)} 文字\n')
        return texts[-1].encode()

    import random
    for name, calls in editor_calls.load().items():
        save('begin\n', path)
        before = len(versions(f'{plan}/{FILES[0]}'))
        editor_calls.Player(path, random.Random(1), new_text).play(calls)
        now = read(path)
        found = versions(f'{plan}/{FILES[0]}')
        expect(found[-1], now)
        expect(found[before - 1], 'begin\n')
        if len(found) - before > 4:
            fail(f'{name}: {found[before:]}')
    numbers = [int(n[:4]) for n in sorted(os.listdir(os.path.join(views, 'history', plan, FILES[0])))]
    expect(numbers, list(range(1, len(numbers) + 1)))


def the_history_shows_a_save_at_once():
    os.makedirs(live(plan))
    where = os.path.join(views, 'history', plan, FILES[0])
    directory = None
    for i in range(50):
        save(f'{i}', live(plan, FILES[0]))
        expect(len(os.listdir(where)), i + 1)
        directory = directory or os.open(where, os.O_RDONLY)
        expect(len(os.listdir(f'/proc/self/fd/{directory}')), i + 1)
    os.close(directory)
    name = sorted(os.listdir(where))[10]
    st = os.stat(os.path.join(where, name))
    expect(name[4:24], time.strftime('-%Y-%m-%dT%H.%M.%S', time.localtime(st.st_mtime)))
    os.rename(live('2016/合肥市'), live('2016/安庆市'))
    os.rename(live('2016/安庆市/计划', FILES[0]), live('2016/安庆市/计划/99.txt'))
    expect(versions('2016/安庆市/计划/99.txt'), [f'{i}' for i in range(50)])
    shutil.rmtree(live('2016'))
    expect(versions('2016/安庆市/计划/99.txt'), [f'{i}' for i in range(50)])
    os.makedirs(live('2016/安庆市/计划'))
    save('anew', live('2016/安庆市/计划/99.txt'))
    expect(versions('2016/安庆市/计划/99.txt'), [f'{i}' for i in range(50)] + ['anew'])


def a_read_only_mount_shows_it_too():
    make_tree()
    rev, then = newest(), listing(live('2016'))
    change_tree()
    ro = f'{work}/ro'
    os.mkdir(ro)
    options = 'allow_other,ro' if os.geteuid() == 0 else 'ro'
    run(planfs, 'mount', '-o', options, db, ro)
    try:
        past = os.path.join(ro, '.planfs/at', f'rev-{rev}', '2016')
        same_tree(listing(past), then)
        expect(read(os.path.join(ro, '.planfs/at/now', plan, FILES[0])), 'new')
        save('newer', live(plan, FILES[0]))
        expect(read(os.path.join(ro, '.planfs/at/now', plan, FILES[0])), 'newer')
        where = os.path.join(ro, '.planfs/history', plan, FILES[0])
        expect([read(os.path.join(where, n)) for n in sorted(os.listdir(where))][-2:], ['new', 'newer'])
        save('newest', live(plan, FILES[0]))
        expect([read(os.path.join(where, n)) for n in sorted(os.listdir(where))][-2:], ['newer', 'newest'])
        refused(os.unlink, os.path.join(past, '合肥市/计划', FILES[0]))
    finally:
        run(planfs, 'umount', ro)


globals()[case]()
