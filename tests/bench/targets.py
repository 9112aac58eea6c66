"""What is compared. A target holds the corpus at .place, can be made fresh, and offers an empty place for
what is written. Mounted ones are mounts of a planfs database, or of any command."""
import glob
import json
import os
import resource
import shlex
import shutil

import command
import fill
import mounts
from command import Failed

EXAMPLES = '/usr/share/doc/libfuse3-dev/examples'
PASSTHROUGH_OPTIONS = '-s -o cache=always'  # its best: a second thread only adds switches


class Target:
    writable = True
    is_mount = False

    def __init__(self, name, place, spare):
        self.name = name
        self.place = place  # the root of the corpus
        self.spare = spare  # where open_empty() makes its place

    def refresh(self, reads_contents):
        """Forget what a first reader would not find; reads_contents: the texts matter, not only names."""

    def open_empty(self):
        os.mkdir(self.spare)
        return self.spare

    def close_empty(self):
        shutil.rmtree(self.spare)

    def force_away(self):
        """After whatever failure: no mount is left, and the empty place can be made again."""
        shutil.rmtree(self.spare, ignore_errors=True)

    def requests(self, _place):
        """FUSE requests answered so far by kind, or None when nobody counts them."""
        return None


class Memory(Target):
    """tmpfs: nothing is ever fresh."""


class Disk(Target):
    """A directory on a disk. Fresh: the pages of the texts are thrown out, names and inodes stay."""

    def refresh(self, reads_contents):
        if not reads_contents:
            return
        for directory, _, names in os.walk(self.place):
            for name in names:
                fd = os.open(os.path.join(directory, name), os.O_RDONLY)
                os.posix_fadvise(fd, 0, 0, os.POSIX_FADV_DONTNEED)
                os.close(fd)


class Mounted(Target):
    """Fresh: unmounted and mounted again, with what lies below it in memory."""
    is_mount = True

    def __init__(self, name, directory):
        super().__init__(name, os.path.join(directory, 'mnt'), os.path.join(directory, 'empty'))
        os.makedirs(self.place)
        os.mkdir(self.spare)

    def start(self):
        self.mount(self.place)

    def stop(self):
        if mounts.is_mounted(self.place):
            self.unmount(self.place)

    def refresh(self, reads_contents):
        self.stop()
        self.load_below()
        self.start()

    def force_away(self):
        for place in (self.place, self.spare):
            mounts.force_away(place)
        if not mounts.is_mounted(self.spare):
            self.remove_below_empty()

    def unmount(self, place):
        mounts.unmount(['umount', place], place)

    def close_empty(self):
        self.unmount(self.spare)
        self.remove_below_empty()


class Planfs(Mounted):
    def __init__(self, name, directory, planfs, options=''):
        super().__init__(name, directory)
        self.planfs = planfs
        self.options = options
        self.writable = 'ro' not in options.split(',')
        self.database = os.path.join(directory, 'plans.db')
        self._spare_database = os.path.join(directory, 'empty.db')

    def _mount(self, database, place):
        options = ['-o', self.options] if self.options else []
        mounts.mount([self.planfs, 'mount', *options, database, place], place)

    def mount(self, place):
        self._mount(self.database, place)

    def unmount(self, place):
        mounts.unmount([self.planfs, 'umount', place], place)

    def load_below(self):
        with open(self.database, 'rb', buffering=0) as f:
            while f.read(1 << 20):
                pass

    def open_empty(self):
        command.must([self.planfs, 'init', self._spare_database])
        self._mount(self._spare_database, self.spare)
        return self.spare

    def remove_below_empty(self):
        for path in glob.glob(glob.escape(self._spare_database) + '*'):
            os.unlink(path)

    def requests(self, place):
        try:
            with open(os.path.join(place, '.planfs/status.json'), encoding='utf-8') as f:
                found = json.load(f).get('requests')
        except (OSError, ValueError):
            return None
        return {k: v for k, v in found.items() if isinstance(v, int)} if isinstance(found, dict) else None


def _allow_many_files():
    """passthrough_ll holds a descriptor for every file that the kernel knows. Without the right to raise
    the limit, as in some containers, what there is must do."""
    with open('/proc/sys/fs/nr_open', encoding='ascii') as f:
        most = int(f.read())
    for wanted in (most, resource.getrlimit(resource.RLIMIT_NOFILE)[1]):
        try:
            resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, wanted))
            return
        except ValueError:
            continue


class Command(Mounted):
    """Any daemon. In its command {mnt} is where to mount, {tree} a plain tree to show there, {state} an
    empty directory of its own; a mount that begins empty is filled with tar."""

    def __init__(self, name, directory, text, tree):
        super().__init__(name, directory)
        self.text = text
        self.tree = tree
        self.state = os.path.join(directory, 'state')
        self._spare_below = os.path.join(directory, 'empty.below')
        os.mkdir(self.state)

    def _mount(self, place, tree, state):
        argv = [word.format(mnt=place, tree=tree, state=state) for word in shlex.split(self.text)]
        mounts.mount(argv, place, _allow_many_files)

    def mount(self, place):
        self._mount(place, self.tree, self.state)

    def fill(self, tar):
        if not os.listdir(self.place):
            command.must(['tar', '-xpf', tar, '-C', self.place], 3600)

    def load_below(self):
        source = self.state if '{state}' in self.text else self.tree
        command.must(['sh', '-c', 'tar -cf - "$1" 2>/dev/null | cat >/dev/null', 'sh', source], 3600)

    def open_empty(self):
        os.mkdir(self._spare_below)
        self._mount(self.spare, self._spare_below, self._spare_below)
        return self.spare

    def remove_below_empty(self):
        shutil.rmtree(self._spare_below, ignore_errors=True)


def build_passthrough(directory):
    """libfuse's example, compiled as its own comment says; None when it cannot be."""
    os.makedirs(directory, exist_ok=True)
    for name in ('passthrough_ll.c', 'passthrough_helpers.h'):
        source = os.path.join(EXAMPLES, name)
        copy = os.path.join(directory, name)
        if os.path.exists(source):
            shutil.copyfile(source, copy)
        elif os.path.exists(source + '.gz'):
            command.must(['sh', '-c', 'gunzip -c "$1" >"$2"', 'sh', source + '.gz', copy])
        else:
            return None
    flags = command.output(['pkg-config', '--cflags', '--libs', 'fuse3']).split()
    program = os.path.join(directory, 'passthrough_ll')
    try:
        command.must(['cc', '-O2', '-o', program, os.path.join(directory, 'passthrough_ll.c'), *flags])
    except Failed:
        return None
    return program


def passthrough_command(program, options):
    return f'{shlex.quote(program)} {options} -o source={{tree}} {{mnt}}'


def make_database(corpus, path, planfs, versions, copy_of=None):
    """The corpus as a database at path; copied when another target has it already."""
    if copy_of:
        command.must(['cp', '--reflink=auto', copy_of, path], 1800)
    else:
        fill.write_database(corpus, path, planfs, versions)
