#!/usr/bin/env python3
"""The daemon of a mount is killed and upgraded while people work: nobody notices more than a pause.

    resume.py PLANFS MNT KILLS UPGRADES SEED    one line per offence, then a line of figures; status 1 after an offence
"""
import errno
import json
import os
import random
import signal
import subprocess
import sys
import threading
import time

planfs, mnt, kills, upgrades, seed = sys.argv[1], sys.argv[2], *map(int, sys.argv[3:6])
plan = os.path.join(mnt, '2016', '合肥市', '工作要点')
LIMIT = 120  # seconds that anything may take: then it hangs

offences, stop = [], threading.Event()
counts = {'acknowledged': 0, 'refused': 0}
lock = threading.Lock()


def offend(text):
    with lock:
        offences.append(text)


def count(what):
    with lock:
        counts[what] += 1


def text_of(name, number):
    return f'{name} {number} 控辍保学，一个都不能少。\n' * 40


def number_in(name, text):
    """Which save the text is of; it must be whole."""
    lines = text.split('\n')
    number = int(lines[0].split()[1]) if lines[0] else 0
    if text and text != text_of(name, number):
        offend(f'{name}: torn: {len(text)} characters that begin with {lines[0]!r}')
    return number


class Saver(threading.Thread):
    """Saves one section again and again, and looks whether what was acknowledged is there. A save that was
    under way when the daemon died may fail, with EIO and nothing else."""

    def __init__(self, name, save):
        super().__init__(name=name)
        self.path, self.save, self.acknowledged = os.path.join(plan, name), save, 0

    def look(self):
        try:
            with open(self.path, encoding='utf-8') as f:
                number = number_in(self.name, f.read())
        except FileNotFoundError:
            number = 0
        if number < self.acknowledged:
            offend(f'{self.name}: save {self.acknowledged} was acknowledged, {number} is there')
        return number

    def run(self):
        number = 0
        while not stop.is_set():
            number += 1
            try:
                self.save(self.path, text_of(self.name, number))
                self.acknowledged = number
                count('acknowledged')
            except OSError as e:
                count('refused')
                if e.errno != errno.EIO:
                    offend(f'{self.name}: save {number}: {e}')
            try:
                self.look()
            except OSError as e:
                offend(f'{self.name}: cannot be read after save {number}: {e}')


def write_whole(path, text, flags):
    fd = os.open(path, flags, 0o644)
    try:
        os.write(fd, text.encode())
        os.fsync(fd)
    finally:
        os.close(fd)


def save_in_place(path, text):
    write_whole(path, text, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)


def save_by_rename(path, text):
    scratch = path + '.tmp'
    try:
        write_whole(scratch, text, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
    except FileNotFoundError as e:  # it was made by the daemon that died, and never stored
        raise OSError(errno.EIO, 'the scratch file died') from e
    os.rename(scratch, path)


def save_with_backup(path, text):
    """As vim does it: the old file becomes the backup, the new one is written under the old name."""
    if os.path.exists(path):
        os.rename(path, path + '~')
    try:
        write_whole(path, text, os.O_WRONLY | os.O_CREAT | os.O_EXCL)
    except OSError as e:
        for left in [path] if os.path.exists(path) else []:
            os.unlink(left)
        if os.path.exists(path + '~'):
            os.rename(path + '~', path)
        raise OSError(errno.EIO, str(e)) if e.errno in (errno.EIO, errno.ENOENT, errno.ESTALE) else e


def save_with_vim(path, text):
    given = os.path.join('/tmp', f'planfs-resume-{os.getpid()}')
    with open(given, 'w', encoding='utf-8') as f:
        f.write(text)
    ran = subprocess.run(['vim', '-u', 'NONE', '-i', 'NONE', '-es', '-c', f'%d | 0r {given} | wq', path],
                         stdin=subprocess.DEVNULL, capture_output=True, timeout=LIMIT)
    if ran.returncode != 0:
        raise OSError(errno.EIO, f'vim: {ran.returncode} {ran.stderr.decode()}')


class Mover(threading.Thread):
    """Makes, moves and removes names; each step must have happened once and exactly once."""

    def run(self):
        number = 0
        while not stop.is_set():
            number += 1
            base = os.path.join(mnt, '附件', f'd{number}')
            try:
                os.makedirs(base)
                os.symlink('到别处', base + '/l')
                os.rename(base, base + '-moved')
                os.link(base + '-moved/l', base + '-moved/again')
                os.unlink(base + '-moved/l')
                os.rename(base + '-moved/again', base + '-moved/l')
                os.setxattr(base + '-moved', 'user.a', b'1', os.XATTR_CREATE)
                if os.listdir(base + '-moved') != ['l']:
                    offend(f'names: {os.listdir(base + "-moved")}')
                os.unlink(base + '-moved/l')
                os.rmdir(base + '-moved')
            except OSError as e:
                offend(f'names, round {number}: {e}')


class Reader(threading.Thread):
    """Reads on through handles that were opened long ago."""

    def __init__(self):
        super().__init__()
        self.path = os.path.join(mnt, '附件', 'long')
        self.expected = b''.join(b'%07d\n' % i for i in range(60000))
        with open(self.path, 'wb') as f:
            f.write(self.expected)

    def run(self):
        expected = self.expected
        with open(self.path, 'rb', buffering=0) as f:
            at = 0
            while not stop.is_set():
                os.posix_fadvise(f.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)
                try:
                    piece = os.pread(f.fileno(), 8192, at)
                except OSError as e:
                    offend(f'a handle that was open: {e}')
                    continue
                if piece != expected[at:at + 8192]:
                    offend(f'a handle that was open shows other bytes at {at}')
                at = (at + 8192) % len(expected)


class Watch(threading.Thread):
    """The longest time that a question to the mount took."""

    longest = 0.0

    def run(self):
        while not stop.is_set():
            began = time.monotonic()
            try:
                os.statvfs(mnt)
            except OSError as e:
                offend(f'statvfs: {e}')
            self.longest = max(self.longest, time.monotonic() - began)
            stop.wait(0.001)


def status():
    with open(os.path.join(mnt, '.planfs', 'status.json'), encoding='utf-8') as f:
        return json.load(f)


def wait_for_saves(n):
    """Some are under way, and some have been acknowledged since."""
    until, before = time.monotonic() + LIMIT, counts['acknowledged']
    while counts['acknowledged'] < before + n:
        if time.monotonic() > until:
            offend('nothing is saved any more')
            return
        stop.wait(0.002)


def disturb():
    steps = ['kill'] * kills + ['upgrade'] * upgrades
    random.shuffle(steps)
    for step in steps:
        wait_for_saves(random.randrange(1, 8))
        stop.wait(random.random() * 0.02)
        if step == 'kill':
            os.kill(status()['pid'], signal.SIGKILL)
            continue
        ran = subprocess.run([planfs, 'upgrade', mnt], capture_output=True, text=True, timeout=LIMIT)
        if ran.returncode != 0:
            offend(f'upgrade: {ran.stderr}')


def main():
    random.seed(seed)
    os.makedirs(plan, exist_ok=True)
    os.makedirs(os.path.join(mnt, '附件'), exist_ok=True)
    restarts = status()['restarts']
    savers = [Saver('01-in-place.txt', save_in_place), Saver('02-rename.txt', save_by_rename),
              Saver('03-backup.txt', save_with_backup), Saver('04-vim.txt', save_with_vim)]
    watch = Watch()
    threads = [*savers, Mover(), Reader(), watch]
    for thread in threads:
        thread.start()
    disturb()
    wait_for_saves(10)
    stop.set()
    for thread in threads:
        thread.join(LIMIT)
        if thread.is_alive():
            offend(f'{thread.name} hangs')
    for saver in savers:
        saver.look()
    if status()['restarts'] - restarts != kills + upgrades:
        offend(f"{status()['restarts'] - restarts} restarts, {kills + upgrades} expected")
    print('\n'.join(offences[:40]), end='\n' if offences else '')
    print(f"kills {kills}, upgrades {upgrades}, seed {seed}: {counts['acknowledged']} saves acknowledged, lost or torn: "
          f"{sum('torn' in o or 'acknowledged' in o for o in offences)}, {counts['refused']} refused with EIO; "
          f"longest pause {watch.longest * 1000:.0f} ms")
    sys.stdout.flush()
    os._exit(1 if offences else 0)  # whoever hangs is not waited for


main()
