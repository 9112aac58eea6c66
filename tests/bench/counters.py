"""FUSE requests per operation, from the member "requests" of .planfs/status.json: counted in a run of its
own, which is not timed, because reading the counters costs requests too."""
import ops

SAVES = 20


def _difference(later, earlier):
    return {kind: n - earlier.get(kind, 0) for kind, n in later.items()}


def _count_around(target, place, run):
    """The requests that run() causes by kind, without those of reading the counters."""
    target.requests(place)  # the names of .planfs are looked up once
    first = target.requests(place)
    second = target.requests(place)
    run()
    third = target.requests(place)
    if None in (first, second, third):
        return None
    own = _difference(second, first)
    if not any(own.values()):
        return None  # an answer from a cache: reading twice has cost nothing
    caused = {kind: n - own.get(kind, 0) for kind, n in _difference(third, second).items()}
    return {kind: n for kind, n in sorted(caused.items()) if n > 0}


def _count_read(scene, op, target):
    target.refresh(op.reads_contents)
    counts = {'fresh': _count_around(target, target.place, lambda: op.run_once(scene, target, 'fresh'))}
    op.run_once(scene, target, 'fresh')
    counts['warm'] = _count_around(target, target.place, lambda: op.run_once(scene, target, 'fresh'))
    return counts


def _count_write(scene, op, target):
    place = target.open_empty()
    try:
        op.prepare(scene, place)
        return {'': _count_around(target, place, lambda: op.run_once(scene, place))}
    finally:
        target.close_empty()


def _count_save(scene, op, target):
    return {'': _count_around(target, target.place, lambda: op.run_once(scene, target, SAVES))}


COUNT = {ops.READ: _count_read, ops.WRITE: _count_write, ops.SAVE: _count_save}


def _divisor(scene, op):
    return SAVES if op.kind == ops.SAVE else op.files(scene)


def count(scene, chosen, results):
    """Fill results.data['requests']: operation, state, target, then the files touched and the counts."""
    for target in scene.targets:
        if target.requests(target.place) is None:
            continue
        for op in chosen:
            if op.kind not in COUNT or not op.fits(target) or results.has_failed(op, target):
                continue
            for state, counts in COUNT[op.kind](scene, op, target).items():
                of_op = results.data['requests'].setdefault(op.key, {}).setdefault(state, {})
                of_op[target.name] = {'files': _divisor(scene, op), 'kinds': counts}
