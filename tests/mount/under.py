"""What happens to a database under its mount. See under.sh; one case a run, which leaves the mount."""
import errno
import os
import sqlite3
import subprocess
import sys
import threading

from cases import case, db, expect, mnt, path, plan, planfs, read, run_case, wait_for

cold = [os.path.join(plan, '附件/%d.txt' % i) for i in range(40)]
away = db + '.away'


def save(text, where=path):
    """All errors of a save are seen: that of the write, of the flush and of the sync."""
    fd = os.open(where, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o644)
    try:
        os.write(fd, text.encode())
        os.fsync(fd)
    finally:
        os.close(fd)


def expect_error(wanted, what, call, *args):
    try:
        call(*args)
    except OSError as e:
        if e.errno in wanted:
            return
        sys.exit('%s: %s: %s' % (case, what, e))
    sys.exit('%s: %s succeeded' % (case, what))


def run(*args):
    return subprocess.run(args, capture_output=True, text=True, timeout=60)


def expect_no_change_is_taken(wanted):
    """Whatever changes something is refused, and what was there is still there."""
    expect_error(wanted, 'a save in place', save, '丢了')
    expect_error(wanted, 'a new file', save, '丢了', os.path.join(plan, '09-新.txt'))
    expect_error(wanted, 'mkdir', os.mkdir, os.path.join(plan, '新目录'))
    expect_error(wanted, 'rename', os.rename, path, path + '.bak')
    expect_error(wanted, 'unlink', os.unlink, path)
    expect_error(wanted, 'chmod', os.chmod, path, 0o600)
    expect_error(wanted, 'an attribute', os.setxattr, path, 'user.a', b'1')
    wait_for('the old text', lambda: read() == '旧文字')
    wait_for('the new name gone', lambda: not os.path.exists(os.path.join(plan, '09-新.txt')))
    expect(sorted(os.listdir(plan)), ['01-前言.txt', '附件'])


def expect_it_goes_on():
    save('又好了')
    expect(read(), '又好了')
    with sqlite3.connect(db) as c:
        rows = c.execute("SELECT body FROM section WHERE name = '01-前言.txt'").fetchall()
    expect(rows, [('又好了',)])


def replaced_it_takes_no_change_and_reads_no_other_text():
    other = db + '.other'
    with sqlite3.connect(db) as c:
        c.execute('VACUUM INTO ?', (other,))
    with sqlite3.connect(other) as c:
        c.execute("UPDATE body SET data = CAST('别的库' AS BLOB)")
    os.rename(db, away)
    os.rename(other, db)
    expect_no_change_is_taken({errno.ESTALE})
    readers = [threading.Thread(target=read_all_cold) for _ in range(8)]
    for r in readers:
        r.start()
    for r in readers:
        r.join()
    expect(wrong, [])
    os.unlink(db)
    for end in '-wal', '-shm':
        if os.path.exists(other + end):
            os.unlink(other + end)
    os.rename(away, db)
    expect_it_goes_on()


wrong = []


def read_all_cold():
    for where in cold:
        try:
            text = read(where)
            if text != '冷':
                wrong.append(text)
        except OSError as e:
            if e.errno not in (errno.ESTALE, errno.EIO):
                wrong.append(str(e))


def deleted_it_takes_no_change_and_is_still_read():
    os.rename(db, away)  # as an unlink sees it, but it can be taken back
    expect_no_change_is_taken({errno.ESTALE})
    read_all_cold()
    expect(wrong, [])
    os.rename(away, db)
    expect_it_goes_on()


def a_deleted_log_takes_no_change():
    os.unlink(db + '-wal')
    expect_no_change_is_taken({errno.ESTALE})
    read_all_cold()
    expect(wrong, [])


def a_mode_without_write_changes_nothing_for_what_is_open():
    os.chmod(db, 0o400)
    expect_it_goes_on()
    os.chmod(db, 0o600)


def truncated_it_says_so_and_lives():
    size = os.path.getsize(db)
    os.truncate(db, size // 4096 // 2 * 4096)
    refused = {errno.EIO, errno.ESTALE, errno.EMEDIUMTYPE}
    for attempt in range(3):
        for where in cold:
            try:
                if read(where) != '冷':
                    sys.exit('%s: wrong text' % case)
            except OSError as e:
                if e.errno not in refused:
                    sys.exit('%s: reading: %s' % (case, e))
        try:
            save('试 %d' % attempt)
            expect(read(), '试 %d' % attempt)
        except OSError as e:
            if e.errno not in refused:
                sys.exit('%s: saving: %s' % (case, e))
    os.statvfs(mnt)


def a_second_mount_is_refused():
    other = mnt + '2'
    os.mkdir(other)
    for where in other, mnt:
        second = run(planfs, 'mount', db, where)
        if second.returncode == 0 or len(second.stderr.strip().split('\n')) != 1:
            sys.exit('%s: %d, %r' % (case, second.returncode, second.stderr))
        expect('mounted' in second.stderr, True)
    expect(os.listdir(other), [])
    expect_it_goes_on()


def an_exclusive_lock_delays_saves_and_no_reads():
    c = sqlite3.connect(db, isolation_level=None)
    c.execute('BEGIN EXCLUSIVE')
    done = []
    saver = threading.Thread(target=lambda: (save('等到了'), done.append(True)))
    saver.start()
    read_all_cold()
    expect(wrong, [])
    expect(done, [])
    c.execute('ROLLBACK')
    saver.join(60)
    expect(done, [True])
    expect(read(), '等到了')


def a_program_that_dies_in_a_transaction_leaves_nothing_behind():
    child = subprocess.Popen(['sqlite3', db], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    child.stdin.write("PRAGMA cache_size = 1; BEGIN IMMEDIATE; UPDATE section SET body = '半截'; SELECT 'here';\n")
    child.stdin.flush()
    while child.stdout.readline() not in ('here\n', ''):
        pass
    child.kill()
    child.wait()
    expect(read(), '旧文字')
    expect_it_goes_on()


def set_up():
    os.makedirs(os.path.join(plan, '附件'))
    save('旧文字')
    for name in cold:
        save('冷', name)


run_case(globals(), set_up)
