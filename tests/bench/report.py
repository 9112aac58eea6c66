"""A run as Markdown."""
import goals
import ops
from figures import duration, megabytes, middle, percentile, ratio, span

BASES = {ops.READ: 'tmpfs', ops.WRITE: 'ext4', ops.SAVE: 'ext4', ops.MOUNT: None}
ORDER = ['tmpfs', 'ext4', goals.PLANFS, goals.READ_ONLY, 'passthrough_ll']


def _row(cells):
    return '| ' + ' | '.join(cells) + ' |\n'


def _table(head, rows):
    if not rows:
        return ''
    return _row(head) + _row(['---'] * len(head)) + ''.join(map(_row, rows)) + '\n'


def targets_of(size):
    """The targets of a size in the order of the columns."""
    found = {name for states in size['samples'].values() for of in states.values() for name in of}
    return [n for n in ORDER if n in found] + sorted(found - set(ORDER))


def _facts(facts):
    versions = f'{facts["planfs"]} ({facts["commit"]}), libfuse {facts["libfuse"]}, SQLite {facts["sqlite"]}'
    lines = [
        f'`{facts["command"]}`, {facts["date"]}',
        f'{facts["processor"]}, {facts["cores"]} cores, {facts["memory"]}; kernel {facts["kernel"]}; '
        f'disk: {facts["disk"]}',
        versions + '; ' + ', '.join(facts['programs']),
        f'{facts["rounds"]} interleaved rounds; starting a program takes {duration(facts["spawn_seconds"])} '
        'of each command',
        f'load {facts["load_before"]:.1f} before, {facts["load_after"]:.1f} after; '
        f'{facts["stolen_percent"]:.1f} % of the processors stolen; caches dropped {facts["cache_drops"]} times',
    ]
    lines += [f'{name}: `{text}`' for name, text in facts['commands'].items()]
    return ''.join(f'* {line}\n' for line in lines) + '\n'


def _cell(op, samples, name):
    values = samples.get(name)
    if not values:
        return ''
    times = duration(middle(values))
    if op.kind == ops.SAVE:
        times += f', p99 {duration(percentile(values, 99))}'
    elif len(values) > 1:
        times += f', {span(min(values), max(values))}'
    relative = ratio(samples, name, BASES[op.kind])
    return f'**{relative:.2f}** ({times})' if relative is not None else times


def _goal_cell(op, state, samples, sections):
    if op.kind == ops.MOUNT:
        values = samples.get(goals.PLANFS) or samples.get(goals.READ_ONLY)
        return goals.judge_mount(sections, middle(values)) if values else ''
    return goals.judge(op.key, state, samples)


def title_of(op, state):
    return f'{op.title}, {state}' if state else op.title


def _times(size):
    names = targets_of(size)
    rows = []
    for op in ops.ALL:
        for state in op.states:
            samples = size['samples'].get(op.key, {}).get(state)
            if samples:
                rows.append([title_of(op, state), *(_cell(op, samples, name) for name in names),
                             _goal_cell(op, state, samples, size['sections'])])
    return _table(['operation', *names, 'goal'], rows)


def _requests_row(title, name, found):
    if found['kinds'] is None:
        return [title, name, 'not counted', '', '']
    files, total = found['files'], sum(found['kinds'].values())
    by_kind = sorted(found['kinds'].items(), key=lambda item: -item[1])
    each = ', '.join(f'{kind} {n / files:.2f}' for kind, n in by_kind if n / files >= 0.005)
    return [title, name, str(total), f'{total / files:.2f}', each]


def _requests(size):
    rows = [_requests_row(title_of(op, state), name, found)
            for op in ops.ALL
            for state, of_state in size['requests'].get(op.key, {}).items()
            for name, found in of_state.items()]
    return _table(['operation', 'target', 'requests', 'per file', 'by kind, per file'], rows)


def _memory(size):
    rows = []
    for name, found in size['memory'].items():
        rows.append([name, *(megabytes(found[key]) for key in ('mounted', 'find', 'grep', 'most')),
                     goals.judge_memory(size['sections'], found['grep']) if goals.is_planfs(name) else ''])
    return _table(['memory of the daemon', 'mounted', 'after find', 'after grep', 'most', 'goal'], rows)


def _remarks(size):
    lines = []
    if size['repeated']:
        lines.append(f'The kernel dropped its caches during {size["repeated"]} samples, which were repeated.')
    if size['disturbed']:
        lines.append('Disturbed in spite of that: ' + ', '.join(size['disturbed']) + '.')
    for key, of_op in size['failed'].items():
        lines += [f'Failed: {key} on {name}: {why}' for name, why in of_op.items()]
    return ''.join(f'* {line}\n' for line in lines) + ('\n' if lines else '')


def _growth(sizes):
    rows = []
    for smaller, larger in zip(sizes, sizes[1:]):
        counts = smaller['sections'], larger['sections']
        for state, name, value in goals.growth(smaller, larger):
            judged = goals.judge_growth(counts, value) if name.startswith('planfs') else ''
            rows.append([f'grep -rF, {state}: {counts[1]} ÷ {counts[0]}', name, f'{value:.1f}', judged])
    return _table(['growth', 'target', 'ratio', 'goal'], rows)


def markdown(run):
    """The whole report; run: what the JSON holds."""
    text = _facts(run['facts'])
    for size in run['sizes']:
        text += f'### {size["sections"]} sections\n\n'
        text += 'Median (lowest–highest); bold: ratio to tmpfs (reads), to ext4 (writes, saves).\n\n'
        text += _times(size) + _requests(size) + _memory(size) + _remarks(size)
    return text + _growth(sorted(run['sizes'], key=lambda size: size['sections']))
