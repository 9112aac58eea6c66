#!/bin/sh
# planfs conflicts, on databases that are not mounted, and PLANFS_AUTHOR. test_cli_conflicts.sh PLANFS
set -u
export LC_ALL=C.UTF-8 TZ=UTC
planfs=$(realpath "$1")
work=$(mktemp -d /tmp/planfs-cli-XXXXXX)
trap 'rm -rf "$work"' EXIT
db=$work/plans.db failed=0 done=0

sql() {
  sqlite3 "$db" "$1" || exit 1
}

# run CODE STDOUT STDERR [ARGUMENT...]: what is printed, as it stands
run() {
  code=$1 out=$2 err=$3
  shift 3
  "$planfs" "$@" >"$work/out" 2>"$work/err"
  got=$?
  done=$((done + 1))
  [ "$(cat "$work/out")" = "$out" ] || got="$got, stdout: $(cat "$work/out")"
  [ "$(cat "$work/err")" = "$err" ] || got="$got, stderr: $(cat "$work/err")"
  [ "$got" = "$code" ] && return
  failed=$((failed + 1))
  printf 'planfs %s\n  wanted %s, stdout: %s, stderr: %s\n  got %s\n' "$*" "$code" "$out" "$err" "$got"
}

# conflict PLAN NAME: a section that somebody overwrote, in known times
conflict() {
  sql "INSERT INTO section (year, district, plan, name, body) VALUES ('2016', '合肥市', '$1', '$2', '一');
    UPDATE section SET body = '一二' WHERE plan = '$1' AND name = '$2';
    UPDATE section SET body = '一二三' WHERE plan = '$1' AND name = '$2';
    UPDATE revision SET conflict = (SELECT max(rev) - 1 FROM revision), author = '王', program = 'vim', time = 1795000000000000000
      WHERE rev = (SELECT max(rev) FROM revision);
    UPDATE revision SET time = 1794990000000000000 WHERE rev = (SELECT max(rev) - 1 FROM revision);"
}

usage='usage: planfs conflicts DB|MNT [PATH] [--json] [--dismiss NUMBER|all]'
"$planfs" init "$db" || exit 1
run 0 '0 conflicts' '' conflicts "$db"
run 0 '' '' conflicts "$db" --json
run 0 '0 conflicts dismissed' '' conflicts "$db" --dismiss all
run 2 '' "planfs: too few arguments; $usage" conflicts
run 2 '' "planfs: too many arguments; $usage" conflicts "$db" a b
run 2 '' "planfs: option '--dismiss' needs an argument; $usage" conflicts "$db" --dismiss
for number in '' 0 -1 1x 99999999999999999999; do
  run 2 '' "planfs: '$number' is no number of a version, and not 'all'; $usage" conflicts "$db" --dismiss "$number"
done
run 2 '' "planfs: --dismiss: numbers or 'all', not both; $usage" conflicts "$db" --dismiss all --dismiss 7
run 3 '' "planfs: $work/none: no such database; make one with 'planfs init'" conflicts "$work/none"
run 5 '' "planfs: $planfs: not a planfs database" conflicts "$planfs"

conflict 要点 01.txt # 6 over 5
conflict '计划 "甲"' "a\"b
c.txt" # 10 over 9
newest='2016/合肥市/计划 "甲"/a"b\x0ac.txt
  kept         10  2026-11-18 11:06:40  王 (vim)  9 bytes
  overwritten  9  2026-11-18 08:20:00  sql  6 bytes'
first='2016/合肥市/要点/01.txt
  kept         6  2026-11-18 11:06:40  王 (vim)  9 bytes
  overwritten  5  2026-11-18 08:20:00  sql  6 bytes'
sql 'SELECT rev FROM revision WHERE conflict > 0' >"$work/revs"
[ "$(tr '\n' ' ' <"$work/revs")" = '6 10 ' ] || { echo "numbers: $(cat "$work/revs")"; exit 1; }
run 0 "$newest
$first" '' conflicts "$db"
run 0 "$first" '' conflicts "$db" 2016/合肥市/要点
run 0 "$first" '' conflicts "$db" /2016/合肥市/要点/01.txt
run 0 "$newest
$first" '' conflicts "$db" /2016/
run 3 '' 'planfs: 2016/合肥: no such path' conflicts "$db" 2016/合肥
run 0 '{"path": "2016/合肥市/要点/01.txt", "removed": false, "kept": {"rev": 6, "time": 1795000000000000000, "author": "王", "program": "vim", "bytes": 9}, "overwritten": {"rev": 5, "time": 1794990000000000000, "author": "sql", "program": null, "bytes": 6}}' \
  '' conflicts "$db" 2016/合肥市/要点 --json

run 3 '' 'planfs: 7: no version that overwrote another; nothing was changed' conflicts "$db" --dismiss 6 --dismiss 7
run 3 '' 'planfs: 10: no version that overwrote another there; nothing was changed' conflicts "$db" 2016/合肥市/要点 --dismiss 10
run 0 "$first
1 conflict dismissed" '' conflicts "$db" --dismiss 6
run 3 '' 'planfs: 6: no version that overwrote another; nothing was changed' conflicts "$db" --dismiss 6
run 0 "$newest" '' conflicts "$db"
"$planfs" status "$db" | grep -q "^conflicts: *1 (see 'planfs conflicts')\$" || { failed=$((failed + 1)); echo 'status does not count 1'; }
"$planfs" status "$db" --json | grep -q '^  "conflicts": 1,$' || { failed=$((failed + 1)); echo 'status --json does not count 1'; }

sql "DELETE FROM plan WHERE district = '合肥市'"
run 0 '2016/合肥市/计划 "甲"/a"b\x0ac.txt  (its directory was removed)
  kept         10  2026-11-18 11:06:40  王 (vim)  9 bytes
  overwritten  9  2026-11-18 08:20:00  sql  6 bytes' '' conflicts "$db"
run 0 '2016/合肥市/计划 "甲"/a"b\x0ac.txt  (its directory was removed)
  kept         10  2026-11-18 11:06:40  王 (vim)  9 bytes
  overwritten  9  2026-11-18 08:20:00  sql  6 bytes
1 conflict dismissed' '' conflicts "$db" --dismiss all
run 0 '0 conflicts' '' conflicts "$db"

# a list that is read only, and a program that keeps the database
conflict 要点 01.txt
if [ "$(id -u)" = 0 ] && command -v setpriv >/dev/null; then
  chmod 755 "$work"
  chmod 644 "$db"
  other="setpriv --reuid 65534 --regid 65534 --clear-groups $planfs"
  done=$((done + 2))
  [ "$($other conflicts "$db" --json | wc -l)" = 1 ] || { failed=$((failed + 1)); echo 'a reader cannot list'; }
  $other conflicts "$db" --dismiss all 2>"$work/err"
  [ "$? $(cat "$work/err")" = "1 planfs: $db: Permission denied" ] ||
    { failed=$((failed + 1)); echo "a reader dismisses: $(cat "$work/err")"; }
fi

# who
printf '2015年合肥市教育工作计划\n\n一、总则\n办好教育。\n二、安全\n安全第一。\n' >"$work/2015年合肥市教育工作计划.txt"
for author in 'a/b' "a
b" "$(printf 'a\033b')" "$(printf '%064d' 0)" "$(printf '\315\365')"; do
  PLANFS_AUTHOR=$author run 1 '' \
    "planfs: PLANFS_AUTHOR: an author is UTF-8 of at most 63 bytes, without '/' and control characters" \
    import "$db" "$work/2015年合肥市教育工作计划.txt"
done
PLANFS_AUTHOR=王小明 "$planfs" import "$db" "$work/2015年合肥市教育工作计划.txt" >/dev/null || exit 1
sed 's/2015/2014/; s/办好教育/立德树人/' "$work/2015年合肥市教育工作计划.txt" >"$work/2014年合肥市教育工作计划.txt"
PLANFS_AUTHOR='' "$planfs" import "$db" "$work/2014年合肥市教育工作计划.txt" >/dev/null || exit 1
who=$(sql "SELECT DISTINCT year, author, program FROM plan_dir p JOIN revision r ON r.parent = p.inode
  WHERE program LIKE 'planfs%' ORDER BY year DESC")
wanted="2015|王小明|planfs import
2014|$(id -un)|planfs import"
done=$((done + 1))
[ "$who" = "$wanted" ] || { failed=$((failed + 1)); printf 'who\n  wanted %s\n  got %s\n' "$wanted" "$who"; }

echo "$done checks, $failed failed"
[ "$failed" = 0 ]
