"""A share of the tree, made with examples/smb.conf, and clients that do what Windows programs do. See samba.sh: a
network of our own, one server for all cases, each case in a plan of its own."""
import fcntl
import json
import os
import pwd
import re
import shutil
import signal
import socket
import sqlite3
import struct
import subprocess
import sys
import time

from samba import NTSTATUSError, credentials
from samba.samba3 import libsmb_samba_internal as libsmb
from samba.samba3 import param

planfs, db, mnt, work, example = sys.argv[1:6]
case = 'start'
PORT = 4450  # besides 445, which the Python client knows only
MEMBER, FRIEND, STRANGER = 'games', 'news', 'uucp'
PASSWORD = 'secret'

# SMB2: access, sharing, what is to happen when the file is there or not
READ, WRITE, DELETE = 0x80000000, 0x40000000, 0x00010000
SHARE_NONE, SHARE_ALL = 0, 7
OPEN, CREATE, OPEN_IF, OVERWRITE_IF = 1, 2, 3, 5

NO_SUCH_NAME, DENIED, SHARING, EXISTS = 0xC0000034, 0xC0000022, 0xC0000043, 0xC0000035


def fail(text):
    sys.exit('FAILED: %s: %s' % (case, text))


def expect(found, wanted, what=''):
    if found != wanted:
        fail('%s%r instead of %r' % (what and what + ': ', found, wanted))


def wait_for(what, condition):
    end = time.monotonic() + 20
    while not condition():
        if time.monotonic() > end:
            fail('after 20 s: not %s' % what)
        time.sleep(0.02)


def refused(status, function, *args, **kwargs):
    try:
        function(*args, **kwargs)
    except NTSTATUSError as e:
        expect(hex(e.args[0] & 0xFFFFFFFF), hex(status))
        return
    fail('was not refused')


def sql(statement, *values):
    with sqlite3.connect(db, isolation_level=None, timeout=10) as c:
        return c.execute(statement, values).fetchall()


# --- the server ---


def raise_loopback():
    s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    get, put = 0x8913, 0x8914
    flags = struct.unpack('16sh', fcntl.ioctl(s, get, struct.pack('16sh14x', b'lo', 0))[:18])[1]
    fcntl.ioctl(s, put, struct.pack('16sh14x', b'lo', flags | 1))


def write_conf():
    """The example, with its paths and its group changed, and all that smbd writes below the test's directory."""
    with open(example, encoding='utf8') as f:
        text = f.read()
    for old, new in (('/srv/plans\n', mnt + '\n'), ('@plans', MEMBER + ' ' + FRIEND)):
        if old not in text:
            fail('examples/smb.conf has no %r' % old)
        text = text.replace(old, new)
    own = ['smb ports = 445 %d' % PORT, 'interfaces = lo', 'bind interfaces only = yes', 'load printers = no',
           'disable spoolss = yes', 'passdb backend = tdbsam:%s/samba/private/passdb.tdb' % work,
           'log file = %s/samba/log' % work, 'ncalrpc dir = %s/samba/ncalrpc' % work]
    for d in ('private', 'state', 'lock', 'cache', 'pid', 'ncalrpc'):
        os.makedirs(os.path.join(work, 'samba', d))
        if d != 'ncalrpc':
            option = {'private': 'private dir', 'pid': 'pid directory'}.get(d, d + ' directory')
            own.append('%s = %s/samba/%s' % (option, work, d))
    text = text.replace('[global]\n', '[global]\n' + '\n'.join(own) + '\n', 1)
    text += '\n[plain]\npath = %s\nread only = no\n' % mnt  # what Samba does by itself
    text += '\n[forced]\npath = %s\nread only = no\nforce user = %s\n' % (mnt, FRIEND)
    conf = os.path.join(work, 'samba/smb.conf')
    with open(conf, 'w', encoding='utf8') as f:
        f.write(text)
    return conf


def start_server(conf):
    for user in (MEMBER, FRIEND, STRANGER):
        subprocess.run(['smbpasswd', '-c', conf, '-s', '-a', user], input='%s\n%s\n' % (PASSWORD, PASSWORD),
                       text=True, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    p = subprocess.Popen(['smbd', '-F', '-s', conf, '-l', os.path.join(work, 'samba')], stdout=subprocess.DEVNULL,
                         stderr=subprocess.DEVNULL)

    def answers():
        if p.poll() is not None:
            with open(os.path.join(work, 'samba/log')) as f:
                fail('smbd: ' + f.read())
        try:
            socket.create_connection(('127.0.0.1', PORT)).close()
            return True
        except OSError:
            return False
    wait_for('smbd', answers)
    return p


conf = None


def connect(user=MEMBER, share='plans'):
    lp = param.get_context()
    lp.load(conf)
    c = credentials.Credentials()
    c.set_username(user)
    c.set_password(PASSWORD)
    c.set_domain('WORKGROUP')
    c.set_workstation('client')
    return libsmb.Conn('127.0.0.1', share, lp=lp, creds=c)


def smbclient(command, user=MEMBER):
    p = subprocess.run(['smbclient', '-s', conf, '-p', str(PORT), '-U', '%s%%%s' % (user, PASSWORD),
                        '//127.0.0.1/plans', '-c', command], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    return p.returncode, p.stdout


# --- the tree ---


def plan():
    """The plan of this case: its directory, and its path as Windows writes it."""
    return os.path.join(mnt, '2016/合肥市', case), '2016\\合肥市\\%s\\' % case


def make_plan():
    path, _ = plan()
    user = pwd.getpwnam(MEMBER)
    os.makedirs(path)
    for p in (path, os.path.dirname(path), os.path.dirname(os.path.dirname(path))):
        os.chown(p, user.pw_uid, user.pw_gid)
        os.chmod(p, 0o2777)  # FRIEND is in no group of ours


def local(name):
    return os.path.join(plan()[0], name)


def read(name):
    with open(local(name), 'rb') as f:
        return f.read()


def write(name, data):
    with open(local(name), 'wb') as f:
        f.write(data)
    user = pwd.getpwnam(MEMBER)
    os.chown(local(name), user.pw_uid, user.pw_gid)


def names(connection, where=None):
    return sorted(e['name'] for e in connection.list(plan()[1] if where is None else where))


def versions(columns='op, author, program', where="op <> 'attr'"):
    """What happened in this plan, the oldest first."""
    rows = sql('''SELECT name, %s FROM revision WHERE parent = (SELECT inode FROM plan_dir WHERE plan = ?)
        AND %s ORDER BY rev''' % (columns, where), case)
    return [tuple(row) for row in rows]


def texts(name):
    return [row[0] for row in sql('SELECT body FROM history WHERE plan = ? AND name = ? ORDER BY rev', case, name)]


def requests():
    with open(os.path.join(mnt, '.planfs/status.json')) as f:
        return json.load(f)['requests']


def count_requests(function):
    """What @function costs, without the look at the counters."""
    requests()
    first, second = requests(), requests()
    function()
    third = requests()
    return {k: n for k in third if (n := third[k] - second.get(k, 0) - (second.get(k, 0) - first.get(k, 0))) > 0}


# --- what Windows programs do ---


def notepad_opens(c, name):
    h = c.create(plan()[1] + name, DesiredAccess=READ, ShareAccess=SHARE_ALL, CreateDisposition=OPEN)
    text = c.read(h, 0, 65536)
    c.close(h)
    return text


def notepad_saves(c, name, text):
    h = c.create(plan()[1] + name, DesiredAccess=READ | WRITE, ShareAccess=SHARE_ALL, CreateDisposition=OPEN_IF)
    c.write(h, text, 0)
    c.close(h)


def word_saves(c, name, text):
    p = plan()[1]
    owner = c.create(p + '~$' + name, DesiredAccess=READ | WRITE | DELETE, ShareAccess=1, CreateDisposition=OVERWRITE_IF)
    c.write(owner, MEMBER.encode(), 0)
    h = c.create(p + '~WRD0000.tmp', DesiredAccess=READ | WRITE | DELETE, ShareAccess=SHARE_NONE, CreateDisposition=CREATE)
    for at in range(0, len(text), 1000):
        c.write(h, text[at:at + 1000], at)
    c.close(h)
    c.rename(p + name, p + '~WRL0001.tmp')
    c.rename(p + '~WRD0000.tmp', p + name)
    c.unlink(p + '~WRL0001.tmp')
    c.close(owner)
    c.unlink(p + '~$' + name)


# --- cases ---


def files_come_and_go():
    c = connect()
    p = plan()[1]
    c.savefile(p + '01-总则.txt', '一、总则'.encode())
    expect(read('01-总则.txt'), '一、总则'.encode())
    expect(c.loadfile(p + '01-总则.txt'), '一、总则'.encode())
    c.savefile(p + '01-总则.txt', b'shorter')
    c.mkdir(p + '附件')
    c.rename(p + '01-总则.txt', p + '附件\\02.txt')
    expect(names(c), ['附件'])
    c.unlink(p + '附件\\02.txt')
    c.rmdir(p + '附件')
    expect(os.listdir(plan()[0]), [])
    refused(NO_SUCH_NAME, c.loadfile, p + '01-总则.txt')
    expect(versions(where="op IN ('create', 'save') AND size > 0"),
           [('01-总则.txt', 'create', MEMBER, 'smbd'), ('01-总则.txt', 'save', MEMBER, 'smbd')])
    expect(texts('01-总则.txt'), ['一、总则', 'shorter'])


def smbclient_on_a_high_port():
    with open(os.path.join(work, 'new.txt'), 'w') as f:
        f.write('新的文本\n')
    p = plan()[1]
    expect(smbclient('cd "%s"; put "%s/new.txt" 01-总则.txt; rename 01-总则.txt 02-安全.txt; get 02-安全.txt "%s/back.txt"'
                     % (p, work, work))[0], 0)
    with open(os.path.join(work, 'back.txt')) as f:
        expect(f.read(), '新的文本\n')
    code, said = smbclient('ls "%s*"' % p)
    expect((code, '02-安全.txt' in said), (0, True), said)
    expect(smbclient('del "%s02-安全.txt"' % p)[0], 0)
    expect(os.listdir(plan()[0]), [])


def notepad_saves_in_place():
    c = connect()
    write('01.txt', b'one')
    for text in (b'two, longer', b'three, even longer'):
        notepad_opens(c, '01.txt')
        notepad_saves(c, '01.txt', text)
        expect(read('01.txt'), text)
        expect(texts('01.txt')[-1], text.decode())
    expect(texts('01.txt'), ['one', 'two, longer', 'three, even longer'])
    expect(versions(where='conflict > 0'), [])


def word_saves_by_renaming():
    c = connect()
    write('01.txt', b'one')
    for n in range(2, 4):
        word_saves(c, '01.txt', b'%d' % n * 5000)
        expect(read('01.txt'), b'%d' % n * 5000)
    expect(os.listdir(plan()[0]), ['01.txt'])
    expect(texts('01.txt'), ['one', '2' * 5000, '3' * 5000])
    expect(sorted({row[0] for row in versions()}), ['01.txt'])
    expect(versions('author, program', "op = 'save' AND size > 0"), [('01.txt', MEMBER, 'smbd')] * 2)


def each_session_is_its_own_author():
    first, second = connect(), connect(FRIEND)
    first.savefile(plan()[1] + '01.txt', b'games')
    second.savefile(plan()[1] + '02.txt', b'news')
    first.savefile(plan()[1] + '02.txt', b'games, too')
    expect(versions('author', 'size > 0 AND op IN (\'create\', \'save\')'),
           [('01.txt', MEMBER), ('02.txt', FRIEND), ('02.txt', MEMBER)])
    made = os.stat(local('02.txt'))
    expect((pwd.getpwuid(made.st_uid).pw_name, made.st_gid, oct(made.st_mode & 0o7777)),
           (FRIEND, pwd.getpwnam(MEMBER).pw_gid, '0o664'))


def who_is_forced_cannot_be_known():
    connect(MEMBER, 'forced').savefile(plan()[1] + '01.txt', b'x')
    expect(versions('author', 'size > 0'), [('01.txt', FRIEND)])


def strangers_are_not_let_in():
    write('01.txt', b'x')
    refused(DENIED, connect, STRANGER)
    c = connect(FRIEND)
    os.chmod(plan()[0], 0o700)
    refused(DENIED, c.loadfile, plan()[1] + '01.txt')
    os.chmod(plan()[0], 0o755)
    expect(c.loadfile(plan()[1] + '01.txt'), b'x')
    refused(DENIED, c.savefile, plan()[1] + '02.txt', b'y')
    os.chmod(local('01.txt'), 0o444)
    refused(DENIED, connect().create, plan()[1] + '01.txt', DesiredAccess=WRITE, ShareAccess=SHARE_ALL,
            CreateDisposition=OPEN)


def names_may_be_chinese_and_long():
    c = connect()
    long = '安' * 83 + '.txt'  # 253 bytes
    for name in (long, '𠮷林路小学.txt', '控辍保学：“一个都不能少”？.txt', 'é e\u0301.txt'):
        c.savefile(plan()[1] + name, name.encode())
        expect(read(name), name.encode())
        expect(c.loadfile(plan()[1] + name), name.encode())
    expect(len(os.listdir(plan()[0])), 4)
    try:
        c.savefile(plan()[1] + '安' * 90 + '.txt', b'x')
        fail('a name of 274 bytes was stored')
    except NTSTATUSError:
        pass


def other_spellings_find_the_file():
    c = connect()
    write('01-Plan.txt', b'x')
    expect(c.loadfile(plan()[1] + '01-PLAN.TXT'), b'x')
    c.savefile(plan()[1] + '01-plan.TXT', b'y')
    expect(os.listdir(plan()[0]), ['01-Plan.txt'])
    write('01-PLAN.txt', b'two names on Linux')
    expect(c.loadfile(plan()[1] + '01-PLAN.txt'), b'two names on Linux')
    expect(c.loadfile(plan()[1] + '01-Plan.txt'), b'y')


def names_that_windows_forbids_can_be_used():
    c = connect()
    write('a:b*?.txt', b'x')
    write('quote"<>|\\.txt', b'y')
    write('end.', b'dot')
    os.mkdir(os.fsencode(plan()[0]) + b'/\xff')
    shown = names(c)
    expect(shown[-2:], ['a\uf03ab\uf02a\uf03f.txt', 'quote\uf022\uf03c\uf03e\uf07c\uf05c.txt'])
    for n in shown:
        if re.search('[:*?"<>|\\\\]', n) or n.endswith('.'):
            fail('Windows cannot use %r' % n)
    expect(c.loadfile(plan()[1] + shown[-2]), b'x')
    c.savefile(plan()[1] + shown[-1], b'saved')
    expect(read('quote"<>|\\.txt'), b'saved')
    os.rmdir(os.fsencode(plan()[0]) + b'/\xff')


def big_files_come_whole():
    c = connect()
    data = os.urandom(1 << 20) * 40
    c.savefile(plan()[1] + 'film.mp4', data)
    expect(read('film.mp4') == data, True)
    expect(c.loadfile(plan()[1] + 'film.mp4') == data, True)
    h = c.create(plan()[1] + 'too-big.mp4', DesiredAccess=WRITE, ShareAccess=SHARE_ALL, CreateDisposition=CREATE)
    try:
        c.write(h, b'x', 65 << 20)
        fail('65 MiB were taken')
    except NTSTATUSError:
        pass
    c.close(h)
    c.unlink(plan()[1] + 'too-big.mp4')


def who_wants_it_alone_has_it_alone():
    first, second = connect(), connect(FRIEND)
    write('01.txt', b'x')
    h = first.create(plan()[1] + '01.txt', DesiredAccess=READ | WRITE, ShareAccess=SHARE_NONE, CreateDisposition=OPEN)
    refused(SHARING, second.loadfile, plan()[1] + '01.txt')
    first.close(h)
    expect(second.loadfile(plan()[1] + '01.txt'), b'x')


def what_sql_changes_is_seen_at_once():
    c = connect()
    write('01.txt', b'old')
    expect(c.loadfile(plan()[1] + '01.txt'), b'old')
    held = c.create(plan()[1] + '01.txt', DesiredAccess=READ, ShareAccess=SHARE_ALL, CreateDisposition=OPEN)
    sql("UPDATE section SET body = 'new, and longer' WHERE plan = ?", case)
    sql("INSERT INTO section (year, district, plan, name, body) VALUES ('2016', '合肥市', ?, '02.txt', 'more')", case)
    wait_for('shown', lambda: c.loadfile(plan()[1] + '01.txt') == b'new, and longer')
    expect(c.read(held, 0, 100), b'new, and longer')
    c.close(held)
    wait_for('listed', lambda: '02.txt' in names(c))
    expect(connect(FRIEND).loadfile(plan()[1] + '02.txt'), b'more')


def a_share_is_told_of_changes():
    """smbd begins to look some time after it was asked to, and what came before goes untold: so something comes all the time."""
    c = connect()
    c.settimeout(60000)
    h = c.create(plan()[1].rstrip('\\'), DesiredAccess=READ, ShareAccess=SHARE_ALL, CreateDisposition=OPEN, CreateOptions=1)
    told = c.notify(h, 65536, libsmb.FILE_NOTIFY_CHANGE_FILE_NAME, recursive=False)
    script = 'n=0; while :; do n=$((n + 1)); : >"$1/came$n.txt"; sleep 0.2; done'
    with subprocess.Popen(['sh', '-c', script, 'sh', os.path.dirname(local('x'))]) as comes:
        try:
            changes = told.get_changes(wait=True)
        finally:
            comes.kill()
    expect(bool(re.fullmatch(r'came\d+\.txt', changes[0]['name'])) and os.path.exists(local(changes[0]['name'])), True)


def to_list_costs_no_requests_for_each_file():
    for n in range(100):
        write('%02d-总则.txt' % n, b'x' * 100)
    c, plain = connect(), connect(share='plain')
    p = plan()[1]
    costs = {}
    for name, run in (('list', lambda c: c.list(p)), ('list again', lambda c: c.list(p)),
                      ('read', lambda c: c.loadfile(p + '07-总则.txt')),
                      ('save', lambda c: c.savefile(p + '07-总则.txt', b'y'))):
        run(c), run(plain)  # what is asked once is asked
        costs[name] = [sum(count_requests(lambda s=s: run(s)).values()) for s in (c, plain)]
    print('   requests (examples/smb.conf, Samba by itself): %s' % costs)
    limits = {'list': 10, 'list again': 10, 'read': 8, 'save': 12}
    for name, (ours, plains) in costs.items():
        if ours > limits[name] or plains < ours:
            fail('%s costs %d requests, %d are allowed; by itself Samba has %d' % (name, ours, limits[name], plains))
    if costs['list'][1] < 100:
        fail('the count says nothing: %r' % costs)
    expect([os.listxattr(local(n)) for n in sorted(os.listdir(plan()[0]))[:3]], [[], [], []])


def a_stream_is_no_version():
    c = connect()
    write('01.txt', b'x')
    c.savefile(plan()[1] + '01.txt:Zone.Identifier', b'[ZoneTransfer]\r\nZoneId=3\r\n')
    expect(c.loadfile(plan()[1] + '01.txt:Zone.Identifier'), b'[ZoneTransfer]\r\nZoneId=3\r\n')
    expect((os.listdir(plan()[0]), texts('01.txt')), (['01.txt'], ['x']))


def a_text_that_was_not_seen_is_marked():
    c = connect()
    write('01.txt', b'begin')
    expect(notepad_opens(c, '01.txt'), b'begin')
    sql("UPDATE section SET body = 'sql' WHERE plan = ?", case)
    wait_for('shown', lambda: read('01.txt') == b'sql')
    notepad_saves(c, '01.txt', b'mine, from Windows')
    expect(versions('author, program, size', 'conflict > 0'), [('01.txt', MEMBER, 'smbd', 18)])
    notepad_opens(c, '01.txt')
    notepad_saves(c, '01.txt', b'mine, from Windows, again')
    expect(len(versions('author', 'conflict > 0')), 1)
    kept = os.path.join(mnt, '.planfs/conflicts/2016/合肥市', case)
    expect(sorted(connect().loadfile('.planfs\\conflicts\\2016\\合肥市\\%s\\%s' % (case, n)) for n in os.listdir(kept)),
           [b'mine, from Windows', b'sql'])


def a_client_that_is_gone_leaves_its_text():
    """smbd closes the file of a client that is cut off as the super-user: it is still the client's."""
    r, w = os.pipe()
    pid = os.fork()
    if pid == 0:
        c = connect(FRIEND)
        h = c.create(plan()[1] + '01.txt', DesiredAccess=WRITE, ShareAccess=SHARE_ALL, CreateDisposition=CREATE)
        c.write(h, b'half', 0)
        os.write(w, b'x')
        signal.pause()
    os.read(r, 1)
    os.kill(pid, signal.SIGKILL)
    os.waitpid(pid, 0)
    wait_for('stored', lambda: versions(where='size > 0'))
    expect(versions('author, program', 'size > 0'), [('01.txt', FRIEND, 'smbd')])


def a_new_daemon_goes_on():
    c = connect()
    write('01.txt', b'x')
    c.loadfile(plan()[1] + '01.txt')
    subprocess.run([planfs, 'upgrade', mnt], check=True, stdout=subprocess.DEVNULL)
    c.savefile(plan()[1] + '01.txt', b'after the upgrade')
    expect(c.loadfile(plan()[1] + '01.txt'), b'after the upgrade')


def windows_shows_previous_versions():
    """What is written now, and happened two hours ago."""
    write('01.txt', b'old text')
    write('02.txt', b'will be removed')
    subprocess.run([planfs, 'umount', mnt], check=True)
    for table, columns in (('revision', ('time', 'mtime', 'dir_mtime')), ('inode', ('atime', 'mtime', 'ctime', 'btime'))):
        sql('UPDATE %s SET %s' % (table, ', '.join('%s = %s - 7200000000000' % (c, c) for c in columns)))
    subprocess.run([planfs, 'mount', '-o', 'allow_other', db, mnt], check=True)
    write('01.txt', b'new text')
    os.unlink(local('02.txt'))

    p = plan()[1]
    code, said = smbclient('allinfo "%s01.txt"' % p)
    moments = re.findall('@GMT-[0-9.]+-[0-9.]+', said)
    if code != 0 or not moments:
        fail('no previous versions: %s' % said)
    old = moments[0]
    for name, text in (('01.txt', b'old text'), ('02.txt', b'will be removed')):
        code, said = smbclient('get "%s\\%s%s" "%s/old"' % (old, p, name, work))
        expect(code, 0, said)
        with open(os.path.join(work, 'old'), 'rb') as f:
            expect(f.read(), text)
    code, said = smbclient('ls "%s\\%s*"' % (old, p))
    expect((code, '01.txt' in said, '02.txt' in said), (0, True, True), said)
    code, said = smbclient('put "%s/old" "%s\\%s01.txt"' % (work, old, p))
    expect((code, read('01.txt')), (1, b'new text'), said)
    expect(connect().loadfile(p + '01.txt'), b'new text')


def main(cases):
    global conf, case
    raise_loopback()
    conf = write_conf()
    server = start_server(conf)
    try:
        for name in cases:
            case = name
            make_plan()
            globals()[name]()
            print('ok ' + name, flush=True)
    finally:
        server.terminate()
        server.wait()
        os.chdir('/')


main(sys.argv[6:])
