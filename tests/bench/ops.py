"""The table of operations: what is run, on what, and how often in a round. Each returns samples by state,
{'fresh': [seconds], 'warm': [seconds, ...]}."""
import os
import shutil
import time

import command
import mounts
import saves
from command import Failed
from corpus import RARE

READ, WRITE, SAVE, MOUNT = 'read', 'write', 'save', 'mount'
WARM_RUNS = 2
STATS = 1000  # calls of stat in one warm sample


def _limit(scene):
    return 120 + scene.corpus.count // 200


class Operation:
    kind = READ
    states = ('fresh', 'warm')
    program = None  # skipped, with a word, when it is not installed

    def __init__(self, key, title, **more):
        self.key = key
        self.title = title
        self.__dict__.update(more)

    def fits(self, target):
        return self.kind == READ or (target.writable if self.kind != MOUNT else target.is_mount)

    def files(self, scene):
        """Files that one sample touches: the divisor of the requests."""
        return scene.corpus.count


class Read(Operation):
    """argv(scene) is run in the root of the corpus."""
    reads_contents = False
    counts_lines = False
    leaves = None  # in the tmpfs, to be removed after each run
    allowed = (0,)

    def run_once(self, scene, target, _state):
        try:
            seconds = command.run(self.argv(scene), scene.scratch, target.place, _limit(scene), self.allowed)
            self._check(scene, target)
        finally:
            if self.leaves:
                shutil.rmtree(os.path.join(scene.memory, self.leaves), ignore_errors=True)
        return seconds

    def _check(self, scene, target):
        """All targets must give the same number of lines, or they did not do the same work."""
        if not self.counts_lines:
            return
        with open(scene.scratch, 'rb') as f:
            lines = sum(chunk.count(b'\n') for chunk in iter(lambda: f.read(1 << 20), b''))
        expected = self.expected_lines(scene) if self.expected_lines else scene.lines.setdefault(self.key, lines)
        if lines != expected:
            raise Failed(f'{self.title} on {target.name}: {lines} lines, {expected} expected')

    expected_lines = None

    def sample(self, scene, target):
        target.refresh(self.reads_contents)
        fresh = self.run_once(scene, target, 'fresh')
        return {'fresh': [fresh], 'warm': [self.run_once(scene, target, 'warm') for _ in range(WARM_RUNS)]}


class Stat(Read):
    """One call in this process: a program would take a thousand times as long to start."""

    def run_once(self, scene, target, state):
        path = os.path.join(target.place, self._last(scene))
        calls = STATS if state == 'warm' else 1
        started = time.perf_counter_ns()
        for _ in range(calls):
            os.stat(path)
        return (time.perf_counter_ns() - started) / 1e9 / calls

    @staticmethod
    def _last(scene):
        section = next(scene.corpus.sections())
        return os.path.join(*section.directory, section.name)

    def files(self, scene):
        return 1


class Write(Operation):
    """argv(scene, place) writes into an empty place, or removes what was restored there before."""
    kind = WRITE
    states = ('',)
    restored_before = False

    def prepare(self, scene, place):
        if self.restored_before:
            command.run(['tar', '-xpf', scene.source_tar(), '-C', place], scene.scratch, limit=_limit(scene))
            scene.settle()

    def run_once(self, scene, place):
        return command.run(self.argv(scene, place), scene.scratch, limit=_limit(scene))

    def sample(self, scene, target):
        scene.source_tar()
        place = target.open_empty()
        try:
            self.prepare(scene, place)
            seconds = self.run_once(scene, place)
        finally:
            target.close_empty()
            scene.settle()
        return {'': [seconds]}

    def files(self, scene):
        return scene.restored()


class Save(Operation):
    kind = SAVE
    states = ('',)

    def run_once(self, scene, target, count):
        return saves.time_saves(self.save, target.place, target.name, count, scene.scratch)

    def sample(self, scene, target):
        return {'': self.run_once(scene, target, scene.options.saves)}

    def files(self, scene):
        return scene.options.saves


class Mount(Operation):
    """From the start of the daemon until the first ls of the root has answered."""
    kind = MOUNT
    states = ('',)

    def sample(self, scene, target):
        target.stop()
        target.load_below()
        started = time.perf_counter()
        target.start()
        names = os.listdir(target.place)
        seconds = time.perf_counter() - started
        if not names or not mounts.is_mounted(target.place):
            raise Failed(f'{target.name}: the mount is empty')
        return {'': [seconds]}


def _root_of(argv):
    """Shell: the names below the root of the source, as separate arguments of cp."""
    return ['sh', '-c', f'{argv} "$1"/* "$2"', 'sh']


GREP = ['grep', '-rF', RARE, '.']

ALL = [
    Read('find', 'find', argv=lambda s: ['find', '.'], counts_lines=True),
    Read('ls', 'ls -lR', argv=lambda s: ['ls', '-lR'], counts_lines=True),
    Read('grep', 'grep -rF', argv=lambda s: GREP, reads_contents=True, counts_lines=True,
         expected_lines=lambda s: s.corpus.rare_sections(), allowed=(0, 1)),
    Read('rg', 'rg -F', argv=lambda s: ['rg', '--no-config', '-F', RARE, '.'], reads_contents=True, program='rg',
         counts_lines=True, expected_lines=lambda s: s.corpus.rare_sections(), allowed=(0, 1)),
    Read('tar', 'tar to a pipe', argv=lambda s: ['sh', '-c', 'tar cf - . | cat >/dev/null'], reads_contents=True),
    Read('rsync', 'rsync no-op', argv=lambda s: ['rsync', '-aOi', './', s.shadow() + '/'], program='rsync',
         counts_lines=True, expected_lines=lambda s: 0),
    Read('cp', 'cp -a out', argv=lambda s: ['cp', '-a', '.', os.path.join(s.memory, 'copy')], reads_contents=True,
         leaves='copy'),
    Stat('stat', 'stat of one file'),
    Write('restore-tar', 'restore: tar x', argv=lambda s, p: ['tar', '-xpf', s.source_tar(), '-C', p]),
    Write('restore-cp', 'restore: cp -r', argv=lambda s, p: [*_root_of('cp -r'), s.source(), p]),
    Write('restore-rsync', 'restore: rsync', argv=lambda s, p: ['rsync', '-a', s.source() + '/', p + '/'],
          program='rsync'),
    Write('rm', 'rm -rf', argv=lambda s, p: ['sh', '-c', 'rm -rf "$1"/*', 'sh', p], restored_before=True),
    Save('save-inplace', 'save in place', save=saves.save_in_place),
    Save('save-rename', 'save by rename', save=saves.save_by_rename),
    Save('save-vim', 'save: vim -es', save=saves.save_with_vim, program='vim'),
    Mount('mount', 'mount, first ls'),
]


def choose(keys):
    """The operations with these keys, in the order of the table; all without keys."""
    known = [op.key for op in ALL]
    unknown = [key for key in keys if key not in known]
    if unknown:
        raise Failed(f'no operation {", ".join(unknown)}; there are {", ".join(known)}')
    return [op for op in ALL if not keys or op.key in keys]
