"""The corpus on a disk: as a tree, as a tree of the same names without contents, as a planfs database."""
import os
import sqlite3

import command

BATCH = 5000
DIRECTORY_MODE, FILE_MODE = 0o40755, 0o100644
ROOT = 1  # the inode of the root directory


def write_tree(corpus, root):
    """Plain files, with the mtimes of the corpus."""
    _write(corpus, root, lambda fd, data: os.write(fd, data))


def write_shadow(corpus, root):
    """The same names, sizes and mtimes, but holes instead of texts: enough for rsync to find nothing to do,
    without a second corpus in memory."""
    _write(corpus, root, lambda fd, data: os.truncate(fd, len(data)))


def _write(corpus, root, put):
    directory = None
    for section in corpus.sections():
        if section.directory != directory:
            directory = section.directory
            path = os.path.join(root, *directory)
            os.makedirs(path, exist_ok=True)
        fd = os.open(os.path.join(path, section.name), os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o644)
        put(fd, section.data)
        os.utime(fd, ns=(section.mtime * 10**9, section.mtime * 10**9))
        os.close(fd)


class _Loader:
    """Rows for the tables of docs/schema.md, directory by directory, so that neighbours in the tree are
    neighbours in the file. The triggers count links and write the revisions."""

    def __init__(self, db):
        self.db = db
        self.owner = (os.geteuid(), os.getegid())
        self.inode, self.body = [row[0] for row in db.execute(
            "SELECT seq FROM sqlite_sequence WHERE name IN ('inode', 'body') ORDER BY name DESC")]
        self.directories = {(): ROOT}
        self.rows = {'body': [], 'inode': [], 'dentry': []}

    def _add_entry(self, parent, name, mode, mtime, size=0, body=None):
        self.inode += 1
        links = 2 if mode == DIRECTORY_MODE else 0
        times = (mtime * 10**9,) * 4
        self.rows['inode'].append((self.inode, mode, *self.owner, links, size, *times, body))
        self.rows['dentry'].append((parent, name, self.inode, self.inode))
        return self.inode

    def _directory(self, path, mtime):
        found = self.directories.get(path)
        if found is None:
            parent = self._directory(path[:-1], mtime)
            found = self.directories[path] = self._add_entry(parent, path[-1], DIRECTORY_MODE, mtime)
        return found

    def add(self, section, more=b''):
        parent = self._directory(section.directory, section.mtime)
        self.body += 1
        data = section.data + more
        self.rows['body'].append((self.body, data))
        self._add_entry(parent, section.name, FILE_MODE, section.mtime, len(data), self.body)
        if len(self.rows['body']) >= BATCH:
            self.flush()

    def flush(self):
        self.db.execute('BEGIN IMMEDIATE')
        self.db.executemany('INSERT INTO body (id, data) VALUES (?, ?)', self.rows['body'])
        self.db.executemany('INSERT INTO inode (id, mode, uid, gid, nlink, size, atime, mtime, ctime, btime, '
                            'body) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)', self.rows['inode'])
        self.db.executemany('INSERT INTO dentry (parent, name, inode, seq) VALUES (?, ?, ?, ?)', self.rows['dentry'])
        self.db.execute('COMMIT')
        for rows in self.rows.values():
            rows.clear()

    def save_again(self):
        """One more version of every section: the same text without its last byte."""
        first, last = self.db.execute('SELECT min(id), max(id) FROM inode WHERE body IS NOT NULL').fetchone()
        for start in range(first, last + 1, BATCH):
            of_batch = f'FROM inode i JOIN body b ON b.id = i.body WHERE i.id BETWEEN {start} AND ' \
                       f'{start + BATCH - 1} ORDER BY i.id'
            found = self.db.execute(f'SELECT i.id, b.data {of_batch}').fetchall()
            bodies = range(self.body + 1, self.body + 1 + len(found))
            self.body += len(found)
            texts = [text[:-1] for _, text in found]
            self.db.execute('BEGIN IMMEDIATE')
            self.db.executemany('INSERT INTO body (id, data) VALUES (?, ?)', zip(bodies, texts))
            self.db.executemany('UPDATE inode SET body = ?, size = ? WHERE id = ?',
                                [(b, len(t), i) for b, t, (i, _) in zip(bodies, texts, found)])
            self.db.execute('COMMIT')


def write_database(corpus, path, planfs, versions=1):
    """A new database with the corpus in it, checked by planfs itself. The last version is that of the corpus:
    each before it is an empty line longer."""
    command.must([planfs, 'init', path])
    db = sqlite3.connect(path, isolation_level=None)
    try:
        db.execute('PRAGMA synchronous = OFF')
        db.execute('PRAGMA cache_size = -200000')
        loader = _Loader(db)
        for section in corpus.sections():
            loader.add(section, b'\n' * (versions - 1))
        loader.flush()
        for _ in range(versions - 1):
            loader.save_again()
        db.execute('PRAGMA wal_checkpoint(TRUNCATE)')
    finally:
        db.close()
    limit = 60 + corpus.count // 200
    command.must([planfs, 'reindex', path], limit)  # or a mount is measured while it does that
    command.must([planfs, 'check', path], limit)
