#!/usr/bin/env python3
"""What planfs grep and .planfs/search find and how long they take, beside grep and rg on the same tree.

    search.py [--sections 100k] [--queries 2000] [--rounds 5] [--documents DIR] [--markdown FILE] [--only exact,speed,...]

Parts: exact   random substrings and chosen words: the lines of 'planfs grep' against those of grep -rnF, at rest and while
               a writer saves. What grep prints is worked out in memory, and compared with grep itself for every 50th.
       speed   whole processes in turn, page cache warm: planfs grep, grep -rnF, rg -nF on the tree, grep -rnF on the mount
       view    reading .planfs/search/WORDS.txt: words that nobody has asked for, and asked for again
       index   how fast it is built, and its size
"""
import argparse
import bisect
import json
import os
import platform
import random
import resource
import shutil
import subprocess
import sys
import tempfile
import threading
import time

sys.dont_write_bytecode = True

import command
import figures
import fill
import mounts
from corpus import RARE, RARE_EVERY, Corpus, read_sentences
from run import TOP, _number, _words

PARTS = ['index', 'exact', 'speed', 'view']
WORDS = ['控辍保学', '教育', '学校', '德育', '安全', '教师', '幼儿园', '义务教育', '高中', '职业教育', '校园安全', '思想政治', '党建', '素质教育',
         '均衡', '教研', '信息化', '经费', '督导', '体育', '卫生', '招生', '考试', '培训', '质量', '管理', '工作', '建设', '2016', '2019', '一、',
         '（一）', '2.', '１', '“', '”', '、', '。', '，', '%', '级', '的', '了', '和', '项　', '第1', '9项', '\t', ' ', RARE]
LIVE = '2099'  # the year in which the writer works: left out of the comparison
GOALS = {'rare': (150, 200), 'some': (50, 60), 'common': (5, 10)}  # to the tree, to the mount


class Lines:
    """All lines of the corpus in one piece, to find what grep -rnF must print."""

    def __init__(self, corpus):
        self.files, self.starts, pieces, at = [], [], [], 0
        for name, data in sorted(('/'.join(s.directory + (s.name,)).encode(), s.data) for s in corpus.sections()):
            self.files.append(name)
            self.starts.append(at)
            pieces.append(data)
            at += len(data)
        self.data = b''.join(pieces)
        self.starts.append(at)

    def find(self, pattern):
        """The lines of grep -rnF, by path."""
        found, at, data = [], 0, self.data
        file, counted, number = -1, 0, 1
        while (at := data.find(pattern, at)) >= 0:
            if file < 0 or at >= self.starts[file + 1]:
                file = bisect.bisect_right(self.starts, at) - 1
                counted, number = self.starts[file], 1
            begin = data.rfind(b'\n', counted, at) + 1 or counted
            end = data.index(b'\n', at)
            number += data.count(b'\n', counted, begin)
            counted = begin
            found.append(b'%s:%d:%s' % (self.files[file], number, data[begin:end]))
            at = end + 1
        return found


def substrings(lines, count, rng):
    """Pieces of 1 to 12 characters of random lines; few of the shortest, which are in every file."""
    sizes = [1, 2, *range(3, 13)]
    found = []
    while len(found) < count:
        at = rng.randrange(len(lines.data))
        text = lines.data[at:at + 80].decode(errors='ignore').split('\n')[0]
        piece = text[:rng.choices(sizes, [2, 5] + [10] * 10)[0]]
        if piece:
            found.append(piece)
    return found


class Writer:
    """Saves sections of its own, in place and by rename, until it is stopped."""

    def __init__(self, mnt, texts):
        self.dir, self.texts, self.saves, self.ends = os.path.join(mnt, LIVE, '合肥市', '计划'), texts, 0, False
        os.makedirs(self.dir, exist_ok=True)
        self.thread = threading.Thread(target=self._run)
        self.thread.start()

    def _run(self):
        while not self.ends:
            path = os.path.join(self.dir, f'{self.saves % 40:02}-节.txt')
            to = path + '.tmp' if self.saves % 3 == 0 else path
            with open(to, 'wb') as f:
                f.write(self.texts[self.saves % len(self.texts)])
                f.flush()
                os.fsync(f.fileno())
            if to != path:
                os.rename(to, path)
            self.saves += 1

    def stop(self):
        self.ends = True
        self.thread.join()


class Bench:
    def __init__(self, args, work):
        self.args, self.work = args, work
        self.corpus = Corpus(read_sentences(args.documents), args.sections, args.seed)
        self.tree, self.db, self.mnt = (os.path.join(work, n) for n in ('tree', 'plans.db', 'mnt'))
        self.scratch = os.path.join(work, 'out')
        self.report, self.failed = [], False
        os.mkdir(self.mnt)
        fill.write_tree(self.corpus, self.tree)
        fill.write_database(self.corpus, self.db, args.planfs)
        self.lines = Lines(self.corpus)

    def say(self, *texts):
        print(*texts, flush=True)
        self.report.append(' '.join(str(t) for t in texts))

    def mount(self):
        mounts.mount([self.args.planfs, 'mount', self.db, self.mnt], self.mnt)

    def unmount(self):
        mounts.unmount([self.args.planfs, 'umount', self.mnt], self.mnt)

    def planfs_grep(self, pattern):
        done = subprocess.run([self.args.planfs, 'grep', '-nHF', '--sort=path', '-e', pattern, self.db],
                              capture_output=True, check=False)
        lines = [line for line in done.stdout.split(b'\n')[:-1] if not line.startswith(LIVE.encode())]
        return lines

    # --- parts ---

    def index(self):
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        began = time.perf_counter()
        command.must([self.args.planfs, 'reindex', self.db], 3600)
        took = time.perf_counter() - began
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
        size = json.loads(command.output([self.args.planfs, 'status', '--json', self.db]))['search']['bytes']
        text = len(self.lines.data)
        self.say(f'| index | {text / 1e6:.0f} MB of text in {took:.1f} s: {text / 1e6 / took:.1f} MB/s, of CPU '
                 f'{text / 1e6 / cpu:.1f} MB/s; {size / 1e6:.1f} MB, {100 * size / text:.1f} % of the text |')

    def exact(self):
        rng = random.Random(self.args.seed)
        patterns = substrings(self.lines, self.args.queries, rng) + WORDS
        self._compare('at rest', patterns, True)
        self.mount()
        writer = Writer(self.mnt, [s.data for s, _ in zip(self.corpus.subset(200).sections(), range(200))])
        try:
            self._compare('while a writer saves', patterns, False)
        finally:
            writer.stop()
        self.say(f'| exact | {writer.saves} saves meanwhile |')
        self.unmount()

    def _compare(self, when, patterns, with_grep):
        wrong = hits = grepped = 0
        for number, pattern in enumerate(patterns):
            want = self.lines.find(pattern.encode())
            hits += len(want)
            bad = self.planfs_grep(pattern) != want
            if with_grep and number % 50 == 0:
                grepped += 1
                said = subprocess.run(['grep', '-rnF', '-e', pattern], cwd=self.tree, capture_output=True, check=False)
                bad |= sorted(said.stdout.split(b'\n')[:-1]) != sorted(want)
            if bad:
                print('DIFFERENT', repr(pattern), file=sys.stderr, flush=True)
            wrong += bad
            if sys.stderr.isatty():
                print(f'\r{number + 1}', end='', file=sys.stderr, flush=True)
        self.failed |= wrong > 0
        self.say(f'| exact | {when}: {len(patterns)} patterns, {hits} lines, {wrong} differ; grep itself asked for {grepped} |')

    def choose(self):
        """A rare word, one with about 1,000 hits and one with about 50,000, or half of the sections."""
        rng = random.Random(self.args.seed + 1)
        wanted = {'rare': 100, 'some': 1000, 'common': min(50000, self.args.sections // 2)}
        best = {'rare': (0, RARE)}
        seen = [(self.lines.data.count(p.encode()), p) for p in
                {s for s in substrings(self.lines, 400, rng) if 2 <= len(s) <= 4} | set(WORDS)]
        for kind in ('some', 'common'):
            best[kind] = min((abs(n - wanted[kind]), p) for n, p in seen if len(p) >= 2)
        return {kind: word for kind, (_, word) in best.items()}

    def speed(self):
        self.mount()
        words = self.choose()
        for kind, word in words.items():
            runs = {'planfs grep': ([self.args.planfs, 'grep', '-nHF', '-e', word, self.db], None),
                    'grep': (['grep', '-rnF', '-e', word], self.tree),
                    'rg': (['rg', '-nF', '-uu', '-e', word], self.tree),
                    'grep on the mount': (['grep', '-rnF', '-e', word], self.mnt)}
            if not shutil.which('rg'):
                del runs['rg']
            samples = {name: [] for name in runs}
            for _ in range(self.args.rounds + 1):
                for name, (argv, cwd) in runs.items():
                    samples[name].append(command.run(argv, self.scratch, cwd))
            middles = {name: figures.middle(s[1:]) for name, s in samples.items()}
            ours = middles.pop('planfs grep')
            hits = len(self.lines.find(word.encode()))
            goal = GOALS[kind]
            self.say(f'| {kind}: {word} | {hits} lines | planfs grep {figures.duration(ours)} | ' + ' | '.join(
                f'{name} {figures.duration(m)}: {m / ours:.0f} ×' for name, m in middles.items()) +
                f' | goals {goal[0]} ×, mount {goal[1]} × |')
        self.unmount()

    def view(self):
        self.mount()
        rng = random.Random(self.args.seed + 2)
        rare = []
        for word in substrings(self.lines, 4000, rng):
            if len(word) >= 4 and '/' not in word and word.strip() == word and len(rare) < 60 and \
                    0 < self.lines.data.count(word.encode()) <= 100:
                rare.append(word)
        first, again = [], []
        for word in rare:
            path = os.path.join(self.mnt, '.planfs/search', f'"{word}".txt')
            for samples in (first, again):
                began = time.perf_counter()
                try:
                    with open(path, 'rb') as f:
                        f.read()
                except OSError as e:
                    sys.exit(f'{path}: {e}')
                samples.append(time.perf_counter() - began)
        self.say(f'| .planfs/search, rare words | {len(rare)} words | new {figures.duration(figures.middle(first))} '
                 f'(95 %: {figures.duration(figures.percentile(first, 95))}) | again {figures.duration(figures.middle(again))} | goal 1 ms |')
        self.unmount()


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    add = parser.add_argument
    add('--sections', type=_number, default=100000)
    add('--queries', type=_number, default=2000)
    add('--rounds', type=_number, default=5)
    add('--seed', type=int, default=1)
    add('--documents', default=os.path.join(TOP, 'examples'))
    add('--planfs', default=os.path.join(TOP, 'build/rel/src/cli/planfs'))
    add('--work', default='/var/tmp')
    add('--only', type=_words, default=PARTS, help='of ' + ','.join(PARTS))
    add('--markdown', help='a file for the report')
    args = parser.parse_args()
    if args.sections < RARE_EVERY:
        parser.error(f'the rare word is in every {RARE_EVERY}th section: so many at least')
    args.planfs = os.path.abspath(args.planfs)
    work = tempfile.mkdtemp(prefix='planfs-search-', dir=args.work)
    try:
        bench = Bench(args, work)
        bench.say(f'{args.sections} sections, {len(bench.lines.data) / 1e6:.1f} MB, load {os.getloadavg()[0]:.1f}, '
                  f'{platform.release()}')
        for part in args.only:
            getattr(bench, part)()
        if args.markdown:
            with open(args.markdown, 'w', encoding='utf-8') as f:
                f.write('\n'.join(bench.report) + '\n')
    except command.Failed as e:
        sys.exit(f'search.py: {e}')
    finally:
        mounts.force_away(os.path.join(work, 'mnt'))
        shutil.rmtree(work)
    sys.exit(bench.failed)


if __name__ == '__main__':
    main()
