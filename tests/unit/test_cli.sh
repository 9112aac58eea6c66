#!/bin/sh
# The commands as a shell script sees them: what they print, and where, and their exit codes. The part
# about mounts needs FUSE and is left out without it.
#
#   test_cli.sh PLANFS
set -u
planfs=$1
. "$(dirname "$0")/../cli/lib.sh"

usage_errors() {
  run 2 '' 'planfs: which command? see*'
  run 2 '' "planfs: 'stauts' is no command; see*" stauts
  run 2 '' "planfs: '$work/none' is no command and no database; see*" "$work/none" "$mnt"
  run 0 'usage: planfs COMMAND*' '' --help
  run 0 'planfs [0-9]*' '' --version
  for command in init import export load new-year mount umount upgrade status conflicts check recover optimize similar sql backup; do
    run 0 "usage: planfs $command *" '' "$command" --help
    run 2 '' "planfs: unknown option '--nonsense'; usage: planfs $command *" "$command" --nonsense
    run 2 '' "planfs: *; usage: planfs $command *" "$command"
    run 2 '' "planfs: *; usage: planfs $command *" "$command" a b c d e f --year
  done
  run 2 '' "planfs: option '--help=x' takes no argument; *" init --help=x
  run 2 '' "planfs: unknown option '-q'; *" init -q "$db"
  run 2 '' 'planfs: --json, --txt, --md or --docx?;*' export "$db"
  run 2 '' 'planfs: a year has four digits*' import "$db" x --year 16
  run 2 '' "planfs: '.x' cannot be the name of a district*" import "$db" x --district .x
  "$planfs" --help >/dev/full 2>"$work/err"
  same 'a full stdout' 1 $?
}

files_that_are_no_database() {
  run 3 '' "planfs: $db: no such database; make one with 'planfs init'" status "$db"
  run 0 '' '' init "$db"
  run 1 '' "planfs: $db: exists already; nothing was changed" init "$db"
  run 3 '' 'planfs: /nonexistent/x.db: No such file or directory' init /nonexistent/x.db
  echo text >"$work/text"
  for command in status check; do
    run 5 '' "planfs: $work/text: not a planfs database" "$command" "$work/text"
    run 5 '' "planfs: $work: not a regular file; a database is one" "$command" "$work"
  done
  mkfifo "$work/fifo"
  ln -s "$db" "$work/link"
  for command in status check; do
    run 5 '' "planfs: $work/fifo: not a regular file; a database is one" "$command" "$work/fifo"
    run 0 '*' '' "$command" "$work/link"
  done
  run 5 '' "planfs: $work/fifo: not a regular file; a database is one" check "$work/fifo" --repair
  run 5 '' "planfs: $work/fifo: not a regular file*" recover "$work/fifo" "$work/saved"
  if [ "$(id -u)" != 0 ]; then
    "$planfs" init "$work/locked.db"
    chmod 000 "$work/locked.db"
    run 1 '' "planfs: $work/locked.db: Permission denied" check "$work/locked.db"
    run 1 '' "planfs: $work/locked.db: Permission denied" recover "$work/locked.db" "$work/saved"
  fi
  run 5 '' "planfs: $work/text: not a planfs database" backup "$work/text" "$work/copy"
  run 5 '' "planfs: $work/text: not a planfs database" export "$work/text" --txt
  run 5 '' "planfs: $work/text: not a planfs database" import "$work/text" "$work/text"
}

importing() {
  mkdir "$work/in"
  printf '2016年合肥市教育工作要点\n一、指导思想\n全面贯彻党的教育方针。\n二、主要任务\n抓好控辍保学工作。\n' \
    >"$work/in/a.txt"
  head -c 3000 /dev/urandom >"$work/in/b.bin"
  : >"$work/in/.hidden"
  run 16 "*  + 2016/合肥市/*would import 1 plan with *; 1 of 2 files skipped" 'planfs: b.bin: not a text*' \
    import "$db" "$work/in" --dry-run
  run 0 '*plans:           0*' '' status "$db"
  run 16 "*  + 2016/合肥市/*imported 1 plan with *" 'planfs: b.bin: not a text*' import "$db" "$work/in"
  run 0 "*  = 2016/合肥市/*here already)*imported 0 plans *" '' import "$db" "$work/in/a.txt"
  run 16 '{*"was_there":true*}*{"file": "*/b.bin", "error": "*' 'planfs: b.bin*' import "$db" "$work/in" --json
  run 16 'imported 0*1 of 1 file skipped' 'planfs: /nonexistent: No such file or directory' \
    import "$db" /nonexistent
  run 0 '*plans:           1*' '' status "$db"
  plan=$("$planfs" export "$db" --txt | sed -n '1s/^== \(.*\)\/.* ==$/\1/p')
}

# Files that other programs read, which are there or not.
helped_importing() {
  data=$(dirname "$0")/../data/helpers
  rm -rf "$work/none.db"
  "$planfs" init "$work/none.db"
  real=$planfs
  printf '#!/bin/sh\nPATH=/nonexistent exec "%s" "$@"\n' "$real" >"$work/alone"
  chmod +x "$work/alone"
  planfs=$work/alone
  run 16 '*2 of 2 files skipped' \
    'planfs: plan.pdf: needs pdftotext, which is not here; install poppler-utils
planfs: plan.rtf: needs LibreOffice, which is not here; install libreoffice-writer-nogui' \
    import "$work/none.db" "$data"
  planfs=$real
  export HOME="$work"
  command -v pdftotext >/dev/null && run 0 '*(PDF, 1 plan, *  + 2022/清溪县/*(4 sections)*' '' \
    import "$work/none.db" "$data/plan.pdf" --dry-run
  command -v soffice >/dev/null && run 0 '*(office, 1 plan, *  + 2022/清溪县/*(4 sections)*' '' \
    import "$work/none.db" "$data/plan.rtf" --dry-run
}

exporting() {
  run 0 '\[?{*"year": "2016"*?\]' '' export "$db" --json
  run 0 "== $plan/*抓好控辍保学工作。*" '' export "$db" 2016 --txt
  run 3 '' 'planfs: 1999: No such file or directory' export "$db" 1999 --json
  run 3 '' "planfs: $plan/plan.json: neither a year nor a district nor a plan" export "$db" "$plan/plan.json" --txt
}

loading() {
  "$planfs" export "$db" --json >"$work/all.json"
  run 0 '' '' init "$work/loaded.db"
  run 0 '*  + 2016/合肥市/*loaded 1 plan; 0 skipped' '' load "$work/loaded.db" "$work/all.json"
  "$planfs" export "$work/loaded.db" --json >"$work/again.json"
  same 'what is loaded' "$(cat "$work/all.json")" "$(cat "$work/again.json")"
  run 16 'loaded 0 plans; 1 skipped' '*: exists already; nothing was changed' load "$work/loaded.db" "$work/all.json"
  run 0 '*planfs JSON, 1 plan*  = 2016/合肥市/*1 here already*' '' import "$work/loaded.db" "$work/all.json"
  run 1 '' "planfs: $work/text: line 1*" load "$work/loaded.db" "$work/text"
  run 3 '' 'planfs: /nonexistent: No such file*' load "$work/loaded.db" /nonexistent
}

next_year() {
  run 0 '*  + 2017/合肥市/*would make 1 plan of 2017; 0 things to look at; 0 skipped' '' \
    new-year "$db" 2017 --from 2016 --dry-run
  "$planfs" init "$work/next.db"
  "$planfs" load "$work/next.db" "$work/all.json" >/dev/null
  run 0 '*  + 2017/合肥市/2017年合肥市教育工作要点*made 1 plan of 2017*' '' new-year "$work/next.db" 2017 --from 2016
  run 16 '*made 0 plans*1 skipped' '*: exists already; nothing was changed' new-year "$work/next.db" 2017 --from 2016 合肥市
  run 3 '' 'planfs: 1999: no plans of 2016 there' new-year "$work/next.db" 2017 --from 2016 1999
  run 2 '' 'planfs: the new year and --from are two years of four digits*' new-year "$work/next.db" 2017
  run 2 '' 'planfs: a year has four digits*' new-year "$work/next.db" 2017 --from 16
}

checking() {
  run 0 "$db: sound (0 damaged, 0 warnings)" '' check "$db"
  run 0 '' '' check "$db" --json
  sqlite3 "$db" "INSERT INTO section (year, district, plan, name, body) VALUES ('2017', 'a', 'b', 'c.txt', x'ff')"
  run 0 'warning: 2017/a/b/c.txt: is not UTF-8*sound (0 damaged, 1 warnings)' '' check "$db"
  run 1 '*' '' check "$db" --strict
  run 0 '{"level": "warning", "kind": "utf8", "path": "2017/a/b/c.txt", "text": "*"}' '' check "$db" --json
  run 0 '' '' backup "$db" "$work/copy.db"
  run 1 '' "planfs: $work/copy.db: exists already; nothing was changed" backup "$db" "$work/copy.db"
  sqlite3 "$work/copy.db" 'UPDATE inode SET size = 99 WHERE size = 1'
  run 1 '*damage: 2017/a/b/c.txt: has 1 bytes, but its size says 99*damaged; *--repair*recover*' '' \
    check "$work/copy.db"
  repairing
}

repairing() {
  "$planfs" init "$work/newer.db"
  sqlite3 "$work/newer.db" 'PRAGMA user_version = 99'
  run 5 '' "planfs: $work/newer.db: written by a newer planfs; install that version" check "$work/newer.db"
  run 5 '' "planfs: $work/newer.db: written by a newer planfs; install that version" check "$work/newer.db" --repair
  copy=$work/copy.db
  run 0 "mended: 2017/a/b/c.txt: its size said 99, and is 1
note: $copy.before-repair-*: the database as it was before the repair
warning: *$copy: sound (0 damaged, 1 warnings)" '' check "$copy" --repair
  run 1 '*has 1 bytes, but its size says 99*' '' check "$copy".before-repair-*
  run 0 "warning: *sound*" '' check "$copy" --repair
  same 'one copy' 1 "$(ls "$copy".before-repair-* | wc -l)"
  sqlite3 "$copy" 'UPDATE inode SET size = 98 WHERE size = 1'
  run 0 '{"level": "mended", "kind": "size", *{"level": "note", "kind": "copy", *' '' check "$copy" --repair --json
  same 'two copies' 2 "$(ls "$copy".before-repair-* | wc -l)"
  # a page in the middle of a table is gone
  cp "$copy" "$work/pages.db"
  page=$(sqlite3 "$copy" "SELECT rootpage FROM sqlite_schema WHERE name = 'dentry'")
  dd if=/dev/zero of="$work/pages.db" bs=4096 seek=$((page - 1)) count=1 conv=notrunc 2>/dev/null
  sum=$(sha256sum <"$work/pages.db")
  run 1 '*damage: *still damaged*' "planfs: $work/pages.db: too damaged to be mended, and nothing was changed; *recover*" \
    check "$work/pages.db" --repair
  same 'nothing was changed' "$sum" "$(sha256sum <"$work/pages.db")"
}

recovering() {
  saved=$work/saved.db
  run 0 "*$saved: complete; nothing is missing" '' recover "$db" "$saved"
  same 'a sound database' "$("$planfs" export "$db" --json)" "$("$planfs" export "$saved" --json)"
  run 1 '' "planfs: $saved: exists already; nothing was changed" recover "$db" "$saved"
  run 3 '' 'planfs: /nonexistent/x.db: No such file or directory' recover /nonexistent/x.db "$work/no.db"
  run 5 '' "planfs: $work/text: nothing of a planfs database is in it" recover "$work/text" "$work/no.db"
  run 5 '' "planfs: $work: not a regular file*" recover "$work" "$work/no.db"
  same 'no file is left' '' "$(ls "$work"/no.db* 2>/dev/null)"
  rm "$saved"
  cp "$db" "$work/bad.db"
  dd if=/dev/zero of="$work/bad.db" bs=100 count=1 conv=notrunc 2>/dev/null
  run 5 '' "planfs: $work/bad.db: not a planfs database" check "$work/bad.db"
  sum=$(sha256sum <"$work/bad.db")
  run 0 '*complete*' '' recover "$work/bad.db" "$saved"
  same 'the damaged file is only read' "$sum" "$(sha256sum <"$work/bad.db")"
  same 'a header is gone' "$("$planfs" export "$db" --json)" "$("$planfs" export "$saved" --json)"
  rm "$saved"
  run 16 "*lost: 1 pages and*look at the tree*" '' recover "$work/pages.db" "$saved"
  rm "$saved"
  run 16 '{*{"recovered": "*/saved.db", "complete": false, "inodes": *, "lost_pages": 1, *}' '' \
    recover "$work/pages.db" "$saved" --json
}

optimizing() {
  scattered=$work/scattered.db
  "$planfs" init "$scattered"
  sqlite3 "$scattered" "INSERT INTO section (year, district, plan, name, body) WITH RECURSIVE n(i) AS (VALUES (0)
    UNION ALL SELECT i + 1 FROM n WHERE i < 99) SELECT '2016', 'a', 'p' || (i % 10), i || '.txt', 'text ' || i FROM n"
  "$planfs" export "$scattered" --json >"$work/scattered.json"
  run 0 "$scattered: 100 texts moved; 0 % of neighbours were side by side, now 100 %
$scattered: 0.* MB before, 0.* MB now" '' optimize "$scattered"
  run 0 "$scattered: in order already (100 % of neighbours are side by side); no text moved
$scattered: 0.* MB, nothing was rewritten" '' optimize "$scattered"
  run 0 '{"optimized": "*", "texts": 100, "neighbours": 99, "side_by_side_before": 99, "side_by_side": 99, "moved": 0, *"rewritten": false}' \
    '' optimize "$scattered" --json
  run 0 "$scattered: sound (0 damaged, 0 warnings)" '' check "$scattered"
  same 'what was moved' "$(cat "$work/scattered.json")" "$("$planfs" export "$scattered" --json)"
  same 'the log is written back' '' "$(ls "$scattered"-wal 2>/dev/null)"
  run 3 '' 'planfs: /nonexistent: no such database*' optimize /nonexistent
  run 5 '' "planfs: $work/text: not a planfs database" optimize "$work/text"
  sqlite3 "$scattered" 'UPDATE inode SET size = 99 WHERE size = 6'
  run 1 '' "planfs: $scattered: damaged, and nothing was changed; see 'planfs check'" optimize "$scattered"
}

status_of() {
  "$planfs" status "$1" --json | python3 -c 'import json, sys; print(json.load(sys.stdin).get(sys.argv[1]))' "$2"
}

mounted() {
  mkdir "$mnt"
  run 0 '' '' mount "$db" "$mnt"
  same 'status of a mount' "$db" "$(status_of "$mnt" database)"
  same 'status of its database' "$mnt" "$(status_of "$db" mountpoint)"
  same 'status of a path in it' True "$(status_of "$mnt/2016" alive)"
  run 0 "*mounted:         $mnt*" '' status "$db"
  run 0 "*sound*" '' check "$mnt"
  run 4 '' "planfs: $db: mounted at $mnt; a repair needs 'planfs umount' first" check "$mnt" --repair
  run 4 '' "planfs: $db: mounted at $mnt; 'planfs umount' first" optimize "$db"
  run 0 '' '' backup "$mnt" "$work/mounted.db"
  run 0 "*抓好控辍保学工作。*" '' export "$mnt/2016" --txt
  "$planfs" export "$mnt" "$plan" --txt >"$work/txt"
  cat "$mnt/$plan"/*.txt >"$work/cat"
  same 'the text of a plan' "$(cat "$work/cat")" "$(cat "$work/txt")"
  printf '2018年合肥市教育工作计划\n一、目标\n办好人民满意的教育。\n二、措施\n加强学校管理工作。\n' >"$work/b.txt"
  run 0 '*  + 2018/合肥市/*' '' import "$mnt" "$work/b.txt"
  run 4 '' "planfs: *mounted*" mount "$db" "$mnt"
  run 0 '*  + 2019/合肥市/*' '' new-year 2019 --from 2018 "$mnt/2018/合肥市"
  same 'the new plan in the mount' yes "$([ -d "$mnt/2019/合肥市/2019年合肥市教育工作计划" ] && echo yes)"
  run 0 '' '' umount "$mnt"
  run 3 '' '*' umount "$mnt"
  run 0 '*mounted:         no' '' status "$db"
}

# The man page has every command and every option that --help has.
man_page() {
  page=$(dirname "$0")/../../docs/planfs.1
  commands=$("$planfs" --help | sed -n 's/^  \([a-z-]*\) .*/\1/p')
  same 'commands found' yes "$([ "$(echo "$commands" | wc -l)" -ge 8 ] && echo yes)"
  for command in $commands; do
    same "planfs $command in the man page" 1 "$(grep -c "^\.BI \"planfs $command " "$page")"
    for option in $("$planfs" "$command" --help | grep -o -e '--[a-z-]*' | sort -u); do
      same "$command $option in the man page" yes "$(sed 's/\\-/-/g' "$page" | grep -q -e "$option" && echo yes)"
    done
  done
}

usage_errors
man_page
files_that_are_no_database
importing
helped_importing
exporting
loading
next_year
command -v sqlite3 >/dev/null && checking && recovering && optimizing
[ -w /dev/fuse ] && mounted
echo "$done checks, $failed failed"
[ "$failed" = 0 ]
