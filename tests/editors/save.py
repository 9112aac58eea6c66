#!/usr/bin/env python3
"""Save a file in the way of a program that is not at hand: save.py WAY FILE < new text.

Each way is the sequence of calls that strace recorded from that program.
"""
import ctypes
import mmap
import os
import shutil
import sys
import tempfile

RENAME_EXCHANGE = 2
AT_FDCWD = -100
AT_SYMLINK_FOLLOW = 0x400


def write_new(path, text, flags=os.O_EXCL, mode=0o600, sync=True):
    """Create path, write it and leave it closed; what most programs do first."""
    fd = os.open(path, os.O_WRONLY | os.O_CREAT | flags, mode)
    write_all(fd, text)
    if sync:
        os.fsync(fd)
    os.close(fd)


def write_all(fd, text):
    while text:
        text = text[os.write(fd, text):]


def take_attributes(path, like):
    st = os.stat(like)
    os.chown(path, st.st_uid, st.st_gid)
    os.chmod(path, st.st_mode & 0o7777)


def fsync_directory(path):
    fd = os.open(os.path.dirname(path), os.O_RDONLY | os.O_DIRECTORY)
    os.fsync(fd)
    os.close(fd)


def rename_exchange(a, b):
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.renameat2(AT_FDCWD, os.fsencode(a), AT_FDCWD, os.fsencode(b), RENAME_EXCHANGE) != 0:
        raise OSError(ctypes.get_errno(), "renameat2(RENAME_EXCHANGE)", a)


def link_open_file(fd, path):
    """linkat(2) as its manual page says; os.link() cannot follow the link below /proc."""
    libc = ctypes.CDLL(None, use_errno=True)
    source = os.fsencode("/proc/self/fd/%d" % fd)
    if libc.linkat(AT_FDCWD, source, AT_FDCWD, os.fsencode(path), AT_SYMLINK_FOLLOW) != 0:
        raise OSError(ctypes.get_errno(), "linkat", path)


def beside(path, name):
    return os.path.join(os.path.dirname(path), name)


def python_inplace(path, text):
    with open(path, "r+b") as f:
        f.write(text)
        f.truncate()
        f.flush()
        os.fsync(f.fileno())


def python_write(path, text):
    with open(path, "wb") as f:
        f.write(text)


def python_atomic(path, text):
    fd, tmp = tempfile.mkstemp(prefix=".%s." % os.path.basename(path), dir=os.path.dirname(path))
    write_all(fd, text)
    os.fsync(fd)
    os.close(fd)
    take_attributes(tmp, path)
    os.replace(tmp, path)
    fsync_directory(path)


def exchange(path, text):
    """The old text becomes the temporary file, and goes."""
    new = path + ".new"
    write_new(new, text)
    take_attributes(new, path)
    rename_exchange(new, path)
    os.unlink(new)


def hardlink_backup(path, text):
    backup, new = path + "~", path + ".new"
    if os.path.exists(backup):
        os.unlink(backup)
    os.link(path, backup)
    write_new(new, text)
    take_attributes(new, path)
    os.rename(new, path)


def jetbrains(path, text):
    tmp, old = path + "___jb_tmp___", path + "___jb_old___"
    write_new(tmp, text, sync=False)
    take_attributes(tmp, path)
    os.rename(path, old)
    os.rename(tmp, path)
    os.unlink(old)


def sublime(path, text):
    tmp = beside(path, ".subl4a7.tmp")
    st = os.stat(path)
    fd = os.open(tmp, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600)
    write_all(fd, text)
    os.fchmod(fd, st.st_mode & 0o7777)
    os.fchown(fd, st.st_uid, st.st_gid)
    os.fsync(fd)
    os.close(fd)
    os.rename(tmp, path)


def gio(path, text):
    """GNOME: probes with O_EXCL, and renames while the temporary file is still open."""
    try:
        os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL))
    except FileExistsError:
        pass
    probe = os.open(path, os.O_WRONLY | os.O_CREAT)
    st = os.fstat(probe)
    tmp = beside(path, ".goutputstream-8KQ2M1")
    fd = os.open(tmp, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    os.fchown(fd, st.st_uid, st.st_gid)
    os.fchmod(fd, st.st_mode & 0o7777)
    os.close(probe)
    write_all(fd, text)
    os.fsync(fd)
    os.rename(tmp, path)
    os.close(fd)


def gio_backup(path, text):
    """g_file_replace() with a backup: link(2) the old text, then the new one over it."""
    backup = path + "~"
    if os.path.exists(backup):
        os.unlink(backup)
    os.link(path, backup)
    gio(path, text)


def tmpfile_link(path, text):
    directory = os.path.dirname(path)
    try:
        fd = os.open(directory, os.O_RDWR | os.O_TMPFILE, 0o600)
    except OSError as e:
        if e.errno not in (95, 21):  # EOPNOTSUPP, and EISDIR of old kernels: programs fall back
            raise
        return sublime(path, text)
    write_all(fd, text)
    st = os.stat(path)
    os.fchown(fd, st.st_uid, st.st_gid)
    os.fchmod(fd, st.st_mode & 0o7777)
    os.fsync(fd)
    link_open_file(fd, path + ".lnk")
    os.close(fd)
    os.rename(path + ".lnk", path)


def node_atomic(path, text):
    tmp = path + ".%d" % (os.getpid() * 7919)
    write_new(tmp, text, flags=os.O_TRUNC, mode=0o666)
    take_attributes(tmp, path)
    os.rename(tmp, path)


def jed(path, text):
    """Lock, old file away, new file in its place; the backup stays."""
    lock, backup = beside(path, ".#" + os.path.basename(path)), path + "~"
    os.symlink("root@host.1234:1700000000", lock)
    if os.path.exists(backup):
        os.unlink(backup)
    st = os.stat(path)
    os.rename(path, backup)
    write_new(path, text, flags=os.O_TRUNC, mode=0o666)
    os.unlink(lock)
    os.chmod(path, st.st_mode & 0o7777)
    os.chown(path, st.st_uid, st.st_gid)


def notepad_samba(path, text):
    """smbd: pwrite in place, set the end, then the times the client wants."""
    fd = os.open(path, os.O_RDWR)
    at = 0
    while at < len(text):
        at += os.pwrite(fd, text[at:at + 64], at)
    os.ftruncate(fd, len(text))
    os.utime(fd, ns=(1457000000123456700, 1457000000123456700))
    os.close(fd)


def word_samba(path, text):
    """Office over Samba: owner file, new file, old file away, new one in, old one deleted."""
    owner, new, old = beside(path, "~$" + os.path.basename(path)[2:]), beside(path, "8C1E2A00.tmp"), \
        beside(path, "8C1E2A01.tmp")
    write_new(owner, b"root", sync=False)
    write_new(new, text, sync=False)
    take_attributes(new, path)
    os.rename(path, old)
    os.rename(new, path)
    os.unlink(old)
    os.unlink(owner)


def mapped(path, text):
    """A program that maps the file and lets the kernel write it."""
    with open(path, "r+b") as f:
        f.truncate(len(text))
        with mmap.mmap(f.fileno(), len(text)) as m:
            m[:] = text
            m.flush()
        os.fsync(f.fileno())


def o_sync(path, text):
    fd = os.open(path, os.O_WRONLY | os.O_TRUNC | os.O_SYNC)
    write_all(fd, text)
    os.close(fd)


def copy_range(path, text):
    """A new text that comes from another file of the same mount without passing through the program."""
    source = beside(path, "source.tmp")
    write_new(source, text, sync=False)
    with open(source, "rb") as a, open(path, "wb") as b:
        left = len(text)
        while left > 0:
            left -= os.copy_file_range(a.fileno(), b.fileno(), left)
    os.unlink(source)


def shutil_copy2(path, text):
    source = beside(path, "source.tmp")
    write_new(source, text, sync=False)
    take_attributes(source, path)
    shutil.copy2(source, path)
    os.unlink(source)


WAYS = {f.__name__.replace("_", "-"): f for f in (
    python_inplace, python_write, python_atomic, exchange, hardlink_backup, jetbrains, sublime, gio,
    gio_backup, tmpfile_link, node_atomic, jed, notepad_samba, word_samba, mapped, o_sync,
    copy_range, shutil_copy2)}


def main():
    if len(sys.argv) != 3 or sys.argv[1] not in WAYS:
        sys.exit("usage: save.py %s FILE < text" % "|".join(WAYS))
    WAYS[sys.argv[1]](sys.argv[2], sys.stdin.buffer.read())


main()
