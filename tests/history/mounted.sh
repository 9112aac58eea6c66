#!/bin/sh
# The commands about the past on a mount: paths as they are typed in any directory, what the mount shows afterwards, and
# that nobody who has a file open is disturbed.
set -u
here=$(cd "$(dirname "$0")" && pwd)
. "$here/../mount/lib.sh"
. "$here/lib.sh"
export TZ=Asia/Shanghai
unset PLANFS_AUTHOR

plan=2016/合肥市/工作要点

shows() { # FILE TEXT
	[ "$(cat "$1" 2>/dev/null)" = "$2" ]
}

# Another program's change is seen in less than a second.
soon() {
	soon_end=$(($(date +%s%N) + 1000000000))
	until "$@"; do
		[ "$(date +%s%N)" -le "$soon_end" ] || die "not in a second: $*"
	done
}

setup
mount_it
mkdir -p "$mnt/$plan" || die mkdir
cd "$mnt/$plan" || die cd
echo 一 >01.txt
echo 二 >01.txt
printf '三\n' >01.txt.tmp && mv 01.txt.tmp 01.txt

# --- paths ---

ln -s "$mnt/$plan" "$work/link"
ln -s "$mnt/$plan/01.txt" "$work/file"
ln -s 01.txt inside
mkdir other
run 0 '@3 * save *
@2 * save *
@1 * create *' '' log 01.txt
for path in ./01.txt ../工作要点/01.txt "$mnt/$plan/01.txt" "$work/link/01.txt" "$work/file" other/../01.txt; do
	run 0 '一' '' show "$path@1"
done
run 0 '01.txt' '' show inside
cd "$work" || die cd
run 0 '二' '' show "mnt/$plan/01.txt@2"
run 0 '二' '' show "$db" $plan/01.txt@2
run 3 '' 'planfs: none.txt: in no mounted planfs*' show none.txt
run 2 '' "planfs: $db: not in the same planfs" diff "$mnt/$plan/01.txt@1" "$db"
run 2 '' "planfs: /: not in the same planfs" diff "$mnt/$plan/01.txt@1" /
cd "$mnt" || die cd
run 2 '' 'planfs: .planfs/status.json: in .planfs*' log .planfs/status.json
run 2 '' 'planfs: *: in .planfs*' log "$mnt/.planfs/at"
cd "$plan" || die cd
rm 01.txt
run 0 '三' '' show 01.txt
run 0 '*  remove *' '' log 01.txt -n 1
cd "$mnt" || die cd
rmdir "$plan/other"
rm "$plan/inside"
rmdir "$plan"
run 0 '三' '' show "$plan/01.txt"
run 0 '三' '' show "$mnt/$plan/../工作要点/01.txt"
run 0 '* remove *' '' log "$plan" -n 1

# --- restore, and what the mount shows ---

run 0 "  made    $plan/
  made    $plan/01.txt
changed 2 places" '' restore "$plan/01.txt"
soon shows "$plan/01.txt" 三
run 0 "*text    $plan/01.txt*" '' restore "$plan/01.txt@1"
soon shows "$plan/01.txt" 一
is 'the numbers of the versions' "1 一|2 二|3 三|4 一" "$(for n in 1 2 3 4; do
	printf '%s%s %s' "${sep-}" $n "$("$PLANFS" show "$plan/01.txt@$n")"
	sep='|'
done)"
echo 四 >"$plan/01.txt" # the mount writes on as if nothing had been
run 0 '@5 * save *' '' log "$plan/01.txt" -n 1
chmod 600 "$plan/01.txt"
touch -d '2001-02-03 04:05:06.789' "$plan/01.txt"
was=$(stat -c '%a %.Y' "$plan/01.txt")
mode_is_back() { [ "$(stat -c '%a %.Y' "$plan/01.txt")" = "$was" ]; }
rev=$(sql "SELECT max(rev) FROM revision")
chmod 644 "$plan/01.txt"
echo 五 >"$plan/01.txt"
run 0 "*text    $plan/01.txt*" '' restore "$plan/01.txt@rev-$rev"
soon mode_is_back
soon shows "$plan/01.txt" 四
ls "$plan" >"$work/before"
mv "$plan" 2016/合肥市/改名
rm 2016/合肥市/改名/01.txt
run 0 '*made *01.txt*' '' restore 2016/合肥市/改名/01.txt
soon shows 2016/合肥市/改名/01.txt 四
run 0 "*
  moved   2016/合肥市/改名 -> $plan/
*" '' restore 2016@rev-"$rev"
soon shows "$plan/01.txt" 四
[ ! -e 2016/合肥市/改名 ] || die "the new name is still there"

echo 草稿 >"$plan/x.tmp"
run 3 '' 'planfs: */x.tmp: leaves no versions, or none was stored yet' log "$plan/x.tmp"
rm "$plan/x.tmp"
exec 8<"$plan/01.txt"
run 0 '*' '' restore "$plan/01.txt@1"
soon shows "$plan/01.txt" 一
exec 8<&-

# --- undo ---

echo 六 >"$plan/01.txt"
PLANFS_AUTHOR=李老师
export PLANFS_AUTHOR
run 0 'the change of * by root:
*text    *
changed 1 place' '' undo "$plan/01.txt" -y
unset PLANFS_AUTHOR
soon shows "$plan/01.txt" 一
run 0 '* 李老师 (planfs undo) *' '' log "$plan/01.txt" -n 1
run 0 '*changed 1 place' '' undo "$plan/01.txt" -y # and this one, too
soon shows "$plan/01.txt" 六
mv 2016 2017
run 0 '*moved   2017 -> 2016/*' '' undo -y
soon shows "$plan/01.txt" 六
rm -r 2016
mark=$(sql "SELECT max(rev) FROM revision")
run 0 '*' '' restore "2016@rev-$rev"
soon shows "$plan/01.txt" 四
[ "$(stat -c %i 2016)" = "$(sql "SELECT inode FROM revision WHERE name = '2016' ORDER BY rev LIMIT 1")" ] ||
	die "a directory came back under another number"
run 0 '*' '' undo --since "rev-$mark" -y
gone() { [ ! -e 2016 ]; }
soon gone
run 0 '*' '' restore 2016
soon shows "$plan/01.txt" 四

# as vim saves: the old text is moved away, and comes back
cp "$plan/01.txt" "$work/old"
python3 - "$plan/01.txt" <<'END' || die "save"
import os, sys
path = sys.argv[1]
os.rename(path, path + '~')
with open(path, 'w') as f:
    f.write('七\n')
os.unlink(path + '~')
END
run 0 '*
+++ *
-四
+七*' '' log -p "$plan/01.txt" -n 1
run 0 '*text *' '' undo "$plan/01.txt" -y
soon shows "$plan/01.txt" 四

# --- what was taken back comes back whole, however often ---

tree() { # of a directory: every name, and every text
	(cd "$1" 2>/dev/null && find . | LC_ALL=C sort && find . -type f | LC_ALL=C sort | xargs cat)
}
soon_tree() { [ "$(tree "$1")" = "$2" ]; }

mkdir -p 2019/甲/计划/附件
echo 子 >2019/甲/计划/01.txt
echo 丑 >2019/甲/计划/附件/02.txt
here_rev=$(sql "SELECT max(rev) FROM revision")
before=$(tree 2019)
mkdir -p 2019/乙/计划
echo 寅 >2019/乙/计划/03.txt
after=$(tree 2019)
run 0 '*removed *03.txt*' '' restore "2019@rev-$here_rev"
soon soon_tree 2019 "$before"
for turn in 1 2; do
	run 0 '*made *03.txt*' '' undo "$db" -y
	soon soon_tree 2019 "$after"
	run 0 '*removed *03.txt*' '' undo "$db" -y
	soon soon_tree 2019 "$before"
done
# another directory in its place
mv 2019/甲/计划 2019/甲/旧
mkdir 2019/甲/计划
echo 卯 >2019/甲/计划/04.txt
after=$(tree 2019)
run 0 '*' '' restore "2019/甲/计划@rev-$here_rev"
run 0 '*made *04.txt*' '' undo "$db" -y
soon soon_tree 2019 "$after"
run 0 '*' '' undo "$db" -y # as it was restored
soon shows 2019/甲/计划/附件/02.txt 丑
rm -r 2019/甲/旧

# rm -r, and SQL, remove the contents first
mkdir 2019/甲/计划/附件/空
before=$(tree 2019/甲)
rm -r 2019/甲/计划
run 0 '*made *02.txt*' '' restore 2019/甲/计划
soon soon_tree 2019/甲 "$before"
rm -r 2019
run 0 '*made *02.txt*' '' restore 2019/甲
soon soon_tree 2019/甲 "$before"
sql "DELETE FROM plan WHERE year = '2019'"
run 0 '*made *01.txt*' '' restore "$db" 2019/甲/计划
soon shows 2019/甲/计划/01.txt 子
# what was moved out before has not gone
mv 2019/甲/计划/01.txt 2019/甲/别处.txt
rm -r 2019/甲/计划
run 0 "  made    2019/甲/计划/*" '' restore 2019/甲/计划
absent() { [ ! -e "$1" ]; }
soon absent 2019/甲/计划/01.txt

# two that change places by a third name: each step is one change
cd 2019/甲 || die cd
echo 辰 >a.txt
echo 巳 >b.txt
mv a.txt t.txt
mv b.txt a.txt
mv t.txt b.txt
run 0 '*moved *b.txt -> *t.txt*' '' undo "$db" -y
soon shows t.txt 辰
run 0 '*moved *t.txt -> *b.txt*' '' undo "$db" -y
soon shows b.txt 辰
shows a.txt 巳 || die "a.txt: $(cat a.txt)"
# one after the other, our own commands are no save of an editor
here_rev=$(sql "SELECT max(rev) FROM revision")
echo 午 >c.txt
run 0 '*removed *c.txt*' '' restore ".@rev-$here_rev"
run 0 '*made *c.txt*' '' restore c.txt
soon shows c.txt 午
run 0 '*removed *c.txt*' '' undo "$db" -y
soon absent c.txt
cd "$mnt" || die cd

# the root
mode=$(stat -c %a .)
has_mode() { [ "$(stat -c %a "$1")" = "$2" ]; }
chmod 711 .
run 0 '*  mode    /
changed 1 place' '' undo "$db" -y
soon has_mode . "$mode"

# a file with a name outside of what is restored: that name keeps its text
mkdir f g
echo 一稿 >f/x.txt
ln f/x.txt g/x.txt
here_rev=$(sql "SELECT max(rev) FROM revision")
echo 二稿 >f/x.txt
run 0 '  text    f/x.txt
changed 1 place' '' restore "f@rev-$here_rev"
soon shows f/x.txt 一稿
shows g/x.txt 二稿 || die "the other name: $(cat g/x.txt)"
rm -r f
run 0 '*made *f/x.txt*' '' restore "f@rev-$here_rev"
soon shows f/x.txt 一稿
shows g/x.txt 二稿 || die "the other name: $(cat g/x.txt)"

run 2 '' 'planfs: *old.txt~: a name of scratch files, of which there are no versions' restore f/x.txt@1 --to f/old.txt~
mkdir f/in
run 1 '' 'planfs: f/in/copy: is in the directory of which it would be a copy; nothing was changed' restore f@now --to f/in/copy
run 0 '*sound *' '' check "$db"
rm -r 2019 f g

# --- everything below the present directory ---

cd "$plan" || die cd
echo 新 >02.txt
run 0 "rev-*02.txt*" '' log -n 1
run 0 '*removed *02.txt*' '' undo -y
cd "$mnt" || die cd

# --- prune while it is mounted, and a file of which no version is kept is open ---

echo 八 >"$plan/03.txt"
exec 7<"$plan/03.txt"
rm "$plan/03.txt"
run 0 '*changes *forgotten*' '' prune "$db" --keep-all 0 --keep-daily 0 --keep-monthly 0
# what was forgotten has left its removal, for the time of the directory: that is no name to be shown
find .planfs/history >"$work/found" 2>&1 || die "the history after prune: $(grep 'find:' "$work/found")"
grep -q 03.txt "$work/found" && die "a name without versions is shown"
is 'a text that is open' 八 "$(cat <&7)"
exec 7<&-
soon shows "$plan/01.txt" 四
run 0 '@1 *' '' log "$plan/01.txt"
echo 机密一二三 >"$plan/04.txt"
rm "$plan/04.txt"
run 16 '*' "planfs: $db: mounted, or in use, so that old bytes may still be in the file and its log; 'planfs prune' finishes it" \
	prune "$mnt" --forget "$mnt/$plan/04.txt"
run 3 '' '*' show "$plan/04.txt"
run 0 '*' '' backup "$mnt" "$work/then.db" --at now
run 0 '*sound *' '' check "$work/then.db"
cd "$work" || die cd
umount_it
run 0 '*sound *' '' check "$db"
run 0 '*' '' prune "$db"
grep -aq 机密一二三 "$db" "$db"-* 2>/dev/null && die "what was forgotten is still there"
run 0 '*sound *' '' check "$db"
report
