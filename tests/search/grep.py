#!/usr/bin/env python3
"""planfs grep beside grep -r, many times: the same lines, the same exit code, and the same words about binary files.

    grep.py PLANFS PLAIN MOUNT [--seed N] [--count N] [--extra N] [--short]
    grep.py --make DIR SEED         write a tree for it

PLAIN is a directory of plain files, MOUNT a mounted planfs with the same tree. Prints what differs; exit status 1 then.
"""
import argparse
import os
import random
import re
import subprocess
import sys

import grep_tree

ENV = {**os.environ, 'LC_ALL': 'C.UTF-8', 'TERM': 'xterm'}
ENV.pop('GREP_COLORS', None)

EDGES = ['', ' ', '　', '\t', '1', '%', '-', '--', '^', '$', '\\', '*', '.', '[', ']', '(', '（', '）', 's', 'S', 'i', 'I', 'ı', 'ſ', 'k', '\u212a',
         'é', 'É', 'Ａ', 'ａ', 'σ', 'ς', 'Σ', 'ss', 'is', 'ab', 'a_b', '德', '德育', '一', '。', '😀', '𠮷', 'ǆ', 'ß', 'pPt', '德育\n安全', 'ab\n', '\n',
         '德育\n\n', 'x' * 300, '不在这里的词']
SEPARATOR = b'\33[36mK-'  # in all its colours
BAD_EDGES = [b'\xff', b'\xb5', b'\xe5\xbe', b'a\xff', b'\x80b']

# (syntax, expression). Not what repeats nothing, as ^*a: there the two matchers inside of grep are of two minds.
EXPRESSIONS = [('-E', e) for e in [
    '德育', '德.', '德育|安全', '(德育|安全)', '控辍保学|防溺水', '[0-9]+', '[0-9]{2}', '[0-9]{4}年', '^德', '育$', '^$', '^.{3}$', '.', '', 'a|', '(a|b)+', '(ab)*',
    'ab?', 'a{2}', 'a{1,2}b', 'a{0}', '(ab){2}', '德育.*安全', '义务教育.*发展', '.*', 'x*', '[一二三]', '[^a-z]', '[[:alpha:]]+', '[[:digit:]]%', '[[:space:]]',
    '[[:upper:]]+', '[[:punct:]]', '\\bab\\b', '\\<ab', 'ab\\>', '\\Bab', '\\w+', '\\W', '\\s', '\\S+', '(a)\\1', '(德育).*\\1', '(a|ab)(c|bcd)?', 'a.b', 'a\\.b',
    'a\\*b', '\\[x\\]', '\\$5', 'x\\^2', '3\\.34', '[.]34', '[]x]', '[^]x]', '[a-c]b', '[[.a.]]b', '[[=a=]]b', '9[0-9]?%', '(２|2)０', '（.）|\\(.\\)', 'P+T', 'p+t',
    '(^|x)ab', 'ab($|x)', '^(德|安)', 'is+', '[é]', 'É|ß', 'ς', '中|文|教育', '教师(培训|发展)', '小学、?初中', 'a{,2}b', '()', '(|ab)', 'a||b', '((((德))))', 'ab+c?',
    '\\`德', "育\\'", 'a{1', 'a{x', '*a', '+', 'a**', ')', 'a)b', '[x', '(', 'a\\', '[:space:]', '[[:foo:]]', 'a{2,1}', '\\(一\\)', '[Ａ-Ｚ]级',
    '[Kk]el', '😀|𠮷', '[😀𠮷]', '德育|', '(德育|x)?安全', '([0-9])([0-9])\\2', 'ab\n德', '^ab$\n^德育$']]
EXPRESSIONS += [('-G', e) for e in [
    '德育', '德.', '德育\\|安全', '\\(德育\\|安全\\)', '[0-9]\\+', '[0-9]\\{2\\}', '^德', '育$', 'a\\?b', 'a*b', '*a', '\\(*a\\)', '^*a', 'a^b', 'a$b', '\\(^a\\)', '\\(a$\\)',
    'a\\{1,2\\}b', '\\(a\\)\\1', 'a+b', 'a?b', 'a|b', '(一)', '{1}', '\\.', 'x\\^2', '\\$5', '\\[x\\]', '[x', '\\(', '\\)', 'a\\{1', '\\w\\+', '\\bab', '\\<德', '-x', '\\-',
    '德育\\|\\|a', '\\(\\)', '小学、\\?初中']]


def run(command, where, data=None):
    return subprocess.run(command, cwd=where, env=ENV, input=data, capture_output=True)


def normalise(stderr):
    """Of messages only those about binary files are to be the same."""
    lines = [line.split(b': ', 1)[1] for line in stderr.splitlines() if b': binary file matches' in line]
    return sorted(lines)


class Comparison:
    def __init__(self, planfs, plain, mount):
        self.planfs = os.path.abspath(planfs)
        self.plain = plain
        self.mount = mount
        self.done = self.different = 0

    def compare(self, options, patterns, operands=(), below='.', data=None):
        """Both in their own tree, at @below; operands that are absolute begin with ROOT."""
        results = []
        for root, command in ((self.plain, ['grep', '-r', '--color=never']), (self.mount, [self.planfs, 'grep', '--color=never'])):
            own = [o.replace('ROOT', root) for o in options]
            if command[0] == 'grep' and not any(re.match(r'-[EFG]', o) for o in own):
                own.insert(0, '-F')
            if command[0] == 'grep' and '--no-line-number' in own:
                own.remove('--no-line-number')
            elif command[0] == 'grep' and '-n' not in own:
                own.insert(0, '-n')
            args = command + own + patterns + ['--'] + [o.replace('ROOT', root) for o in operands]
            got = run(args, os.path.join(root, below), data)
            out = got.stdout.replace(os.fsencode(root), b'ROOT')
            err = got.stderr.replace(os.fsencode(root), b'ROOT')
            lines = re.split(b'[\n\0]' if '-Z' in options else b'\n', out)
            if b': binary file matches' in err:  # which stands for a group, perhaps the first, and then no separator is due
                lines = [line for line in lines if line.strip(SEPARATOR) != b'']
            results.append((got.returncode, sorted(lines), normalise(err), args, got.stderr))
        self.done += 1
        if results[0][:3] == results[1][:3]:
            return True
        self.different += 1
        if self.different <= 40:
            self.report(results, below)
        return False

    @staticmethod
    def report(results, below):
        print(f'--- in {below}: {" ".join(map(repr, results[1][3][3:]))[:200]}')
        for (code, out, err, _, said), name in zip(results, ('grep', 'planfs')):
            other = results[name == 'grep'][1]
            only = [line for line in out if line not in set(other)]
            print(f'    {name}: exit {code}, {len(out)} lines, {len(err)} binary, only {[o.decode(errors="replace")[:100] for o in only[:2]]}'
                  f' said {said.decode(errors="replace")[-100:]!r}')


def pattern_options(patterns, rng):
    """The same patterns in one of the ways they can be given."""
    if len(patterns) == 1 and rng.random() < 0.7:
        return ['-e', patterns[0]]
    return [word for p in patterns for word in ('-e', p)]


def substring(texts, rng):
    text = rng.choice([t for t in texts if t])
    for _ in range(50):
        decoded = text.decode(errors='ignore')
        if decoded:
            at = rng.randrange(len(decoded))
            piece = decoded[at:at + rng.randint(1, 12)].split('\n')[0].replace('\0', '')
            if piece:
                return piece
    return '德'


def some_options(rng):
    options = []
    for flag, chance in (('-i', .25), ('-w', .15), ('-x', .08), ('-v', .1), ('-o', .15), ('-b', .1), ('-a', .1), ('-I', .05), ('-H', .05),
                         ('-h', .1), ('-Z', .05), ('--no-line-number', .1)):
        if rng.random() < chance:
            options.append(flag)
    listing = rng.random()
    if listing < .3:
        options.append(rng.choice(['-c', '-l', '-L', '-q', '-lc', '-Lc']))
    if rng.random() < .15:
        options += ['-m', rng.choice(['0', '1', '2', '5'])]
    if rng.random() < .25:
        options += rng.choice([['-A', '1'], ['-B', '2'], ['-C', '1'], ['-A', '3', '-B', '1'], ['-2'], ['-A', '0'], ['-C', '30']])
    if rng.random() < .15:
        options.append('--color=always')
    return options


def has_grep_bug(options):
    """GNU grep 3.8 prints a newline too many for expressions with -x and -w together."""
    return '-x' in options and '-w' in options


def random_runs(c, rng, texts, count):
    for _ in range(count):
        options = some_options(rng)
        if has_grep_bug(options):
            options.remove('-w')
        patterns = [substring(texts, rng) if rng.random() < .75 else rng.choice(EDGES) for _ in range(rng.choice([1, 1, 1, 1, 2, 5]))]
        operands, below = rng.choice([([], '.')] * 4 + [([], '2016'), (['2016', '2015'], '.'), (['ROOT/2016'], '.'), (['.'], '2016/合肥市'),
                                      (['../at-root.txt'], '2016')])
        c.compare(options, pattern_options(patterns, rng), operands, below)


def expression_runs(c, rng, extra):
    """Each expression alone, and in some company."""
    for syntax, expression in EXPRESSIONS:
        c.compare([syntax], ['-e', expression])
        for _ in range(extra):
            options = some_options(rng)
            if has_grep_bug(options):
                options.remove('-w')
            c.compare([syntax] + options, ['-e', expression])
    for syntax in ('-E', '-G'):
        for _ in range(20):
            some = [e for s, e in rng.sample(EXPRESSIONS, 3) if s == syntax]
            if some:
                c.compare([syntax] + (['-o'] if rng.random() < .3 else []), [w for e in some for w in ('-e', e)])


def edge_runs(c, rng):
    for edge in EDGES + [b for b in BAD_EDGES]:
        for options in rng.sample([[], ['-i'], ['-w'], ['-x'], ['-o'], ['-c', '-i'], ['-a', '-o', '-b'], ['-i', '-w', '-o']], 3):
            c.compare(options, ['-e', edge])


def operand_runs(c):
    """Names as they were typed."""
    cases = [(['ROOT'], '.'), (['ROOT/'], '.'), (['ROOT//'], '.'), (['.'], '.'), (['./'], '.'), (['./2016'], '.'), (['..'], '2016'), (['../2016/'], '2016'),
             (['2016/../2015'], '.'), (['at-root.txt'], '.'), (['at-root.txt', '2015/second-name.txt'], '.'), (['link-to-dir'], '.'),
             (['link-to-dir/'], '.'), (['link-to-file'], '.'), (['broken'], '.'), (['nothing-here'], '.'), (['nothing-here', '2016'], '.'),
             (['empty-dir'], '.'), (['2016/合肥市/特殊/nul.bin'], '.'), (['2016', '2016'], '.'), (['-dash'], '.'), ([], '-dash/dir with blank'),
             ([], 'empty-dir'), (['ROOT/2016/合肥市/名称/new\nline.txt'], '.'), (['.//2016//合肥市'], '.')]
    for operands, below in cases:
        for options in ([], ['-H', '-l'], ['-h', '-c'], ['-L'], ['-s', '-q']):
            c.compare(options, ['德'], operands, below)


def file_runs(c, work):
    """Patterns from files."""
    for data in (b'', b'\n', '德育\n安全\n'.encode(), '德育'.encode(), '德育\r\n'.encode(), b'\n\n', b'ab\0cd\n', '德育\n\n'.encode()):
        path = os.path.join(work, 'patterns')
        with open(path, 'wb') as f:
            f.write(data)
        for options in ([], ['-v'], ['-c'], ['-L'], ['-x'], ['-w', '-l'], ['-a']):
            c.compare(options, ['-f', path])
        c.compare([], ['-f', '-'], data=data)
    many = '\n'.join(f'词{i}育' for i in range(3000)) + '\n德育\n9{i}%\n3.34\n'
    with open(path, 'w', encoding='utf-8') as f:
        f.write(many)
    for options in ([], ['-i'], ['-o'], ['-w'], ['-x']):
        c.compare(options, ['-f', path])


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument('planfs')
    parser.add_argument('plain')
    parser.add_argument('mount')
    parser.add_argument('--seed', type=int, default=1)
    parser.add_argument('--count', type=int, default=300)
    parser.add_argument('--short', action='store_true', help='random runs only')
    parser.add_argument('--extra', type=int, default=1, help='more runs of each expression')
    args = parser.parse_args()
    rng = random.Random(args.seed)
    texts = []
    for directory, _, names in os.walk(args.plain):
        for name in names:
            path = os.path.join(directory, name)
            if os.path.isfile(path) and not os.path.islink(path):
                with open(path, 'rb') as f:
                    texts.append(f.read(200000))
    c = Comparison(args.planfs, args.plain, args.mount)
    random_runs(c, rng, texts, args.count)
    if not args.short:
        expression_runs(c, rng, args.extra)
        edge_runs(c, rng)
        operand_runs(c)
        file_runs(c, os.path.dirname(args.plain))
    print(f'{c.done} runs, {c.different} different')
    return 1 if c.different or c.done == 0 else 0


if __name__ == '__main__':
    if len(sys.argv) == 4 and sys.argv[1] == '--make':
        grep_tree.make(sys.argv[2], int(sys.argv[3]))
        sys.exit(0)
    sys.exit(main())
