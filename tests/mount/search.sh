#!/bin/sh
# shellcheck disable=SC2317 # functions are called by name
# .planfs/search in a mount: what is typed there is found, by ls, cat, cp and vim; always as of now, also when other
# programs write, when the daemon is another one, and on a read-only mount. Nothing of it is found by those who walk the tree.
set -u
. "$(dirname "$0")/lib.sh"

ro=
s=.planfs/search

umount_reader() {
	[ -z "$ro" ] || umount -l "$ro" 2>/dev/null || fusermount3 -u -z "$ro" 2>/dev/null
}

# put PATH TEXT
put() {
	mkdir -p "${1%/*}" && printf '%b' "$2" >"$1" || die "cannot write $1"
}

# lists WORDS NAMES: what is in the directory, in the order of ls
lists() {
	got=$(ls "$s/$1" 2>&1) || die "ls $s/$1: $got"
	[ "$got" = "$2" ] || die "$s/$1 has
$got
instead of
$2"
}

expect() {
	wait_until 10 "$@" || die "not in time: $*"
}

setup
trap 'umount_reader; teardown' EXIT
mount_it
cd "$mnt" || exit 1
put 2014/合肥市/要点/01-德育.txt '一、德育\n加强德育工作。\n控辍保学\n'
put 2016/合肥市/要点/01-德育.txt '德育 95％，ICT\n'
put 2016/南通市通州区/总结/02-安全.txt '安全\n控辍保学，德育\n食堂'
put 未知年份/未知地区/计划/00-前言.txt '前言：控辍保学'
put 2016/合肥市/要点/附件/表.txt '控辍保学'
put 2016/合肥市/要点/notes.md '控辍保学'

# --- what is listed, and where it leads
lists 控辍保学 '2014 合肥市 要点 01-德育.txt
2016 南通市通州区 总结 02-安全.txt
未知年份 未知地区 计划 00-前言.txt'
[ "$(ls -U $s/控辍保学 | head -n 1)" = '2016 南通市通州区 总结 02-安全.txt' ] || die "the newest year is not the first"
lists '德育 -食堂 year:2016' '2016 合肥市 要点 01-德育.txt'
lists 没有的词 ''
[ "$(readlink "$s/食堂/2016 南通市通州区 总结 02-安全.txt")" = ../../../2016/南通市通州区/总结/02-安全.txt ] || die readlink
for link in $s/德育/*; do
	cmp "$link" "$(readlink "$link" | sed 's|^../../../||')" || die "$link leads elsewhere"
	[ -L "$link" ] && [ "$(stat -c %s "$link")" = "$(readlink -n "$link" | wc -c)" ] || die "the size of $link"
done
grep -rn 控辍保学 --include='*.txt' 2014 2016/南通市通州区 未知年份 | sort >"$work/grep"
sort $s/控辍保学.txt >"$work/txt"
same 'the lines are not those of grep' "$work/grep" "$work/txt"
[ "$(stat -c %s $s/控辍保学.txt)" = "$(wc -c <"$work/txt")" ] || die "the size of 控辍保学.txt"
cp -rL $s/德育 "$work/copies" || die "cp of what was found"
[ "$(find "$work/copies" -type f | wc -l)" = 3 ] || die "cp copied other things"
ls -l $s/德育 >/dev/null || die "ls -l"
(cd $s/德育 && cat ./* >/dev/null) || die "from inside"

# --- an editor that saves through a link saves the section
echo '德育，食堂，改' >"$s/食堂/2016 南通市通州区 总结 02-安全.txt" || die "cannot save through a link"
grep -q 改 2016/南通市通州区/总结/02-安全.txt || die "a save through a link went elsewhere"

# --- it is as of now
put 2018/合肥市/要点/01.txt 食堂
lists 食堂 '2016 南通市通州区 总结 02-安全.txt
2018 合肥市 要点 01.txt'
grep -q 2018 "$s/食堂.txt" || die "食堂.txt is the old one"
mv 2018 2019
lists 食堂 '2016 南通市通州区 总结 02-安全.txt
2019 合肥市 要点 01.txt'
cat "$s/食堂/2019 合肥市 要点 01.txt" >/dev/null || die "the link to what was moved"
echo 饭堂 >2019/合肥市/要点/01.txt
lists 食堂 '2016 南通市通州区 总结 02-安全.txt'
sqlite3 "$db" "UPDATE section SET body = '食堂，SQL' WHERE name = '01.txt'" || die sqlite3
grep -q SQL "$s/食堂.txt" || die "what another program wrote is not found"
"$PLANFS" sql "$db" "UPDATE section SET body = '食堂，shell' WHERE name = '01.txt'" || die "planfs sql"
grep -q shell "$s/食堂.txt" || die "what planfs sql wrote is not found"
shell_text_is_shown() { grep -q shell 2019/合肥市/要点/01.txt; }
wait_until 1 shell_text_is_shown || die "what planfs sql wrote is not in the mount after a second"
[ "$("$PLANFS" sql "$mnt/2016" "SELECT count(*) FROM search('食堂')")" = 2 ] || die "planfs sql of a mount"

# a name that was not there yet is not remembered as missing
[ ! -e "$s/食堂/2012 合肥市 要点 01.txt" ] || die "what is not there is there"
put 2012/合肥市/要点/01.txt 食堂
[ -e "$s/食堂/2012 合肥市 要点 01.txt" ] || die "what was not there stays away"
rm 2012/合肥市/要点/01.txt
[ ! -L "$s/食堂/2012 合肥市 要点 01.txt" ] || die "what was removed is there"

# --- mistakes, and names that are none
lists '"食堂' '查询有误 引号没有配对.txt'
grep -q '^Not a query: a quote is not closed' "$s/"'"食堂.txt' || die "no word about the mistake"
grep -q '^查询有误：引号没有配对。' "$s/"'"食堂'/* || die "no word about the mistake in the directory"
for name in .git .hidden desktop.ini Thumbs.db x~ '~$x.docx'; do
	[ ! -e "$s/$name" ] || die "$name is there"
done
long=$(printf '%0255d' 0)
lists "$long" ''
if ls "$s/${long}0" 2>"$work/error" || ! grep -q 'too long' "$work/error"; then die "256 bytes"; fi
for words in "$(printf 'a\nb')" "$(printf '\377')" ' ' "'; DROP TABLE body" '%s%n' '-' '*' '食堂 year:' "$(printf '\302\240')"; do
	ls "$s/$words" >/dev/null && cat "$s/$words.txt" >/dev/null || die "words: $words"
done
for command in "mkdir $s/新" "touch $s/食堂/x" "touch $s/x.txt" "rm $s/食堂.txt" "mv $s/食堂 $s/饭堂" "ln -s x $s/食堂/x" \
	"rmdir $s/食堂" "truncate -s 0 $s/食堂.txt"; do
	if $command 2>"$work/error"; then die "succeeded: $command"; fi
	grep -q 'Read-only file system\|Operation not permitted\|Permission denied\|File exists' "$work/error" || die "$command: $(cat "$work/error")"
done

# --- those who walk the tree do not come here
grep -rl 控辍保学 . | grep -q planfs && die "grep -r finds it"
find . | grep -q planfs && die "find finds it"
tar cf - . | tar tf - | grep -q planfs && die "tar takes it"
ls $s | grep -qx README.txt || die "no README.txt"
grep -q district: $s/README.txt || die "README.txt does not tell the language"
ls $s | grep -qx 食堂 || die "what was asked is not listed"

# --- vim: the quickfix list opens the right files at the right lines
if command -v vim >/dev/null; then
	cat >"$work/script.vim" <<-'EOF'
		set nomore nocp
		cexpr readfile('.planfs/search/控辍保学.txt')
		call writefile(map(getqflist(), {i, q -> bufname(q.bufnr) . ':' . q.lnum . ':' . q.text}), $WORK . '/quickfix')
		cfirst
		call writefile([expand('%') . ':' . line('.')], $WORK . '/first')
		cnext
		s/保学/保学，已查/
		write
		call writefile([expand('%') . ':' . line('.')], $WORK . '/second')
		qall!
	EOF
	WORK=$work vim -es -u NONE -S "$work/script.vim" </dev/null >"$work/vim" 2>&1 || die "vim: $(cat "$work/vim")"
	# of 2016 the line went away above
	printf '%s\n' '2014/合肥市/要点/01-德育.txt:3:控辍保学' '未知年份/未知地区/计划/00-前言.txt:1:前言：控辍保学' >"$work/wanted"
	same 'the quickfix list' "$work/wanted" "$work/quickfix"
	[ "$(cat "$work/first")" = '2014/合肥市/要点/01-德育.txt:3' ] || die "vim opens $(cat "$work/first") first"
	[ "$(cat "$work/second")" = '未知年份/未知地区/计划/00-前言.txt:1' ] || die "vim opens $(cat "$work/second") then"
	grep -q 已查 未知年份/未知地区/计划/00-前言.txt || die "vim's change is lost"
fi

# --- copies
text='继续推进义务教育均衡发展，加大控辍保学力度，适龄儿童入学率达到百分之九十九以上，建立健全学籍管理制度。'
put 2020/甲县/计划/01.txt "$text"
put 2021/乙县/计划/02.txt "$text"
copies_are_shown() {
	[ "$(grep -c '^plan	1	100	202[01]	' .planfs/duplicates.tsv)" = 2 ]
}
expect copies_are_shown
"$PLANFS" similar 2020/甲县/计划/01.txt >"$work/similar" || die similar
grep -q '^100%  2021/乙县/计划/02.txt$' "$work/similar" || die "similar: $(cat "$work/similar")"

# --- other users find what they may read
if [ "$(id -u)" = 0 ] && command -v setpriv >/dev/null; then
	put 2022/合肥市/要点/01.txt '食堂 秘密'
	chmod 640 2022/合肥市/要点/01.txt
	chgrp 1234 2022/合肥市/要点/01.txt
	as_nobody() { setpriv --reuid 65534 --regid 65534 "$@"; }
	for round in 1 2; do
		ls $s/食堂 | grep -q '^2022 ' && grep -q 秘密 $s/食堂.txt || die "round $round: the owner does not find it"
		as_nobody --clear-groups ls $s/食堂 >"$work/nobody" || die "round $round: nobody may not look"
		grep -q '^2016 ' "$work/nobody" || die "round $round: nobody finds nothing"
		grep -q '^2022 ' "$work/nobody" && die "round $round: nobody sees the name of what he may not read"
		as_nobody --clear-groups cat $s/食堂.txt $s/秘密.txt | grep -q 秘密 && die "round $round: nobody sees what he may not read"
		as_nobody --groups 5,1234 cat $s/秘密.txt | grep -q 秘密 || die "round $round: the group does not find it"
		as_nobody --clear-groups ls $s | grep -q 安全 && die "round $round: nobody sees what others ask"
	done
	rm -r 2022
fi

# --- a read-only mount beside it
ro=$work/ro
mkdir "$ro"
"$PLANFS" mount -o "${options:+$options,}ro" "$db" "$ro" || die "a read-only mount"
is_answering() { [ -e "$ro/$s" ]; }
expect is_answering
[ "$(ls "$ro/$s/食堂")" = "$(ls $s/食堂)" ] || die "the read-only mount lists other things"
cmp "$ro/$s/食堂.txt" $s/食堂.txt || die "the read-only mount has other lines"
for i in 1 2 3; do
	put "201$i/合肥市/要点/01.txt" "食堂 第 $i 处"
	ro_shows_it() { grep -q "第 $i 处" "$ro/$s/食堂.txt" && cat "$ro/$s/食堂/201$i 合肥市 要点 01.txt" >/dev/null; }
	expect ro_shows_it
done
put 2013/合肥市/要点/01.txt 饭堂
ro_forgot_it() { ! grep -q '第 3 处' "$ro/$s/食堂.txt" && ! [ -e "$ro/$s/食堂/2013 合肥市 要点 01.txt" ]; }
expect ro_forgot_it
"$PLANFS" umount "$ro" || die "umount of the read-only mount"
ro=

# --- another daemon
cd "$s/食堂" || die "cd"
"$PLANFS" status --json "$mnt" | grep -q '"survives_its_daemon": true' && {
	before=$(sed -n 's/.*"pid": \([0-9]*\).*/\1/p' "$mnt/.planfs/status.json")
	kill -9 "$before"
	has_another_daemon() {
		after=$(sed -n 's/.*"pid": \([0-9]*\).*/\1/p' "$mnt/.planfs/status.json" 2>/dev/null)
		[ -n "$after" ] && [ "$after" != "$before" ]
	}
	expect has_another_daemon
	cd "$mnt" || exit 1
	cat "$s/食堂.txt" >/dev/null && ls -l "$s/食堂" >/dev/null && cat "$s"/食堂/* >/dev/null || die "after a restart"
}
cd "$mnt" || exit 1

# --- thousands of queries, and writers all the time
(
	i=0
	while [ ! -e "$work/stop" ]; do
		i=$((i + 1))
		printf '食堂 %d' $i >2016/合肥市/要点/99-变.txt
		printf '饭堂 %d' $i >2016/合肥市/要点/99-变.txt
		mv 2016/合肥市/要点/99-变.txt 2014/合肥市/要点/ && mv 2014/合肥市/要点/99-变.txt 2016/合肥市/要点/
	done
) &
writer=$!
python3 - "$s" <<'EOF' || { touch "$work/stop"; die "while somebody writes"; }
import os, sys
top = sys.argv[1]
for i in range(3000):
    words = f'食堂 -词{i}{"x" * (i % 200)}'
    if i % 3 == 0:
        with open(f'{top}/{words}.txt', 'rb') as f:
            lines = f.read().decode()
        assert lines.count('食堂') >= 3 and all(l.count(':') >= 2 for l in lines.splitlines()), lines
    else:
        names = os.listdir(f'{top}/{words}')
        assert len(names) == len(set(names)) >= 3, names
        for name in names:
            if '99-变' in name:
                continue
            with open(f'{top}/{words}/{name}', 'rb') as f:
                assert '食堂' in f.read().decode(), name
EOF
touch "$work/stop"
wait "$writer"
pid=$(sed -n 's/.*"pid": \([0-9]*\).*/\1/p' .planfs/status.json)
rss=$(sed -n 's/^VmRSS:[^0-9]*\([0-9]*\).*/\1/p' "/proc/$pid/status")
case ${PLANFS_SANITIZED:-} in
'') [ "$rss" -lt 120000 ] || die "the daemon has $rss KB after 3000 queries" ;;
esac
echo "the daemon has $rss KB after 3000 queries"
finish
