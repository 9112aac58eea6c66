#!/bin/bash
# The check of the crash tests against a plain directory: silent when nothing is wrong, and not when
# a text is cut, emptied, mixed, older than acknowledged or gone.
set -u
here=$(cd "$(dirname "$0")" && pwd)
. "$here/lib.sh"

# What the check says of the damage done by COMMAND: finds WORD COMMAND...
finds() {
  local word=$1 figures
  shift
  rm -rf "$work/copy"
  cp -r "$mnt" "$work/copy"
  (cd "$work/copy/2016/合肥市" && "$@")
  figures=$("$SAVERS" check "$work/copy" "$work/journal" all 2>"$work/findings")
  [[ $? = 1 && $figures == *" $word 1"* ]] && return
  echo "$figures"
  return 1
}

cut() { truncate -s -1 保存-in-place/00-节.txt; }
shortened_to_a_page() { truncate -s 128 保存-append/01-节.txt; }
emptied() { : >保存-rename/02-节.txt; }
mixed() { cat 保存-in-place/00-节.txt >>保存-append/01-节.txt; }
one_byte() { printf x | dd of=保存-vim/03-节.txt bs=1 seek=200 conv=notrunc status=none; }
gone() { rm 保存-vim/03-节.txt; }
another_name() { mv 保存-vim/03-节.txt 保存-vim/03-节.txt~; }
left_over() { cp 保存-rename/02-节.txt 保存-rename/.goutputstream-Q02ZX; }
older() { cp "$work/before/2016/合肥市/保存-rename/02-节.txt" 保存-rename/02-节.txt; }

setup
for pattern in in-place rename vim append tree tar; do
  "$SAVERS" write $pattern $pattern "$mnt" "$work/journal" 1 40 || fail "$pattern"
done
cp -r "$mnt" "$work/before"
SAVERS_SEED=2 "$SAVERS" write rename rename "$mnt" "$work/journal" 2 40 || fail "again"
expect "no finding where nothing is wrong" "$SAVERS" check "$mnt" "$work/journal" all
expect "no finding where nothing changed" "$SAVERS" check "$mnt" "$work/journal"
expect "a text without its last byte" finds torn cut
expect "a text cut within a record" finds torn shortened_to_a_page
expect "an empty text" finds empty emptied
expect "two texts in one" finds torn mixed
expect "one wrong byte" finds torn one_byte
expect "a text that is gone" finds lost gone
expect "an acknowledged text by its backup's name" finds wrong another_name
expect "a temporary file that was renamed" finds wrong left_over
expect "an older text" finds lost older
finish
