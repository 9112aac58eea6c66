#!/bin/sh
# What planfs grep can do beyond grep, on a database that is not mounted: filters, order, --loose, JSON, errors, full
# outputs. That it finds what grep finds is tests/search/grep.sh.
#
#   grep.sh PLANFS
set -u
planfs=$(realpath "$1") || exit 1
# shellcheck source=tests/cli/lib.sh
. "$(dirname "$0")/lib.sh"
command -v sqlite3 >/dev/null || exit 77
cd "$work" || exit 1

put() { # YEAR DISTRICT PLAN NAME TEXT
	sqlite3 "$db" "INSERT INTO section (year, district, plan, name, body) VALUES ('$1', '$2', '$3', '$4', '$5')"
}
begin
put 2014 合肥市 要点 01-总则.txt '控辍保学，一个不能少。
达到93%。
'
put 2016 合肥市 计划 01-总则.txt '控辍保学
'
put 2016 南通市 计划 02-安全.txt '控辍保学　ＡＢＣ
校园安全
'
put 2020 安庆市 '计划[一]' 01-总则.txt '控辍保学
'
put 未知年份 合肥市 计划 01-总则.txt '控辍保学
'
put 2016 合肥市 计划 02-图.txt "$(printf '控辍\001保学')"

all='2020/安庆市/计划[[]一]/01-总则.txt:1:控辍保学
2016/南通市/计划/02-安全.txt:1:控辍保学　ＡＢＣ
2016/合肥市/计划/01-总则.txt:1:控辍保学
2014/合肥市/要点/01-总则.txt:1:控辍保学，一个不能少。
未知年份/合肥市/计划/01-总则.txt:1:控辍保学'
names() { # WANTED YEARS [OPTION...]: the years that are found, in their order
	names_wanted=$1
	shift
	names_got=$("$planfs" grep -l "$@" 控辍保学 "$db" | cut -d/ -f1 | tr '\n' ' ')
	same "grep $*" "$names_wanted" "$names_got"
}

# The newest year first, on both: while the index lacks all, and when it has all.
run 0 "$all" '' grep 控辍保学 "$db"
run 0 '*' '' reindex "$db"
run 0 "$all" '' grep 控辍保学 "$db"
names '2014 2016 2016 2020 未知年份 ' --sort=path

# Filters: one of several is enough, each kind of them must fit.
names '2016 2016 2014 ' --year 2014..2016
names '2020 2014 ' --year 2014,2020
names '2020 ' --year 2017..
names '2014 ' --year ..2015
names '未知年份 ' --year 未知年份
names '2016 2014 未知年份 ' --district 合肥
names '2016 2016 2014 未知年份 ' --district 合肥市 --district 南通市
names '2016 ' --year 2016 --district =南通市
names '' --district =合肥
names '2020 2016 2016 未知年份 ' --plan '计划*'
names '2020 ' --plan '=计划[一]'
names '2016 ' --section 安全
names '2016 ' --section '02-*' --year 2016

# Width, blanks and case.
run 1 '' 'planfs: nothing found; if width, blanks and case do not matter, 1 line in 1 file: planfs grep --loose *' grep '保学 abc' "$db"
run 0 '2016/南通市/计划/02-安全.txt:1:控辍保学　ＡＢＣ' '' grep --loose '保学 abc' "$db"
run 0 '2014/合肥市/要点/01-总则.txt:2:达到93%。' '' grep --loose '９３％' "$db"
run 1 '' '' grep -q '９３％' "$db"
run 1 '' '' grep 没有的词 "$db"

# JSON of each kind is JSON.
run 0 '*' '' grep --json -o 校园 "$db"
same 'a match' '2016 南通市 计划 02-安全.txt 2 1 校园' "$(python3 -c '
import json, sys
m = json.load(sys.stdin)
print(m["year"], m["district"], m["plan"], m["section"], m["line"], m["column"], m["match"])' <"$work/out")"
run 0 '*' '' grep --json -c 校园 "$db"
same 'counts' '6 1' "$(python3 -c '
import json, sys
counts = [json.loads(line)["count"] for line in sys.stdin]
print(len(counts), sum(counts))' <"$work/out")"

# What is not as it should be.
run 2 '' "planfs: no pattern; *" grep
run 2 '' "planfs: 'abc': a year is *" grep --year abc 校园 "$db"
run 2 '' 'planfs: *number, not*abc*' grep -m abc 校园 "$db"
run 2 '' "planfs: *'no-such'*" grep --sort=no-such 校园 "$db"
run 2 '' 'planfs: *Unmatched (*' grep -E '(' "$db"
run 2 '' "planfs: $work/none.db: No such file or directory" grep 校园 "$work/none.db"
run 2 '' 'planfs: *none*' grep -f none "$db"
echo 'no database' >text
run 2 '' 'planfs: *text*' grep 校园 text
run 2 '*校园安全' 'planfs: *none.db: No such file or directory' grep 校园 none.db "$db"

# Who closes early is no error to be told; a full disk is one.
seq 200000 | sed 's/^/第 /' >many
sqlite3 "$db" "INSERT INTO section (year, district, plan, name, body) VALUES ('2001', '合肥市', '计划', '01-多.txt', CAST(readfile('many') AS TEXT))"
same 'closed early' '2001/合肥市/计划/01-多.txt:1:第 1' "$("$planfs" grep 第 "$db" 2>&1 | head -n 1)"
"$planfs" grep 校园 "$db" >&- 2>err
[ $? = 2 ] && grep -q 'Bad file descriptor' err || die "a closed output: $(cat err)"
if [ -w /dev/full ]; then
	"$planfs" grep 校园 "$db" >/dev/full 2>err
	same 'a full disk' '2, planfs: No space left on device' "$?, $(sed 's/: .*: /: /; s/: standard output//; s/: write error//' err)"
fi

# A database that may only be read.
cp "$db" readonly.db
chmod 444 readonly.db
run 0 '*校园安全' '' grep 校园 readonly.db
finish
