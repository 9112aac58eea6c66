"""Saves as editors make them: the calls of editor_calls.txt, made again on a section of a mount."""
import ctypes
import errno
import fcntl
import fnmatch
import os
import re

HERE = os.path.dirname(os.path.abspath(__file__))
RENAME_EXCHANGE = 2

libc = ctypes.CDLL(None, use_errno=True)


def scratch_patterns():
    """The table of src/base/name.c."""
    with open(os.path.join(HERE, '..', '..', 'src', 'base', 'name.c'), encoding='utf-8') as f:
        table = re.search(r'scratch_patterns\[\] = \{(.*?)NULL', f.read(), re.S).group(1)
    table = re.sub(r'/\*.*?\*/', '', table, flags=re.S)
    return re.findall(r'"([^"]+)"', table)


SCRATCH = re.compile('|'.join(fnmatch.translate(p) for p in scratch_patterns()), re.S)


def is_scratch(name):
    return SCRATCH.match(name) is not None


def exchange(a, b):
    if libc.renameat2(-100, os.fsencode(a), -100, os.fsencode(b), RENAME_EXCHANGE) != 0:
        raise OSError(ctypes.get_errno(), 'renameat2', a)


def load():
    """{editor: [(call, name, other name or None, times, expected errno or None)]}"""
    editors = {}
    with open(os.path.join(HERE, 'editor_calls.txt'), encoding='utf-8') as f:
        for line in f:
            if not line.startswith('#'):
                name, calls = line.rstrip('\n').split(': ', 1)
                editors[name] = [parse(c) for c in calls.split('; ')]
    return editors


def parse(text):
    expected = None
    if ' =' in text:
        text, word = text.rsplit(' =', 1)
        expected = getattr(errno, word)
    call, rest = text.split(' ', 1)
    times = re.search(r'×(\d+)$', rest)
    if times:
        rest = rest[:times.start()]
    name, _, other = rest.partition('→')
    return call, name, other or None, int(times.group(1)) if times else 1, expected


class Player:
    """Plays the calls of an editor on the section @path, which is there, with texts of @new_text()."""

    def __init__(self, path, rng, new_text):
        self.dir, self.section = os.path.split(path)
        self.rng, self.new_text = rng, new_text
        self.names = {}     # of the recording -> here
        self.fds = {}       # name here -> descriptor
        self.written = set()
        self.elsewhere = f'另存{rng.randrange(10 ** 6)}_'  # what was saved under another name may be saved again itself
        self.scratch_last = None  # was the last change of a name in the directory one of scratch?

    def name(self, recorded):
        """x.txt becomes the section; X and N of a temporary name become anything."""
        if recorded not in self.names:
            if recorded == '.' or recorded == '(elsewhere)':
                here = recorded
            else:
                here = re.sub(r'X{6,}|xxxx|N{3,}', lambda m: self.letters(m), recorded)
                here = here.replace('x.txt', self.section).replace('另存_', self.elsewhere)
            self.names[recorded] = here
        return self.names[recorded]

    def letters(self, match):
        kind = '0123456789' if 'N' in match.group() else 'abcdefghijkLMNOPQRSTU0123456789'
        return ''.join(self.rng.choice(kind) for _ in match.group())

    def at(self, name):
        return os.path.join(self.dir, name)

    def close(self, name):
        if name in self.fds:
            os.close(self.fds.pop(name))

    def changed_name(self, *names):
        self.scratch_last = all(is_scratch(n) for n in names)

    def clean(self):
        """What earlier saves left beside the section is in the way of O_EXCL."""
        for name in os.listdir(self.dir):
            if name != self.section and is_scratch(name) and not os.path.isdir(self.at(name)):
                os.unlink(self.at(name))
                self.changed_name(name)

    def play(self, calls):
        self.clean()
        for i, (call, name, other, times, expected) in enumerate(calls):
            name, other = self.name(name), self.name(other) if other else None
            for _ in range(times):
                try:
                    self.call(call, name, other, calls[i + 1:])
                except OSError as e:
                    tolerated = call == 'setxattr' and e.errno == errno.EOPNOTSUPP
                    if e.errno != expected and not tolerated:
                        raise
        for name in list(self.fds):
            self.close(name)

    def call(self, call, name, other, following):
        kind, _, flags = call.partition('(')
        method = getattr(self, 'do_' + kind)
        if kind == 'open':
            method(name, flags.rstrip(')') or 'WRONLY|CREAT|TRUNC')
        elif kind == 'rename' and flags:
            self.do_exchange(name, other)
        elif other:
            method(name, other)
        elif kind == 'ftruncate':
            method(name, following)
        else:
            method(name)

    # --- calls ---

    def do_open(self, name, flags):
        self.close(name)
        if 'TMPFILE' in flags:
            flags, name = 'RDWR|CREAT|EXCL', f'.{self.section[:40]}.anonymous.tmp'  # FUSE has none
            self.names['#NNN'] = self.names['(elsewhere)'] = name
        bits = 0
        for word in flags.split('|'):
            bits |= getattr(os, 'O_' + word)
        path = self.at(name)
        if bits & os.O_CREAT and not os.path.lexists(path):
            self.changed_name(name)
        self.fds[name] = os.open(path, bits, 0o644)

    def do_write(self, name):
        if name not in self.fds:
            self.do_open(name, 'WRONLY|CREAT')
        os.write(self.fds[name], self.new_text())
        self.written.add(name)

    def do_ftruncate(self, name, following):
        """To nothing, when it is written anew then; else to what there is."""
        anew = name not in self.written and any(
            c[0] == 'write' and self.name(c[1]) == name for c in following)
        fd = self.fds[name]
        os.ftruncate(fd, 0 if anew else os.fstat(fd).st_size)

    def do_copy_file_range(self, name):
        to = next(reversed(self.fds))
        with open(self.at(name), 'rb') as f:
            os.write(self.fds[to], f.read())

    def do_fsync(self, name):
        if name == '.':
            fd = os.open(self.dir, os.O_RDONLY)
            os.fsync(fd)
            os.close(fd)
        elif name in self.fds:
            os.fsync(self.fds[name])

    do_fdatasync = do_fsync

    def do_rename(self, name, other):
        if name == '(elsewhere)':
            name = f'.{self.section[:40]}.elsewhere.tmp'
            self.do_open(name, 'WRONLY|CREAT')
            self.do_write(name)
        stays_open = name.startswith('.goutputstream')
        if not stays_open:
            self.close(name)
        self.close(other)
        os.rename(self.at(name), self.at(other))
        self.changed_name(name, other)
        if stays_open:
            self.fds[other] = self.fds.pop(name)

    def do_exchange(self, name, other):
        self.close(name)
        self.close(other)
        exchange(self.at(name), self.at(other))
        self.changed_name(name, other)

    def do_link(self, name, other):
        self.close(name)
        if os.path.lexists(self.at(other)):
            self.do_unlink(other)
        os.link(self.at(name), self.at(other))
        self.changed_name(other)

    def do_unlink(self, name):
        self.close(name)
        os.unlink(self.at(name))
        self.changed_name(name)

    def do_symlink(self, name):
        os.symlink('li@office.4711:1795256130', self.at(name))
        self.changed_name(name)

    def do_chmod(self, name):
        self.close(name)
        os.chmod(self.at(name), self.rng.choice((0o644, 0o640, 0o664)))

    def do_fchmod(self, name):
        os.fchmod(self.fds[name], self.rng.choice((0o644, 0o640, 0o664)))

    def do_chown(self, name):
        self.close(name)
        os.chown(self.at(name), os.geteuid(), os.getegid())

    def do_fchown(self, name):
        os.fchown(self.fds[name], os.geteuid(), os.getegid())

    def do_utimensat(self, name):
        os.utime(self.at(name), ns=(1795256130123456789, 1795256130987654321 + self.rng.randrange(10 ** 9)))

    def do_setxattr(self, name):
        os.setxattr(self.at(name), 'user.editor', b'x')

    def do_fcntl(self, name):
        if name in self.fds:
            fcntl.lockf(self.fds[name], fcntl.LOCK_EX)
