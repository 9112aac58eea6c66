#!/usr/bin/env python3
"""What a reader has read, or had pushed into its pages, never stays behind what is stored later.

    readonly.py WRITER-DIR READER-DIR ROUNDS

A process rewrites sections through one mount while others read the directory through the other, forwards and
backwards, forgetting the pages each time. When the writer has ended, the reader shows what was written last."""
import os
import random
import subprocess
import sys
import threading
import time

FILES, SAVES, LIMIT = 40, 150, 10


def name(i):
    return f'{i:02}-节.txt'


def write(directory, seed):
    rng = random.Random(seed)
    for n in range(SAVES):
        with open(os.path.join(directory, name(rng.randrange(FILES))), 'w', encoding='utf-8') as f:
            f.write(f'{seed} {n} ' + '计划' * rng.randrange(1, 700))


def read(directory, forget):
    texts = {}
    for entry in sorted(os.listdir(directory), reverse=forget and random.random() < 0.5):
        fd = os.open(os.path.join(directory, entry), os.O_RDONLY)
        try:
            if forget:
                os.posix_fadvise(fd, 0, 0, os.POSIX_FADV_DONTNEED)
            texts[entry] = os.read(fd, 1 << 16)
        finally:
            os.close(fd)
    return texts


def look(directory, child):
    """Whoever asks for attributes after a change makes the kernel drop the pages: before a late push, too."""
    while child.poll() is None:
        for entry in os.listdir(directory):
            os.stat(os.path.join(directory, entry))


def main():
    writer, reader, rounds = sys.argv[1], sys.argv[2], int(sys.argv[3])
    for i in range(FILES):
        with open(os.path.join(writer, name(i)), 'w', encoding='utf-8') as f:
            f.write(f'{i}\n')
    for seed in range(rounds):
        child = subprocess.Popen([sys.executable, __file__, '--write', writer, str(seed)])
        looker = threading.Thread(target=look, args=(reader, child))
        looker.start()
        while child.poll() is None:
            read(reader, True)
        looker.join()
        if child.returncode:
            sys.exit(f'the writer failed: {child.returncode}')
        until = time.monotonic() + LIMIT
        while read(writer, False) != read(reader, False):
            if time.monotonic() > until:
                sys.exit(f'round {seed}: the reader shows old texts')


if sys.argv[1] == '--write':
    write(sys.argv[2], int(sys.argv[3]))
else:
    main()
