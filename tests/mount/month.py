#!/usr/bin/env python3
"""A month of work, and then its past: changes of every kind on a mount, in every way in which editors, tools and other
programs make them; a record of the whole tree after some of them; and each record compared with .planfs/at/.

    month.py PLANFS DB MNT [--changes N] [--compare M] [--seed S] [--restarts R]

DB is mounted at MNT. Names, bytes, modes, owners, times, targets, links and inodes must be those of the record, but
for scratch names, which have no past, and what they do to the time of a directory. Exit status 1 when one differs.
"""
import argparse
import hashlib
import json
import os
import random
import shutil
import signal
import sqlite3
import stat
import subprocess
import sys
import time
import zlib

import editor_calls
from editor_calls import exchange, is_scratch

DEBUG = os.environ.get('MONTH_DEBUG')
INODE_MASK = (1 << 40) - 1
WORDS = '学校教师学生安全管理工作教育教学质量提高加强落实推进控辍保学义务均衡发展'


class Month:
    def __init__(self, args):
        self.planfs, self.db, self.mnt = args.planfs, args.db, args.mnt
        self.rng = random.Random(args.seed)
        self.editors = editor_calls.load()
        self.played = {name: 0 for name in self.editors}
        self.scratchy = set()  # inodes of directories whose last change of a name was one of scratch
        self.sql = sqlite3.connect(args.db, timeout=30, isolation_level=None)
        self.sql.text_factory = lambda b: b.decode('utf-8', 'replace')
        self.count = 0
        self.done = {}

    # --- looking ---

    def path(self, *parts):
        return os.path.join(self.mnt, *parts)

    def walk(self):
        """(directory, subdirectories, files) of all below the root, without scratch."""
        for at, dirs, files in os.walk(self.mnt):
            dirs.sort()
            files = sorted(f for f in files if not is_scratch(f))
            yield at, dirs, files

    def dirs(self, depth=None):
        found = [at for at, _, _ in self.walk()]
        level = self.mnt.count('/')
        return [d for d in found if depth is None or d.count('/') - level == depth]

    def files(self, ending=''):
        return [os.path.join(at, f) for at, _, files in self.walk() for f in files
                if f.endswith(ending) and stat.S_ISREG(os.lstat(os.path.join(at, f)).st_mode)]

    def text(self):
        n = self.rng.choice((3, 30, 300, 700))
        self.count += 1
        return f'{self.count} {"".join(self.rng.choice(WORDS) for _ in range(n))}\n'.encode()

    def pick(self, items):
        return self.rng.choice(items) if items else None

    def new_name(self):
        self.count += 1
        return f'{self.count % 90:02d}-{self.rng.choice(WORDS)}{self.count}'

    def touched(self, *paths):
        """A name that is no scratch has changed in these directories."""
        for p in paths:
            self.scratchy.discard(os.stat(p).st_ino)

    # --- changes ---

    def do_editor(self):
        path = self.pick(self.files('.txt'))
        if not path:
            return self.do_create()
        least = min(self.played.values())
        name = self.pick([e for e, n in self.played.items() if n == least])
        self.played[name] += 1
        player = editor_calls.Player(path, self.rng, self.text)
        player.play(self.editors[name])
        if player.scratch_last:
            self.scratchy.add(os.stat(os.path.dirname(path)).st_ino)
        elif player.scratch_last is False:
            self.touched(os.path.dirname(path))
        return None

    def do_create(self):
        where = self.pick(self.dirs(3)) or self.do_plan()
        with open(os.path.join(where, self.new_name() + '.txt'), 'wb') as f:
            if self.rng.random() < 0.9:
                f.write(self.text())
        self.touched(where)

    def do_plan(self):
        year, district = self.rng.choice(('2014', '2015', '2016', '未知年份')), self.rng.choice(('合肥市', '安庆市', '南通市'))
        plan = self.path(year, district, self.new_name())
        os.makedirs(plan)
        with open(os.path.join(plan, 'plan.json'), 'w', encoding='utf-8') as f:
            json.dump({'title': os.path.basename(plan)}, f)
        for i in range(self.rng.randrange(4)):
            with open(os.path.join(plan, f'{i:02d}-节.txt'), 'wb') as f:
                f.write(self.text())
        self.touched(self.mnt, self.path(year), self.path(year, district), plan)
        return plan

    def do_remove(self):
        path = self.pick(self.files())
        if path:
            os.unlink(path)
            self.touched(os.path.dirname(path))

    def do_remove_tree(self):
        path = self.pick(self.dirs(3)[3:] or self.dirs(4))
        if path:
            shutil.rmtree(path)
            self.touched(os.path.dirname(path))

    def do_move_file(self):
        path, where = self.pick(self.files()), self.pick(self.dirs(3))
        if path and where:
            to = os.path.join(where, self.rng.choice((os.path.basename(path), self.new_name() + '.txt')))
            if os.path.isdir(to):
                return
            if os.path.lexists(to) and os.path.samefile(path, to):
                return
            os.rename(path, to)
            self.touched(os.path.dirname(path), where)

    def do_move_dir(self):
        depth = self.rng.choice((1, 2, 3, 3, 3))
        path, where = self.pick(self.dirs(depth)), self.pick(self.dirs(depth - 1))
        if not path or not where or where.startswith(path):
            return
        name = f'20{self.rng.randrange(10, 30)}' if depth == 1 else self.new_name()
        if not os.path.lexists(os.path.join(where, name)):
            os.rename(path, os.path.join(where, name))
            self.touched(os.path.dirname(path), where)

    def do_swap(self):
        kind = self.rng.choice(('file', 'dir'))
        items = self.files() if kind == 'file' else self.dirs(3)
        if len(items) > 1:
            a, b = self.rng.sample(items, 2)
            exchange(a, b)
            self.touched(os.path.dirname(a), os.path.dirname(b))

    def do_hard_link(self):
        path, where = self.pick(self.files()), self.pick(self.dirs(3))
        if path and where:
            os.link(path, os.path.join(where, self.new_name() + '.txt'))
            self.touched(where)

    def do_symlink(self):
        where = self.pick(self.dirs())
        os.symlink(self.rng.choice(('../x', '不在', 'a' * 200, '2016')), os.path.join(where, self.new_name()))
        self.touched(where)

    def do_odd(self):
        """What is no plan, and hostile names."""
        where = self.pick(self.dirs())
        name = self.rng.choice(('-rf', 'a\nb', "'; DROP TABLE revision; --", '"', '%s', b'\xff\xfe', '空 格 ', 'n' * 255))
        path = os.path.join(os.fsencode(where), os.fsencode(name))
        if os.path.lexists(path):
            shutil.rmtree(path) if os.path.isdir(path) and not os.path.islink(path) else os.unlink(path)
        elif self.rng.random() < 0.3:
            os.mkdir(path)
        elif self.rng.random() < 0.2:
            os.mkfifo(path)
        else:
            with open(path, 'wb') as f:
                f.write(self.text() * self.rng.choice((1, 1, 200)))
        self.touched(where)

    def do_mode(self):
        path = self.pick(self.files() + self.dirs())
        os.chmod(path, self.rng.choice((0o755, 0o750, 0o700, 0o1777, 0o775)) if os.path.isdir(path)
                 else self.rng.choice((0o644, 0o600, 0o444, 0o755, 0o4755)))

    def do_owner(self):
        path = self.pick(self.files() + self.dirs())
        os.chown(path, self.rng.randrange(0, 2000), self.rng.randrange(0, 2000), follow_symlinks=False)

    def do_times(self):
        path = self.pick(self.files() + self.dirs())
        then = self.rng.randrange(10 ** 18, 2 * 10 ** 18)
        os.utime(path, ns=(then, then + 5))
        if os.path.isdir(path):
            self.touched(path)

    def do_same_bytes(self):
        path = self.pick(self.files())
        if path:
            with open(path, 'rb') as f:
                text = f.read()
            with open(path, 'wb') as f:
                f.write(text)

    def do_came_and_went(self):
        """Created, never stored, removed."""
        where = self.pick(self.dirs())
        path = os.path.join(where, self.new_name() + '.txt')
        fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL)
        os.unlink(path)
        os.close(fd)
        self.touched(where)

    def do_sql(self):
        one, two = self.rng.randrange(1000), self.rng.randrange(7)
        text = self.text().decode()
        plan = self.sql.execute('SELECT year, district, name FROM plan ORDER BY random() LIMIT 1').fetchone()
        if not plan or '\ufffd' in ''.join(plan):
            return
        statement, values = self.rng.choice((
            ('INSERT INTO section (year, district, plan, name, body) VALUES (?, ?, ?, ?, ?)',
             plan + (f'{self.new_name()}.txt', text)),
            ('INSERT INTO section (year, district, plan, name, body) VALUES (?, ?, ?, ?, ?)',
             ('2019', '北京市', f'SQL{one % 5}', f'{self.new_name()}.txt', text)),
            ('UPDATE section SET body = body || ? WHERE inode % 7 = ? AND year = ?', (text, two, plan[0])),
            ('UPDATE section SET body = body WHERE inode % 7 = ?', (two,)),
            ('DELETE FROM section WHERE inode % 31 = ?', (one % 31,)),
            ('UPDATE section SET name = ? WHERE inode = (SELECT inode FROM section ORDER BY random() LIMIT 1)',
             (f'{self.new_name()}.txt',)),
            ('UPDATE plan SET title = ? WHERE year = ? AND district = ? AND name = ?', (text.strip(),) + plan),
            ('UPDATE plan SET district = ? WHERE year = ? AND district = ? AND name = ?', (f'区{one % 5}',) + plan),
            ('DELETE FROM plan WHERE year = ? AND district = ? AND name = ? AND ? = 0', plan + (two,)),
            ("UPDATE inode SET mtime = mtime - ? WHERE kind = 'file' AND nlink > 0 AND id % 31 = ?", (one, one % 31)),
            ("UPDATE inode SET mode = mode & ~7, uid = ? WHERE nlink > 0 AND id % 31 = ?", (one, one % 31)),
        ))
        try:
            self.sql.execute(statement, values)
        except sqlite3.IntegrityError as e:
            if 'exists' not in str(e):
                raise
        self.wait_seen()

    def do_tools(self):
        """cp -a, rsync and tar bring a plan, with its times, from outside."""
        plan = self.pick(self.dirs(3))
        if not plan:
            return
        outside = os.path.join(os.path.dirname(self.db), 'outside')
        shutil.rmtree(outside, ignore_errors=True)
        subprocess.run(['cp', '-a', plan, outside], check=True)
        for name in os.listdir(outside):
            path = os.path.join(outside, name)
            if name.endswith('.txt') and os.path.isfile(path) and self.rng.random() < 0.5:
                with open(path, 'ab') as f:
                    f.write(self.text())
        to = self.rng.choice((plan, os.path.join(os.path.dirname(plan), self.new_name())))
        tool = self.rng.choice([t for t in ('cp', 'rsync', 'tar') if shutil.which(t)])
        if tool == 'cp':
            subprocess.run(['cp', '-aT', outside, to], check=True)
        elif tool == 'rsync':
            subprocess.run(['rsync', '-aH', outside + '/', to + '/'], check=True)
        else:
            os.makedirs(to, exist_ok=True)
            archive = subprocess.run(['tar', '-C', outside, '-c', '.'], check=True, stdout=subprocess.PIPE).stdout
            subprocess.run(['tar', '-C', to, '-x'], check=True, input=archive)
        self.scratchy.add(os.stat(to).st_ino)  # rsync writes to scratch
        self.touched(os.path.dirname(to))

    def do_import(self):
        path = os.path.join(os.path.dirname(self.db), 'document.txt')
        with open(path, 'w', encoding='utf-8') as f:
            f.write(f'2016年合肥市教育工作要点{self.count}\n\n一、总体要求\n{self.text().decode()}\n二、主要任务\n{self.text().decode()}\n')
        subprocess.run([self.planfs, 'import', self.db, path], check=True, stdout=subprocess.DEVNULL)
        self.wait_seen()

    def do_thin_out(self):
        """So that the tree does not grow without end."""
        for path in self.files()[80:]:
            os.unlink(path)
            self.touched(os.path.dirname(path))
        for path in self.dirs(3)[25:]:
            shutil.rmtree(path)
            self.touched(os.path.dirname(path))

    KINDS = ('editor',) * 40 + ('create',) * 8 + ('plan',) * 2 + ('remove',) * 4 + ('remove_tree', 'move_dir', 'swap') + (
        'move_file',) * 4 + ('hard_link', 'symlink') * 2 + ('odd',) * 2 + ('mode', 'owner', 'times') * 2 + (
        'same_bytes', 'came_and_went') * 2 + ('sql',) * 8 + ('tools', 'thin_out')

    def change(self):
        kind = 'import' if self.rng.random() < 0.003 else self.rng.choice(self.KINDS)
        if DEBUG:
            print(self.newest(), kind, flush=True)
        getattr(self, 'do_' + kind)()
        self.done[kind] = self.done.get(kind, 0) + 1

    # --- the record ---

    def status(self):
        with open(self.path('.planfs/status.json'), encoding='utf-8') as f:
            return json.load(f)

    def newest(self):
        return self.sql.execute('SELECT ifnull(max(rev), 0) FROM revision').fetchone()[0]

    def wait(self, done):
        end = time.monotonic() + 20
        while not done():
            if time.monotonic() > end:
                sys.exit('month: waited for 20 s')
            time.sleep(0.002)

    def settle(self):
        """Files that were only created are stored after close() has returned."""
        self.wait(lambda: self.status()['dirty_files'] == 0)

    def wait_seen(self):
        """What another program changed reaches the kernel within a second: so does a name that it knows as missing."""
        self.count += 1
        name = f'seen{self.count}.txt'
        os.path.lexists(self.path(name))
        self.sql.execute("INSERT INTO sql_put VALUES (1, ?, 'x')", (name,))
        self.wait(lambda: os.path.lexists(self.path(name)))
        os.unlink(self.path(name))
        self.touched(self.mnt)

    def record(self, root, inode_of):
        """A line for each name: all that stat tells, and the text."""
        lines, links = [], {}
        todo = [(root, '')]
        while todo:
            path, shown = todo.pop()
            st = os.lstat(path)
            kind = stat.S_IFMT(st.st_mode)
            what = ''
            if kind == stat.S_IFDIR:
                names = [n for n in os.listdir(path) if not is_scratch(n)]
                todo += [(os.path.join(path, n), os.path.join(shown, n)) for n in names]
            elif kind == stat.S_IFLNK:
                what = os.readlink(path)
            elif kind == stat.S_IFREG:
                with open(path, 'rb') as f:
                    what = hashlib.sha256(f.read()).hexdigest()
            inode = inode_of(st.st_ino)
            links[inode] = links.get(inode, 0) + 1
            lines.append((shown, oct(st.st_mode), st.st_uid, st.st_gid, inode, st.st_mtime_ns,
                          0 if kind == stat.S_IFDIR else st.st_size, what))
        return sorted(line + (links[line[4]],) for line in lines)

    def snapshot(self):
        self.settle()
        rev, now = self.newest(), time.time_ns()
        lines = self.record(self.mnt, lambda ino: ino)
        data = json.dumps([lines, list(self.scratchy)])
        return rev, now, zlib.compress(data.encode('utf-8', 'surrogatepass'))

    def compare(self, snapshot, by_time):
        rev, now, data = snapshot
        lines, scratchy = json.loads(zlib.decompress(data).decode('utf-8', 'surrogatepass'))
        name = f'rev-{rev}'
        if by_time:
            name = time.strftime('%Y-%m-%dT%H:%M:%S', time.gmtime(now // 10 ** 9)) + f'.{now % 10 ** 9:09d}Z'
        root = self.path('.planfs/at', name)
        found = [list(line) for line in self.record(root, lambda ino: ino & INODE_MASK)]
        links = [os.lstat(os.path.join(root, line[0])).st_nlink for line in found]
        wrong = [f'{line[0]}: {n} links' for line, n in zip(found, links)
                 if n != (1 if line[1].startswith('0o4') else line[8])]
        for line in lines + found:
            if line[4] in scratchy:
                line[5] = 0
        wrong += [f'- {line}' for line in lines if line not in found]
        wrong += [f'+ {line}' for line in found if line not in lines]
        for text in wrong[:10]:
            print(f'{name}: {text}', file=sys.stderr)
        return not wrong

    # --- the daemon ---

    def restart(self):
        """The daemon dies, and another goes on."""
        before = self.status()
        os.kill(before['pid'], signal.SIGKILL)
        self.wait(lambda: self.status()['pid'] != before['pid'])


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument('planfs')
    parser.add_argument('db')
    parser.add_argument('mnt')
    parser.add_argument('--changes', type=int, default=2000)
    parser.add_argument('--compare', type=int, default=100)
    parser.add_argument('--seed', type=int, default=1)
    parser.add_argument('--restarts', type=int, default=2)
    args = parser.parse_args()
    month = Month(args)
    pick = random.Random(args.seed + 1)
    at = set(pick.sample(range(args.changes), min(args.compare, args.changes)))
    restarts = set(pick.sample(range(args.changes), args.restarts))
    snapshots = []
    for i in range(args.changes):
        month.change()
        if i in restarts:
            month.settle()
            month.restart()
        if i in at:
            snapshots.append(month.snapshot())
            if not month.compare(snapshots[-1], False):
                sys.exit(f'seed {args.seed}: the present differs after change {i}')
    unplayed = [name for name, n in month.played.items() if n == 0]
    if unplayed and args.changes >= 1000:
        sys.exit(f'never played: {unplayed}')
    pick.shuffle(snapshots)
    wrong = sum(not month.compare(s, i % 2 == 1) for i, s in enumerate(snapshots))
    print(f'seed {args.seed}: {args.changes} changes, {month.newest()} revisions, {len(snapshots)} moments compared, '
          f'{wrong} differ')
    print(' '.join(f'{kind}:{n}' for kind, n in sorted(month.done.items())))
    sys.exit(1 if wrong else 0)


if __name__ == '__main__':
    main()
