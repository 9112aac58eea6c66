"""Figures from samples, and how they are written."""
import statistics

UNITS = ((1, 's'), (1e-3, 'ms'), (1e-6, 'µs'))


def middle(values):
    return statistics.median(values)


def percentile(values, percent):
    """The smallest value that so many per cent of the values do not exceed."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, max(0, -(-len(ordered) * percent // 100) - 1))]


def ratio(samples, name, base):
    if not samples.get(name) or not samples.get(base):
        return None
    return middle(samples[name]) / middle(samples[base])


def _digits(value):
    return f'{value:.0f}' if value >= 100 else f'{value:.1f}' if value >= 10 else f'{value:.2f}'


def duration(seconds):
    unit, name = next(((u, n) for u, n in UNITS if seconds >= u), UNITS[-1])
    return f'{_digits(seconds / unit)} {name}'


def span(low, high):
    """Both ends in the unit of the higher one."""
    unit, name = next(((u, n) for u, n in UNITS if high >= u), UNITS[-1])
    return f'{_digits(low / unit)}–{_digits(high / unit)} {name}'


def megabytes(size):
    return f'{size / 1e6:.1f} MB'
