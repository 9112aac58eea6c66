#!/bin/sh
# The commands about the past on a database that is not mounted: what they print, and what they say to bad input.
#
#   PLANFS=… commands.sh
set -u
. "$(dirname "$0")/lib.sh"
export LC_ALL=C.UTF-8 TZ=Asia/Shanghai
unset PLANFS_AUTHOR
work=$(mktemp -d "${TMPDIR:-/tmp}/planfs-history.XXXXXX") || exit 1
trap 'rm -rf "$work"' EXIT
command -v sqlite3 >/dev/null || exit 77
db=$work/plans.db
plan=2016/合肥市/工作要点
cd "$work" || exit 1

put() { # NAME TEXT: a save by another program
	sql "INSERT INTO section (year, district, plan, name, body) VALUES ('2016', '合肥市', '工作要点', '$1', '$2')" 2>/dev/null ||
		sql "UPDATE section SET body = '$2' WHERE name = '$1'"
}

"$PLANFS" init "$db" || exit 1
put 01.txt '一、总则
第一条
'
put 01.txt '一、总则
第一条，改过
'
put 01.txt '一、总则
第一条，改过
第二条
'
put 02.txt '另一节
'
sql "DELETE FROM section WHERE name = '02.txt'"

log() {
	run 0 "rev-8 *  sql  remove  $plan/02.txt
rev-7 *  sql  create  $plan/02.txt  10 bytes
rev-6 *  sql  save    $plan/01.txt  *
rev-5 *rev-4 *rev-3 * create  $plan/
rev-2 * create  2016/合肥市/
rev-1 * create  2016/" '' log "$db"
	run 0 "@3 * rev-6 *  save  *
@2 * rev-5 *  save  *
@1 * rev-4 *  create *" '' log "$db" $plan/01.txt
	run 0 '@3 *' '' log "$db" $plan/01.txt -n 1
	run 0 '@3 *
@2 *' '' log "$db" $plan/01.txt -n 2
	run 0 '' '' log "$db" -n 0
	run 0 '' '' log "$db" --author wang
	run 0 'rev-8 *' '' log "$db" --author sql
	run 0 'rev-8 *' '' log "$db" --since today
	run 0 '' '' log "$db" --until yesterday
	run 0 '' '' log "$db" --since now
	run 0 'rev-8 *' '' log "$db" --since rev-7
	run 0 "rev-3 *" '' log "$db" --until rev-3 -n 1
	run 0 '      rev-8 *
@1 *rev-7 *' '' log "$db" $plan/02.txt
	run 0 "rev-8 *" '' log "$db" $plan -n 1
	run 0 "*--- $plan/01.txt@rev-5
+++ $plan/01.txt@rev-6
@@ -1,2 +1,3 @@
 一、总则
 第一条，改过
+第二条*" '' log "$db" -p $plan/01.txt -n 1
	run 0 "*--- /dev/null
+++ $plan/02.txt@rev-7
@@ -0,0 +1 @@
+另一节*" '' log "$db" -p $plan/02.txt
	run 0 '{"version": 3, "rev": 6, "time": "20*Z", "author": "sql", "program": null, "op": "save", "path": "'$plan/01.txt'", "mode": "100644", "bytes": 42, *' '' \
		log "$db" --json $plan/01.txt -n 1
	sql "UPDATE revision SET conflict = 4 WHERE rev = 5"
	run 0 '@3 *
@2 *  overwrote rev-4 unseen
@1 *  overwritten unseen by rev-5' '' log "$db" $plan/01.txt
	run 0 '*"overwrote": 4, "overwritten_by": null}*"overwritten_by": 5}' '' log "$db" --json $plan/01.txt
	sql "UPDATE revision SET conflict = NULL"
	run 2 '' "planfs: -n wants a number, not 'x';*" log "$db" -n x
	run 2 '' "planfs: -n wants a number, not '-1';*" log "$db" -n -1
	run 2 '' "planfs: 'gestern' is no moment;*" log "$db" --since gestern
	run 2 '' 'planfs: -p or --json, not both;*' log "$db" -p --json
	run 3 '' 'planfs: 2017: is not there, and never was' log "$db" 2017
	run 2 '' 'planfs: .planfs/at: in .planfs, where nothing has versions of its own' log "$db" .planfs/at
	run 3 '' "planfs: $work/none: no such database*" log "$work/none" 2016
	run 3 '' 'planfs: none: in no mounted planfs; for a database name it first*' log none
	run 3 '' 'planfs: .: in no mounted planfs*' log
	run 2 '' 'planfs: too many arguments;*' log "$db" a b
	echo text >"$work/text"
	run 5 '' "planfs: $work/text: not a planfs database" log "$work/text"
}

show() {
	run 0 '一、总则
第一条' '' show "$db" $plan/01.txt@1
	run 0 '一、总则
第一条，改过' '' show "$db" $plan/01.txt@0002
	run 0 '一、总则
第一条，改过
第二条' '' show "$db" $plan/01.txt
	run 0 '*第二条' '' show "$db" $plan/01.txt@
	run 0 '*第二条' '' show "$db" $plan/01.txt@now
	run 0 '*第二条' '' show "$db" "$plan/01.txt@$(date +%Y-%m-%d)"
	run 0 '一、总则
第一条' '' show "$db" $plan/01.txt@rev-4
	run 0 '另一节' '' show "$db" $plan/02.txt
	run 0 '另一节' '' show "$db" $plan/02.txt@1
	run 0 '*第二条' '' show "$db" "$plan/01.txt@GMT-$(TZ=UTC date +%Y.%m.%d-%H.%M.%S)"
	run 0 '*第二条' '' show "$db" "$plan/01.txt@@GMT-$(TZ=UTC date +%Y.%m.%d-%H.%M.%S)"
	run 0 '*第二条' '' show "$db" "./2016//合肥市/../合肥市/./工作要点/01.txt"
	run 3 '' "planfs: $plan/01.txt@4: $plan/01.txt has 3 versions, and no 4" show "$db" $plan/01.txt@4
	run 3 '' "planfs: $plan/02.txt@2: $plan/02.txt has 1 version, and no 2" show "$db" $plan/02.txt@2
	run 3 '' "planfs: $plan@1: $plan has no numbered versions" show "$db" $plan@1
	run 2 '' "planfs: $plan/01.txt@x: 'x' is no version and no moment" show "$db" $plan/01.txt@x
	run 2 '' "planfs: $plan/01.txt@rev-99: 'rev-99' is no version and no moment" show "$db" $plan/01.txt@rev-99
	run 2 '' "planfs: $plan/01.txt@0: '0' is no version and no moment" show "$db" $plan/01.txt@0
	run 3 '' "planfs: $plan/01.txt@rev-2: was not there then" show "$db" $plan/01.txt@rev-2
	run 3 '' "planfs: $plan/02.txt@now: was not there then" show "$db" $plan/02.txt@now
	run 3 '' "planfs: $plan/03.txt: is not there, and never was" show "$db" $plan/03.txt
	run 3 '' "planfs: $plan/03.txt@1: is not there, and never was" show "$db" $plan/03.txt@1
	run 2 '' "planfs: $plan: a directory; this needs a file" show "$db" $plan
	run 2 '' "planfs: $plan@rev-4: a directory; this needs a file" show "$db" $plan@rev-4
	run 2 '' 'planfs: too few arguments;*' show "$db"
}

# Names that hold what separates versions, quotes and newlines.
sections() { # of names that are no sections, through the tables
	sql "INSERT INTO section (year, district, plan, name, body) VALUES ('2016', '合肥市', '工作要点', '$1.txt', '$2');
		UPDATE dentry SET name = '$1' WHERE name = '$1.txt'" || exit 1
}

odd_names() {
	sections 'a@2' 'the file a@2'
	sections 'a' 'the first a'
	sql "UPDATE inode SET size = 12, body = (SELECT max(id) + 1 FROM body) WHERE id = (SELECT inode FROM dentry WHERE name = 'a');
		INSERT INTO body (id, data) SELECT body, CAST('the second a' AS BLOB) FROM inode WHERE id = (SELECT inode FROM dentry WHERE name = 'a')"
	sections 'b@2' 'the file b@2'
	sections 'c@d@e' 'at signs'
	sections '-n' 'a dash'
	sql "INSERT INTO section (year, district, plan, name, body) VALUES ('2016', '合肥市', '工作要点', 'q''u\"o.txt', 'quotes')"
	sql "INSERT INTO dentry (parent, name, inode) SELECT parent, 'new' || char(10) || 'line' || char(27) || '[31m', inode FROM dentry WHERE name = '01.txt'"
	run 2 '' "planfs: $plan/a@2: a file, and version 2 of another: '$plan/a@2@' is the file, '$plan/a@0002' the version" \
		show "$db" $plan/a@2
	run 0 'the file a@2' '' show "$db" $plan/a@2@
	run 0 'the second a' '' show "$db" $plan/a@0002
	run 0 'the first a' '' show "$db" $plan/a@1
	run 0 'the file b@2' '' show "$db" $plan/b@2
	run 0 'at signs' '' show "$db" $plan/c@d@e
	run 0 'at signs' '' show "$db" $plan/c@d@e@1
	run 0 'a dash' '' show "$db" $plan/-n
	run 0 'quotes' '' show "$db" "$plan/q'u\"o.txt"
	run 0 '*第二条' '' show "$db" "$plan/new
line$(printf '\033')[31m"
	run 0 "*$plan/new?x0aline?x1b?31m*" '' log "$db" -n 1
	run 3 '' "planfs: $plan/no?name: is not there, and never was" show "$db" "$plan/no
name"
	run 3 '' "planfs: $plan/*: is not there, and never was" show "$db" "$plan/$(printf 'x%0300d' 0)"
	run 3 '' "planfs: $plan/*: is not there, and never was" show "$db" "$plan/$(printf '\377\376')"
}

differences() {
	run 1 "*--- @1/$plan/01.txt
+++ @2/$plan/01.txt
@@ -1,2 +1,2 @@
 一、总则
-第一条
+第一条，改过" '' diff "$db" -u $plan/01.txt@1 $plan/01.txt@2
	run 1 '*+第一条，改过' '' diff "$db" -u $plan/01.txt@1 @2
	run 1 '*+第二条' '' diff "$db" -u $plan/01.txt
	run 1 '*+第二条' '' diff "$db" -u $plan/01.txt@2
	run 0 '' '' diff "$db" $plan/01.txt@3
	run 0 '' '' diff "$db" $plan/01.txt@now $plan/01.txt
	run 0 '' '' diff "$db" -u $plan@rev-6 $plan@rev-6
	run 1 "*--- /dev/null
+++ @rev-7/$plan/02.txt
@@ -0,0 +1 @@
+另一节" '' diff "$db" -u $plan@rev-5 $plan@rev-7
	run 1 "*--- a/$plan/01.txt
+++ b/$plan/02.txt*" '' diff "$db" -u $plan/01.txt $plan/02.txt
	if command -v git >/dev/null; then
		run 1 '*第一条{+，改过+}*' '' diff "$db" $plan/01.txt@1 @2
		run 1 '*第一条{+，改过+}*' '' diff "$db" 2016@rev-4 2016@rev-5
	fi
	run_path=/nonexistent
	run 1 '*+第一条，改过' '' diff "$db" $plan/01.txt@1 @2
	run_path=
	run 2 '' "planfs: $plan/01.txt: a file, and $plan: a directory" diff "$db" $plan/01.txt $plan
	run 2 '' "planfs: $plan: which versions of it?*" diff "$db" $plan
	run 2 '' "planfs: $plan/02.txt: has no version before this one" diff "$db" $plan/02.txt
	run 2 '' "planfs: $plan/03.txt: is not there, and never was" diff "$db" $plan/03.txt
	run 2 '' "planfs: $plan/01.txt@9: $plan/01.txt has 3 versions, and no 9" diff "$db" $plan/01.txt@1 @9
	is 'private directories' '' "$(find "${TMPDIR:-/tmp}" -maxdepth 1 -name 'planfs-diff-*' -user "$(id -un)" -newer "$db" 2>/dev/null)"
}

blame() {
	run 0 '@1 *1) 一、总则
@2 *2) 第一条，改过
@3 *3) 第二条' '' blame "$db" $plan/01.txt
	run 0 '@1 *1) 一、总则
@1 *2) 第一条' '' blame "$db" $plan/01.txt@1
	run 0 '{"line": 1, "version": 1, "rev": 4, "time": "*Z", "author": "sql", "text": "一、总则"}
*{"line": 3, "version": 3, *"text": "第二条"}' '' blame "$db" --json $plan/01.txt
	run 2 '' "planfs: $plan: a directory; this needs a file" blame "$db" $plan
	run 3 '' "planfs: x: is not there, and never was" blame "$db" x
}

restore() {
	run 2 '' "planfs: $plan/01.txt: is there now; which version?*" restore "$db" $plan/01.txt
	run 0 "  text    $plan/01.txt
would change 1 place" '' restore "$db" $plan/01.txt@1 --dry-run
	run 0 '*第二条' '' show "$db" $plan/01.txt
	PLANFS_AUTHOR=王老师
	export PLANFS_AUTHOR
	run 0 "  text    $plan/01.txt
changed 1 place" '' restore "$db" $plan/01.txt@1
	unset PLANFS_AUTHOR
	run 0 '一、总则
第一条' '' show "$db" $plan/01.txt
	run 0 '@4 *  王老师 (planfs restore)  save *' '' log "$db" $plan/01.txt -n 1
	run 0 "  made    $plan/02.txt
changed 1 place" '' restore "$db" $plan/02.txt
	run 0 '另一节' '' show "$db" $plan/02.txt@now
	run 0 "changed 0 places" '' restore "$db" $plan/02.txt@now
	sql "UPDATE plan SET year = '2018'"
	run 0 "  made    $plan/
  made    $plan/01.txt
changed 2 places" '' restore "$db" $plan@rev-6 # what is in 2018 stays there
	run 0 "{\"action\": \"make\", \"path\": \"copy\", \"from\": null, \"why\": null}
{\"action\": \"make\", \"path\": \"copy/合肥市\",*" '' restore "$db" 2016@rev-6 --to copy --json
	run 1 '' 'planfs: copy: exists already; nothing was changed' restore "$db" 2016@rev-6 --to copy
	run 3 '' 'planfs: none/copy: no directory to put it in' restore "$db" 2016@rev-6 --to none/copy
	run 3 '' 'planfs: 2016/x: is not there, and never was' restore "$db" 2016/x
	run 3 '' 'planfs: copy@rev-3: was not there then' restore "$db" copy@rev-3
	run 2 '' 'planfs: .planfs/x: in .planfs, *' restore "$db" 2016@rev-6 --to .planfs/x
}

undo() {
	run 2 '' 'planfs: -y to do it, or --dry-run*' undo "$db"
	run 0 'the change of *:
  remove  copy/*
would change *' '' undo "$db" --dry-run
	run 0 'the change of *:
*removed copy/
*' '' undo "$db" -y
	run 3 '' 'planfs: copy@now: was not there then' show "$db" copy@now
	run 0 'the change of *:
*made    copy/*' '' undo "$db" copy -y
	run 3 '' 'planfs: no change there of that kind to take back' undo "$db" --author nobody --dry-run
	run 3 '' 'planfs: no change there of that kind to take back' undo "$db" --since now --dry-run
	run 2 '' "planfs: 'gestern' is no moment;*" undo "$db" --since gestern -y
	run 3 '' 'planfs: none: is not there, and never was' undo "$db" none -y
	# what others did on top stays
	put 03.txt '我写的
'
	rev=$(sql "SELECT max(rev) - 1 FROM revision")
	sql "UPDATE revision SET author = 'li' WHERE rev > $rev"
	put 03.txt '别人改过的
'
	run 16 "*  leave   $plan/03.txt: sql changed it later, rev-*
would change 0 places, 1 left" '' undo "$db" --author li --since "rev-$rev" --dry-run
	run 0 '别人改过的' '' show "$db" $plan/03.txt
}

backup() {
	run 0 '' '' backup "$db" "$work/then.db" --at rev-6
	run 0 '*: sound (0 damaged, 0 warnings)' '' check "$work/then.db"
	run 0 '*第二条' '' show "$work/then.db" $plan/01.txt
	run 0 "$plan/01.txt" '' sql "$work/then.db" "SELECT year || '/' || district || '/' || plan || '/' || name FROM section"
	run 1 '' "planfs: $work/then.db: exists already; nothing was changed" backup "$db" "$work/then.db" --at rev-6
	run 2 '' "planfs: 'gestern' is no moment;*" backup "$db" "$work/x.db" --at gestern
	run 0 '' '' backup "$db" "$work/before.db" --at 1999-12-31
	run 0 '*: sound *' '' check "$work/before.db"
	run 1 '' "planfs: /nonexistent/x.db: no backup was made: No such file or directory" backup "$db" /nonexistent/x.db --at now
	is 'what is left of backups' '' "$(find "$work" -name '*.db.*' ! -name '*-wal' ! -name '*-shm')"
}

prune() {
	run 0 '*kept     every version of late*changes  0 of *would be forgotten*' '' prune "$db" --dry-run
	run 0 '*changes  0 of *' '' prune "$db" --keep-all forever
	run 0 '{"moments_kept": *"dry_run": true, "mounted": false, *}' '' prune "$db" --keep-all 0 --keep-daily 0 --keep-monthly 0 --dry-run --json
	run 0 '*forgotten*file  *' '' prune "$db" --keep-all 0 --keep-daily 0 --keep-monthly 0
	run 0 '*: sound *' '' check "$db"
	run 2 '' "planfs: '30' is no time: 36h, 30d, 8w, 10y, forever or 0;*" prune "$db" --keep-all 30
	run 2 '' 'planfs: --forget or rules, not both;*' prune "$db" --keep-all 30d --forget x
	run 3 '' 'planfs: none: is not there, and never was' prune "$db" --forget none
	run 2 '' 'planfs: --forget wants a file or a directory, not the whole tree;*' prune "$db" --forget /
	run 2 '' 'planfs: .planfs/at: in .planfs*' prune "$db" --forget .planfs/at
	put 04.txt '此处有不该有的电话 13800138000
'
	put 04.txt '改好了
'
	run 0 '*texts    1 would be deleted*' '' prune "$db" --forget $plan/04.txt --dry-run
	grep -aqF 13800138000 "$db" "$db-wal" 2>/dev/null
	is 'the text is there before' 0 $?
	run 0 '*texts    1 deleted*' 'planfs: *04.txt: is there now, and its present text stays*' prune "$db" --forget $plan/04.txt
	grep -aqF 13800138000 "$work"/plans.db* 2>/dev/null
	is 'the text is nowhere afterwards' 1 $?
	run 0 '改好了' '' show "$db" $plan/04.txt
	put 05.txt '又一处 13900139000
'
	put 06.txt '又一处 13900139000
'
	sql "DELETE FROM section WHERE name = '05.txt'"
	run 16 "*  also in  $plan/06.txt
*" '' prune "$db" --forget $plan/05.txt
	run 0 '*: sound *' '' check "$db"
}

log
show
differences
blame
odd_names
restore
undo
backup
prune
report
