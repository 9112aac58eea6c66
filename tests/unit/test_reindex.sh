#!/bin/sh
# The search index as commands show it: who brings it up to date, planfs reindex, status, check. The part about
# mounts needs FUSE and is left out without it.
#
#   test_reindex.sh PLANFS
set -u
planfs=$1
. "$(dirname "$0")/../cli/lib.sh"

# state PATH: files in the index, waiting for it, apart
state() {
  "$planfs" status "$1" --json | python3 -c 'import json, sys
s = json.load(sys.stdin)["search"]
print(s["indexed"], s["waiting"], s["apart"])'
}

sql() {
  sqlite3 "$db" "$1" || echo "sql: $1"
}

arguments() {
  run 0 'usage: planfs reindex *' '' reindex --help
  run 2 '' "planfs: unknown option '--nonsense'; usage: planfs reindex *" reindex --nonsense
  run 2 '' 'planfs: *; usage: planfs reindex *' reindex
  run 2 '' 'planfs: *; usage: planfs reindex *' reindex a b
  run 3 '' 'planfs: /nonexistent: no such database*' reindex /nonexistent
  echo text >"$work/text"
  run 5 '' "planfs: $work/text: not a planfs database" reindex "$work/text"
  run 0 "$db: 0 files indexed (0.0 MB)" '' reindex "$db"
}

writing_commands() {
  printf '2018年合肥市教育工作计划\n一、目标\n办好人民满意的教育。\n二、措施\n抓好控辍保学工作。\n' >"$work/a.txt"
  run 0 '*would import 1 plan*' '' import "$db" "$work/a.txt" --dry-run
  same 'after a dry run' '0 0 0' "$(state "$db")"
  run 0 '*imported 1 plan*' '' import "$db" "$work/a.txt"
  same 'after an import' '3 0 0' "$(state "$db")"
  run 0 '*made 1 plan of 2019*' '' new-year "$db" 2019 --from 2018
  same 'nothing waits after a new year' '0 0' "$(state "$db" | cut -d' ' -f2-)"
  "$planfs" export "$db" --json >"$work/a.json"
  "$planfs" init "$work/b.db"
  run 0 '*loaded 2 plans*' '' load "$work/b.db" "$work/a.json"
  same 'nothing waits after a load' '0 0' "$(state "$work/b.db" | cut -d' ' -f2-)"
}

reindexing() {
  sql "UPDATE section SET body = body || '！' WHERE name LIKE '01%' AND year = '2018'"
  same 'one waits' 1 "$(state "$db" | cut -d' ' -f2)"
  files=$(sqlite3 "$db" "SELECT count(*) FROM inode WHERE body NOT NULL")
  run 0 "$db: $files files indexed (0.0 MB)" '' reindex "$db"
  run 0 "{\"reindexed\": \"$db\", \"files\": $files, \"waiting\": 0, \"apart\": 0, \"bytes\": [1-9]*}" '' reindex "$db" --json
  sql "INSERT INTO sql_put VALUES (1, 'binary', x'610062')"
  run 0 "$db: $files files indexed (0.0 MB); 1 binary or very long, read by each search" '' reindex "$db"
  run 0 "*search index:    $files files, 0 waiting, 1 apart, *bytes*" '' status "$db"
  same 'all of it is sound' "$db: sound (0 damaged, 0 warnings)" "$("$planfs" check "$db" | tail -1)"
}

damaged() {
  sql 'DROP TABLE search_index_data'
  run 0 '*search index:    damaged; see*check*' '*no such table*' status "$db"
  run 0 '*"search": null,*' '*' status "$db" --json
  run 1 "*the table search_index_data is missing; 'planfs reindex' makes the search index anew*" '' check "$db"
  run 0 "$db: $files files indexed (0.0 MB); 1 binary*" '' reindex "$db"
  run 0 "*sound (0 damaged, 0 warnings)" '' check "$db"
  sql 'UPDATE inode SET indexed = NULL WHERE indexed > 0 AND id % 2'
  run 1 "*the search index does not say what the texts say; 'planfs reindex' makes it anew*" '' check "$db"
  run 0 '*mended: the search index was made anew*sound (0 damaged, 0 warnings)' '' check "$db" --repair
  run 0 "*search index:*" '' status "$db"
}

# All that the stock shell can do with other tables.
stock_shell() {
  before=$("$planfs" export "$db" --json | cksum)
  sql VACUUM
  same 'the shell checks it' ok "$(sql 'PRAGMA integrity_check')"
  same 'a dump is whole' 'COMMIT;' "$(sql .dump | tail -1)"
  same 'after VACUUM' "$before" "$("$planfs" export "$db" --json | cksum)"
  run 0 "*sound (0 damaged, 0 warnings)" '' check "$db"
  same 'a backup by the shell' '' "$(sql "VACUUM INTO '$work/copy.db'")"
  run 0 "*sound (0 damaged, 0 warnings)" '' check "$work/copy.db"
  sql .dump | sqlite3 "$work/dumped.db"
  same 'what was dumped' "$(sql 'SELECT count(*), sum(length(data)) FROM body')" \
    "$(sqlite3 "$work/dumped.db" 'SELECT count(*), sum(length(data)) FROM body')"
}

read_only() {
  chmod 400 "$db"
  run 0 "*search index:*" '' status "$db"
  run 0 "*sound (0 damaged, 0 warnings)" '' check "$db"
  [ "$(id -u)" = 0 ] || run 1 '' "planfs: $db: Permission denied" reindex "$db"
  chmod 600 "$db"
}

# wait_for STATE: until the mount has brought the index so far
wait_for() {
  end=$(($(date +%s) + 20))
  while [ "$(state "$mnt")" != "$1" ] && [ "$(date +%s)" -le "$end" ]; do sleep 0.05; done
  same "the index of the mount" "$1" "$(state "$mnt")"
}

mounted() {
  mkdir "$mnt"
  run 0 '' '' mount "$db" "$mnt"
  set -- "$(state "$mnt" | cut -d' ' -f1)"
  mkdir -p "$mnt/2020/合肥市/要点"
  printf '一、控辍保学' >"$mnt/2020/合肥市/要点/01.txt"
  wait_for "$(($1 + 1)) 0 1"
  sql "UPDATE section SET body = '外来' WHERE year = '2020'"
  wait_for "$(($1 + 1)) 0 1"
  run 0 "$db: * files indexed (0.0 MB); 1 binary*" '' reindex "$mnt"
  wait_for "$(($1 + 1)) 0 1"
  rm "$mnt/2020/合肥市/要点/01.txt"
  wait_for "$1 0 1"
  same 'the mount says it, too' "$1" "$(python3 -c 'import json, sys
print(json.load(open(sys.argv[1]))["search"]["indexed"])' "$mnt/.planfs/status.json")"
  run 0 "*sound (0 damaged, 0 warnings)" '' check "$mnt"
  run 0 '' '' umount "$mnt"
  run 0 "*sound (0 damaged, 0 warnings)" '' check "$db"
  run 0 '' '' mount "$db" "$mnt" -o ro
  same 'a mount that only reads' "$1 0 1" "$(state "$mnt")"
  run 0 '' '' umount "$mnt"
}

command -v sqlite3 >/dev/null || exit 77
"$planfs" init "$db" || exit 1
arguments
writing_commands
reindexing
damaged
stock_shell
read_only
[ -w /dev/fuse ] && mounted
echo "$done checks, $failed failed"
[ "$failed" = 0 ]
