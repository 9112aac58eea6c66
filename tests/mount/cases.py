"""What the cases of conflict.py, meet.py, under.py and who.py share. A case is a function; run_cases of lib.sh
runs each on a fresh mount: SCRIPT CASE PLANFS DB MNT."""
import os
import sqlite3
import sys
import time

case, planfs, db, mnt = sys.argv[1:5]
plan = os.path.join(mnt, '2016/合肥市/计划')
path = os.path.join(plan, '01-前言.txt')

LIMIT = 30  # seconds: for what hangs


def sql(statement, *values):
    with sqlite3.connect(db, isolation_level=None, timeout=10) as c:
        return c.execute(statement, values).fetchall()


def read(where=path):
    with open(where) as f:
        return f.read()


def expect(found, wanted):
    if found != wanted:
        sys.exit('%s: %r instead of %r' % (case, found, wanted))


def wait_for(what, condition):
    end = time.monotonic() + LIMIT
    while not condition():
        if time.monotonic() > end:
            sys.exit('%s: after %d s: not %s' % (case, LIMIT, what))
        time.sleep(0.01)


def run_case(functions, set_up):
    """Run the case that was asked for, of the @functions of a script."""
    if case not in functions:
        sys.exit('no such case: ' + case)
    set_up()
    functions[case]()
