"""Who made a version: the user, whom his environment names, and the program. See who.sh; one case a run."""
import ctypes
import os
import pwd
import subprocess
import tempfile

from cases import db, expect, mnt, path, plan, planfs, run_case, sql, wait_for

owner = pwd.getpwnam('daemon')  # of the database: whom the daemon runs as
other = pwd.getpwnam('games')
libc = ctypes.CDLL(None, use_errno=True)


def who(name='01-前言.txt', columns='op, author, program'):
    rows = sql(f'SELECT {columns} FROM revision WHERE name = ? ORDER BY rev', name)
    return [' '.join('-' if x is None else str(x) for x in row) for row in rows]


def start(user, *command, author=None, **how):
    env = {'PATH': os.environ['PATH'], 'LC_ALL': 'C.UTF-8'}
    if author is not None:
        env['PLANFS_AUTHOR'] = author
    return subprocess.Popen(command, user=user.pw_uid, group=user.pw_gid, extra_groups=[],
                            env=env, cwd=plan, **how)


def run(user, *command, author=None):
    expect(start(user, *command, author=author).wait(30), 0)


def python(user, program, author=None, **how):
    """A program that imports what it needs; `say()` waits until we have read its line."""
    return start(user, 'python3', '-c', 'import os, sys, time\n' + program, author=author, **how)


def run_python(user, program, author=None):
    expect(python(user, program, author).wait(30), 0)


def set_up():
    os.makedirs(plan)
    os.chmod(plan, 0o777)


# --- programs ---


def the_program_is_that_of_the_process():
    run(owner, 'sh', '-c', 'echo 1 > 01-前言.txt')
    run(owner, 'sh', '-c', 'cat /etc/hostname > 01-前言.txt')  # opened by the shell, written by cat
    run(owner, 'sed', '-i', '1i x', '01-前言.txt')
    run(owner, 'cp', '/etc/passwd', '01-前言.txt')
    run(owner, 'truncate', '-s', '3', '01-前言.txt')
    run(owner, 'chmod', '600', '01-前言.txt')
    run(owner, 'mv', '01-前言.txt', '02.txt')
    run(owner, 'rm', '02.txt')
    run(owner, 'touch', '03.txt')
    run(owner, 'mkdir', 'd')
    run(owner, 'ln', '-s', 'd', 'link')
    expect(who(), ['create daemon sh', 'save daemon cat', 'save daemon sed', 'save daemon cp',
                   'save daemon truncate', 'attr daemon chmod', 'remove daemon mv'])
    expect(who('02.txt'), ['rename daemon mv', 'remove daemon rm'])
    expect(who('03.txt'), ['create daemon touch'])
    expect(who('d') + who('link'), ['create daemon mkdir', 'create daemon ln'])


def a_thread_counts_as_its_program():
    run_python(owner, '''
import ctypes, threading
def save():
    ctypes.CDLL(None).prctl(15, b'pool-7', 0, 0, 0)
    open('01-前言.txt', 'w').write('x')
t = threading.Thread(target=save); t.start(); t.join()
''')
    expect(who(), ['create daemon python3'])


def a_program_may_have_any_name():
    for n, name in enumerate([b'a) R 1', b'a\nb\\c', '一二三四五六七'.encode(), b'\xff\xfe', b' ']):
        run_python(owner, '''
import ctypes
ctypes.CDLL(None).prctl(15, %r, 0, 0, 0)
open('%d.txt', 'w').write('x')
''' % (name, n))
    expect([who('%d.txt' % n, 'program') for n in range(5)],
           [['a) R 1'], ['a b\\c'], ['一二三四五'], ['-'], [' ']])


def other_writers_have_no_program():
    run(owner, 'sh', '-c', 'echo 1 > 01-前言.txt')
    sql("UPDATE section SET body = 'sql'")
    expect(who(), ['create daemon sh', 'save sql -'])


def a_text_that_its_writer_left_behind():
    """Killed before he could close it: his process is no more when it is stored."""
    p = python(owner, "f = os.open('01-前言.txt', os.O_CREAT | os.O_WRONLY); os.write(f, b'x')\n"
                      "print('written', flush=True); time.sleep(60)", author='王', stdout=subprocess.PIPE)
    expect(p.stdout.readline(), b'written\n')
    p.kill()
    p.wait()
    wait_for('stored', who)
    expect(who(), ['create 王 python3'])


def what_a_process_execs_is_another_program():
    run(owner, 'sh', '-c', 'exec 3> 01-前言.txt; echo 1 >&3; exec cp /etc/hostname 02.txt')
    expect(who() + who('02.txt'), ['create daemon sh', 'create daemon cp'])


def numbers_of_another_namespace_tell_nothing():
    umounted = subprocess.run([planfs, 'umount', mnt])
    expect(umounted.returncode, 0)
    p = subprocess.Popen(['unshare', '--pid', '--fork', planfs, 'mount', '-f', '-o', 'allow_other', db, mnt])
    try:
        wait_for('mounted', lambda: os.path.exists(os.path.join(mnt, '.planfs')))
        run(owner, 'sh', '-c', 'echo 1 > 01-前言.txt', author='王')
        expect(who(), ['create daemon -'])
    finally:
        subprocess.run([planfs, 'umount', mnt])
        p.wait(30)
    subprocess.run([planfs, 'mount', '-o', 'allow_other', db, mnt], check=True)


# --- authors ---


def the_environment_names_the_author():
    run(owner, 'sh', '-c', 'echo 1 > 01-前言.txt', author='王小明')
    run(owner, 'sed', '-i', '1i x', '01-前言.txt', author='李 教研室')
    run(owner, 'truncate', '-s', '3', '01-前言.txt', author='赵')
    run(owner, 'chmod', '600', '01-前言.txt', author='钱')
    run(owner, 'rm', '01-前言.txt', author='孙')
    run(owner, 'sh', '-c', 'echo 1 > 01-前言.txt')
    expect(who(columns='op, author'), ['create 王小明', 'save 李 教研室', 'save 赵', 'attr 钱', 'remove 孙',
                                       'save daemon'])


def who_exits_without_closing_is_known():
    run_python(owner, "f = open('01-前言.txt', 'w'); f.write('x'); f.flush(); os._exit(0)", '王')
    expect(who(), ['create 王 python3'])


def a_long_environment_is_read():
    env = {'A%d' % i: 'x' * 1000 for i in range(150)}
    p = subprocess.Popen(['sh', '-c', 'echo 1 > 01-前言.txt'], user=owner.pw_uid, group=owner.pw_gid, extra_groups=[],
                         env=dict(env, PLANFS_AUTHOR='王', PATH=os.environ['PATH']), cwd=plan)
    expect(p.wait(30), 0)
    expect(who(), ['create 王 sh'])


def an_author_that_cannot_be_is_ignored():
    for n, author in enumerate(['', 'a/b', 'a\nb', '..', '一二三四五六七八九十一二三四五六七八九十一二', b'\xcd\xf5']):
        run(owner, 'sh', '-c', 'echo 1 > %d.txt' % n, author=author)
    expect([who('%d.txt' % n, 'author') for n in range(6)], [['daemon']] * 6)


def others_cannot_pretend_to_be_somebody():
    run(other, 'sh', '-c', 'echo 1 > 01-前言.txt', author='王')
    with open(path, 'w') as f:  # the super-user
        f.write('2')
    expect(subprocess.run(['sh', '-c', 'echo 3 > ' + path], env={'PLANFS_AUTHOR': '王'}).returncode, 0)
    expect(who(), ['create games sh', 'save root python3', 'save root sh'])


def a_user_without_a_name_is_a_number():
    os.umask(0)
    expect(subprocess.run(['sh', '-c', 'echo 1 > 01-前言.txt'], user=54321, group=54321, extra_groups=[],
                          cwd=plan).returncode, 0)
    expect(who(), ['create 54321 sh'])


def who_opened_the_file_is_the_author():
    """A thread of smbd may have the identity of another session when it writes."""
    fd = os.open(path, os.O_CREAT | os.O_WRONLY, 0o666)
    p = start(other, 'sh', '-c', 'echo 1', stdout=fd, author='王')
    expect(p.wait(30), 0)
    os.close(fd)
    expect(who(), ['create root sh'])


def who_cuts_a_file_is_not_the_author_of_what_was_there():
    p = python(other, "os.umask(0); f = os.open('01-前言.txt', os.O_CREAT | os.O_WRONLY); os.write(f, b'theirs')\n"
                      "print('written', flush=True); sys.stdin.read()", stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    expect(p.stdout.readline(), b'written\n')
    run(owner, 'sh', '-c', 'echo ours > 01-前言.txt')
    p.stdin.close()
    p.wait(30)
    expect(who(columns='op, author, program, size'), ['create games python3 6', 'save daemon sh 5'])


def each_of_two_writers_is_the_author_of_his_own():
    run_python(other, "os.umask(0); open('01-前言.txt', 'w').write('0')")
    program = ("f = os.open('01-前言.txt', os.O_WRONLY)\nfor line in sys.stdin:\n"
               "    os.pwrite(f, line.encode(), 0); os.fsync(f); print('synced', flush=True)")
    both = [python(u, program, author='王', stdin=subprocess.PIPE, stdout=subprocess.PIPE) for u in (owner, other)]
    for n in range(4):
        p = both[n % 2]
        p.stdin.write(b'%d\n' % n)
        p.stdin.flush()
        expect(p.stdout.readline(), b'synced\n')
    for p in both:
        p.stdin.close()
        p.wait(30)
    expect(who(columns='author'), ['games', '王', 'games', '王', 'games'])


def a_group_of_programs_is_known_by_the_first():
    for _ in range(2):
        run(owner, 'sh', '-c', '{ cat /etc/hostname; date +%N; head -c1 /etc/passwd; } > 01-前言.txt')
    expect(who(), ['create daemon cat', 'save daemon cat'])


# --- commands ---


def commands_tell_who_and_which_they_are():
    with tempfile.TemporaryDirectory() as d:
        file = os.path.join(d, '2015年合肥市教育工作计划.txt')
        with open(file, 'w') as f:
            f.write('2015年合肥市教育工作计划\n\n一、总则\n办好教育。\n二、安全\n安全第一。\n')
        env = dict(os.environ, PLANFS_AUTHOR='王')
        subprocess.run([planfs, 'import', mnt, file], check=True, env=env, stdout=subprocess.DEVNULL)
        subprocess.run([planfs, 'new-year', db, '2016', '--from', '2015'], check=True, stdout=subprocess.DEVNULL)
        json = subprocess.run([planfs, 'export', db, '2015', '--json'], check=True, stdout=subprocess.PIPE).stdout
        json = json.replace(b'"2015"', b'"2014"')
        newest = sql('SELECT max(rev) FROM revision')[0][0]
        subprocess.run([planfs, 'load', db, '-'], input=json, check=True, env=env, stdout=subprocess.DEVNULL)
        bad = subprocess.run([planfs, 'import', db, file, '--year', '2013'], env=dict(env, PLANFS_AUTHOR='a/b'),
                             stderr=subprocess.PIPE, stdout=subprocess.DEVNULL)
    expect((bad.returncode, bad.stderr.decode()),
           (1, "planfs: PLANFS_AUTHOR: an author is UTF-8 of at most 63 bytes, without '/' and control characters\n"))
    count = 'SELECT DISTINCT author, program FROM revision WHERE rev %s ? AND program LIKE ? ORDER BY 1, 2'
    expect(sql(count % '<=', newest, 'planfs %'), [('root', 'planfs new-year'), ('王', 'planfs import')])
    expect(sql(count % '>', newest, 'planfs %'), [('王', 'planfs import'), ('王', 'planfs load')])


def who_mounts_is_not_who_writes():
    expect(subprocess.run([planfs, 'umount', mnt]).returncode, 0)
    subprocess.run([planfs, 'mount', '-o', 'allow_other', db, mnt], check=True,
                   env=dict(os.environ, PLANFS_AUTHOR='a/b'))
    run(owner, 'sh', '-c', 'echo 1 > 01-前言.txt')
    expect(who(), ['create daemon sh'])


run_case(globals(), set_up)
