#!/usr/bin/env python3
"""How well documents are taken apart: what planfs finds in tests/data/import/*/input.*, against what a reader
wrote down in the file truth beside it.

    score_import.py PLANFS [--verbose] [CASE…]

A truth has a line "plan YEAR DISTRICT KIND TITLE" for each plan, and below it a line "- TITLE" for each section.
Counted are the plans (by their order and titles), years, districts, kinds, and the sections (F1 of the titles,
signs and spaces aside). Exit status 1 when one of the scores is below its limit.
"""
import glob
import json
import os
import re
import subprocess
import sys
import tempfile
import unicodedata

DATA = os.path.join(os.path.dirname(os.path.abspath(__file__)), 'data', 'import')
LIMITS = {'plans': 0.97, 'year': 0.97, 'district': 0.97, 'kind': 0.95, 'sections': 0.95}


def plain(s):
    """Without what file names change: widths, signs, spaces."""
    s = unicodedata.normalize('NFKC', s)
    return re.sub(r'[\W_]', '', s)


def read_truth(path):
    plans = []
    with open(path, encoding='utf-8') as f:
        for line in f:
            word, _, rest = line.rstrip('\n').partition(' ')
            if word == 'plan':
                year, district, kind, title = rest.split(' ', 3)
                plans.append({'year': year, 'district': district, 'kind': kind, 'title': title, 'sections': []})
            elif word == '-':
                plans[-1]['sections'].append(rest)
    return plans


def read_result(planfs, db, path):
    out = subprocess.run([planfs, 'import', db, path, '--dry-run', '--json'], capture_output=True, text=True)
    report = json.loads(out.stdout)
    return [dict(p, sections=[re.sub(r'^\d+-|\.txt$', '', s['name']) for s in p['sections']])
            for p in report.get('plans', [])]


class Score:
    def __init__(self):
        self.right = dict.fromkeys(LIMITS, 0)
        self.all = dict.fromkeys(LIMITS, 0)
        self.notes = []

    def count(self, what, right, all_, note=''):
        self.right[what] += right
        self.all[what] += all_
        if right != all_ and note:
            self.notes.append(f'{what}: {note}')

    def compare(self, case, wanted, got):
        found = sum(plain(w['title']) == plain(g['title']) for w, g in zip(wanted, got))
        self.count('plans', 2 * found, len(wanted) + len(got), f'{case}: {[g["title"] for g in got]}')
        for w, g in zip(wanted, got):
            for what in ('year', 'district', 'kind'):
                self.count(what, w[what] == g[what], 1, f'{case}: {g[what]} is not {w[what]}')
            titles = [plain(s) for s in w['sections']]
            hits = sum(1 for s in g['sections'] if plain(s) in titles)
            self.count('sections', 2 * hits, len(titles) + len(g['sections']), f'{case}: {g["sections"]}')

    def value(self, what):
        return self.right[what] / self.all[what] if self.all[what] else 0


def main():
    planfs, verbose = os.path.abspath(sys.argv[1]), '--verbose' in sys.argv
    cases = [a for a in sys.argv[2:] if not a.startswith('-')]
    score = Score()
    with tempfile.TemporaryDirectory() as tmp:
        db = os.path.join(tmp, 'score.db')
        subprocess.run([planfs, 'init', db], check=True)
        truths = sorted(glob.glob(os.path.join(DATA, '*', 'truth')))
        for truth in truths:
            folder = os.path.dirname(truth)
            if cases and os.path.basename(folder) not in cases:
                continue
            path = glob.glob(os.path.join(folder, 'input.*'))[0]
            score.compare(os.path.basename(folder), read_truth(truth), read_result(planfs, db, path))
    if verbose:
        print('\n'.join(score.notes))
    print(f'{len(truths)} documents: ' + ', '.join(f'{what} {score.value(what):.3f}' for what in LIMITS))
    bad = [what for what in LIMITS if score.value(what) < LIMITS[what]]
    if bad:
        print('below the limit: ' + ', '.join(bad))
    return 1 if bad or not truths else 0


if __name__ == '__main__':
    sys.exit(main())
