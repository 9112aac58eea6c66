"""The machine, the versions, and what the kernel counted during a run."""
import datetime
import os
import platform
import shlex
import sqlite3
import statistics
import sys

import command
import mounts


def _first_value(path, key):
    try:
        with open(path, encoding='utf-8') as f:
            for line in f:
                name, _, value = line.partition(':')
                if name.strip() == key:
                    return value.strip()
    except OSError:
        pass
    return 'unknown'


def _counters(path):
    try:
        with open(path, encoding='ascii') as f:
            return {words[0]: words[1:] for words in map(str.split, f) if words}
    except OSError:
        return {}


def cache_drops():
    """How often somebody dropped the page cache or the caches of names and inodes."""
    counters = _counters('/proc/vmstat')
    return tuple(int(counters.get(name, ['0'])[0]) for name in ('drop_pagecache', 'drop_slab'))


def processor_time():
    """(stolen by other machines, all) in ticks since boot."""
    ticks = [int(word) for word in _counters('/proc/stat').get('cpu', [])]
    return (ticks[7] if len(ticks) > 7 else 0), sum(ticks[:8])


def _first_line(argv):
    return (command.output(argv).splitlines() or ['not installed'])[0]


def _commit(planfs):
    return command.output(['git', '-C', os.path.dirname(os.path.abspath(planfs)), 'describe', '--always',
                           '--dirty']) or 'unknown'


def _spawn_seconds(scratch):
    """What starting a program costs; it is part of every command that is timed."""
    return statistics.median(command.run(['true'], scratch) for _ in range(30))


def collect(options, scratch):
    return {
        'date': datetime.datetime.now().astimezone().isoformat(timespec='seconds'),
        'command': shlex.join(['python3', *sys.argv]),
        'processor': _first_value('/proc/cpuinfo', 'model name'),
        'cores': os.cpu_count(),
        'memory': _first_value('/proc/meminfo', 'MemTotal'),
        'kernel': platform.release(),
        'disk': mounts.type_of(options.work),
        'planfs': command.output([options.planfs, '--version']) if options.planfs else 'without planfs',
        'commit': _commit(options.planfs) if options.planfs else '',
        'libfuse': command.output(['pkg-config', '--modversion', 'fuse3']) or 'unknown',
        'sqlite': sqlite3.sqlite_version,
        'programs': [_first_line([name, '--version']) for name in
                     ('find', 'grep', 'rg', 'tar', 'rsync', 'vim')],
        'commands': options.commands,
        'rounds': options.rounds,
        'saves': options.saves,
        'restored': options.restore,
        'versions': options.versions,
        'spawn_seconds': _spawn_seconds(scratch),
        'load_before': os.getloadavg()[0],
        'drops_before': cache_drops(),
        'processor_before': processor_time(),
    }


def close(found):
    """Add what can only be said at the end of the run."""
    stolen, total = processor_time()
    before_stolen, before_total = found.pop('processor_before')
    found['stolen_percent'] = 100 * (stolen - before_stolen) / max(1, total - before_total)
    found['load_after'] = os.getloadavg()[0]
    drops = zip(cache_drops(), found.pop('drops_before'))
    found['cache_drops'] = sum(now - before for now, before in drops)
    return found
