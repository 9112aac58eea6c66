"""Mounts and the daemons behind them: is it there, take it away, how large is the process."""
import os
import re
import signal
import subprocess

import command
from command import Failed


def _unescape(path):
    """The kernel writes blanks and backslashes as three octal digits."""
    return re.sub(r'\\([0-7]{3})', lambda found: chr(int(found[1], 8)), path)


def _mount_points():
    with open('/proc/self/mountinfo', encoding='utf-8', errors='surrogateescape') as f:
        return [_unescape(line.split(' ')[4]) for line in f]


def is_mounted(path):
    return path in _mount_points()


def any_below(path):
    return any(point.startswith(path + '/') for point in _mount_points())


def type_of(path):
    """The type of the file system that holds the path, as in /proc/mounts."""
    return command.output(['findmnt', '-n', '-o', 'FSTYPE', '-T', path]) or \
        command.output(['stat', '-f', '-c', '%T', path])


def daemons(path):
    """The processes that have the path of a mount on their command line."""
    found = []
    wanted = os.fsencode(path)
    for pid in filter(str.isdigit, os.listdir('/proc')):
        try:
            with open(f'/proc/{pid}/cmdline', 'rb') as f:
                words = f.read().split(b'\0')
        except OSError:
            continue
        if any(w == wanted or w.endswith(b'=' + wanted) for w in words) and int(pid) != os.getpid():
            found.append(int(pid))
    return found


def memory(path):
    """(resident, the most that was ever resident) of the daemons of a mount, in bytes."""
    now = peak = 0
    for pid in daemons(path):
        try:
            with open(f'/proc/{pid}/status', encoding='utf-8') as f:
                fields = dict(line.split(':', 1) for line in f if ':' in line)
        except OSError:
            continue
        now += int(fields.get('VmRSS', '0 kB').split()[0]) * 1024
        peak += int(fields.get('VmHWM', '0 kB').split()[0]) * 1024
    return now, peak


def mount(argv, path, prepare=None, limit=60):
    """Start a daemon that mounts at path, and wait for the mount. It may stay in the foreground."""
    process = subprocess.Popen(argv, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                               stderr=subprocess.PIPE, preexec_fn=prepare, env=command.ENVIRONMENT,
                               process_group=0)
    command.wait_until(lambda: is_mounted(path) or process.poll() not in (None, 0), limit)
    if is_mounted(path):
        process.stderr.close()
        return process
    ended = process.poll()
    if ended is None:
        process.kill()
    why = process.communicate()[1].decode(errors='replace').strip()[-600:]
    how = f'nothing in {limit} s' if ended is None else f'exit status {ended}'
    raise Failed(f'{" ".join(argv)}: not mounted: {how}{": " if why else ""}{why}')


def unmount(argv, path, limit=120):
    """Unmount with the program given, and wait until its daemon has ended."""
    command.must(argv, limit)
    if not command.wait_until(lambda: not is_mounted(path) and not daemons(path), limit, 0.005):
        raise Failed(f'{path}: still mounted, or its daemon still runs, {limit} s after {" ".join(argv)}')


def force_away(path):
    """Whatever happened before: neither mount nor daemon is left at path."""
    for argv in (['umount', path], ['umount', '-l', path], ['fusermount3', '-u', '-z', path]):
        if not is_mounted(path):
            break
        command.output(argv, 20)
    if not command.wait_until(lambda: not daemons(path), 10, 0.05):
        for pid in daemons(path):
            os.kill(pid, signal.SIGKILL)
        command.wait_until(lambda: not daemons(path), 10, 0.05)
