"""Processes: run one to its end with a limit, and say how long it took."""
import contextlib
import os
import signal
import subprocess
import time

ENVIRONMENT = dict(os.environ, LC_ALL='C.UTF-8')


class Failed(Exception):
    """Something that the measurement needs did not work; the text says what."""


class TimeIsOver(Exception):
    pass


def _on_alarm(_signal, _frame):
    raise TimeIsOver


@contextlib.contextmanager
def _limit(seconds):
    """Raise TimeIsOver in the block after so many seconds. Popen.wait(timeout=) polls, and its steps of
    up to 50 ms would be in every measurement."""
    before = signal.signal(signal.SIGALRM, _on_alarm)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def _kill_group(process):
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    with contextlib.suppress(subprocess.TimeoutExpired):
        process.wait(timeout=5)  # one that hangs in the kernel dies when its mount is taken away


def _text_of(file):
    file.seek(0)
    return file.read().decode(errors='replace').strip()[-600:]


def run(argv, scratch, cwd=None, limit=600, allowed=(0,)):
    """Run argv with its output in the file scratch; the seconds it took. Raises Failed when it ends with
    another status than those allowed, or not within the limit. A file, because grep and tar skip their
    work when they see /dev/null."""
    with open(scratch, 'wb') as out, open(scratch + '.err', 'w+b') as err:
        started = time.perf_counter()
        process = subprocess.Popen(argv, cwd=cwd, stdin=subprocess.DEVNULL, stdout=out, stderr=err,
                                   env=ENVIRONMENT, process_group=0)
        try:
            with _limit(limit):
                status = process.wait()
            seconds = time.perf_counter() - started
        except TimeIsOver:
            raise Failed(f'{" ".join(argv)}: not done after {limit} s') from None
        finally:
            if process.returncode is None:
                _kill_group(process)
        if status not in allowed:
            raise Failed(f'{" ".join(argv)}: exit status {status}: {_text_of(err)}')
    return seconds


def output(argv, limit=60):
    """What argv prints, or '' when there is no such program or it fails: for facts, not for measuring."""
    try:
        result = subprocess.run(argv, capture_output=True, timeout=limit, env=ENVIRONMENT, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return ''
    return result.stdout.decode(errors='replace').strip()


def must(argv, limit=60):
    """Run something that is not measured; Failed when it does not work."""
    try:
        result = subprocess.run(argv, capture_output=True, timeout=limit, env=ENVIRONMENT, check=False)
    except subprocess.TimeoutExpired:
        raise Failed(f'{" ".join(argv)}: not done after {limit} s') from None
    except OSError as error:
        raise Failed(f'{argv[0]}: {error.strerror}') from None
    if result.returncode:
        raise Failed(f'{" ".join(argv)}: {result.stderr.decode(errors="replace").strip()[-600:]}')


def wait_until(predicate, seconds, step=0.001):
    """Poll until predicate() holds; False when the time is over."""
    end = time.monotonic() + seconds
    while not predicate():
        if time.monotonic() > end:
            return False
        time.sleep(step)
    return True
