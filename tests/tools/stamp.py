#!/usr/bin/env python3
"""What every unpacker does with an empty file, often: create, close, set times and mode; then look.

    stamp.py DIRECTORY COUNT

close() returns before the file system hears of the last close, so the two calls that follow meet the
file in every state that it passes through on its way to the disk.
"""
import os
import sys


def unpack(path, mtime):
    os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
    os.utime(path, ns=(mtime, mtime))
    os.chmod(path, 0o640)
    return os.stat(path)


def complaint(path, i):
    mtime = 1456789012 * 10**9 + i
    try:
        st = unpack(path, mtime)
    except OSError as e:
        return str(e)
    if (st.st_mtime_ns, st.st_mode & 0o777) != (mtime, 0o640):
        return "%s: mode %o, mtime %d instead of %d" % (path, st.st_mode & 0o777, st.st_mtime_ns, mtime)
    return None


def main():
    directory, count = sys.argv[1], int(sys.argv[2])
    found = [complaint(os.path.join(directory, "%04d.txt" % i), i) for i in range(count)]
    found = [c for c in found if c]
    for c in found[:10]:
        print(c, file=sys.stderr)
    if found:
        sys.exit("%d of %d files are not as they were made" % (len(found), count))


main()
