#!/usr/bin/env python3
"""Turn a data file of this directory into C, when planfs is built.

    embed.py divisions divisions.csv > divisions.c     the table of text_priv.h, sorted by name
    embed.py text SYMBOL FILE > FILE.c                 the file as a C string
"""
import csv
import sys

FOREVER = 9999


def quote(s):
    return '"' + s.replace('\\', '\\\\').replace('"', '\\"').replace('\t', '\\t') + '"'


def read_divisions(path):
    with open(path, encoding='utf-8', newline='') as f:
        return [(row['code'], row['name'], int(row['first']), int(row['last'] or FOREVER)) for row in csv.DictReader(f)]


class Table:
    def __init__(self, rows):
        self.rows = rows
        self.by_code, self.by_name = {}, {}
        for row in rows:
            self.by_code.setdefault(row[0], []).append(row)
            self.by_name.setdefault(row[1], []).append(row)

    def name_of(self, code, first):
        """What the division with that code was called in a year; its latest name when that is not on record."""
        rows = self.by_code.get(code, [])
        at_that_time = [row for row in rows if row[2] <= first <= row[3]]
        return (at_that_time or rows or [(0, '')])[-1][1]

    def parents(self, row):
        """Names of the prefecture and of the province above; the province twice where there is no prefecture."""
        code, _, first, last = row
        when = min(last, first + 1) if last != FOREVER else FOREVER
        province = self.name_of(code[:2] + '0000', when)
        if code.endswith('0000'):
            return '', ''
        if code.endswith('00'):
            return province, province
        return self.name_of(code[:4] + '00', when) or province, province

    def is_shared(self, row):
        """Did two places have this name at one time? A division that got a new code is one place, and so is
        one that is listed twice: under its prefecture, and as a prefecture or directly under its province."""
        rows = [r for r in self.by_name[row[1]] if r[0][2:4] != '90']
        return any(a[2] < b[3] and b[2] < a[3] for i, a in enumerate(rows) for b in rows[i + 1:]
                   if a[0][:4] != b[0][:4])


def divisions(path):
    table = Table(read_divisions(path))
    print('/* Made from divisions.csv by embed.py. */\n#include "text_priv.h"\n\nconst struct division divisions[] = {')
    for row in sorted(table.rows, key=lambda row: (row[1].encode(), -row[3], row[0])):
        code, name, first, last = row
        parent, province = table.parents(row)
        print(f'\t{{ {quote(name)}, {quote(parent)}, {quote(province)}, {code}, {first}, {last}, '
              f'{str(table.is_shared(row)).lower()} }},')
    print('};\nconst size_t n_divisions = ARRAY_LEN(divisions);')


def text(symbol, path):
    print(f'/* Made from a data file by embed.py. */\n#include "text_priv.h"\n\nconst char {symbol}[] =')
    with open(path, encoding='utf-8') as f:
        for line in f:
            print(f'\t{quote(line.rstrip(chr(10)))} "\\n"')
    print('\t"";')


def main():
    sys.stdout.reconfigure(encoding='utf-8')
    if sys.argv[1] == 'divisions':
        divisions(sys.argv[2])
    else:
        text(sys.argv[2], sys.argv[3])


if __name__ == '__main__':
    main()
