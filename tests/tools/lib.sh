# shellcheck shell=sh disable=SC2034,SC2154
# Sourced by run.sh: what a case may use. A case is a function `case_NAME` in cases/*.sh, run under `set -e`.
# $samples is the sample tree on an ordinary disk, $root an empty tree (a fresh mount, or a plain
# directory), $out a scratch directory.

# Sections that the cases change, relative to a tree.
section_a=2016/合肥市/2016年教育工作要点/03-主要任务.txt
section_b=2017/南通市通州区/2017年教育工作要点/01-指导思想.txt

needs() {
  command -v "$1" >/dev/null && return
  echo "$1 is not installed; apt install $2" >"$out/skip"
  exit 77
}

die() {
  echo "$*" >>"$out/failures"
  exit 1
}

# manifest TREE OPTION...: what is in the tree, by our own account.
manifest() {
  manifest_tree=$1
  shift
  python3 -I "$here/manifest.py" "$@" "$manifest_tree"
}

# same_tree WHAT TREE OPTION...: is TREE the sample tree?
same_tree() {
  same_what=$1
  same_tree=$2
  shift 2
  manifest "$samples" "$@" >"$out/want"
  manifest "$same_tree" "$@" >"$out/got"
  diff "$out/want" "$out/got" >"$out/difference" ||
    die "$same_what: the tree is another one (< samples, > got):
$(head -n 20 "$out/difference")"
}

# fill_root: the samples into $root, with the plainest of tools.
fill_root() {
  cp -a "$samples/." "$root/"
}

# edit TREE SECTION: one more line, as an editor would save it. Never within the clock tick of the files around.
edit() {
  edit_tick=$out/tick
  within 5 tick_passed "$1/$2" || die "the clock stands still"
  echo '　　补充：控辍保学专项行动。' >>"$1/$2"
}

tick_passed() {
  touch "$edit_tick" && [ "$(stat -c %z "$edit_tick")" != "$(stat -c %z "$1")" ]
}

# remount: what a backup meets the next day. Nothing to do for a plain directory.
remount() {
  [ -n "$plain" ] || { mount_stop && mount_start; } || die "the file system cannot be mounted again"
}

# json_number KEY FILE: a number in a line of JSON.
json_number() {
  sed -n "s/.*\"$1\":[[:space:]]*\([0-9]\{1,\}\).*/\1/p" "$2" | tail -n 1
}

expect_number() {
  [ "$2" = "$3" ] || die "$1: $2, $3 expected"
}

sql() {
  sqlite3 -readonly -cmd '.timeout 10000' "$db" "$1"
}

# The sections that SQL sees must be those that find sees, and have been saved as often as was done.
check_sections() {
  [ -z "$plain" ] || return 0
  (cd "$root" && LC_ALL=C find . -mindepth 4 -maxdepth 4 -regextype posix-extended -type f -name '*.txt' \
    -regex '\./([0-9]{4}|未知年份)/[^.#~][^/]*/[^.#~][^/]*/[^.#~][^/]*' -printf '%P\n') | LC_ALL=C sort >"$out/want"
  sql "SELECT year || '/' || district || '/' || plan || '/' || name FROM section" | LC_ALL=C sort >"$out/got"
  diff "$out/want" "$out/got" >"$out/difference" ||
    die "sections of SQL differ from those of find (< find, > SQL):
$(head -n 20 "$out/difference")"
}

versions_of() {
  sql "SELECT count(*) FROM history WHERE year || '/' || district || '/' || plan || '/' || name = '$1'"
}
