#!/usr/bin/env python3
"""Print what a tree holds, one line for each entry, to be compared with diff.

    manifest.py [--ignore COLUMN,…] [--seconds] [--no-fifos] [--no-symlink-times] DIRECTORY

Columns: path, type, mode, owner, size, mtime (ns), links (the first path of the group), xattrs (user.*),
digest (sha256, or the target of a symlink). It shares no code with the tools that it judges. The
directory itself is not listed.
"""
import argparse
import hashlib
import os
import stat

COLUMNS = ("path", "type", "mode", "owner", "size", "mtime", "links", "xattrs", "digest")
TYPES = {stat.S_IFREG: "file", stat.S_IFDIR: "dir", stat.S_IFLNK: "symlink", stat.S_IFIFO: "fifo",
         stat.S_IFSOCK: "socket", stat.S_IFCHR: "char", stat.S_IFBLK: "block"}


def walk(top):
    """Paths below top in the order of their bytes; every directory is read exactly once."""
    for name in sorted(os.listdir(top)):
        path = os.path.join(top, name)
        yield path
        if stat.S_ISDIR(os.lstat(path).st_mode):
            yield from walk(path)


def digest(path, st):
    if stat.S_ISLNK(st.st_mode):
        return show(os.readlink(path))
    if not stat.S_ISREG(st.st_mode):
        return "-"
    h = hashlib.sha256()
    with open(path, "rb") as f:
        for block in iter(lambda: f.read(1 << 17), b""):
            h.update(block)
    return h.hexdigest()


def xattrs(path):
    names = sorted(n for n in os.listxattr(path, follow_symlinks=False) if n.startswith("user."))
    return ",".join("%s=%s" % (n, os.getxattr(path, n, follow_symlinks=False).hex()) for n in names) or "-"


def links(path, st, first, subdirectories):
    """Of files the group of hard links; of directories that the count is 2 + subdirectories (btrfs: 1)."""
    if stat.S_ISDIR(st.st_mode):
        want = 2 + subdirectories
        return "ok" if st.st_nlink in (1, want) else "nlink %d, not %d" % (st.st_nlink, want)
    if st.st_nlink == 1:
        return "1"
    return "%d of %s" % (st.st_nlink, show(first.setdefault((st.st_dev, st.st_ino), path)))


def show(path):
    """One line, whatever bytes and line ends the name holds."""
    text = path.decode("utf-8", "backslashreplace")
    return "".join(c if c.isprintable() and c != "\t" else "\\u%04x" % ord(c) for c in text)


def count_directories(path):
    with os.scandir(path) as entries:
        return sum(e.is_dir(follow_symlinks=False) for e in entries)


def describe(path, first, seconds):
    st = os.lstat(path)
    is_dir = stat.S_ISDIR(st.st_mode)
    return {
        "path": show(path),
        "type": TYPES[stat.S_IFMT(st.st_mode)],
        "mode": "-" if stat.S_ISLNK(st.st_mode) else "%04o" % stat.S_IMODE(st.st_mode),
        "owner": "%d:%d" % (st.st_uid, st.st_gid),
        "size": "-" if is_dir else str(st.st_size),
        "mtime": str(st.st_mtime_ns // 10**9) if seconds else
                 "%d.%09d" % divmod(st.st_mtime_ns, 10**9),
        "links": links(path, st, first, count_directories(path) if is_dir else 0),
        "xattrs": xattrs(path),
        "digest": digest(path, st),
    }


def main():
    args = argparse.ArgumentParser()
    args.add_argument("--ignore", default="")
    args.add_argument("--seconds", action="store_true")
    args.add_argument("--no-fifos", action="store_true")
    args.add_argument("--no-symlink-times", action="store_true")
    args.add_argument("directory")
    args = args.parse_args()
    ignored = set(filter(None, args.ignore.split(",")))
    assert ignored <= set(COLUMNS), ignored - set(COLUMNS)

    os.chdir(args.directory)
    first = {}
    for path in walk(b"."):
        entry = describe(path, first, args.seconds)
        if args.no_fifos and entry["type"] == "fifo":
            continue
        if args.no_symlink_times and entry["type"] == "symlink":
            entry["mtime"] = "-"
        print("\t".join(entry[c] for c in COLUMNS if c not in ignored))


main()
