"""Texts that are pushed into the pages of a mount that is written: none is ever put over a newer one. See push.sh.

push.py DIRECTORY SECONDS: some read all files of DIRECTORY in rows, whose pages they drop first, so that the texts
beside are pushed; others write, each his own files, and read at once what they have written.
"""
import multiprocessing
import os
import random
import sys
import time

FILES, DIGITS = 3000, 8  # so many that a pass takes longer than what was pushed is known
READERS, WRITERS = 2, 2
BATCH, LOOKS = 100, 5
LINE = '控辍保学工作要点\n'.encode()

directory, seconds = sys.argv[1], float(sys.argv[2])
paths = [os.path.join(directory, '%04d.txt' % i) for i in range(FILES)]


def text_of(number, lines):
    return (b'%0*d\n' % (DIGITS, number)) + LINE * lines


def read(path):
    fd = os.open(path, os.O_RDONLY)
    try:
        return os.read(fd, 1 << 16)
    finally:
        os.close(fd)


def drop_pages(path):
    fd = os.open(path, os.O_RDONLY)
    os.posix_fadvise(fd, 0, 0, os.POSIX_FADV_DONTNEED)
    os.close(fd)


def read_in_rows(end):
    """A text that was followed by another is not seen again."""
    last = dict.fromkeys(paths, 0)
    while time.monotonic() < end:
        for path in paths:
            drop_pages(path)
        for path in paths:
            text = read(path)
            if len(text) < DIGITS:
                continue  # it is being written anew
            number = int(text[:DIGITS])
            if number < last[path]:
                sys.exit('%s: %d after %d' % (path, number, last[path]))
            last[path] = number


def over_the_old(path, text):
    """Not longer than it: in place."""
    fd = os.open(path, os.O_WRONLY)
    os.pwrite(fd, text, 0)
    return fd


def anew(path, text):
    fd = os.open(path, os.O_WRONLY | os.O_TRUNC)
    os.write(fd, text)
    return fd


def in_pieces(path, text):
    fd = os.open(path, os.O_RDWR)
    os.pwrite(fd, text[:DIGITS], 0)
    os.pwrite(fd, text[DIGITS:], DIGITS)
    return fd


def cut_by_name(path, text):
    os.truncate(path, DIGITS + 1)
    fd = os.open(path, os.O_WRONLY)
    os.pwrite(fd, text, 0)
    return fd


def write_one(rng, path, old, number):
    """Returns the open file and what is in it."""
    way = rng.choice((over_the_old, anew, in_pieces, cut_by_name))
    lines = rng.randrange(1, 60)
    if way in (over_the_old, in_pieces):
        lines = (len(old) - DIGITS - 1) // len(LINE)
    text = text_of(number, lines)
    return way(path, text), text


def expect(texts, when):
    for path, text in texts.items():
        if read(path) != text:
            sys.exit('%s, %s: another text' % (path, when))


def write(start, end, results):
    rng = random.Random(start)
    texts = {path: read(path) for path in paths[start::WRITERS]}
    number = 1
    while time.monotonic() < end:
        fds, batch = [], {}
        number += 1
        for path in rng.sample(list(texts), BATCH):
            fd, batch[path] = write_one(rng, path, texts[path], number)
            fds.append(fd)
            expect({path: batch[path]}, 'written')
        for _ in range(LOOKS):
            expect(batch, 'still open')
        for fd in fds:
            os.close(fd)
        expect(batch, 'closed')
        texts.update(batch)
    results.put(texts)


for path in paths:
    os.close(os.open(path, os.O_CREAT | os.O_WRONLY))
    os.close(anew(path, text_of(1, 20)))
end = time.monotonic() + seconds
results = multiprocessing.Queue()
workers = [multiprocessing.Process(target=read_in_rows, args=(end,)) for _ in range(READERS)]
workers += [multiprocessing.Process(target=write, args=(i, end, results)) for i in range(WRITERS)]
for worker in workers:
    worker.start()
texts = {}
for _ in range(WRITERS):
    try:
        texts.update(results.get(timeout=seconds + 60))
    except Exception:
        break
for worker in workers:
    worker.join(60)
if any(worker.exitcode != 0 for worker in workers):
    sys.exit('a reader or a writer has failed')
for path, text in texts.items():
    if read(path) != text:
        sys.exit('%s: another text at the end' % path)
print('%d texts, the last of number %d' % (len(texts), max(int(t[:DIGITS]) for t in texts.values())))
