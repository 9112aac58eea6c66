#!/usr/bin/env python3
"""Make the files that a fuzz target begins with, out of tests/data and of fresh databases.

    seeds.py TARGET DIRECTORY      PLANFS is the program
"""
import glob
import json
import os
import sqlite3
import subprocess
import sys
import tempfile

DATA = os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', 'data', 'import')


def documents():
    for path in sorted(glob.glob(f'{DATA}/**/input.txt', recursive=True)):
        with open(path, 'rb') as f:
            yield f.read()


def encodings():
    for text in documents():
        yield text[:2000]
    for encoding in ('utf-16-le', 'utf-16-be', 'gb18030', 'utf-8-sig'):
        mark = {'utf-16-le': b'\xff\xfe', 'utf-16-be': b'\xfe\xff'}.get(encoding, b'')
        yield mark + '教育工作要点\r\n一、指导思想𠀀\r'.encode(encoding)


def names():
    yield from (n.encode() for n in (
        '2016/合肥市/2016年教育工作要点/01-总则.txt', '未知年份', '.planfs/status.json', 'a:b*c?.txt', 'CON',
        '.#x', '4913', 'sedAbCdEf', '  a\tb  ', '...', '\x01\x7f', 'x' * 300, '计划' * 60, '@GMT-2026.11.21-10.15.00',
        'README.txt', 'a/../b', '//', '2016', '.a.txt.swp', '#a#', '~$a.docx'))
    yield b'\xff\xfe\xd6\xd0'


def metadata():
    plan = {'title': '2016年教育工作要点', 'kind': '要点', 'topic': None, 'source': {'file': 'a.txt', 'hash': 'ab' * 16},
            'hash': 'cd' * 16, 'imported': '2026-11-21T10:15:02+08:00', 'number': 1, 'truncated': False}
    yield json.dumps(plan, ensure_ascii=False).encode()
    yield from (b'{}', b'[1]', b'"x"', b'{"title": 1e999}', b'{"a": {"b": [1, 2.5, null, true]}}', b'{"title": "\\ud800"}',
                b'{"title":"a","title":"b"}', b'[' * 200, b'\xff', b'')
    yield json.dumps({'source': {'document_hash': '0' * 32, 'plan_hash': '1' * 32}}).encode()


SMALL = ('2016', '合肥市', '要点', '01-总则.txt', '一、总则\n')
LONG = ('2016', '合肥市', '要点', '02-任务.txt', '二、任务，' * 300)


def make_database(page_size, rows):
    """A database as planfs makes it, with small pages; with a log of the last change."""
    with tempfile.TemporaryDirectory() as directory:
        path = os.path.join(directory, 'seed.db')
        subprocess.run([os.environ['PLANFS'], 'init', path], check=True)
        db = sqlite3.connect(path, isolation_level=None)
        db.execute('PRAGMA journal_mode = DELETE')
        db.execute(f'PRAGMA page_size = {page_size}')
        db.execute('VACUUM')
        db.execute('PRAGMA journal_mode = WAL')
        for row in rows:
            db.execute('INSERT INTO section (year, district, plan, name, body) VALUES (?, ?, ?, ?, ?)', row)
        db.execute('PRAGMA wal_checkpoint(TRUNCATE)')
        with open(path, 'rb') as f:
            whole = f.read()
        db.execute("UPDATE plan SET title = '要点'")
        with open(path, 'rb') as f, open(path + '-wal', 'rb') as log:
            return whole, f.read(), log.read()


def databases():
    for page_size in (512, 4096):
        yield make_database(page_size, [SMALL, LONG])[0]
    yield make_database(512, [])[0]


def pages():
    for page_size, rows in ((512, [SMALL, LONG]), (1024, [LONG]), (4096, [SMALL])):
        whole, base, log = make_database(page_size, rows)
        yield b'\0\0' + whole
        yield (len(log) // 2).to_bytes(2, 'big') + base + log
        yield b'\0\0' + whole[page_size:]


TARGETS = {'database': databases, 'pages': pages, 'encoding': encodings, 'document': documents, 'name': names, 'metadata': metadata}


def main():
    target, directory = sys.argv[1:3]
    for number, seed in enumerate(TARGETS[target]()):
        with open(os.path.join(directory, f'{number:03}'), 'wb') as f:
            f.write(seed)


if __name__ == '__main__':
    main()
