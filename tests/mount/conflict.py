"""Two who edit one section: when a save is marked as one that overwrites what its writer has not seen, and when
it must not be. See conflict.sh; one case a run. An editor here is a process that loads a file and saves it when it
is told to, in one of the ways that real ones have (in place, a new file over the old, the old one away)."""
import mmap
import os
import subprocess
import sys
import time

from cases import case, db, expect, mnt, path, plan, planfs, read, run_case, sql, wait_for

views = os.path.join(mnt, '.planfs/conflicts')

EDITOR = r'''
import os, sys, threading
path, way = sys.argv[1:3]

def load():
    with open(path) as f:
        f.read()

def put(where, text, how='w'):
    with open(where, how) as f:
        f.write(text)

def save(text):
    if way == 'in place':  # nano, ed, tee, vim with backupcopy=yes
        put(path, text)
    elif way == 'cut later':  # vim: open, then ftruncate
        f = os.open(path, os.O_WRONLY | os.O_CREAT)
        os.ftruncate(f, 0), os.write(f, text.encode()), os.fsync(f), os.close(f)
    elif way == 'notepad':  # over Samba: open to read and write, write, set the length
        f = os.open(path, os.O_RDWR)
        os.pwrite(f, text.encode(), 0), os.ftruncate(f, len(text.encode())), os.close(f)
    elif way == 'new over old':  # sed -i, GNOME, LibreOffice
        put(path + '.new', text), os.rename(path + '.new', path)
    elif way == 'scratch over old':
        put(os.path.dirname(path) + '/.goutputstream-ABCDEF', text)
        os.rename(os.path.dirname(path) + '/.goutputstream-ABCDEF', path)
    elif way == 'exchanged':
        import ctypes
        put(path + '.new', text)
        ctypes.CDLL(None).renameat2(-100, (path + '.new').encode(), -100, path.encode(), 2)
        os.unlink(path + '.new')
    elif way == 'old away':  # vim, emacs
        os.rename(path, path + '~'), put(path, text), os.unlink(path + '~')
    elif way == 'thread':  # gio
        t = threading.Thread(target=put, args=(path, text))
        t.start(), t.join()
    elif way == 'appended':
        put(path, text, 'a')
    elif way == 'a piece':
        f = os.open(path, os.O_WRONLY)
        os.pwrite(f, b'X', 1), os.close(f)
    elif way == 'read and written':  # one handle for both
        with open(path, 'r+') as f:
            f.read(), f.seek(0), f.write(text), f.truncate()

if way != 'blind':
    load()
print('ready', flush=True)
for line in sys.stdin:
    line = line.rstrip('\n')
    if line == 'load':
        load()
    elif line.startswith('exec '):
        exec(line[5:])
    else:
        save(line)
    print('ready', flush=True)
'''

WHOLE = ['in place', 'cut later', 'notepad', 'new over old', 'scratch over old', 'exchanged', 'old away', 'thread']
PIECES = ['appended', 'a piece', 'read and written']


class Editor:
    def __init__(self, way, name=None):
        program = EDITOR
        if name:
            program = "import ctypes; ctypes.CDLL(None).prctl(15, b'%s', 0, 0, 0)\n" % name + EDITOR
        self.p = subprocess.Popen(['python3', '-c', program, path, way], stdin=subprocess.PIPE,
                                  stdout=subprocess.PIPE)
        self.wait()

    def wait(self):
        line = self.p.stdout.readline()
        expect(line, b'ready\n')

    def say(self, text):
        self.p.stdin.write(text.encode() + b'\n')
        self.p.stdin.flush()
        self.wait()

    save = say

    def load(self):
        self.say('load')

    def run(self, program):
        self.say('exec ' + program)

    def end(self):
        self.p.stdin.close()
        expect(self.p.wait(30), 0)


def foreign(text):
    sql("UPDATE section SET body = ? WHERE name = '01-前言.txt'", text)
    # the kernel of this mount has heard of it, too
    wait_for('shown', lambda: read() == text)


def marks():
    """(text, text that it overwrote) of every marked version, the oldest first."""
    return sql('''SELECT CAST(b.data AS TEXT), CAST(ob.data AS TEXT) FROM revision r JOIN revision o ON o.rev = r.conflict
        LEFT JOIN body b ON b.id = r.body LEFT JOIN body ob ON ob.id = o.body WHERE r.conflict > 0 ORDER BY r.rev''')


def set_up():
    os.makedirs(plan)
    with open(path, 'w') as f:
        f.write('begin')


# --- what is marked ---


def a_save_over_what_sql_wrote_is_marked():
    for way in WHOLE:
        e = Editor(way)
        e.save('first ' + way)
        foreign('sql ' + way)
        e.save('second ' + way)
        e.save('third ' + way)
        e.end()
        expect(marks(), [('second ' + way, 'sql ' + way)])
        sql('UPDATE revision SET conflict = NULL')


def a_save_over_what_another_editor_wrote_is_marked():
    for way in WHOLE:
        a, b = Editor(way), Editor(way)
        a.save('a 1 ' + way)
        expect(marks(), [])
        b.save('b 1 ' + way)
        expect(marks(), [('b 1 ' + way, 'a 1 ' + way)])
        a.save('a 2 ' + way)
        expect(marks(), [('b 1 ' + way, 'a 1 ' + way), ('a 2 ' + way, 'b 1 ' + way)])
        a.end(), b.end()
        sql('UPDATE revision SET conflict = NULL')


def a_text_that_is_being_written_is_certain_to_overwrite():
    """Also of somebody who has read nothing: he made his text of another one than the one that is there."""
    for flags in (os.O_TRUNC, 0):
        f = os.open(path, os.O_WRONLY | flags)
        os.pwrite(f, b'mine', 1)
        sql("UPDATE section SET body = 'sql'")
        os.close(f)
        expect([m[1] for m in marks()], ['sql'])
        sql('UPDATE revision SET conflict = NULL')


def a_new_file_over_one_that_came_in_between_is_marked():
    where = os.path.join(plan, '02-新.txt')
    f = os.open(where, os.O_WRONLY | os.O_CREAT | os.O_EXCL)
    os.write(f, b'mine')
    sql("INSERT INTO section (year, district, plan, name, body) VALUES ('2016', '合肥市', '计划', '02-新.txt', 'sql')")
    os.close(f)
    expect(marks(), [('mine', 'sql')])
    expect(read(where), 'mine')


def a_reader_is_remembered_among_many_others():
    """More come and go than are remembered; who has ended makes room first."""
    e = Editor('in place')
    subprocess.run(['sh', '-c', 'for i in $(seq 400); do cat "$1" >/dev/null; done', 'sh', path], check=True)
    foreign('sql')
    e.save('mine')
    e.end()
    expect(marks(), [('mine', 'sql')])


def a_reader_may_have_read_in_another_thread():
    e = Editor('blind')
    e.run("t = threading.Thread(target=load); t.start(); t.join()")
    foreign('sql')
    e.run("put(path, 'mine')")
    e.end()
    expect(marks(), [('mine', 'sql')])


def a_renamed_section_keeps_what_was_seen():
    e = Editor('in place')
    foreign('sql')
    os.rename(os.path.join(mnt, '2016/合肥市'), os.path.join(mnt, '2016/南京市'))
    e.run("path = path.replace('合肥', '南京'); put(path, 'mine')")
    e.end()
    expect(marks(), [('mine', 'sql')])


# --- what is not ---


def a_save_of_what_was_read_again_is_no_conflict():
    for way in WHOLE:
        e = Editor(way)
        foreign('sql ' + way)
        e.load()
        e.save('mine ' + way)
        e.end()
    expect(marks(), [])


def what_is_made_of_the_present_text_is_no_conflict():
    for way in PIECES:
        e = Editor(way)
        e.save('1' + way)
        foreign('sql ' + way)
        e.save('2' + way)
        e.save('3' + way)
        e.end()
    expect(marks(), [])


def who_reads_and_writes_through_one_handle_has_seen_it():
    """Also when the kernel has all pages already, and when he comes again and again."""
    e = Editor('read and written')
    for n in range(3):
        foreign('sql %d' % n)
        subprocess.run(['cat', path], check=True, stdout=subprocess.DEVNULL)
        e.save('mine %d' % n)
    e.end()
    expect(marks(), [])


def who_has_never_read_it_means_to_replace_it():
    with open(plan + '/backup', 'w') as f:
        f.write('from a backup')
    foreign('sql')
    for command in (['cp', 'backup', path], ['cp', '--remove-destination', 'backup', path], ['mv', 'backup', path],
                    ['sh', '-c', 'echo x > "$1"', 'sh', path]):
        subprocess.run(command, cwd=plan, check=True)
        foreign('sql again')
    expect(marks(), [])


def one_program_with_two_handles_is_one_writer():
    e = Editor('in place')
    e.run("f = open(path, 'w'); g = open(path, 'w')")
    e.run("f.write('f'); f.close()")
    e.run("g.write('g'); g.close()")
    e.run("put(path, 'again')")
    e.end()
    expect(marks(), [])


def who_opened_it_while_it_was_written_has_seen_it():
    e = Editor('in place')
    w = open(path, 'w')
    w.write('other')
    w.flush()
    e.run("f = open(path)")
    w.close()
    e.run("f.read()")
    e.save('mine')
    e.end()
    expect(marks(), [])


def the_same_text_is_no_conflict():
    e = Editor('in place')
    e.save('same')
    foreign('other')
    foreign('same')
    e.save('mine')
    foreign('theirs')
    e.save('theirs')
    e.end()
    expect(marks(), [])


def programs_that_serve_many_users_are_not_asked():
    a, b = Editor('in place', 'apache2'), Editor('in place', 'apache2')
    a.save('a')
    b.save('b')
    a.save('a again')
    a.end(), b.end()
    expect(marks(), [])


def the_number_of_a_process_is_not_the_process():
    """Another process gets the number of one that has read the file."""
    last = '/proc/sys/kernel/ns_last_pid'
    if not os.access(last, os.W_OK):
        print('no ' + last)
        return
    e = Editor('in place')
    number = e.p.pid
    e.end()
    time_ticks = os.sysconf('SC_CLK_TCK')
    begun = time.monotonic()
    wait_for('a tick', lambda: time.monotonic() - begun > 2 / time_ticks)
    foreign('sql')
    for _ in range(100):  # somebody else may take it
        with open(last, 'w') as f:
            f.write(str(number - 1))
        p = subprocess.Popen(['sh', '-c', 'echo $$; read x; echo mine > "$1"', 'sh', path], stdin=subprocess.PIPE,
                             stdout=subprocess.PIPE)
        if p.pid == number:
            break
        p.communicate(b'\n')
        foreign('sql')
    expect(p.pid, number)
    p.communicate(b'\n')
    expect(read(), 'mine\n')
    expect(marks(), [])


# --- what is written into a file that has lost its place ---


def versions():
    return sql("SELECT author, body FROM history WHERE name = '01-前言.txt' AND op <> 'attr' ORDER BY rev")


def take_the_place_of_it(way, text):
    e = Editor(way)
    e.save(text)
    e.end()


def a_text_whose_file_was_replaced_is_a_version():
    """The place keeps the text that it has, with its time; who wrote the other one is told that it is stored."""
    for way in 'new over old', 'scratch over old', 'old away':
        sql('UPDATE revision SET conflict = NULL')
        mine, theirs = 'mine, then ' + way, 'theirs ' + way
        f = os.open(path, os.O_WRONLY | os.O_TRUNC)
        os.write(f, b'mine')
        take_the_place_of_it(way, theirs)
        expect((read(), marks()), (theirs, []))
        before = os.stat(path)
        os.pwrite(f, mine.encode(), 0)
        os.close(f)
        after = os.stat(path)
        expect(read(), theirs)
        expect((after.st_ino, after.st_mtime_ns, after.st_size), (before.st_ino, before.st_mtime_ns, before.st_size))
        expect([body for _, body in versions()[-3:]], [theirs, mine, theirs])
        expect(marks(), [(theirs, mine)])
        subprocess.run([planfs, 'check', db], check=True, stdout=subprocess.DEVNULL)


def a_text_is_kept_when_it_is_closed():
    """A log that is synced line by line is one version, and one mark."""
    f = os.open(path, os.O_RDWR)
    take_the_place_of_it('new over old', 'theirs')
    n = len(versions())
    os.fsync(f)
    os.close(os.dup(f))
    expect(len(versions()), n)  # nothing was written
    for text in b'one', b'two', b'three':
        os.pwrite(f, text, 0)
        os.fsync(f)
        os.ftruncate(f, len(text))
        expect(os.pread(f, 100, 0), text)
    expect(len(versions()), n)
    os.close(os.dup(f))
    expect([body for _, body in versions()[n:]], ['three', 'theirs'])
    os.pwrite(f, b'four!', 0)
    os.close(f)
    expect([body for _, body in versions()[n:]], ['three', 'theirs', 'four!', 'theirs'])
    expect(read(), 'theirs')


def whoever_closes_it_last_keeps_it():
    """A child that writes when the shell has closed its descriptor, and memory that is mapped."""
    script = ('exec 3>>"$0" 4<&0; echo open; read x; ( read y <&4; printf "late" >&3; echo written ) & exec 3>&-; echo closed;'
              'wait')
    p = subprocess.Popen(['bash', '-c', script, path], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    expect(p.stdout.readline(), 'open\n')
    take_the_place_of_it('new over old', 'theirs')
    p.stdin.write('\n')
    p.stdin.flush()
    expect(p.stdout.readline(), 'closed\n')
    p.communicate('\n')
    wait_for('a version', lambda: ['beginlate', 'theirs'] == [body for _, body in versions()[-2:]])

    f = os.open(path, os.O_RDWR)
    memory = mmap.mmap(f, 6)
    os.close(f)
    take_the_place_of_it('scratch over old', 'again')
    memory[:4] = b'MINE'
    memory.close()
    wait_for('a version', lambda: ['MINErs', 'again'] == [body for _, body in versions()[-2:]])


def a_text_is_kept_where_the_new_one_is_still_being_written():
    """As vim and emacs do it: the old file away, the new one made, and not written yet."""
    f = os.open(path, os.O_WRONLY)
    os.rename(path, path + '~')
    g = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL)
    os.pwrite(f, b'mine!', 0)
    os.close(f)
    os.write(g, b'theirs')
    os.close(g)
    os.unlink(path + '~')
    expect(read(), 'theirs')
    expect([body for _, body in versions()], ['begin', 'mine!', 'theirs'])


def a_text_is_kept_whatever_took_its_place():
    f = os.open(path, os.O_WRONLY)
    take_the_place_of_it('exchanged', 'theirs')
    os.pwrite(f, b'mine!', 0)
    os.close(f)
    expect([body for _, body in versions()[-3:]], ['theirs', 'mine!', 'theirs'])

    f = os.open(path, os.O_WRONLY)
    os.symlink('elsewhere', path + '.new')
    os.rename(path + '.new', path)
    os.pwrite(f, b'mine, too', 0)
    os.close(f)
    expect(os.readlink(path), 'elsewhere')
    expect([body for _, body in versions() if body][-1], 'mine, too')


def a_file_with_another_name_is_saved_there_only():
    other = os.path.join(plan, '02-链接.txt')
    os.link(path, other)
    f = os.open(other, os.O_WRONLY)
    take_the_place_of_it('new over old', 'theirs')
    n = len(versions())
    os.pwrite(f, b'mine!', 0)
    os.close(f)
    with open(other, 'a') as g:
        g.write(', and more')
    expect((read(), read(other), len(versions()), marks()), ('theirs', 'mine!, and more', n, []))

    # and who writes the old file later does not mean the place
    f, r = os.open(path, os.O_WRONLY), os.open(path, os.O_RDONLY)
    os.rename(path, path + '~')
    with open(path, 'w') as g:
        g.write('new')
    os.close(f)
    n = len(versions())
    with open(path + '~', 'w') as g:
        g.write('into the backup')
    os.close(r)
    expect((len(versions()), marks()), (n, []))


def the_same_bytes_are_not_kept():
    f = os.open(path, os.O_WRONLY)
    take_the_place_of_it('new over old', 'theirs')
    os.write(f, b'begin')
    os.close(f)
    g = os.open(path, os.O_RDWR)
    take_the_place_of_it('new over old', 'again')
    os.pwrite(g, b'theirs', 0)
    os.close(g)
    expect([body for _, body in versions()], ['begin', 'theirs', 'again'])
    expect(marks(), [])


def each_text_is_by_whoever_made_it():
    os.chmod(path, 0o666)
    os.chmod(plan, 0o777)
    script = 'exec 3<>"$0"; echo open; read x; printf "mine, too" >&3; exec 3>&-; echo closed'
    p = subprocess.Popen(['sh', '-c', script, path], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
                         user='games', group='games', extra_groups=[])
    expect(p.stdout.readline(), 'open\n')
    take_the_place_of_it('new over old', 'theirs')
    expect(p.communicate('\n')[0], 'closed\n')
    expect(versions()[-3:], [('root', 'theirs'), ('games', 'mine, too'), ('root', 'theirs')])
    blame = subprocess.run([planfs, 'blame', path], check=True, stdout=subprocess.PIPE, text=True).stdout
    if 'root' not in blame or 'games' in blame:
        sys.exit('blame: ' + blame)


def the_lines_that_stand_are_as_old_as_they_were():
    for text in 'one\n', 'one\ntwo\n', 'one\ntwo\nthree\n':
        with open(path, 'w') as g:
            g.write(text)

    def blame():
        out = subprocess.run([planfs, 'blame', path], check=True, stdout=subprocess.PIPE, text=True).stdout
        return [line.split()[0] for line in out.splitlines()]

    expect(blame(), ['@2', '@3', '@4'])
    f = os.open(path, os.O_WRONLY)
    with open(path + '.new', 'w') as g:
        g.write('one\ntwo\nthree\n')
    os.rename(path + '.new', path)
    os.pwrite(f, b'something else\n', 0)
    os.ftruncate(f, 15)
    os.close(f)
    expect([body for _, body in versions()][-2:], ['something else\n', 'one\ntwo\nthree\n'])
    expect(blame(), ['@2', '@3', '@4'])


def a_text_without_a_place_is_no_version():
    """Neither what was removed, nor what never stood among the versions, nor the text that stands there anyway."""
    f = os.open(path, os.O_WRONLY)
    os.unlink(path)
    os.write(f, b'into nothing')
    os.close(f)
    expect(os.path.exists(path), False)
    scratch = os.path.join(plan, '.goutputstream-ABCDEF')
    for name in 'one', 'two':
        with open(path, 'w') as g:
            g.write('text')
        f = os.open(scratch, os.O_WRONLY | os.O_CREAT)
        os.rename(path, scratch)
        os.write(f, b'into a scratch file')
        os.close(f)
        os.unlink(scratch)
    with open(path, 'w') as g:
        g.write('text')
    f = os.open(path, os.O_WRONLY)
    take_the_place_of_it('new over old', 'the same')
    os.pwrite(f, b'the same', 0)
    os.close(f)
    expect(set(body for _, body in versions()), {'begin', 'text', 'the same'})
    expect(marks(), [])


# --- what is shown ---


def shown():
    return sorted(os.path.relpath(os.path.join(d, f), views) for d, _, files in os.walk(views) for f in files)


def make_conflict(text='mine', theirs='sql'):
    e = Editor('in place')
    foreign(theirs)
    e.save(text)
    e.end()


def both_texts_stand_side_by_side():
    expect(shown(), [])
    make_conflict()
    kept, overwritten = shown()
    expect((os.path.dirname(kept), os.path.dirname(overwritten)), ('2016/合肥市/计划',) * 2)
    expect(read(os.path.join(views, kept)), 'mine')
    expect(read(os.path.join(views, overwritten)), 'sql')
    if '-kept-' not in kept or not kept.endswith('-root.txt') or not overwritten.endswith('-sql.txt'):
        sys.exit('names: %r' % shown())
    expect(os.stat(os.path.join(views, kept)).st_size, 4)
    for what in (lambda: open(os.path.join(views, kept), 'w'), lambda: os.unlink(os.path.join(views, kept)),
                 lambda: os.mkdir(os.path.join(views, 'd')), lambda: os.chmod(os.path.join(views, kept), 0o777)):
        try:
            what()
        except OSError:
            continue
        sys.exit('%s: something was changed' % case)


def status():
    out = subprocess.run([planfs, 'status', mnt], check=True, stdout=subprocess.PIPE, text=True).stdout
    return [line.split()[1] for line in out.splitlines() if line.startswith('conflicts:')]


def what_is_dismissed_is_shown_no_more():
    make_conflict()
    expect(status(), ['1'])
    make_conflict('mine again', 'sql again')
    expect((len(shown()), status()), (4, ['2']))
    newest = sql('SELECT max(rev) FROM revision')[0][0]
    subprocess.run([planfs, 'conflicts', mnt, '--dismiss', str(newest)], check=True, stdout=subprocess.DEVNULL)
    expect((len(shown()), status()), (2, ['1']))
    subprocess.run([planfs, 'conflicts', plan, '--dismiss', 'all'], check=True, stdout=subprocess.DEVNULL)
    expect((shown(), status()), ([], ['0']))
    expect(sql("SELECT count(*) FROM history WHERE body LIKE 'sql%' OR body LIKE 'mine%'"), [(4,)])


def who_may_not_read_the_section_may_not_read_it_here():
    make_conflict()
    os.chmod(os.path.join(mnt, '2016/合肥市'), 0o700)
    code = subprocess.run(['ls', os.path.join(views, '2016/合肥市')], user='games', group='games', extra_groups=[],
                          stderr=subprocess.DEVNULL, stdout=subprocess.DEVNULL).returncode
    expect(code, 2)
    os.chmod(os.path.join(mnt, '2016/合肥市'), 0o755)
    subprocess.run(['grep', '-rq', 'sql', views], user='games', group='games', extra_groups=[], check=True)


def conflicts_outlive_the_mount():
    make_conflict()
    before = shown()
    subprocess.run([planfs, 'umount', mnt], check=True)
    subprocess.run([planfs, 'mount', '-o', 'allow_other', db, mnt], check=True)
    expect(shown(), before)
    subprocess.run([planfs, 'umount', mnt], check=True)
    subprocess.run([planfs, 'mount', '-o', 'ro,allow_other', db, mnt], check=True)
    expect(shown(), before)
    expect(sorted(read(os.path.join(views, f)) for f in before), ['mine', 'sql'])


run_case(globals(), set_up)
