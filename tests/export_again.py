#!/usr/bin/env python3
"""What is exported as Markdown and as Word, and imported again, has the same sections: the names, and the texts but for
blank lines and indents, which are the layout's.

    export_again.py PLANFS FILE…
"""
import json
import os
import re
import subprocess
import sys
import tempfile

PLANFS = os.path.abspath(sys.argv[1])


def run(*args):
    return subprocess.run([PLANFS, *args], capture_output=True)


def plans_of(db):
    return json.loads(run('export', db, '--json').stdout)


def sections(plans):
    return [(s['name'], [re.sub(r'^[\s\u3000]+|\s+$', '', line) for line in s['text'].split('\n') if line.strip(' \u3000')])
            for p in plans for s in p['sections']]


def main():
    failed = done = 0
    with tempfile.TemporaryDirectory() as tmp:
        first, again = os.path.join(tmp, 'first.db'), os.path.join(tmp, 'again.db')
        run('init', first)
        run('import', first, *sys.argv[2:])
        for plan in plans_of(first):
            for suffix in ('md', 'docx'):
                path = f"{plan['year']}/{plan['district']}/{plan['name']}"
                file = os.path.join(tmp, 'plan.' + suffix)
                with open(file, 'wb') as f:
                    f.write(run('export', first, path, '--' + suffix).stdout)
                for name in os.listdir(tmp):
                    if name.startswith('again'):
                        os.remove(os.path.join(tmp, name))
                run('init', again)
                run('import', again, file)
                done += 1
                if sections(plans_of(again)) != sections([plan]):
                    failed += 1
                    print(f'{path}: not the same after {suffix}')
    print(f'{done} round trips, {failed} failed')
    return 1 if failed or done == 0 else 0


if __name__ == '__main__':
    sys.exit(main())
