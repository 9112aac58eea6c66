#!/usr/bin/env python3
"""planfs sql as a person types it: statements over several lines, mistakes, Ctrl-C, the end.

    sql_terminal.py PLANFS
"""
import os
import pty
import re
import select
import subprocess
import sys
import tempfile
import termios
import time

LIMIT = 20  # seconds to wait for what must come


class Terminal:
    def __init__(self, arguments, **environment):
        self.text = ''
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            os.execve(arguments[0], arguments, dict(os.environ, TERM='xterm', LC_ALL='C.UTF-8', **environment))

    def wait(self, pattern, ask_after=LIMIT):
        """Until the pattern comes behind what was waited for before; each ask_after seconds Return is pressed."""
        end = time.monotonic() + LIMIT
        ask = time.monotonic() + ask_after
        while True:
            found = re.search(pattern, self.text, re.S)
            if found:
                self.text = self.text[found.end():]
                if pattern.endswith('> '):
                    self.wait_for_keys(end)
                return
            assert time.monotonic() < end, f'{pattern!r} did not come; {self.text!r}'
            if time.monotonic() > ask:
                self.type('\n')
                ask += ask_after
            if select.select([self.fd], [], [], 0.1)[0]:
                self.text += os.read(self.fd, 65536).decode(errors='replace')

    def wait_for_keys(self, end):
        """A prompt is there before the terminal gives single keys: what is typed between is echoed twice, or, as Ctrl-D, lost."""
        while termios.tcgetattr(self.fd)[3] & termios.ICANON:
            assert time.monotonic() < end, 'the terminal gives lines, no keys'
            time.sleep(0.001)

    def type(self, text):
        os.write(self.fd, text.encode())

    def end(self):
        end = time.monotonic() + LIMIT
        while True:
            pid, status = os.waitpid(self.pid, os.WNOHANG)
            if pid:
                os.close(self.fd)
                return os.waitstatus_to_exitcode(status)
            assert time.monotonic() < end, f'it does not end; {self.text!r}; ' + self.threads()
            if select.select([self.fd], [], [], 0.1)[0]:
                try:
                    self.text += os.read(self.fd, 65536).decode(errors='replace')
                except OSError:  # it has closed its side
                    time.sleep(0.01)

    def threads(self):
        """What each of its threads waits for."""
        found = []
        for thread in os.listdir(f'/proc/{self.pid}/task'):
            with open(f'/proc/{self.pid}/task/{thread}/wchan') as f:
                found.append(f.read())
        return 'its threads wait in ' + ', '.join(found)


def converse(planfs, db, **environment):
    t = Terminal([planfs, 'sql', db], **environment)
    t.wait('planfs> ')
    t.type("SELECT '合肥' AS 甲,\n")
    t.wait(r'   \.\.\.> ')
    t.type("'x;y';\n")
    t.wait(r'\n合肥\|x;y\r\nplanfs> ')
    t.type('SELECT nix;\n')
    t.wait(r'planfs: no such column: nix\r\nplanfs> ')
    t.type('.headers on\n')
    t.wait('planfs> ')
    t.type('SELECT 5 AS five;\n')
    t.wait(r'\nfive\r\n5\r\nplanfs> ')
    t.type('.nonsense\n')
    t.wait(r"'\.nonsense' is no command; see \.help\r\nplanfs> ")
    # a statement that would never end
    t.type('WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c)\n')
    t.wait(r'   \.\.\.> ')
    t.type("SELECT count(*), 'go' FROM c;\n")
    t.wait(r"FROM c;\r\n")
    time.sleep(0.2)
    t.type('\x03')
    t.wait(r'planfs: interrupted\r\nplanfs> ')
    # a line, and a statement, that is given up
    t.type('SELECT 1,\n')
    t.wait(r'   \.\.\.> ')
    t.type('garbage\x03')
    # the kernel sends the signal first, and then throws away what is not read yet of the output: the prompt, too, if it is there
    t.wait('planfs> ', ask_after=1)
    t.type('SELECT 8;\n')
    t.wait(r'\n8\r\nplanfs> ')
    t.type('BEGIN; DELETE FROM inode;\n')
    t.wait(r'FROM inode;\r\nplanfs> ')
    t.type('\x04')
    assert t.end() == 0
    left = subprocess.run([planfs, 'sql', db, 'SELECT count(*) FROM inode'], capture_output=True, text=True, check=True)
    assert left.stdout == '1\n', left.stdout

    t = Terminal([planfs, 'sql', db, '--json'], **environment)
    t.wait('planfs> ')
    t.type('SELECT 1 AS a;\n')
    t.wait(r'\n\[{"a":1}\]\r\nplanfs> ')
    t.type('.quit\n')
    assert t.end() == 0


def main():
    planfs = sys.argv[1]
    with tempfile.TemporaryDirectory(prefix='planfs-terminal-') as work:
        db = os.path.join(work, 'plans.db')
        subprocess.run([planfs, 'init', db], check=True)
        converse(planfs, db)
    print('all as it should be')


if __name__ == '__main__':
    main()
