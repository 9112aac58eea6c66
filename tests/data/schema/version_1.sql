PRAGMA application_id = 1886152307; PRAGMA journal_mode = WAL;
PRAGMA foreign_keys=OFF;
BEGIN TRANSACTION;
CREATE TABLE body (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  hash BLOB,
  data BLOB NOT NULL
) STRICT;
INSERT INTO body VALUES(1,NULL,X'e4ba8ce38081e5ae89e585a8');
INSERT INTO body VALUES(2,NULL,X'e4b880e38081e680bbe58899');
INSERT INTO body VALUES(3,NULL,X'e4ba8ce38081e5ae89e585a8e7acace4b880');
CREATE TABLE inode (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  mode INTEGER NOT NULL,
  kind TEXT NOT NULL GENERATED ALWAYS AS (CASE mode & 61440 WHEN 16384 THEN 'dir' WHEN 32768 THEN 'file' WHEN 40960 THEN 'symlink' WHEN 4096 THEN 'fifo' WHEN 49152 THEN 'socket' WHEN 8192 THEN 'char' WHEN 24576 THEN 'block' END) VIRTUAL,
  uid INTEGER NOT NULL,
  gid INTEGER NOT NULL,
  nlink INTEGER NOT NULL,
  size INTEGER NOT NULL DEFAULT 0,
  rdev INTEGER NOT NULL DEFAULT 0,
  atime INTEGER NOT NULL,
  mtime INTEGER NOT NULL,
  ctime INTEGER NOT NULL,
  btime INTEGER NOT NULL,
  body INTEGER REFERENCES body(id),
  target TEXT
) STRICT;
INSERT INTO inode VALUES(1,16877,0,0,3,0,0,1795690314744915189,1795690314770000000,1795690314770000000,1795690314744915189,NULL,NULL);
INSERT INTO inode VALUES(2,16877,0,0,3,0,0,1795690314770000000,1795690314770000000,1795690314770000000,1795690314770000000,NULL,NULL);
INSERT INTO inode VALUES(3,16877,0,0,3,0,0,1795690314770000000,1795690314770000000,1795690314770000000,1795690314770000000,NULL,NULL);
INSERT INTO inode VALUES(4,16877,0,0,2,0,0,1795690314770000000,1795690314775000000,1795690314775000000,1795690314770000000,NULL,NULL);
INSERT INTO inode VALUES(5,33188,0,0,1,18,0,1795690314770000000,1795690314776000000,1795690314776000000,1795690314770000000,3,NULL);
INSERT INTO inode VALUES(6,33188,0,0,2,12,0,1795690314770000000,1795690314770000000,1795690314775000000,1795690314770000000,2,NULL);
CREATE TABLE dentry (
  parent INTEGER NOT NULL REFERENCES inode(id),
  name TEXT NOT NULL CONSTRAINT "a name has 1 to 255 bytes, no slash, no NUL, and is not . or .." CHECK (length(CAST(name AS BLOB)) BETWEEN 1 AND 255 AND name NOT IN ('.', '..') AND instr(name, '/') = 0 AND instr(CAST(name AS BLOB), x'00') = 0),
  inode INTEGER NOT NULL REFERENCES inode(id),
  PRIMARY KEY (parent, name)
) STRICT, WITHOUT ROWID;
INSERT INTO dentry VALUES(1,'2016',2);
INSERT INTO dentry VALUES(2,'合肥市',3);
INSERT INTO dentry VALUES(3,'要点',4);
INSERT INTO dentry VALUES(4,'02-安全.txt',5);
INSERT INTO dentry VALUES(4,'00-also.txt',6);
INSERT INTO dentry VALUES(4,'01-总则.txt',6);
CREATE TABLE xattr (
  inode INTEGER NOT NULL REFERENCES inode(id),
  name TEXT NOT NULL,
  value BLOB NOT NULL,
  PRIMARY KEY (inode, name)
) STRICT, WITHOUT ROWID;
CREATE TABLE revision (
  rev INTEGER PRIMARY KEY AUTOINCREMENT,
  time INTEGER NOT NULL,
  author TEXT NOT NULL,
  op TEXT NOT NULL CHECK (op IN ('create', 'save', 'rename', 'link', 'attr', 'remove')),
  parent INTEGER NOT NULL,
  name TEXT NOT NULL,
  inode INTEGER NOT NULL,
  mode INTEGER NOT NULL,
  uid INTEGER NOT NULL,
  gid INTEGER NOT NULL,
  size INTEGER NOT NULL,
  mtime INTEGER NOT NULL,
  body INTEGER REFERENCES body(id),
  base INTEGER,
  target TEXT,
  origin INTEGER
) STRICT;
INSERT INTO revision VALUES(1,1795690314770000000,'sql','create',1,'2016',2,16877,0,0,0,1795690314770000000,NULL,NULL,NULL,NULL);
INSERT INTO revision VALUES(2,1795690314770000000,'sql','create',2,'合肥市',3,16877,0,0,0,1795690314770000000,NULL,NULL,NULL,NULL);
INSERT INTO revision VALUES(3,1795690314770000000,'sql','create',3,'要点',4,16877,0,0,0,1795690314770000000,NULL,NULL,NULL,NULL);
INSERT INTO revision VALUES(4,1795690314770000000,'sql','create',4,'02-安全.txt',5,33188,0,0,12,1795690314770000000,1,NULL,NULL,NULL);
INSERT INTO revision VALUES(5,1795690314770000000,'sql','create',4,'01-总则.txt',6,33188,0,0,12,1795690314770000000,2,NULL,NULL,NULL);
INSERT INTO revision VALUES(6,1795690314775000000,'sql','create',4,'00-also.txt',6,33188,0,0,12,1795690314770000000,2,NULL,NULL,NULL);
INSERT INTO revision VALUES(7,1795690314776000000,'sql','save',4,'02-安全.txt',5,33188,0,0,18,1795690314776000000,3,1,NULL,NULL);
DELETE FROM sqlite_sequence;
INSERT INTO sqlite_sequence VALUES('inode',6);
INSERT INTO sqlite_sequence VALUES('body',3);
INSERT INTO sqlite_sequence VALUES('revision',7);
CREATE INDEX inode_unlinked ON inode(id) WHERE nlink = 0;
CREATE INDEX dentry_inode ON dentry(inode);
CREATE INDEX revision_name ON revision(parent, name, rev);
CREATE INDEX revision_body ON revision(body) WHERE body IS NOT NULL;
CREATE VIEW sql_mkdir(parent, name) AS SELECT NULL, NULL WHERE 0;
CREATE TRIGGER sql_mkdir_insert INSTEAD OF INSERT ON sql_mkdir
WHEN NOT EXISTS (SELECT 1 FROM dentry WHERE parent = NEW.parent AND name = NEW.name)
BEGIN
  SELECT RAISE(ABORT, 'a name has 1 to 255 bytes, no slash, no NUL, and is not . or ..') WHERE NOT (length(CAST(NEW.name AS BLOB)) BETWEEN 1 AND 255 AND NEW.name NOT IN ('.', '..') AND instr(NEW.name, '/') = 0 AND instr(CAST(NEW.name AS BLOB), x'00') = 0);
  INSERT INTO inode (mode, uid, gid, nlink, atime, mtime, ctime, btime)
    SELECT mode, uid, gid, 2, (CAST((julianday('now') - 2440587.5) * 86400000 AS INTEGER) * 1000000), (CAST((julianday('now') - 2440587.5) * 86400000 AS INTEGER) * 1000000), (CAST((julianday('now') - 2440587.5) * 86400000 AS INTEGER) * 1000000), (CAST((julianday('now') - 2440587.5) * 86400000 AS INTEGER) * 1000000) FROM inode WHERE id = NEW.parent;
  INSERT INTO dentry VALUES (NEW.parent, NEW.name, (SELECT max(id) FROM inode));
END;
CREATE VIEW sql_put(parent, name, data) AS SELECT NULL, NULL, NULL WHERE 0;
CREATE TRIGGER sql_put_insert INSTEAD OF INSERT ON sql_put
BEGIN
  SELECT RAISE(ABORT, 'a name has 1 to 255 bytes, no slash, no NUL, and is not . or ..') WHERE NOT (length(CAST(NEW.name AS BLOB)) BETWEEN 1 AND 255 AND NEW.name NOT IN ('.', '..') AND instr(NEW.name, '/') = 0 AND instr(CAST(NEW.name AS BLOB), x'00') = 0);
  INSERT INTO inode (mode, uid, gid, nlink, atime, mtime, ctime, btime)
    SELECT 32768 | (mode & 438), uid, gid, 0, (CAST((julianday('now') - 2440587.5) * 86400000 AS INTEGER) * 1000000), (CAST((julianday('now') - 2440587.5) * 86400000 AS INTEGER) * 1000000), (CAST((julianday('now') - 2440587.5) * 86400000 AS INTEGER) * 1000000), (CAST((julianday('now') - 2440587.5) * 86400000 AS INTEGER) * 1000000)
    FROM inode WHERE id = NEW.parent AND NOT EXISTS
      (SELECT 1 FROM dentry WHERE parent = NEW.parent AND name = NEW.name);
  INSERT INTO body (data) SELECT CAST(NEW.data AS BLOB)
    WHERE length(CAST(NEW.data AS BLOB)) > 0 AND CAST(NEW.data AS BLOB) IS NOT (SELECT b.data
      FROM dentry d JOIN inode i ON i.id = d.inode JOIN body b ON b.id = i.body
      WHERE d.parent = NEW.parent AND d.name = NEW.name);
  UPDATE inode SET size = length(CAST(NEW.data AS BLOB)), mtime = (CAST((julianday('now') - 2440587.5) * 86400000 AS INTEGER) * 1000000), ctime = (CAST((julianday('now') - 2440587.5) * 86400000 AS INTEGER) * 1000000),
      body = CASE WHEN length(CAST(NEW.data AS BLOB)) > 0 THEN (SELECT max(id) FROM body) END
    WHERE id = coalesce((SELECT inode FROM dentry WHERE parent = NEW.parent AND name = NEW.name),
        (SELECT max(id) FROM inode)) AND CAST(NEW.data AS BLOB) IS NOT
      coalesce((SELECT data FROM body WHERE id = inode.body), x'');
  INSERT INTO dentry SELECT NEW.parent, NEW.name, (SELECT max(id) FROM inode) WHERE NOT EXISTS
    (SELECT 1 FROM dentry WHERE parent = NEW.parent AND name = NEW.name);
END;
CREATE VIEW plan_dir(year, district, plan, inode) AS
  SELECT y.name, d.name, p.name, p.inode FROM dentry y
  CROSS JOIN dentry d ON d.parent = y.inode CROSS JOIN dentry p ON p.parent = d.inode
  CROSS JOIN inode i ON i.id = p.inode
  WHERE y.parent = 1 AND (y.name GLOB '[0-9][0-9][0-9][0-9]' OR y.name = '未知年份') AND (d.name NOT GLOB '.*')
    AND (p.name NOT GLOB '.*') AND ((i.mode) & 61440 = 16384);
CREATE VIEW district_dir(year, district, inode) AS
  SELECT y.name, d.name, d.inode FROM dentry y CROSS JOIN dentry d ON d.parent = y.inode
  CROSS JOIN inode i ON i.id = d.inode
  WHERE y.parent = 1 AND (y.name GLOB '[0-9][0-9][0-9][0-9]' OR y.name = '未知年份') AND (d.name NOT GLOB '.*') AND ((i.mode) & 61440 = 16384);
CREATE TRIGGER district_dir_insert INSTEAD OF INSERT ON district_dir
BEGIN
  SELECT RAISE(ABORT, 'year: four digits or 未知年份') WHERE NEW.year IS NULL
    OR NOT (NEW.year GLOB '[0-9][0-9][0-9][0-9]' OR NEW.year = '未知年份');
  SELECT RAISE(ABORT, 'district: a name that does not begin with a dot')
    WHERE NEW.district IS NULL OR NOT (NEW.district NOT GLOB '.*');
  INSERT INTO sql_mkdir VALUES (1, NEW.year);
  INSERT INTO sql_mkdir SELECT inode, NEW.district FROM dentry
    WHERE parent = 1 AND name = NEW.year;
END;
CREATE TRIGGER plan_dir_insert INSTEAD OF INSERT ON plan_dir
BEGIN
  INSERT INTO district_dir (year, district) VALUES (NEW.year, NEW.district);
  SELECT RAISE(ABORT, 'plan: a name that does not begin with a dot')
    WHERE NEW.plan IS NULL OR NOT (NEW.plan NOT GLOB '.*');
  INSERT INTO sql_mkdir SELECT inode, NEW.plan FROM district_dir
    WHERE year = NEW.year AND district = NEW.district;
END;
CREATE VIEW section(year, district, plan, name, body, size, mtime, inode) AS
  SELECT p.year, p.district, p.plan, f.name, coalesce(CAST(b.data AS TEXT), ''), i.size,
    strftime('%Y-%m-%dT%H:%M:%fZ', i.mtime / 1e9, 'unixepoch'), i.id
  FROM plan_dir p CROSS JOIN dentry f ON f.parent = p.inode
  CROSS JOIN inode i ON i.id = f.inode LEFT JOIN body b ON b.id = i.body
  WHERE (f.name GLOB '?*.txt' AND f.name NOT GLOB '[.#~]*') AND ((i.mode) & 61440 = 32768);
CREATE TRIGGER section_insert INSTEAD OF INSERT ON section
BEGIN
  SELECT RAISE(ABORT, 'section name: *.txt, not beginning with . # or ~')
    WHERE NEW.name IS NULL OR NOT (NEW.name GLOB '?*.txt' AND NEW.name NOT GLOB '[.#~]*');
  INSERT INTO plan_dir (year, district, plan) VALUES (NEW.year, NEW.district, NEW.plan);
  SELECT RAISE(ABORT, 'section exists') FROM plan_dir p JOIN dentry f ON f.parent = p.inode
    WHERE p.year = NEW.year AND p.district = NEW.district AND p.plan = NEW.plan
      AND f.name = NEW.name;
  INSERT INTO sql_put SELECT inode, NEW.name, coalesce(NEW.body, '') FROM plan_dir
    WHERE year = NEW.year AND district = NEW.district AND plan = NEW.plan;
END;
CREATE TRIGGER section_delete INSTEAD OF DELETE ON section
BEGIN
  DELETE FROM dentry WHERE name = OLD.name AND parent = (SELECT inode FROM plan_dir
    WHERE year = OLD.year AND district = OLD.district AND plan = OLD.plan);
END;
CREATE TRIGGER section_move INSTEAD OF UPDATE OF year, district, plan, name ON section
WHEN (OLD.year, OLD.district, OLD.plan, OLD.name)
  IS NOT (NEW.year, NEW.district, NEW.plan, NEW.name)
BEGIN
  SELECT RAISE(ABORT, 'section name: *.txt, not beginning with . # or ~')
    WHERE NEW.name IS NULL OR NOT (NEW.name GLOB '?*.txt' AND NEW.name NOT GLOB '[.#~]*');
  INSERT INTO plan_dir (year, district, plan) VALUES (NEW.year, NEW.district, NEW.plan);
  SELECT RAISE(ABORT, 'section exists') FROM plan_dir p JOIN dentry f ON f.parent = p.inode
    WHERE p.year = NEW.year AND p.district = NEW.district AND p.plan = NEW.plan
      AND f.name = NEW.name;
  UPDATE dentry SET name = NEW.name, parent = (SELECT inode FROM plan_dir
      WHERE year = NEW.year AND district = NEW.district AND plan = NEW.plan)
    WHERE name = OLD.name AND parent = (SELECT inode FROM plan_dir
      WHERE year = OLD.year AND district = OLD.district AND plan = OLD.plan);
END;
CREATE TRIGGER section_save INSTEAD OF UPDATE OF body ON section
BEGIN
  INSERT INTO sql_put SELECT d.parent, d.name, coalesce(NEW.body, '') FROM dentry d
    JOIN plan_dir p ON p.inode = d.parent WHERE d.inode = OLD.inode
      AND d.name IN (OLD.name, NEW.name) LIMIT 1;
END;
CREATE TRIGGER section_fixed INSTEAD OF UPDATE OF size, mtime, inode ON section
BEGIN
  SELECT RAISE(ABORT, 'size, mtime and inode follow from the text');
END;
CREATE VIEW plan(year, district, name, title, kind, topic, source, meta, mtime, inode) AS
  SELECT year, district, plan, json_extract(meta, '$.title'), json_extract(meta, '$.kind'),
    json_extract(meta, '$.topic'), json_extract(meta, '$.source'), meta, mtime, inode
  FROM (SELECT p.year, p.district, p.plan, CASE WHEN json_valid(CAST(b.data AS TEXT)) THEN CAST(b.data AS TEXT) ELSE '{}' END AS meta, strftime('%Y-%m-%dT%H:%M:%fZ', i.mtime / 1e9, 'unixepoch') AS mtime, p.inode
    FROM plan_dir p CROSS JOIN inode i ON i.id = p.inode
    LEFT JOIN dentry m ON m.parent = p.inode AND m.name = 'plan.json'
    LEFT JOIN inode mi ON mi.id = m.inode LEFT JOIN body b ON b.id = mi.body);
CREATE TRIGGER plan_insert INSTEAD OF INSERT ON plan
BEGIN
  SELECT RAISE(ABORT, 'plan exists') FROM plan_dir
    WHERE year = NEW.year AND district = NEW.district AND plan = NEW.name;
  INSERT INTO plan_dir (year, district, plan) VALUES (NEW.year, NEW.district, NEW.name);
  UPDATE plan SET meta = coalesce(NEW.meta, '{}'), title = NEW.title, kind = NEW.kind,
      topic = NEW.topic, source = NEW.source
    WHERE year = NEW.year AND district = NEW.district AND name = NEW.name;
END;
CREATE TRIGGER plan_delete INSTEAD OF DELETE ON plan
BEGIN
  DELETE FROM dentry WHERE parent IN (WITH RECURSIVE below(id) AS (VALUES(OLD.inode)
    UNION SELECT d.inode FROM below JOIN dentry d ON d.parent = below.id) SELECT id FROM below);
  DELETE FROM dentry WHERE inode = OLD.inode;
END;
CREATE TRIGGER plan_move INSTEAD OF UPDATE OF year, district, name ON plan
WHEN (OLD.year, OLD.district, OLD.name) IS NOT (NEW.year, NEW.district, NEW.name)
BEGIN
  SELECT RAISE(ABORT, 'plan: a name that does not begin with a dot')
    WHERE NEW.name IS NULL OR NOT (NEW.name NOT GLOB '.*');
  INSERT INTO district_dir (year, district) VALUES (NEW.year, NEW.district);
  SELECT RAISE(ABORT, 'plan exists') FROM district_dir d JOIN dentry p ON p.parent = d.inode
    WHERE d.year = NEW.year AND d.district = NEW.district AND p.name = NEW.name;
  UPDATE dentry SET name = NEW.name, parent = (SELECT inode FROM district_dir
      WHERE year = NEW.year AND district = NEW.district) WHERE inode = OLD.inode;
END;
CREATE TRIGGER plan_meta INSTEAD OF UPDATE OF title, kind, topic, source, meta ON plan
BEGIN
  SELECT RAISE(ABORT, 'meta: not a JSON object')
    WHERE NOT json_valid(NEW.meta) OR json_type(NEW.meta) <> 'object';
  INSERT INTO sql_put VALUES (OLD.inode, 'plan.json', (WITH given(key, value, before) AS (VALUES
      ('title', NEW.title, OLD.title), ('kind', NEW.kind, OLD.kind),
      ('topic', NEW.topic, OLD.topic), ('source', NEW.source, OLD.source))
    SELECT json_patch(NEW.meta, json_group_object(key, CASE WHEN key = 'source' AND
      CASE WHEN json_valid(value) THEN json_type(value) END IN ('object', 'array')
      THEN json(value) ELSE value END)) FROM given WHERE value IS NOT before) || char(10));
END;
CREATE TRIGGER plan_fixed INSTEAD OF UPDATE OF mtime, inode ON plan
BEGIN
  SELECT RAISE(ABORT, 'mtime and inode follow from the files');
END;
CREATE VIEW history(rev, time, author, op, year, district, plan, name, body, size, mtime,
    parent, inode) AS
  SELECT r.rev, strftime('%Y-%m-%dT%H:%M:%fZ', r.time / 1e9, 'unixepoch'), r.author, r.op, p.year, p.district, p.plan, r.name,
    coalesce(CAST(b.data AS TEXT), ''), r.size, strftime('%Y-%m-%dT%H:%M:%fZ', r.mtime / 1e9, 'unixepoch'), r.parent, r.inode
  FROM plan_dir p CROSS JOIN revision r ON r.parent = p.inode LEFT JOIN body b ON b.id = r.body
  WHERE (r.name GLOB '?*.txt' AND r.name NOT GLOB '[.#~]*') AND ((r.mode) & 61440 = 32768) AND r.op IN ('create', 'save', 'rename')
    AND r.size > 0
  UNION ALL
  SELECT r.rev, strftime('%Y-%m-%dT%H:%M:%fZ', r.time / 1e9, 'unixepoch'), r.author, r.op, NULL, NULL, NULL, r.name,
    coalesce(CAST(b.data AS TEXT), ''), r.size, strftime('%Y-%m-%dT%H:%M:%fZ', r.mtime / 1e9, 'unixepoch'), r.parent, r.inode
  FROM revision r LEFT JOIN body b ON b.id = r.body
  WHERE (r.name GLOB '?*.txt' AND r.name NOT GLOB '[.#~]*') AND ((r.mode) & 61440 = 32768) AND r.op IN ('create', 'save', 'rename')
    AND r.size > 0
    AND r.parent <> 1 AND NOT EXISTS (SELECT 1 FROM dentry WHERE inode = r.parent);
CREATE TRIGGER dentry_insert AFTER INSERT ON dentry
BEGIN
  UPDATE inode SET ctime = (CAST((julianday('now') - 2440587.5) * 86400000 AS INTEGER) * 1000000), nlink = (SELECT count(*) FROM dentry WHERE inode = inode.id)
    WHERE id = NEW.inode AND NOT ((mode) & 61440 = 16384);
  UPDATE inode SET mtime = (CAST((julianday('now') - 2440587.5) * 86400000 AS INTEGER) * 1000000), ctime = (CAST((julianday('now') - 2440587.5) * 86400000 AS INTEGER) * 1000000), nlink = nlink + (SELECT ((mode) & 61440 = 16384) FROM inode WHERE id = NEW.inode) WHERE id = NEW.parent AND nlink > 0;
  INSERT INTO revision (time, author, op, parent, name, inode, mode, uid, gid, size, mtime,
      body, target) SELECT (CAST((julianday('now') - 2440587.5) * 86400000 AS INTEGER) * 1000000), 'sql', 'create', NEW.parent, NEW.name, id, mode, uid, gid,
      size, mtime, body, target FROM inode WHERE id = NEW.inode;
END;
CREATE TRIGGER dentry_delete AFTER DELETE ON dentry
BEGIN
  UPDATE inode SET ctime = (CAST((julianday('now') - 2440587.5) * 86400000 AS INTEGER) * 1000000), nlink = (SELECT count(*) FROM dentry WHERE inode = inode.id)
    WHERE id = OLD.inode AND NOT ((mode) & 61440 = 16384);
  UPDATE inode SET mtime = (CAST((julianday('now') - 2440587.5) * 86400000 AS INTEGER) * 1000000), ctime = (CAST((julianday('now') - 2440587.5) * 86400000 AS INTEGER) * 1000000), nlink = nlink - (SELECT ((mode) & 61440 = 16384) FROM inode WHERE id = OLD.inode) WHERE id = OLD.parent AND nlink > 0;
  INSERT INTO revision (time, author, op, parent, name, inode, mode, uid, gid, size, mtime,
      body, target) SELECT (CAST((julianday('now') - 2440587.5) * 86400000 AS INTEGER) * 1000000), 'sql', 'remove', OLD.parent, OLD.name, id, mode, uid, gid,
      size, mtime, body, target FROM inode WHERE id = OLD.inode;
  UPDATE inode SET nlink = 0 WHERE id = OLD.inode AND ((mode) & 61440 = 16384)
    AND NOT EXISTS (SELECT 1 FROM dentry WHERE inode = OLD.inode);
END;
CREATE TRIGGER dentry_rename AFTER UPDATE ON dentry
BEGIN
  UPDATE inode SET ctime = (CAST((julianday('now') - 2440587.5) * 86400000 AS INTEGER) * 1000000), nlink = (SELECT count(*) FROM dentry WHERE inode = inode.id)
    WHERE id = OLD.inode AND NOT ((mode) & 61440 = 16384);
  UPDATE inode SET mtime = (CAST((julianday('now') - 2440587.5) * 86400000 AS INTEGER) * 1000000), ctime = (CAST((julianday('now') - 2440587.5) * 86400000 AS INTEGER) * 1000000), nlink = nlink - (SELECT ((mode) & 61440 = 16384) FROM inode WHERE id = OLD.inode) WHERE id = OLD.parent AND nlink > 0;
  INSERT INTO revision (time, author, op, parent, name, inode, mode, uid, gid, size, mtime,
      body, target) SELECT (CAST((julianday('now') - 2440587.5) * 86400000 AS INTEGER) * 1000000), 'sql', 'remove', OLD.parent, OLD.name, id, mode, uid, gid,
      size, mtime, body, target FROM inode WHERE id = OLD.inode;
  UPDATE inode SET ctime = (CAST((julianday('now') - 2440587.5) * 86400000 AS INTEGER) * 1000000), nlink = (SELECT count(*) FROM dentry WHERE inode = inode.id)
    WHERE id = NEW.inode AND NOT ((mode) & 61440 = 16384);
  UPDATE inode SET mtime = (CAST((julianday('now') - 2440587.5) * 86400000 AS INTEGER) * 1000000), ctime = (CAST((julianday('now') - 2440587.5) * 86400000 AS INTEGER) * 1000000), nlink = nlink + (SELECT ((mode) & 61440 = 16384) FROM inode WHERE id = NEW.inode) WHERE id = NEW.parent AND nlink > 0;
  INSERT INTO revision (time, author, op, parent, name, inode, mode, uid, gid, size, mtime,
      body, target) SELECT (CAST((julianday('now') - 2440587.5) * 86400000 AS INTEGER) * 1000000), 'sql', 'rename', NEW.parent, NEW.name, id, mode, uid, gid,
      size, mtime, body, target FROM inode WHERE id = NEW.inode;
END;
CREATE TRIGGER inode_save AFTER UPDATE OF body, mode, uid, gid, target ON inode
WHEN (OLD.body, OLD.mode, OLD.uid, OLD.gid, OLD.target)
  IS NOT (NEW.body, NEW.mode, NEW.uid, NEW.gid, NEW.target)
BEGIN
  INSERT INTO revision (time, author, op, parent, name, inode, mode, uid, gid, size, mtime, body,
      base, target) SELECT (CAST((julianday('now') - 2440587.5) * 86400000 AS INTEGER) * 1000000), 'sql', CASE WHEN OLD.body IS NEW.body THEN 'attr' ELSE 'save' END,
      d.parent, d.name, NEW.id, NEW.mode, NEW.uid, NEW.gid, NEW.size, NEW.mtime, NEW.body,
      OLD.body, NEW.target FROM dentry d WHERE d.inode = NEW.id;
END;
COMMIT;
PRAGMA user_version = 1;
