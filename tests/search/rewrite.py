#!/usr/bin/env python3
"""Give every third file its text anew, as a program does that knows nothing of the search index.

    rewrite.py DB
"""
import sqlite3
import sys

db = sqlite3.connect(sys.argv[1])
files = db.execute('SELECT id, body FROM inode WHERE id % 3 = 0 AND body IS NOT NULL').fetchall()
for inode, body in files:
    new = db.execute('INSERT INTO body (data) SELECT data FROM body WHERE id = ?', (body,)).lastrowid
    db.execute('UPDATE inode SET body = ? WHERE id = ?', (new, inode))
db.commit()
sys.exit(not files)
