#!/bin/sh
# planfs similar: what it prints, and what it says when it cannot tell.
#
#   similar.sh PLANFS
set -u
planfs=$1
. "$(dirname "$0")/lib.sh"
begin

one='继续推进义务教育均衡发展，加大控辍保学力度，适龄儿童入学率达到百分之九十九以上，建立健全学籍管理制度，落实责任。'
two='学校要求全体教师认真备课、上课、批改作业，每周组织一次教研活动，期末进行总结评比，表彰先进个人和优秀备课组。'

# put PATH TEXT
put() {
	year=${1%%/*} rest=${1#*/}
	district=${rest%%/*} rest=${rest#*/}
	"$planfs" sql "$db" "INSERT INTO section (year, district, plan, name, body) VALUES
		('$year', '$district', '${rest%%/*}', '${rest#*/}', '$2')" || exit 1
}

put 2016/合肥市/要点/01-义务教育.txt "2016年，$one"
put 2016/合肥市/要点/02-教师.txt "$two"
put 2016/合肥市/要点/03-短.txt 短
put 2017/南通市/要点/01-义务教育.txt "20xx年，$one"
put 2017/南通市/要点/02-队伍.txt "$two"
put 2015/合肥市/总结/01.txt "$one$two"
put 2014/合肥市/总结/01.txt 别的文字，与上面没有任何共同之处，所以不应当被列出来，哪怕它也够长。

run 0 'usage: planfs similar *' '' similar --help
run 2 '' 'planfs: too few arguments; usage: planfs similar *' similar
run 2 '' 'planfs: too many arguments; *' similar a b c
run 2 '' "planfs: '0' is no number from 1 to 1000; *" similar "$db" x -n 0
run 2 '' "planfs: '-1' is no number from 1 to 1000; *" similar "$db" x -n -1
run 2 '' "planfs: '1001' is no number from 1 to 1000; *" similar "$db" x -n 1001
run 2 '' "planfs: '3x' is no number from 1 to 1000; *" similar "$db" x -n 3x
run 3 '' 'planfs: */none.db: no such database*' similar "$work/none.db" x
run 3 '' 'planfs: 2016/x: No such file or directory' similar "$db" 2016/x
run 1 '' 'planfs: 2016/合肥市: neither a plan nor a file' similar "$db" 2016/合肥市
run 1 '' "planfs: $db: neither a plan nor a file" similar "$db"
run 1 '' 'planfs: 2016/合肥市/要点/03-短.txt: too little text to tell what is like it' similar "$db" 2016/合肥市/要点/03-短.txt

run 0 '100%  2017/南通市/要点/01-义务教育.txt
 6[0-9]%  2015/合肥市/总结/01.txt' '' similar "$db" 2016/合肥市/要点/01-义务教育.txt
run 0 '100%  2017/南通市/要点/01-义务教育.txt' '' similar "$db" 2016/合肥市/要点/01-义务教育.txt -n 1
run 0 '100%  2017/南通市/要点
      100%  01-义务教育.txt
      100%  02-教师.txt = 02-队伍.txt
 9[0-9]%  2015/合肥市/总结
       6[0-9]%  01-义务教育.txt = 01.txt
       6[0-9]%  02-教师.txt = 01.txt' '' similar "$db" 2016/合肥市/要点
run 0 '' 'planfs: 2014/合肥市/总结: nothing is like it' similar "$db" 2014/合肥市/总结
run 0 '\[\]' '' similar --json "$db" 2014/合肥市/总结
"$planfs" similar --json "$db" 2016/合肥市/要点 | python3 -c '
import json, sys
first = json.load(sys.stdin)[0]
assert first["year"] == "2017" and first["district"] == "南通市" and first["plan"] == "要点", first
assert "section" not in first and first["percent"] >= 99, first
assert first["sections"][1] == {"percent": 100, "own": "02-教师.txt", "other": "02-队伍.txt"}, first' 2>"$work/err"
same 'JSON of a plan' '0 ' "$? $(cat "$work/err")"
"$planfs" similar --json "$db" 2016/合肥市/要点/01-义务教育.txt | python3 -c '
import json, sys
first, second = json.load(sys.stdin)
assert first == {"percent": 100, "year": "2017", "district": "南通市", "plan": "要点", "section": "01-义务教育.txt"}, first' 2>"$work/err"
same 'JSON of a section' '0 ' "$? $(cat "$work/err")"

# what is not in the index, and cannot be put into it while another program holds the database
python3 - "$planfs" "$db" <<'EOF' 2>"$work/err"
import sqlite3, subprocess, sys
planfs, db = sys.argv[1:]
other = sqlite3.connect(db, isolation_level=None)
other.execute("INSERT INTO section (year, district, plan, name, body) SELECT '2020', district, plan, name, body "
              "FROM section WHERE year = '2016'")
other.execute('BEGIN IMMEDIATE')
command = [planfs, 'similar', db, '2016/合肥市/要点/01-义务教育.txt', '-n', '1']
first = subprocess.run(command, capture_output=True, text=True)
assert first.stderr == 'planfs: 3 texts are not in the search index yet, and were not compared\n', first.stderr
assert first.stdout == '100%  2017/南通市/要点/01-义务教育.txt\n', first.stdout
other.execute('ROLLBACK')
command[-1] = '2'
then = subprocess.run(command, capture_output=True, text=True)
assert then.stderr == '' and '2020/合肥市/要点/01-义务教育.txt' in then.stdout, (then.stderr, then.stdout)
EOF
same 'texts that wait for the index' '0 ' "$? $(cat "$work/err")"
finish
