#!/usr/bin/env python3
"""Run what the documentation shows: every line of a ```console block that begins with "$ " is given to
the shell, in order and in one empty directory, and must print the lines below it.

    docs.py PLANFS FILE.md...    exit status 1 when something else was printed, 77 without sqlite3
"""
import os
import shutil
import subprocess
import sys
import tempfile


def read_steps(path):
    """[(line number, command, expected output)]"""
    steps, inside = [], False
    with open(path, encoding='utf-8') as f:
        for number, line in enumerate(f, 1):
            if line.startswith('```'):
                inside = line.strip() == '```console'
            elif inside and line.startswith('$ '):
                steps.append([number, line[2:].rstrip('\n'), ''])
            elif inside and steps:
                steps[-1][2] += line
    return steps


def main():
    planfs = os.path.abspath(sys.argv[1])
    if not shutil.which('sqlite3'):
        return 77
    env = dict(os.environ, PATH=os.path.dirname(planfs) + ':' + os.environ['PATH'])
    failed = total = 0
    for path in sys.argv[2:]:
        with tempfile.TemporaryDirectory(prefix='planfs-docs-') as directory:
            for number, command, expected in read_steps(path):
                result = subprocess.run(command, shell=True, cwd=directory, env=env, text=True,
                                        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=60)
                total += 1
                if result.stdout != expected:
                    failed += 1
                    print(f'{path}:{number}: {command}\n--- wanted\n{expected}--- got\n{result.stdout}')
    print(f'{total} commands, {failed} failed')
    return 1 if failed or total == 0 else 0


if __name__ == '__main__':
    sys.exit(main())
