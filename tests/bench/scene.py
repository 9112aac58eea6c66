"""What is set up for one size of corpus, and taken down whatever happens: a scratch directory on the disk,
a tmpfs, the corpus in both and in every target, and what the operations copy from."""
import contextlib
import os
import shutil
import signal
import tempfile

import command
import fill
import mounts
import targets
from command import Failed

BYTES_PER_SECTION = 4096 + 1024  # in a tree: a block and an inode


def refuse_without_means(planfs):
    """Say what is missing before anything is made."""
    if os.geteuid() != 0:
        raise Failed('only root can mount a tmpfs and open all files of a corpus: run it as root')
    if not os.path.exists('/dev/fuse'):
        raise Failed('no /dev/fuse: this kernel or container has no FUSE')
    for program in ('find', 'grep', 'tar', 'cp', 'ls', 'rm', 'umount', 'fusermount3'):
        if not shutil.which(program):
            raise Failed(f'{program} is not installed')
    if planfs and not os.access(planfs, os.X_OK):
        raise Failed(f'{planfs}: no such program; build it, or give --planfs PATH')


@contextlib.contextmanager
def _undisturbed():
    """Nobody who is impatient stops the tidying up."""
    signals = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    before = [signal.signal(number, signal.SIG_IGN) for number in signals]
    try:
        yield
    finally:
        for number, handler in zip(signals, before):
            signal.signal(number, handler)


class Scene:
    def __init__(self, options, corpus):
        self.options = options
        self.corpus = corpus
        self.targets = []
        self._abandoned = []
        self.lines = {}  # operation -> lines of its output on the first target
        self._made = {}
        self.root = None

    def __enter__(self):
        self.root = tempfile.mkdtemp(prefix='planfs-bench.', dir=self.options.work)
        self.memory = os.path.join(self.root, 'mem')
        try:
            self._set_up()
        except BaseException:
            self.__exit__()
            raise
        return self

    def _set_up(self):
        os.chmod(self.root, 0o755)
        os.mkdir(self.memory)
        self._refuse_without_space()
        command.must(['mount', '-t', 'tmpfs', '-o', 'size=90%,nr_inodes=0', 'planfs-bench', self.memory])
        self.scratch = os.path.join(self.memory, 'out')
        self.tree = os.path.join(self.root, 'tree')
        for name in self.options.targets:
            self.options.say(f'making {self.corpus.count} sections for {name}')
            self.targets.append(self._make(name))
        command.must(['sync', '-f', self.root], 1800)
        for target in self.targets:
            if target.is_mount:
                target.start()
                if isinstance(target, targets.Command):
                    target.fill(self.tar())

    def __exit__(self, *_exception):
        with _undisturbed():
            for target in self.targets + self._abandoned:
                target.force_away()
            mounts.force_away(self.memory)
            if mounts.any_below(self.root):
                self.options.say(f'could not unmount all below {self.root}: it is left there')
            elif self.options.keep:
                self.options.say(f'kept: {self.root}')
            else:
                shutil.rmtree(self.root, ignore_errors=True)

    def abandon(self, target):
        """It cannot be mounted any more."""
        self.targets.remove(target)
        self._abandoned.append(target)

    def _refuse_without_space(self):
        need = self.corpus.count * BYTES_PER_SECTION
        space = os.statvfs(self.root)
        on_disk = need * (1 + sum(name.startswith('planfs') for name in self.options.targets))
        if space.f_bavail * space.f_frsize < on_disk + (1 << 30):
            raise Failed(f'{self.root}: {on_disk >> 20} MB are needed for the corpus, and 1 GB to spare')
        with open('/proc/meminfo', encoding='ascii') as f:
            fields = dict(line.split(':') for line in f)
        available = int(fields['MemAvailable'].split()[0]) * 1024
        # The tree in the tmpfs, its copy by cp -a, and the page cache of at least one mount.
        if available < 3 * need:
            raise Failed(f'{3 * need >> 20} MB of memory are needed; {available >> 20} MB are available')

    def _make(self, name):
        if name == 'tmpfs':
            place = os.path.join(self.memory, 'tree')
            fill.write_tree(self.corpus, place)
            return targets.Memory(name, place, os.path.join(self.memory, 'empty'))
        if name == 'ext4':
            return targets.Disk(name, self._disk_tree(), os.path.join(self.root, 'empty'))
        directory = os.path.join(self.root, name.replace(' ', '').replace('/', '_'))
        os.mkdir(directory)
        if name.startswith('planfs'):
            return self._make_planfs(name, directory)
        text = self.options.commands[name]
        return targets.Command(name, directory, text, self._disk_tree() if '{tree}' in text else '')

    def _make_planfs(self, name, directory):
        mount_options = name.removeprefix('planfs').removeprefix(' -o ').replace('+', ',')
        target = targets.Planfs(name, directory, self.options.planfs, mount_options)
        other = next((t.database for t in self.targets if isinstance(t, targets.Planfs)), None)
        targets.make_database(self.corpus, target.database, self.options.planfs, self.options.versions, other)
        return target

    def _once(self, name, make):
        if name not in self._made:
            path = os.path.join(self.memory, name)
            make(path)
            self._made[name] = path
        return self._made[name]

    def _disk_tree(self):
        if not os.path.exists(self.tree):
            fill.write_tree(self.corpus, self.tree)
        return self.tree

    def shadow(self):
        """What rsync compares with: names, sizes and times of the corpus."""
        return self._once('shadow', lambda path: fill.write_shadow(self.corpus, path))

    def tar(self):
        """The corpus as an archive, for mounts that begin empty."""
        def make(path):
            source = next((t.place for t in self.targets if not t.is_mount), None) or self._disk_tree()
            command.must(['tar', '-cf', path, '-C', source, '.'], 3600)
        return self._once('corpus.tar', make)

    def source(self):
        """The tree that the restores write, other texts than the corpus, in memory."""
        return self._once('source', lambda path: fill.write_tree(
            self.corpus.subset(self.restored()), path))

    def source_tar(self):
        return self._once('source.tar', lambda path: command.must(
            ['tar', '-cf', path, '-C', self.source(), '.'], 600))

    def restored(self):
        return min(self.options.restore, self.corpus.count)

    def settle(self):
        """What was written is on the disk before the next operation begins."""
        command.must(['sync', '-f', self.root], 600)
