#!/usr/bin/env python3
"""What docs/architecture.md says of the shape of the code, enforced: which module may include what,
where each library lives, how long functions and files may be.

    layers.py [ROOT]    one line per offence; exit status 1 when there is one
"""
import os
import re
import subprocess
import sys
import tempfile

# A module sees itself and these.
BELOW = {
    'base': [],
    'text': ['base'],
    'store': ['base', 'text'],
    'view': ['base', 'text', 'store'],
    'fs': ['base', 'text', 'store', 'view'],
    'import': ['base', 'text', 'store'],
    'cli': ['base', 'text', 'store', 'view', 'fs', 'import'],
}

# Whose contract each header of include/planfs is.
HEADERS = {
    'base': ['array', 'attr', 'buf', 'clock', 'control', 'json', 'log', 'name', 'utf8'],
    'text': ['copies', 'document', 'encoding', 'linediff', 'match', 'ngram', 'query', 'renew', 'rules', 'shingles', 'sketch', 'targets'],
    'store': ['bring', 'change', 'check', 'conflict', 'grep', 'moment', 'optimize', 'pages', 'prune', 'recover', 'restore', 'search', 'shell', 'similar', 'snapshot', 'store', 'versions'],
    'view': ['view'],
    'fs': ['fs'],
    'import': ['export', 'import', 'import_store', 'load', 'new_year'],
}
OWNER = {f'planfs/{header}.h': module for module, headers in HEADERS.items() for header in headers}

# The one home of each library.
HOMES = {
    'sqlite3.h': 'store', 'sqlite3ext.h': 'store',
    'fuse.h': 'fs', 'fuse_lowlevel.h': 'fs', 'fuse_common.h': 'fs', 'fuse_opt.h': 'fs',
    'regex.h': 'text',
    'jansson.h': 'import', 'expat.h': 'import', 'zip.h': 'import',
}

FILE_LINES_MAX = 500
FUNCTION_LINES_MAX = 80
PARAMETERS_MAX = 6

INCLUDE = re.compile(r'^\s*#\s*include\s+([<"])([^>"]+)[>"]')
# What would run a shell, or build SQL from data.
SHELL = re.compile(r'\b(?:system|popen|execl[ep]?|wordexp|sqlite3_v?m?s?n?printf)\s*\(')
BUILT_SQL = re.compile(
    r'printf\s*\([^;]*"\s*(?:SELECT|INSERT|UPDATE|DELETE|ATTACH|VACUUM|PRAGMA)\b[^";]*[=\'(,]\s*%[-.*\d]*[sc]')
OUTPUT = re.compile(r'\b(?:(?:exit|v?printf|puts|putchar)\s*\(|stdout\b)')
LITERALS = re.compile(r'/\*.*?\*/|//[^\n]*|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\'', re.S)

offences = []


def offend(path, line, text):
    offences.append(f'{path}:{line}: {text}')


def blank_out(source):
    """The source without comments and literals, every line in its place."""
    return LITERALS.sub(lambda m: '\n' * m.group().count('\n'), source)


def check_include(path, number, module, quote, name):
    if '..' in name:
        offend(path, number, f'includes {name}: no way out of a folder')
    elif quote == '"' and name in OWNER:
        if module and OWNER[name] != module and OWNER[name] not in BELOW[module]:
            offend(path, number, f'{module} must not know {name} of {OWNER[name]}')
    elif quote == '"' and name.startswith('planfs/'):
        offend(path, number, f'{name} belongs to no module: enter it into HEADERS of tests/layers.py')
    elif quote == '"' and not name.endswith('_priv.h'):
        offend(path, number, f'includes {name}: only planfs/*.h and the *_priv.h of its own folder')
    home = HOMES.get(name.split('/')[-1]) if quote == '<' else None
    if home and home != module:
        offend(path, number, f'{name} has its home in src/{home}')


def check_functions(path, lines):
    start = None
    for number, line in enumerate(lines, 1):
        if line == '{':
            start = number
            while start > 1 and lines[start - 2].strip() and not lines[start - 2].startswith(('}', '#')):
                start -= 1
            check_parameters(path, start, ' '.join(lines[start - 1:number - 1]))
        elif line == '}' and start:
            length = number - start + 1
            if length > FUNCTION_LINES_MAX:
                offend(path, start, f'a function of {length} lines; {FUNCTION_LINES_MAX} are allowed')
            start = None


def check_parameters(path, number, signature):
    inside = re.search(r'\((.*)\)', signature)
    count = inside.group(1).count(',') + 1 if inside else 0
    if count > PARAMETERS_MAX:
        offend(path, number, f'a function with {count} parameters; {PARAMETERS_MAX} are allowed')


def check_file(root, path, module):
    with open(os.path.join(root, path), encoding='utf-8') as f:
        source = f.read()
    lines = source.split('\n')
    code = blank_out(source).split('\n')
    if len(lines) - 1 > FILE_LINES_MAX:
        offend(path, len(lines) - 1, f'{len(lines) - 1} lines; {FILE_LINES_MAX} are allowed')
    if not source.startswith('/*'):
        offend(path, 1, 'does not open with what it is for')
    if path.endswith('.h') and '#pragma once' not in code:
        offend(path, 1, 'no #pragma once')
    for number, line in enumerate(lines, 1):
        include = INCLUDE.match(line)
        if include:
            check_include(path, number, module, *include.groups())
        if re.search(r'\b(TODO|FIXME|XXX)\b', line):
            offend(path, number, 'unfinished')
        if BUILT_SQL.search(line):
            offend(path, number, 'SQL is bound, not printed')
    for number, line in enumerate(code, 1):
        if SHELL.search(line):
            offend(path, number, f'{SHELL.search(line).group()} takes data for a command')
        word = OUTPUT.search(line) if module != 'cli' else None
        if word:
            offend(path, number, f'{word.group()} belongs to src/cli')
    check_functions(path, [line.rstrip() for line in code])


def check_alone(root, header):
    """Every contract compiles by itself."""
    with tempfile.NamedTemporaryFile('w', suffix='.c') as f:
        f.write(f'#include "{header}"\n')
        f.flush()
        compiler = os.environ.get('CC', 'cc').split()
        result = subprocess.run([*compiler, '-std=gnu11', '-D_GNU_SOURCE', '-fsyntax-only', '-Werror',
                                 '-Wall', '-I', os.path.join(root, 'include'), f.name],
                                capture_output=True, text=True)
    if result.returncode != 0:
        offend(f'include/{header}', 1, 'does not compile alone: ' + result.stderr.split('\n')[0])


def sources(root, folder):
    for name in sorted(os.listdir(os.path.join(root, folder))):
        if name.endswith(('.c', '.h')):
            yield f'{folder}/{name}'


def main():
    root = sys.argv[1] if len(sys.argv) > 1 else os.path.join(os.path.dirname(__file__), '..')
    files = 0
    for module in sorted(os.listdir(os.path.join(root, 'src'))):
        if module not in BELOW:
            offend(f'src/{module}', 1, 'a module that tests/layers.py does not know')
            continue
        for path in sources(root, f'src/{module}'):
            check_file(root, path, module)
            files += 1
    for path in sources(root, 'include/planfs'):
        header = path.removeprefix('include/')
        check_file(root, path, OWNER.get(header))
        if header not in OWNER:
            offend(path, 1, 'belongs to no module: enter it into HEADERS of tests/layers.py')
        check_alone(root, header)
        files += 1
    print('\n'.join(offences) if offences else f'{files} files are in order')
    return 1 if offences or files == 0 else 0


if __name__ == '__main__':
    sys.exit(main())
