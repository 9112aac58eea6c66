"""Other programs write the database while it is mounted; run by writers.sh.

    writers.py DB MNT PID PART     PART is changes, prepare or locks; PID is the daemon's

Every change is made by the stock sqlite3 shell and must be visible in the tree within a second,
however warm the kernel's caches are. That they are warm is not assumed: with the daemon stopped,
whatever still answers is answered from a cache.
"""

import mmap
import os
import signal
import statistics
import subprocess
import sys
import threading
import time

DB, MNT, PID, PART = sys.argv[1], sys.argv[2], int(sys.argv[3]), sys.argv[4]
LIMIT_MS = 1000
passed = failed = 0


def now():
    return time.monotonic() * 1000


def point(good, what):
    global passed, failed
    if good:
        passed += 1
    else:
        failed += 1
        print("FAILED: " + what, flush=True)


class Sql:
    """A sqlite3 shell that stays; run() returns when the statement is done."""

    def __init__(self):
        self.shell = subprocess.Popen(
            ["sqlite3", "-batch", DB], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT, text=True, bufsize=1)
        self.run(".timeout 10000")

    def run(self, sql):
        self.shell.stdin.write(sql + "\n.print ---done---\n")
        self.shell.stdin.flush()
        lines = []
        for line in self.shell.stdout:
            if line == "---done---\n":
                break
            lines.append(line.rstrip("\n"))
        return lines

    def change(self, sql):
        """A statement that must say nothing."""
        said = self.run(sql)
        if said:
            raise RuntimeError(f"{sql}: {said}")

    def close(self):
        self.shell.stdin.close()
        self.shell.wait()


def path(*names):
    return os.path.join(MNT, *names)


def put(text, *names):
    os.makedirs(path(*names[:-1]), exist_ok=True)
    with open(path(*names), "w", encoding="utf-8") as f:
        f.write(text)


def get(name):
    with open(name, "rb") as f:
        return f.read()


def exists(name):
    try:
        os.stat(name)
        return True
    except FileNotFoundError:
        return False


def entries(name):
    try:
        return os.listdir(name)
    except FileNotFoundError:
        return []


def pread_all(fd):
    return os.pread(fd, 1 << 20, 0)


def warm_everything():
    """Each entry looked up, each attribute and text read, twice: a cache may fill at the second."""
    for _ in range(2):
        for top, dirs, files in os.walk(MNT):
            for name in dirs + files:
                os.stat(os.path.join(top, name))
            for name in files:
                get(os.path.join(top, name))


def answered_without_daemon(look):
    """Does `look` answer while the daemon is stopped?"""
    done = threading.Event()

    def try_it():
        seen("a look while the daemon is stopped", look)
        done.set()

    thread = threading.Thread(target=try_it)
    os.kill(PID, signal.SIGSTOP)
    try:
        thread.start()
        cached = done.wait(0.1)
    finally:
        os.kill(PID, signal.SIGCONT)
    thread.join()
    return cached


figures = {}


def seen(what, look):
    """Is it so? An error of the mount is a finding, but not the end of the test."""
    try:
        return look()
    except FileNotFoundError:
        return False
    except OSError as e:
        point(False, f"{what}: {e}")
        return False


def watch(what, sql, statement, looks, prepare=()):
    """Make one change; each of `looks`, (name, function), must come true within the limit.

    The looks are waited for in their order: those that a cache answers come first, since a look
    that asks the daemon may refresh what the kernel has."""
    cached = {}
    for _ in range(3):
        warm_everything()
        for look in prepare:
            look()
        for name, look in looks:
            if seen(what, look):
                raise RuntimeError(f"{what}: '{name}' is true before the change")
        cached = {name: answered_without_daemon(look) for name, look in looks}
        if all(cached.values()):
            break
    for name, look in looks:
        seen(what, look)
    start = now()
    sql.change(statement)
    committed = now() - start
    for name, look in looks:
        while not seen(what, look) and now() - start < 3 * LIMIT_MS:
            time.sleep(0.0005)
        took = now() - start
        key = f"{what}: {name}"
        figures.setdefault(key, []).append((took, cached[name]))
        point(took < LIMIT_MS, f"{key} after {took:.0f} ms (commit {committed:.0f} ms, "
              f"{'cached' if cached[name] else 'not cached'} before)")


def print_figures():
    print("visible after, ms from the statement's start (median, longest; answered by a cache before):")
    for key, rounds in figures.items():
        times = [t for t, _ in rounds]
        warm = sum(c for _, c in rounds)
        print(f"  {statistics.median(times):7.1f} {max(times):7.1f}  {warm}/{len(rounds)}  {key}")


YEAR, CITY = "2016", "合肥市"
WHERE = f"WHERE year='{YEAR}' AND district='{CITY}' AND plan="


def make_tree():
    for plan in ("甲计划", "乙计划", "丙计划"):
        for n in range(1, 5):
            put(f"{plan}第{n}节\n" * 50, YEAR, CITY, plan, f"{n:02}-节.txt")
    put('{"title": "原题"}\n', YEAR, CITY, "甲计划", "plan.json")


def body_changes(sql, turn):
    """Contents and sizes: longer, shorter, and of equal length, where only the pages tell."""
    name = path(YEAR, CITY, "甲计划", "01-节.txt")
    fd = os.open(name, os.O_RDONLY)
    old = len(pread_all(fd))
    texts = {"longer": "长" * (2000 + turn), "shorter": "短" * (20 + turn)}
    texts["equally long"] = chr(0x7532 + turn) * (20 + turn)
    for kind, text in texts.items():
        data = text.encode()
        looks = [("open file read again", lambda d=data: pread_all(fd) == d),
                 ("file read anew", lambda d=data: get(name) == d)]
        if len(data) != old:
            looks.insert(0, ("size", lambda d=data: os.stat(name).st_size == len(d)))
        watch(f"UPDATE body, {kind}", sql,
              f"UPDATE section SET body='{text}' {WHERE}'甲计划' AND name='01-节.txt';", looks)
        old = len(data)
    os.close(fd)


def mapped_change(sql, turn):
    name = path(YEAR, CITY, "甲计划", "02-节.txt")
    put("映" * 1000, YEAR, CITY, "甲计划", "02-节.txt")
    text = chr(0x6620 + 1 + turn) * 1000
    fd = os.open(name, os.O_RDONLY)
    view = mmap.mmap(fd, 0, mmap.MAP_SHARED, mmap.PROT_READ)
    watch("UPDATE body", sql, f"UPDATE section SET body='{text}' {WHERE}'甲计划' AND name='02-节.txt';",
          [("mapped file", lambda: view[:] == text.encode())])
    view.close()
    os.close(fd)


def section_entries(sql, turn):
    plan = path(YEAR, CITY, "乙计划")
    new, renamed = f"新-{turn}.txt", f"改-{turn}.txt"
    values = f"'{YEAR}','{CITY}','乙计划'"
    watch("INSERT section", sql,
          f"INSERT INTO section(year,district,plan,name,body) VALUES({values},'{new}','新文{turn}');",
          [("name that was looked up in vain", lambda: exists(f"{plan}/{new}")),
           ("entry of the directory", lambda: new in entries(plan)),
           ("text", lambda: get(f"{plan}/{new}") == f"新文{turn}".encode() if exists(f"{plan}/{new}") else False)])
    fd = os.open(f"{plan}/{new}", os.O_RDONLY)
    ino = os.fstat(fd).st_ino
    watch("UPDATE section name", sql, f"UPDATE section SET name='{renamed}' {WHERE}'乙计划' AND name='{new}';",
          [("old name gone", lambda: not exists(f"{plan}/{new}")),
           ("new name, looked up in vain before", lambda: exists(f"{plan}/{renamed}")),
           ("entries", lambda: renamed in entries(plan) and new not in entries(plan))])
    point(os.stat(f"{plan}/{renamed}").st_ino == ino, "a renamed section keeps its inode number")
    point(pread_all(fd) == f"新文{turn}".encode(), "an open file reads on after its name changed")
    watch("DELETE section", sql, f"DELETE FROM section {WHERE}'乙计划' AND name='{renamed}';",
          [("name gone", lambda: not exists(f"{plan}/{renamed}")),
           ("entry gone", lambda: renamed not in entries(plan))])
    point(pread_all(fd) == f"新文{turn}".encode(), "an open file reads on after it was deleted")
    os.close(fd)


def new_directories(sql, turn):
    year = str(2030 + turn)
    name = path(year, "南通市通州区", "新计划", "01-节.txt")
    watch("INSERT section in a new year", sql,
          f"INSERT INTO section(year,district,plan,name,body) VALUES('{year}','南通市通州区','新计划','01-节.txt','文');",
          [("year, looked up in vain before", lambda: exists(path(year))),
           ("entry of the root", lambda: year in entries(MNT)),
           ("section", lambda: exists(name) and get(name) == "文".encode())])


def plan_changes(sql, turn):
    city = path(YEAR, CITY)
    name, moved = f"丁计划{turn}", f"戊计划{turn}"
    watch("INSERT plan", sql, f"INSERT INTO plan(year,district,name,title) VALUES('{YEAR}','{CITY}','{name}','题');",
          [("directory, looked up in vain before", lambda: exists(f"{city}/{name}")),
           ("entry", lambda: name in entries(city)),
           ("plan.json", lambda: exists(f"{city}/{name}/plan.json") and "题" in get(f"{city}/{name}/plan.json").decode())])
    put("留", YEAR, CITY, name, "01-节.txt")
    fd = os.open(f"{city}/{name}/01-节.txt", os.O_RDONLY)
    directory = os.open(f"{city}/{name}", os.O_RDONLY)
    json = os.open(f"{city}/{name}/plan.json", os.O_RDONLY)
    watch("UPDATE plan title", sql, f"UPDATE plan SET title='新题目{turn}' WHERE year='{YEAR}' AND name='{name}';",
          [("open plan.json", lambda: f"新题目{turn}" in pread_all(json).decode()),
           ("plan.json", lambda: f"新题目{turn}" in get(f"{city}/{name}/plan.json").decode())])
    watch("UPDATE plan name", sql, f"UPDATE plan SET name='{moved}' WHERE year='{YEAR}' AND name='{name}';",
          [("old name gone", lambda: not exists(f"{city}/{name}")),
           ("new name", lambda: exists(f"{city}/{moved}/01-节.txt")),
           ("entries", lambda: moved in entries(city) and name not in entries(city))])
    watch("UPDATE plan year", sql, f"UPDATE plan SET year='2040' WHERE year='{YEAR}' AND name='{moved}';",
          [("old place gone", lambda: not exists(f"{city}/{moved}")),
           ("new place", lambda: exists(path("2040", CITY, moved, "01-节.txt"))),
           ("entries of the old district", lambda: moved not in entries(city))])
    watch("UPDATE plan district", sql, f"UPDATE plan SET district='芜湖市' WHERE year='2040' AND name='{moved}';",
          [("old place gone", lambda: not exists(path("2040", CITY, moved))),
           ("new place", lambda: exists(path("2040", "芜湖市", moved, "01-节.txt")))])
    point(pread_all(fd) == "留".encode(), "an open file reads on after its plan moved")
    point("01-节.txt" in os.listdir(directory), "an open directory lists on after it moved")
    os.close(json)
    watch("DELETE plan", sql, f"DELETE FROM plan WHERE year='2040' AND name='{moved}';",
          [("directory gone", lambda: not exists(path("2040", "芜湖市", moved))),
           ("section gone", lambda: not exists(path("2040", "芜湖市", moved, "01-节.txt"))),
           ("entry gone", lambda: moved not in entries(path("2040", "芜湖市")))])
    point(pread_all(fd) == "留".encode(), "an open file reads on after its plan was deleted")
    os.close(directory)
    os.close(fd)


def write_against_write(sql, turn):
    """Both change one section: the last close wins, and the other's text is a version."""
    name = path(YEAR, CITY, "丙计划", "01-节.txt")
    fd = os.open(name, os.O_WRONLY | os.O_TRUNC)
    os.write(fd, f"编辑器{turn}".encode())
    sql.change(f"UPDATE section SET body='外部{turn}' {WHERE}'丙计划' AND name='01-节.txt';")
    os.close(fd)
    point(get(name) == f"编辑器{turn}".encode(), "the last close wins over a change from outside")
    kept = sql.run(f"SELECT count(*) FROM history WHERE plan='丙计划' AND name='01-节.txt' AND "
                   f"body IN ('外部{turn}', '编辑器{turn}');")
    point(kept == ["2"], f"both texts are versions: {kept}")


def maintenance(sql):
    """What keepers of databases do by habit must do no harm."""
    before = {name: get(path(YEAR, CITY, "丙计划", name)) for name in entries(path(YEAR, CITY, "丙计划"))}
    for statement in ("PRAGMA wal_checkpoint(TRUNCATE);", "PRAGMA wal_checkpoint(PASSIVE);", "VACUUM;", "ANALYZE;"):
        said = sql.run(statement)
        point(not any("rror" in line for line in said), f"{statement} while mounted: {said}")
        put(statement, YEAR, CITY, "乙计划", "02-节.txt")
        point(get(path(YEAR, CITY, "乙计划", "02-节.txt")) == statement.encode(), f"a save after {statement}")
        point(all(get(path(YEAR, CITY, "丙计划", n)) == b for n, b in before.items()), f"texts after {statement}")
    point(sql.run("PRAGMA integrity_check;") == ["ok"], "integrity_check by another program")


def changes():
    make_tree()
    sql = Sql()
    for turn in range(3):
        for part in (body_changes, mapped_change, section_entries, new_directories, plan_changes, write_against_write):
            try:
                part(sql, turn)
            except (OSError, RuntimeError) as e:
                point(False, f"{part.__name__}, turn {turn}: {e!r}")
    print_figures()
    maintenance(sql)
    sql.close()


class Runner(threading.Thread):
    """Repeats `step` until told to stop; keeps the times and the first error."""

    def __init__(self, name, step, steps=None):
        super().__init__(name=name)
        self.step, self.steps = step, steps
        self.times, self.error, self.stopped = [], None, threading.Event()
        self.began = None

    def run(self):
        n = 0
        while not self.stopped.is_set() and (self.steps is None or n < self.steps):
            self.began = now()
            try:
                self.step(n)
            except OSError as e:
                self.error = e
                self.times.append(now() - self.began)
                return
            self.times.append(now() - self.began)
            self.began = None
            n += 1
            time.sleep(0.002)

    def longest(self):
        begun = self.began
        return max(self.times + ([now() - begun] if begun else []), default=0)


def save_in_place(n):
    put(f"就地{n}", "2020", "甲市", "就地", "01.txt")


def save_by_rename(n):
    put(f"改名{n}", "2020", "甲市", "改名", "x.tmp")
    fd = os.open(path("2020", "甲市", "改名", "x.tmp"), os.O_RDONLY)
    os.fsync(fd)
    os.close(fd)
    os.rename(path("2020", "甲市", "改名", "x.tmp"), path("2020", "甲市", "改名", "01.txt"))


def save_like_vim(n):
    name = path("2020", "甲市", "vim", "01.txt")
    os.rename(name, name + "~")
    fd = os.open(name, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o644)
    os.write(fd, f"vim{n}".encode())
    os.fsync(fd)
    os.close(fd)
    os.unlink(name + "~")


def make_directory(n):
    os.mkdir(path("2020", "甲市", "目录", f"d{os.getpid()}-{n}"))


def prepare_locks(cold):
    for plan in ("就地", "改名", "vim", "目录"):
        put("旧", "2020", "甲市", plan, "01.txt")
    for n in range(cold):
        put(f"冷{n}", "2021", "乙市", f"计划{n % 20}", f"{n:04}.txt")


def reader_steps(cold):
    def cold_file(n):
        n = n % cold
        if get(path("2021", "乙市", f"计划{n % 20}", f"{n:04}.txt")) != f"冷{n}".encode():
            raise OSError("wrong text")

    return {
        "read of a cached file": lambda n: get(path("2021", "乙市", "计划0", "0000.txt")),
        "read of files not read before": cold_file,
        "ls of other directories": lambda n: os.listdir(path("2021", "乙市", f"计划{n % 20}")),
        "stat of names that do not exist": lambda n: exists(path("2021", "乙市", f"无{n}")),
    }


def long_transaction(cold, seconds):
    sql = Sql()
    savers = [Runner(name, step) for name, step in (
        ("in place", save_in_place), ("rename", save_by_rename), ("vim", save_like_vim), ("mkdir", make_directory))]
    readers = [Runner(name, step) for name, step in reader_steps(cold).items()]
    beside = Runner("ls of the directory of a save", lambda n: os.listdir(path("2020", "甲市", "改名")))
    sql.change("BEGIN IMMEDIATE; INSERT INTO section(year,district,plan,name,body) "
               "VALUES('2020','甲市','外部','01.txt','事务');")
    begun = now()
    for runner in savers + readers + [beside]:
        runner.start()
    time.sleep(seconds)  # the transaction's length, which is what is tested
    read = {r.name: (len(r.times), r.longest()) for r in readers + [beside]}
    sql.change("COMMIT;")
    held = now() - begun
    wait_for(lambda: all(len(r.times) > 1 or r.error for r in savers), 20000)
    for runner in savers + readers + [beside]:
        runner.stopped.set()
    for runner in savers + readers + [beside]:
        runner.join(30)
    print(f"another program's transaction of {held:.0f} ms:")
    for r in savers:
        print(f"  save, {r.name}: {len(r.times)} saves, longest {r.longest():.0f} ms, {r.error or 'no error'}")
        point(not r.error and len(r.times) > 1, f"save {r.name} during a long transaction: {r.error}")
    for r in readers:
        print(f"  {r.name}: {read[r.name][0]} times, longest pause {read[r.name][1]:.0f} ms")
        point(not r.error and read[r.name][0] > 20 and read[r.name][1] < LIMIT_MS,
              f"{r.name} during a long transaction: {read[r.name]}, {r.error}")
    print(f"  {beside.name}: {read[beside.name][0]} times, longest pause {read[beside.name][1]:.0f} ms (not promised)")
    check_saved()
    point(get(path("2020", "甲市", "外部", "01.txt")) == "事务".encode(), "the transaction's own text")
    sql.close()


def check_saved():
    for plan in ("就地", "改名", "vim"):
        text = get(path("2020", "甲市", plan, "01.txt")).decode()
        point(text.rstrip("0123456789") == plan, f"{plan}: '{text}' after the transaction")


def wait_for(condition, limit):
    end = now() + limit
    while not condition() and now() < end:
        time.sleep(0.01)
    return condition()


def busy_neighbour():
    """A program that commits in a loop must not starve the savers."""
    sql, stop = Sql(), threading.Event()
    commits = [0]

    def commit_on():
        while not stop.is_set():
            sql.change(f"UPDATE section SET body='循环{commits[0]}' WHERE year='2020' AND plan='外部';")
            commits[0] += 1

    neighbour = threading.Thread(target=commit_on)
    neighbour.start()
    savers = [Runner("in place", save_in_place, 200), Runner("rename", save_by_rename, 100)]
    for r in savers:
        r.start()
    wait_for(lambda: not any(r.is_alive() for r in savers), 30000)
    stop.set()
    neighbour.join()
    for r in savers:
        r.stopped.set()
        r.join()
        print(f"beside {commits[0]} commits of a program in a loop: {len(r.times)} saves {r.name}, "
              f"longest {r.longest():.0f} ms, {r.error or 'no error'}")
        point(not r.error and len(r.times) == r.steps, f"saves {r.name} beside a busy program: {r.error}")
    sql.close()


def locks():
    cold = int(os.environ["COLD_FILES"])
    long_transaction(cold, 5)
    busy_neighbour()


if PART == "prepare":
    prepare_locks(int(os.environ["COLD_FILES"]))
elif PART == "changes":
    changes()
else:
    locks()
print(f"{PART}: {passed} passed, {failed} failed")
sys.exit(failed != 0)
