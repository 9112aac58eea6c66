#!/usr/bin/env python3
"""Measure planfs beside a tmpfs, a disk and other FUSE daemons. tests/bench/README.md says how to read it.

    run.py [--sections 10k,100k] [--rounds 5] [--only OP,...] [--targets NAME,...] [--quick] ...
    run.py --from RUN.json [--markdown FILE] [--svg FILE]      report an earlier run again
"""
import argparse
import json
import os
import shutil
import signal
import sys
import tempfile

sys.dont_write_bytecode = True  # nothing of a run stays in the source tree

import facts
import goals
import measure
import ops
import plot
import report
import targets
from command import Failed
from corpus import Corpus, read_sentences
from scene import Scene, refuse_without_means

HERE = os.path.dirname(os.path.abspath(__file__))
TOP = os.path.dirname(os.path.dirname(HERE))
PASSTHROUGH = 'passthrough_ll'
STANDARD = ['tmpfs', 'ext4', goals.PLANFS, goals.READ_ONLY, PASSTHROUGH]
UNITS = {'k': 1000, 'K': 1000, 'm': 10**6, 'M': 10**6}


def _number(text):
    try:
        number = int(text[:-1]) * UNITS[text[-1]] if text[-1:] in UNITS else int(text)
    except ValueError:
        number = 0
    if number < 1:
        raise argparse.ArgumentTypeError(f'{text}: a number like 500, 10k or 1M')
    return number


def _numbers(text):
    return [_number(word) for word in text.split(',')]


def _words(text):
    return [word.strip() for word in text.split(',') if word.strip()]


def _parse():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    add = parser.add_argument
    add('--sections', type=_numbers, default=[10000], metavar='N,...', help='sizes of the corpus (10k)')
    add('--rounds', type=_number, default=5, help='interleaved rounds (5)')
    add('--only', type=_words, default=[], metavar='OP,...', help='of ' + ' '.join(op.key for op in ops.ALL))
    add('--targets', type=_words, metavar='NAME,...', help='of ' + ', '.join(STANDARD) + ' and those of --with')
    add('--with', dest='more', action='append', default=[], metavar='NAME=COMMAND',
        help='one more FUSE daemon; {mnt} {tree} {state} in its command are replaced')
    add('--planfs', default=os.path.join(TOP, 'build/rel/src/cli/planfs'), metavar='PATH',
        help='the program, of a release build (build/rel/src/cli/planfs)')
    add('--passthrough', default=targets.PASSTHROUGH_OPTIONS, metavar='OPTIONS',
        help=f'of passthrough_ll ("{targets.PASSTHROUGH_OPTIONS}")')
    add('--documents', default=os.path.join(TOP, 'examples'), metavar='DIR', help='whose sentences are used')
    add('--seed', type=int, default=1, help='of the corpus (1)')
    add('--per-plan', type=_number, default=12, metavar='N', help='sections in one directory (12)')
    add('--versions', type=_number, default=1, metavar='N', help='versions of each section in the database (1)')
    add('--restore', type=_number, default=10000, metavar='N', help='files that are restored and removed (10k)')
    add('--saves', type=_number, default=60, metavar='N', help='saves of each kind in a round (60)')
    add('--work', default='/var/tmp', metavar='DIR', help='on the disk to compare with (/var/tmp)')
    add('--quick', action='store_true', help='500 sections, one round: does it all work?')
    add('--keep', action='store_true', help='leave the corpus and the databases there')
    add('--json', metavar='FILE', help='write all samples')
    add('--markdown', metavar='FILE', help='write what stdout gets')
    add('--svg', metavar='FILE', help='draw the ratios')
    add('--from', dest='source', metavar='RUN.json', help='measure nothing, report this run')
    return parser.parse_args()


def _say(text):
    print(text, file=sys.stderr, flush=True)


def _make_quick(options):
    options.sections, options.rounds = [500], 1
    options.restore, options.saves = 200, 10


def _read_commands(options):
    """--with: name -> command."""
    options.commands = {}
    for word in options.more:
        name, equals, text = word.partition('=')
        if not equals or '{mnt}' not in text or name.startswith('planfs') or name in STANDARD or '/' in name:
            raise Failed(f'--with {word}: NAME=COMMAND with {{mnt}} in the command, and a name of its own')
        options.commands[name] = text


def _choose_targets(options, scratch):
    """Those asked for, or all that there are; passthrough_ll is built on the way."""
    chosen = options.targets or STANDARD + list(options.commands)
    unknown = [name for name in chosen if name not in STANDARD and name not in options.commands and
               not goals.is_planfs(name)]
    if unknown:
        raise Failed(f'no target {", ".join(unknown)}; there are {", ".join(STANDARD)}, planfs -o OPTION+OPTION, and --with')
    if PASSTHROUGH in chosen:
        program = targets.build_passthrough(scratch)
        if program:
            options.commands[PASSTHROUGH] = targets.passthrough_command(program, options.passthrough)
        elif options.targets:
            raise Failed(f'{PASSTHROUGH}: not in {targets.EXAMPLES}, or no compiler (Debian: libfuse3-dev gcc)')
        else:
            _say(f'without {PASSTHROUGH}: Debian has its source in libfuse3-dev')
            chosen = [name for name in chosen if name != PASSTHROUGH]
    options.targets = chosen
    options.commands = {name: text for name, text in options.commands.items() if name in chosen}


def _choose_operations(options):
    chosen = ops.choose(options.only)
    for op in chosen:
        if op.program and not shutil.which(op.program):
            _say(f'without {op.title}: {op.program} is not installed')
    return [op for op in chosen if not op.program or shutil.which(op.program)]


def _run(options, scratch):
    _read_commands(options)
    if options.quick:
        _make_quick(options)
    _choose_targets(options, scratch)
    if not any(name.startswith('planfs') for name in options.targets):
        options.planfs = None
    refuse_without_means(options.planfs)
    chosen = _choose_operations(options)
    sentences = read_sentences(options.documents)
    found = facts.collect(options, os.path.join(scratch, 'out'))
    sizes = []
    for sections in options.sections:
        with Scene(options, Corpus(sentences, sections, options.seed, options.per_plan)) as scene:
            sizes.append(measure.measure(scene, chosen))
    return {'facts': facts.close(found), 'sizes': sizes}


def _measure(options):
    options.say = _say
    options.work = os.path.realpath(options.work)
    options.planfs = os.path.abspath(options.planfs)
    os.umask(0o022)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    signal.signal(signal.SIGHUP, lambda *_: sys.exit(129))
    with tempfile.TemporaryDirectory(prefix='planfs-bench-') as scratch:
        return _run(options, scratch)


def _write(path, text):
    if path:
        with open(path, 'w', encoding='utf-8') as f:
            f.write(text)


def main():
    options = _parse()
    try:
        if options.source:
            with open(options.source, encoding='utf-8') as f:
                run = json.load(f)
        else:
            run = _measure(options)
    except (Failed, OSError, json.JSONDecodeError) as error:
        _say(f'run.py: {error}')
        return 1
    except KeyboardInterrupt:
        _say('run.py: interrupted; nothing is left behind')
        return 130
    text = report.markdown(run)
    _write(options.json, json.dumps(run, ensure_ascii=False, indent=1) + '\n')
    _write(options.markdown, text)
    _write(options.svg, plot.svg(run))
    print(text, end='')
    return 1 if any(size['failed'] for size in run['sizes']) else 0


if __name__ == '__main__':
    sys.exit(main())
