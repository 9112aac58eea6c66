"""Rounds: in each, every operation is run on every target, in an order that rotates; then what is counted
and not timed."""
import command
import counters
import facts
import mounts
import ops
from command import Failed

TRIES = 4  # of a sample during which the kernel dropped its caches


class Results:
    """Samples and counters of one size, in the form of the JSON."""

    def __init__(self, sections):
        self.data = {'sections': sections, 'samples': {}, 'repeated': 0, 'disturbed': [], 'failed': {},
                     'requests': {}, 'memory': {}}

    def add(self, op, target, samples):
        for state, values in samples.items():
            of_op = self.data['samples'].setdefault(op.key, {}).setdefault(state, {})
            of_op.setdefault(target.name, []).extend(values)

    def fail(self, op, target, error):
        self.data['failed'].setdefault(op.key, {})[target.name] = str(error)

    def has_failed(self, op, target):
        return target.name in self.data['failed'].get(op.key, {})


def _undisturbed(op, target, scene, results):
    """A sample during which nobody dropped the caches of the kernel; the last one when all were disturbed."""
    for _ in range(TRIES):
        before = facts.cache_drops()
        samples = op.sample(scene, target)
        if op.kind != ops.READ or facts.cache_drops() == before:
            return samples
        results.data['repeated'] += 1
    results.data['disturbed'].append(f'{op.key} on {target.name}')
    return samples


def _recover(target, scene):
    """Make the target usable again after a failure, or go on without it."""
    target.force_away()
    try:
        if target.is_mount:
            target.start()
    except Failed as error:
        scene.options.say(f'going on without {target.name}: {error}')
        scene.abandon(target)


def _measure_one(op, target, scene, results):
    try:
        results.add(op, target, _undisturbed(op, target, scene, results))
    except (Failed, OSError) as error:
        results.fail(op, target, error)
        scene.options.say(f'FAILED: {op.title} on {target.name}: {error}')
        _recover(target, scene)


def _round(number, chosen, scene, results):
    for op in chosen:
        fitting = [t for t in scene.targets if op.fits(t)]
        for i in range(len(fitting)):
            target = fitting[(i + number) % len(fitting)]
            if target in scene.targets and not results.has_failed(op, target):
                _measure_one(op, target, scene, results)


def _measure_memory(scene, results):
    """The size of each daemon after the mount, after find, after grep, and at most, in bytes."""
    find, grep = ops.choose(['find', 'grep'])
    for target in [t for t in scene.targets if t.is_mount]:
        target.refresh(True)
        command.wait_until(lambda: len(mounts.daemons(target.place)) == 1, 2)  # the one that forked has ended
        found = {'mounted': mounts.memory(target.place)[0]}
        for op in (find, grep):
            op.run_once(scene, target, 'fresh')
            found[op.key] = mounts.memory(target.place)[0]
        found['most'] = mounts.memory(target.place)[1]
        results.data['memory'][target.name] = found


def measure(scene, chosen):
    """All of one size. An operation that fails on a target is left out there, and named in the report."""
    results = Results(scene.corpus.count)
    for number in range(scene.options.rounds):
        scene.options.say(f'{scene.corpus.count} sections, round {number + 1} of {scene.options.rounds}')
        _round(number, chosen, scene, results)
    for what in (lambda: counters.count(scene, chosen, results), lambda: _measure_memory(scene, results)):
        try:
            what()
        except (Failed, OSError) as error:
            results.data['failed'].setdefault('counters', {})['all'] = str(error)
    return results.data
