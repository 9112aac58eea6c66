"""Writers that meet: each other, another program, a signal. See meet.sh; one case a run."""
import errno
import os
import signal
import sqlite3
import sys
import threading

from cases import db, expect, mnt, path, plan, planfs, read, run_case, sql, wait_for

def save(text, where=path):
    with open(where, 'w') as f:
        f.write(text)


def versions():
    return [row[0] for row in sql("SELECT body FROM history WHERE name = '01-前言.txt' ORDER BY rev")]


def body():
    return sql("SELECT body FROM section WHERE name = '01-前言.txt'")[0][0]


def write_lock():
    c = sqlite3.connect(db, isolation_level=None)
    c.execute('BEGIN IMMEDIATE')
    return c


def a_text_that_cannot_be_written_leaves_the_old_one():
    fd = os.open(path, os.O_WRONLY | os.O_TRUNC)
    try:
        os.pwrite(fd, b'x', 64 << 20)
        sys.exit('a byte behind the limit was taken')
    except OSError as e:
        expect(e.errno, errno.EFBIG)
    os.close(fd)
    wait_for('the old text', lambda: read() == '旧文字')
    expect(versions(), ['旧文字'])


def cutting_what_another_has_written_makes_a_version():
    a = os.open(path, os.O_WRONLY | os.O_TRUNC)
    os.write(a, '甲的文字'.encode())
    b = os.open(path, os.O_WRONLY | os.O_TRUNC)
    os.close(a)
    expect(body(), '甲的文字')
    os.write(b, '乙的文字'.encode())
    os.close(b)
    expect(versions(), ['旧文字', '甲的文字', '乙的文字'])


def a_refused_save_takes_no_other_text_along():
    """And names wait shorter than texts, since others who list their directory wait with them; reads do not."""
    save('别的', os.path.join(mnt, '别的.txt'))
    lock = write_lock()
    a = os.open(path, os.O_WRONLY | os.O_TRUNC)
    os.write(a, b'A')
    b = os.open(path, os.O_WRONLY)

    def close_a():
        try:
            os.close(a)
        except OSError as e:
            refused.append(e.errno)

    def make_directory():
        try:
            os.mkdir(os.path.join(plan, '目录'))
        except OSError as e:
            names_refused.append((e.errno, bool(refused)))

    refused, names_refused = [], []
    waiting = [threading.Thread(target=t) for t in (close_a, make_directory)]
    for t in waiting:
        t.start()
    expect(read(os.path.join(mnt, '别的.txt')), '别的')
    expect((refused, names_refused), ([], []))
    for t in waiting:
        t.join(60)
    expect(names_refused, [(errno.EBUSY, False)])
    expect(refused, [errno.EBUSY])
    os.ftruncate(b, 0)
    os.write(b, '乙'.encode())
    lock.execute('ROLLBACK')
    os.fsync(b)
    os.close(b)
    expect(read(), '乙')
    expect(versions(), ['旧文字', '乙'])


def a_text_that_sql_removed_meanwhile_gets_its_name_back():
    fd = os.open(path, os.O_WRONLY | os.O_TRUNC)
    os.write(fd, '新文字'.encode())
    sql("DELETE FROM section WHERE name = '01-前言.txt'")
    os.fsync(fd)
    os.close(fd)
    expect(versions(), ['旧文字', '新文字'])
    wait_for('the name back', lambda: os.path.exists(path) and read() == '新文字')


def appending_goes_behind_what_sql_wrote():
    fd = os.open(path, os.O_WRONLY | os.O_APPEND)
    sql("UPDATE section SET body = '别的程序写的更长的文字' WHERE name = '01-前言.txt'")
    os.write(fd, '，再加'.encode())
    os.close(fd)
    wait_for('both texts', lambda: read() == '别的程序写的更长的文字，再加')


def truncate_by_name_is_committed_while_others_read():
    with open(path) as f:
        os.truncate(path, 3)
        expect(body(), '旧')
        f.read()


def an_attribute_stores_no_cut_text():
    fd = os.open(path, os.O_WRONLY | os.O_TRUNC)
    os.setxattr(path, 'user.a', b'1')
    expect(body(), '旧文字')
    os.write(fd, '新'.encode())
    os.close(fd)
    expect(versions(), ['旧文字', '新'])


def attributes_set_beside_a_save_stay():
    lock = write_lock()
    changer = threading.Thread(target=os.chmod, args=(path, 0o600))
    changer.start()
    saver = threading.Thread(target=save, args=('新',))
    saver.start()
    saver.join(0.3)
    lock.execute('ROLLBACK')
    changer.join()
    saver.join()
    expect(oct(os.stat(path).st_mode & 0o777), oct(0o600))
    expect(sql('SELECT mode & 511 FROM inode WHERE id = ?', os.stat(path).st_ino), [(0o600,)])
    expect(read(), '新')


def the_author_is_who_wrote():
    os.chmod(path, 0o666)
    if os.fork() == 0:
        os.setgid(65534)
        os.setuid(65534)
        os.close(os.open(path, os.O_WRONLY | os.O_TRUNC))
        os._exit(0)
    os.wait()
    last = "SELECT author FROM revision WHERE name = '01-前言.txt' AND size = 0"
    wait_for('the cut', lambda: sql(last))
    expect(sql(last), [('nobody',)])


def sql_leaves_no_damage():
    save('二', os.path.join(plan, '02-b.txt'))
    try:
        sql("UPDATE OR REPLACE section SET name = '02-b.txt' WHERE name = '01-前言.txt'")
        sys.exit('moving onto an existing name succeeded')
    except sqlite3.Error as e:
        expect(str(e), 'section exists')
    try:
        sql("INSERT OR IGNORE INTO plan (year, district, name) VALUES ('2016', 'a/b', 'x')")
        sys.exit('a name with a slash was taken')
    except sqlite3.Error:
        pass
    os.makedirs(os.path.join(plan, '附件/甲/乙'))
    save('c', os.path.join(plan, '附件/甲/乙/c'))
    sql("DELETE FROM plan WHERE name = '计划'")
    expect(sql('SELECT count(*) FROM inode WHERE nlink < 0'), [(0,)])
    wait_for('the plan gone', lambda: not os.path.exists(plan))


def a_signal_stores_no_half_text():
    files = {}
    for name in 'abc':
        where = os.path.join(plan, name + '.txt')
        save('完整的旧文字' * 1000, where)
        files[name] = os.open(where, os.O_RDWR | (os.O_TRUNC if name != 'c' else 0))
    os.write(files['b'], b'half')
    os.ftruncate(files['c'], 0)
    pid = int(sql_status('pid'))
    os.kill(pid, signal.SIGTERM)
    wait_for_end(pid)
    sizes = sql("SELECT name, length(body) FROM section WHERE name GLOB '[abc].txt' ORDER BY 1")
    expect(sizes, [('a.txt', 6000), ('b.txt', 6000), ('c.txt', 6000)])


def a_save_that_is_under_way_survives_a_signal():
    fd = os.open(path, os.O_WRONLY | os.O_TRUNC)
    pid = int(sql_status('pid'))
    os.kill(pid, signal.SIGTERM)
    wait_for('out of the tree', lambda: not os.path.ismount(mnt))
    os.write(fd, '关机前写完'.encode())
    os.close(fd)
    wait_for_end(pid)
    expect(body(), '关机前写完')


def sql_status(key):
    import json
    with open(os.path.join(mnt, '.planfs/status.json')) as f:
        return json.load(f)[key]


def wait_for_end(pid):
    def has_gone():
        try:
            os.kill(pid, 0)
            return False
        except ProcessLookupError:
            return True
    wait_for('the end of the daemon', has_gone)


def rows_of(inode):
    return sql('SELECT count(*) FROM inode WHERE id = ?', inode)[0][0]


def a_removed_file_lives_as_long_as_a_descriptor_finds_it():
    other = os.path.join(plan, '02-b.txt')
    save('别的', other)
    found = os.open(path, os.O_PATH)
    inodes = [os.stat(path).st_ino, os.stat(other).st_ino]
    os.unlink(path)
    os.unlink(other)
    wait_for('purged', lambda: rows_of(inodes[1]) == 0)
    expect(read('/proc/self/fd/%d' % found), '旧文字')
    try:
        os.open('/proc/self/fd/%d' % found, os.O_WRONLY)
        sys.exit('what is written there would be lost')
    except OSError as e:
        expect(e.errno, errno.ESTALE)
    expect(rows_of(inodes[0]), 1)
    os.close(found)
    wait_for('purged', lambda: rows_of(inodes[0]) == 0)


def notifier():
    """The process that is neither the supervisor nor the daemon."""
    me = os.path.realpath(planfs)
    pids = [int(p) for p in os.listdir('/proc') if p.isdigit()]
    ours = {}
    for pid in pids:
        try:
            with open('/proc/%d/cmdline' % pid, 'rb') as f:
                words = f.read().split(b'\0')
            with open('/proc/%d/stat' % pid) as f:
                parent = int(f.read().rsplit(')', 1)[1].split()[1])
            if os.readlink('/proc/%d/exe' % pid) == me and db.encode() in words:
                ours[pid] = (parent, words[1])
        except OSError:
            pass
    return [pid for pid, (parent, word) in ours.items() if parent in ours and word == b'mount']


def a_killed_notifier_is_replaced():
    for n in range(3):
        before = notifier()
        expect(len(before), 1)
        expect(read(), body())  # the kernel has it
        os.kill(before[0], signal.SIGKILL)
        sql("UPDATE section SET body = ? WHERE name = '01-前言.txt'", '别人写的%d' % n)
        wait_for('shown', lambda: read() == '别人写的%d' % n)
        wait_for('replaced', lambda: notifier() not in ([], before))


def set_up():
    os.makedirs(plan)
    save('旧文字')


run_case(globals(), set_up)
