#!/bin/sh
# planfs sql: where statements come from, how rows look, and what is said of mistakes.
#
#   sql.sh PLANFS
set -u
planfs=$1
. "$(dirname "$0")/lib.sh"
begin

# script TEXT [OPTION...]: run TEXT as stdin
script() {
	text=$1
	shift
	printf '%b' "$text" | "$planfs" sql "$db" "$@" >"$work/out" 2>"$work/err"
	code=$?
	printf '%s' "$code:"
	cat "$work/out" "$work/err"
}

sql() {
	"$planfs" sql "$db" "$@"
}

# arguments
run 0 'usage: planfs sql DB*' '' sql --help
run 2 '' 'planfs: too few arguments; usage: planfs sql *' sql
run 2 '' "planfs: unknown option '--nonsense'; usage: planfs sql *" sql "$db" --nonsense
run 3 '' 'planfs: */none.db: no such database*' sql "$work/none.db" 'SELECT 1'
run 5 '' 'planfs: */passwd: not a planfs database' sql /etc/passwd 'SELECT 1'
run 0 '1
2|3' '' sql "$db" 'SELECT 1; SELECT 2, 3;'
run 0 '1
2' '' sql "$db" 'SELECT 1' 'SELECT 2'
run 0 '' '' sql "$db" '' ' -- nothing'
run 1 '1' 'planfs: no such column: nix' sql "$db" 'SELECT 1' 'SELECT nix' 'SELECT 3'
run 1 '1' 'planfs: line 3: no such column: nix' sql "$db" 'SELECT 1;
SELECT
nix'
run 1 '' 'planfs: line 3: integer overflow' sql "$db" 'SELECT 1 WHERE 0;

SELECT abs(-9223372036854775808)'

# stdin
same 'a script' '0:1
2' "$(script 'SELECT 1;\nSELECT\n2')"
same 'an empty script' '0:' "$(script '')"
same 'blank lines' '0:' "$(script ' \n\n')"
same 'a mistake ends a script' '1:1
planfs: line 4: no such column: nix' "$(script 'SELECT 1;\n\nSELECT\nnix;\nSELECT 5;\n')"
same 'what is not finished' '1:planfs: line 1: incomplete input' "$(script 'SELECT (')"
same 'a NUL' '1:planfs: line 2: a NUL is no text' "$(script 'SELECT 1 WHERE 0;\nSELECT \0000;\n')"
same 'semicolons in texts' '0:a;b' "$(script "SELECT 'a;b';\n")"
"$planfs" sql "$db" <"$work" >"$work/out" 2>"$work/err"
same 'a directory' '1:planfs: cannot read the input: Is a directory' "$?:$(cat "$work/out" "$work/err")"

# dot commands
same 'dot commands' '1
k
1' "$(script ".tables\nSELECT 1;\n.headers on\nSELECT 1 AS k;\n.quit\nSELECT 2;\n" | sed -n '/^1$/,$p')"
same '.tables knows search, and not what FTS5 needs' 'search
search_gone
search_index
search_text' "$(sql .tables | grep search)"
same '.schema' 'CREATE TABLE xattr (
  inode INTEGER NOT NULL REFERENCES inode(id),
  name TEXT NOT NULL,
  value BLOB NOT NULL,
  PRIMARY KEY (inode, name)
) STRICT, WITHOUT ROWID;' "$(sql '.schema XATTR')"
run 0 '*.mode MODE*MATCH*' '' sql "$db" .help
run 1 '' "planfs: '.nix' is no command; see .help" sql "$db" .nix 'SELECT 1'
run 1 '' 'planfs: .mode list, csv, json or tabs[?]' sql "$db" '.mode x'
run 1 '' 'planfs: .headers on or off[?]' sql "$db" .headers

# forms
rows="SELECT 'a|b' AS x, 'c,\"d\"' AS \"y,\", NULL AS z, 1.5, x'41ff', '合' UNION ALL SELECT '', ' ', '
', -1, x'', 'e'"
same list "$(printf 'x|y,|z|1.5|x|w\na|b|c,"d"||1.5|A\377|合\n| |\n|-1||e')" \
	"$(sql --header "SELECT * FROM ($(echo "$rows" | sed "s/x'41ff'/x'41ff' AS x/; s/'合'/'合' AS w/"))" | sed 's/:1//g')"
same csv "$(printf 'x,"y,",z,1.5,b,w\r\na|b,"c,""d""",,1.5,A\377,合\r\n," ","\n",-1,,e\r')" \
	"$(sql --csv --header "SELECT * FROM ($(echo "$rows" | sed "s/x'41ff'/x'41ff' AS b/; s/'合'/'合' AS w/"))")"
same json '[{"x":"a|b","y,":"c,\"d\"","z":null,"1.5":1.5,"b":"41ff","w":"合"},
{"x":"","y,":" ","z":"\u000a","1.5":-1,"b":"","w":"e"}]' \
	"$(sql --json "SELECT * FROM ($(echo "$rows" | sed "s/x'41ff'/x'41ff' AS b/; s/'合'/'合' AS w/"))")"
same tabs "$(printf '1\ta')" "$(sql --tabs "SELECT 1, 'a'")"
same 'JSON is an array for each statement, or nothing' '[{"1":1}]
[{"2":2}]' "$(sql --json 'SELECT 1; SELECT 1 WHERE 0; SELECT 2')"
same 'JSON closes what a mistake ends' '[{"x":1}]' "$(sql --json \
	'SELECT 1 AS x UNION ALL SELECT abs(-9223372036854775808)' 2>/dev/null)"
same 'JSON of odd values' '[{"a":1e999,"b":-1e999,"c":"a\u0000�","d":null}]' "$(sql --json \
	"SELECT 1e999 AS a, -1e999 AS b, CAST(x'6100ff' AS TEXT) AS c, NULL AS d")"
same 'as the sqlite3 shell' "$(sqlite3 "$db" "SELECT kind, id, mode, NULL, x'41', 1e20, -0.0 FROM inode")" \
	"$(sql "SELECT kind, id, mode, NULL, x'41', 1e20, -0.0 FROM inode")"
same 'as the sqlite3 shell, JSON' "$(sqlite3 -json "$db" "SELECT kind, id, NULL, 1e20, 'a\"\\' FROM inode")" \
	"$(sql --json "SELECT kind, id, NULL, 1e20, 'a\"\\' FROM inode")"
same 'as the sqlite3 shell, with a header' "$(sqlite3 -header "$db" 'SELECT kind, id FROM inode WHERE 1; SELECT 1 WHERE 0')" \
	"$(sql --header 'SELECT kind, id FROM inode WHERE 1; SELECT 1 WHERE 0')"
sql 'SELECT 1' >/dev/full 2>"$work/err"
same 'a full stdout' 1 $?

# the database
run 0 '' '' sql "$db" "INSERT INTO section (year, district, plan, name, body) VALUES ('2016', '合肥市', '要点', '01.txt', '控辍保学')"
run 0 '2016|合肥市|要点|01.txt|控辍保学' '' sql "$db" "SELECT year, district, plan, name, body FROM search WHERE search MATCH '控辍保学'"
run 0 'sql|create' '' sql "$db" 'SELECT author, op FROM history'
run 1 '' 'planfs: attempt to write a readonly database' sql --readonly "$db" 'DELETE FROM section'
run 0 '1' '' sql --readonly "$db" 'SELECT count(*) FROM section'
run 1 '' 'planfs: not authorized: it belongs to planfs' sql "$db" 'DROP VIEW plan'
run 1 '' 'planfs: a quote is not closed' sql "$db" "SELECT * FROM search('\"x')"
same 'an unfinished transaction is taken back' 1 \
	"$(sql 'BEGIN; DELETE FROM section' && sql 'SELECT count(*) FROM section')"
run 0 '*: sound *' '' check "$db"

# rows are printed as they are found, in little memory
python3 - "$planfs" "$db" <<'EOF' 2>"$work/err"
import os, subprocess, sys
rows = subprocess.Popen([sys.argv[1], 'sql', sys.argv[2], 'WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL '
                         'SELECT x + 1 FROM c) SELECT x, hex(zeroblob(10000)) FROM c'], stdout=subprocess.PIPE)
for _ in range(1000):
    assert len(rows.stdout.read(1 << 20)) == 1 << 20
rows.stdout.close()
_, status, usage = os.wait4(rows.pid, 0)
assert usage.ru_maxrss < 500 << 10, f'{usage.ru_maxrss} KB for 1 GB of rows'
EOF
same 'endless rows' '0 ' "$? $(cat "$work/err")"
finish
