# shellcheck shell=sh disable=SC2034,SC2154
# Sourced by run.sh: what a case may use. A case is a function `case_NAME` in cases/*.sh. It edits the
# section "$F" twice and calls `saved 1` and `saved 2` when the editor has said that it is done; the
# texts that must then be in the file are $T/1 and $T/2 ($T/0 is there at the start). Cases run
# under `set -e`: a command that fails, or an event that does not come, fails the case.

section=01-指导思想.txt
plan_dir=2016/合肥市/测试计划

# The first line of the section when the case begins, and what the two saves put in its place.
line0='　　一、指导思想：全面贯彻党的教育方针，坚持立德树人，办好人民满意的教育，努力让每个孩子都能享有公平而有质量的教育。'
line1='　　一、指导思想（第一次修改）：控辍保学，“一个都不能少”。'
line2='　　第二次修改：德育为先。'

texts_make() {
  rest='　　二、工作目标：义务教育巩固率达到９８％以上，𠮷林路小学、龘龘幼儿园建成使用。
　　三、安全第一，预防为主——校车、食堂、宿舍。'
  mkdir -p "$T"
  printf '%s\n' "$line0" "$rest" >"$T/0"
  # save 1 adds a line before the first one, save 2 replaces the old first line: longer, then shorter
  printf '%s\n' "$line1" "$line0" "$rest" >"$T/1"
  printf '%s\n' "$line1" "$line2" "$rest" >"$T/2"
}

size_of() {
  stat -c %s -- "$1"
}

# needs PROGRAM PACKAGE: skip the case, and say how to make it run, where the program is missing.
needs() {
  command -v "$1" >/dev/null && return
  echo "$1 is not installed; apt install $2" >"$out/skip"
  exit 77
}

fail() {
  echo "$*" >>"$out/failures"
}

die() {
  fail "$*"
  exit 1
}

# saved N: the editor says that save N is done. This is what the project promises about it.
saved() {
  cmp -s "$T/$1" "$F" || within "$patience" cmp -s "$T/$1" "$F" ||
    die "save $1: the file holds other bytes: $(cmp "$T/$1" "$F" 2>&1)"
  saves=$1
  [ -z "$check_sql" ] || sql_check_save "$1"
}

# --- the database, as another program sees it -----------------------------------------------------

sql() {
  sqlite3 -readonly -cmd '.timeout 10000' "$db" "$1"
}

sql_where="year='2016' AND district='合肥市' AND plan='测试计划' AND name='$section'"

sql_body_hex() {
  sql "SELECT hex(CAST(body AS BLOB)) FROM section WHERE $sql_where"
}

sql_versions() {
  sql "SELECT count(*) FROM history WHERE $sql_where"
}

sql_body_is() {
  [ "$(sql_body_hex)" = "$(od -An -v -tx1 "$1" | tr -d ' \n' | tr a-f A-F)" ]
}

sql_versions_are() {
  [ "$(sql_versions)" -eq "$1" ]
}

sql_show_versions() {
  sql "SELECT rev, op, length(body), substr(body, 1, 24) FROM history WHERE $sql_where AND rev > $rev_before" |
    sed 's/^/    version: /'
}

sql_check_save() {
  # close() and rename() promise that the text is in the database when they return, so the first
  # look must succeed, unless the case can only watch the file (`patience`: seconds).
  sql_body_is "$T/$1" || { [ "$patience" -gt 0 ] && within "$patience" sql_body_is "$T/$1"; } ||
    fail "save $1: section.body is not the text that was saved"
  sql_versions_are $((versions_before + $1)) ||
    fail "save $1: $(($(sql_versions) - versions_before)) versions in history, $1 expected
$(sql_show_versions)"
}

# After the editor has gone: no late version, no version or section of any other name.
sql_check_end() {
  sql_versions_are $((versions_before + saves)) ||
    fail "after the editor ended: $(($(sql_versions) - versions_before)) versions in history, $saves expected
$(sql_show_versions)"
  others=$(sql "SELECT 'section ' || name FROM section WHERE name <> '$section'
    UNION SELECT 'version of ' || name FROM history WHERE name <> '$section' AND rev > $rev_before")
  [ -z "$others" ] || fail "scratch names are plan data: $others"
  others=$(sql "SELECT rev || ' of ' || name || ' by ' || program FROM revision
    WHERE conflict > 0 AND rev > $rev_before")
  [ -z "$others" ] || fail "taken for one that overwrites what its writer has not seen: $others"
}

sql_begin() {
  versions_before=$(sql_versions)
  rev_before=$(sql 'SELECT coalesce(max(rev), 0) FROM history')
}

# --- programs on a terminal -----------------------------------------------------------------------

tm() {
  tmux -L "$tag" -f "$work/tmux.conf" "$@"
}

# start PROGRAM ARGUMENT...: in a terminal of 100 x 30 that ends with the program.
start() {
  tm new-session -d -s e -x 100 -y 30 -c "$HOME" "$@"
}

# keys NAME...: as tmux names them (C-s, Enter, F2). type TEXT: as it stands.
keys() {
  tm send-keys -t e "$@"
}

type() {
  tm send-keys -t e -l -- "$1"
}

screen() {
  tm capture-pane -p -t e
}

screen_show() {
  screen 2>&1 | sed -e '/^~*$/d' -e 's/^/    | /'
}

screen_has() {
  screen | grep -Eq -- "$1"
}

screen_lacks() {
  screen >"$out/screen" && ! grep -Eq -- "$1" "$out/screen"
}

# see PATTERN / gone PATTERN: wait until the screen shows, or no longer shows, the pattern.
see() {
  within 15 screen_has "$1" || die "the screen does not show /$1/:
$(screen_show)"
}

gone() {
  within 15 screen_lacks "$1" || die "the screen still shows /$1/:
$(screen_show)"
}

session_over() {
  ! tm has-session -t e
}

ended() {
  within 15 session_over || die "the program does not end:
$(screen_show)"
}
