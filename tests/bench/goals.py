"""The goals, and whether a run reaches them. A goal is a limit of the ratio to another target, or of a value
by itself."""
from dataclasses import dataclass

from figures import middle, ratio

PLANFS, READ_ONLY = 'planfs', 'planfs -o ro'
WITH_OPTIONS = 'planfs -o '  # the options follow, with + between them
AT_SECTIONS = 1_000_000  # where the goals of mount time and memory hold
MOUNT_SECONDS = 0.1
MEMORY_BYTES = 200 * 10**6
GROWTH = 12  # grep at 1M may take so many times as long as at 100k
GROWTH_SIZES = (100_000, AT_SECTIONS)


@dataclass
class Goal:
    op: str
    state: str
    base: str
    limit: float


GOALS = [
    Goal('find', 'warm', 'tmpfs', 1.1), Goal('grep', 'warm', 'tmpfs', 1.3), Goal('rg', 'warm', 'tmpfs', 1.3),
    Goal('tar', 'warm', 'tmpfs', 1.2), Goal('ls', 'warm', 'tmpfs', 1.1), Goal('rsync', 'warm', 'tmpfs', 1.1),
    Goal('cp', 'warm', 'tmpfs', 1.1), Goal('find', 'fresh', 'tmpfs', 9), Goal('grep', 'fresh', 'tmpfs', 5),
    Goal('rg', 'fresh', 'tmpfs', 3.5), Goal('tar', 'fresh', 'tmpfs', 3.5),
    Goal('save-inplace', '', 'ext4', 1.5), Goal('save-rename', '', 'ext4', 2),
    Goal('restore-tar', '', 'ext4', 4), Goal('restore-tar', '', 'passthrough_ll', 3),
    Goal('restore-cp', '', 'passthrough_ll', 3), Goal('restore-rsync', '', 'passthrough_ll', 3),
    Goal('rm', '', 'ext4', 4),
]


def verdict(value, limit):
    return 'reached' if value <= limit else 'not reached'


def is_planfs(name):
    return name == PLANFS or name.startswith(WITH_OPTIONS)


def _judge(goal, samples):
    """'≤ 4 ext4: 3.2, reached', for each planfs that was measured."""
    parts = []
    for name in filter(is_planfs, samples):
        value = ratio(samples, name, goal.base)
        if value is not None:
            mark = '' if name == PLANFS else f' ({name.removeprefix(WITH_OPTIONS)})'
            parts.append(f'{value:.2f} {verdict(value, goal.limit)}{mark}')
    return f'≤ {goal.limit:g} {goal.base}' + (': ' + ', '.join(parts) if parts else '')


def judge(op, state, samples):
    """The cell of the goals of one row; samples: target -> seconds."""
    return '; '.join(_judge(goal, samples) for goal in GOALS if (goal.op, goal.state) == (op, state))


def judge_mount(sections, seconds):
    text = f'≤ {MOUNT_SECONDS * 1000:.0f} ms at 1M'
    return text + (f': {verdict(seconds, MOUNT_SECONDS)}' if sections >= AT_SECTIONS else '')


def judge_memory(sections, size):
    text = f'≤ {MEMORY_BYTES // 10**6} MB at 1M'
    return text + (f': {verdict(size, MEMORY_BYTES)}' if sections >= AT_SECTIONS else '')


def judge_growth(sizes, value):
    text = f'≤ {GROWTH} from 100k to 1M'
    return text + (f': {verdict(value, GROWTH)}' if sizes == GROWTH_SIZES else '')


def growth(smaller, larger):
    """[(state, target, ratio of times)] of grep between two sizes."""
    found = []
    for state in ('fresh', 'warm'):
        before = smaller['samples'].get('grep', {}).get(state, {})
        after = larger['samples'].get('grep', {}).get(state, {})
        for target in before:
            if target in after:
                found.append((state, target, middle(after[target]) / middle(before[target])))
    return found
