"""A run as SVG: for each operation one bar per target, the ratio on a logarithmic axis, goals as ticks."""
import html
import math

import goals
import ops
import report
from figures import ratio

LABELS, AXIS, MARGIN = 170, 520, 14  # widths
BAR, GAP, HEAD = 9, 9, 64  # heights
COLOURS = ['#8c8c8c', '#4878a8', '#c8503c', '#e0a080', '#58985c', '#8868a8', '#98783c', '#3c9898']
LEFT_OUT = ['stat']  # one call of a microsecond against the first request of a mount would set the scale
LEAST = 0.5  # the left end of the axis


class _Axis:
    def __init__(self, most):
        self.most = max(2.0, most)

    def x(self, value):
        share = math.log(max(value, LEAST) / LEAST) / math.log(self.most / LEAST)
        return LABELS + AXIS * min(1.0, share)

    def marks(self):
        marks = [m * 10 ** e for e in range(-1, 5) for m in (1, 2, 5)]
        return [mark for mark in marks if LEAST <= mark <= self.most]


def _text(x, y, content, anchor='start', size=11, colour='#222'):
    return f'<text x="{x:.1f}" y="{y:.1f}" font-size="{size}" text-anchor="{anchor}" fill="{colour}">' \
           f'{html.escape(content)}</text>\n'


def _line(x1, y1, x2, y2, colour, width=1.0):
    return f'<line x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}" stroke="{colour}" ' \
           f'stroke-width="{width}"/>\n'


def _rows(size):
    """[(title, key, state, base, {target: ratio})] of what has a base."""
    rows = []
    for op in ops.ALL:
        if op.key in LEFT_OUT:
            continue
        for state in op.states:
            base = report.BASES[op.kind]
            samples = size['samples'].get(op.key, {}).get(state, {})
            values = {name: ratio(samples, name, base) for name in samples if name != base}
            values = {name: value for name, value in values.items() if value is not None}
            if values:
                rows.append((report.title_of(op, state), op.key, state, base, values))
    return rows


def _legend(names, colours, top):
    text, x = '', LABELS
    for name in names:
        text += f'<rect x="{x}" y="{top - 9}" width="10" height="10" fill="{colours[name]}"/>\n'
        text += _text(x + 14, top, name)
        x += 34 + 7 * len(name)
    return text


def _bars(row, names, colours, axis, top):
    title, key, state, base, values = row
    shown = [name for name in names if name in values]
    height = BAR * len(shown)
    text = _text(LABELS - 8, top + height / 2 + 4, title, 'end')
    for i, name in enumerate(shown):
        end = axis.x(values[name])
        text += f'<rect x="{LABELS}" y="{top + i * BAR}" width="{max(1.0, end - LABELS):.1f}" ' \
                f'height="{BAR - 1}" fill="{colours[name]}"/>\n'
        text += _text(end + 3, top + i * BAR + BAR - 1.5, f'{values[name]:.2f}', size=8, colour='#555')
    for goal in goals.GOALS:
        if (goal.op, goal.state, goal.base) == (key, state, base):
            x = axis.x(goal.limit)
            text += _line(x, top - 2, x, top + height + 1, '#000', 1.6)
    return text, top + height + GAP


def _grid(axis, top, bottom):
    text = ''
    for mark in axis.marks():
        x = axis.x(mark)
        text += _line(x, top, x, bottom, '#888' if mark == 1 else '#ddd')
        text += _text(x, bottom + 13, f'{mark:g}', 'middle', 9, '#555')
    return text


def _panel(size, top):
    rows = _rows(size)
    if not rows:
        return '', top
    names = [name for name in report.targets_of(size) if any(name in row[4] for row in rows)]
    colours = {name: COLOURS[i % len(COLOURS)] for i, name in enumerate(names)}
    axis = _Axis(1.15 * max(value for row in rows for value in row[4].values()))
    title = f'{size["sections"]} sections: times tmpfs (reads), times ext4 (writes, saves); black: the goal'
    bars, y = '', top + HEAD
    for row in rows:
        text, y = _bars(row, names, colours, axis, y)
        bars += text
    text = _text(MARGIN, top + 22, title, size=13) + _legend(names, colours, top + 44)
    return text + _grid(axis, top + HEAD - 6, y) + bars, y + 24


def svg(run):
    """One panel below the other for each size."""
    body, height = '', 0
    for size in run['sizes']:
        text, height = _panel(size, height)
        body += text
    width = LABELS + AXIS + 60
    return f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height + MARGIN}" ' \
           f'viewBox="0 0 {width} {height + MARGIN}" font-family="sans-serif">\n' \
           f'<rect width="100%" height="100%" fill="#fff"/>\n{body}</svg>\n'
