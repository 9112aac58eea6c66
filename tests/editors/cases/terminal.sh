# shellcheck shell=sh disable=SC2034,SC2154
# The smaller editors of the terminal: micro, mcedit, joe, kakoune, ed.
cases='micro mcedit joe kakoune-default kakoune-replace ed'

case_micro() {
  needs micro micro
  start micro -clipboard internal "$F"
  see '一、指导思想'
  type "$line1"
  keys Enter
  see '第一次修改'
  keys C-s
  see 'Saved '
  saved 1
  type "$line2"
  keys Enter
  see '第二次修改'
  keys C-k
  gone '全面贯彻'
  gone 'Saved '
  keys C-s
  see 'Saved '
  saved 2
  keys C-q
  ended
}

# mcedit shows [-M--] while the text is modified, and asks before it saves.
mcedit_write() {
  see '\[-M--\]'
  keys F2
  see 'Confirm save'
  keys Enter
  see '\[----\]'
}

case_mcedit() {
  needs mcedit mc
  start mcedit "$F"
  see '一、指导思想'
  type "$line1"
  keys Enter
  see '第一次修改'
  mcedit_write
  saved 1
  type "$line2"
  keys Enter
  see '第二次修改'
  keys C-y
  gone '全面贯彻'
  mcedit_write
  saved 2
  keys F10
  ended
}

joe_write() {
  keys C-k d
  # a long path pushes the beginning of the question off the screen
  see 'K H for help'
  keys Enter
  see 'File .*saved'
}

case_joe() {
  needs joe joe
  start joe "$F"
  see '一、指导思想'
  type "$line1"
  keys Enter
  see '第一次修改'
  joe_write
  saved 1
  type "$line2"
  keys Enter
  see '第二次修改'
  keys C-y
  gone '全面贯彻'
  joe_write
  saved 2
  keys C-c
  ended
}

kakoune_session() {
  needs kak kakoune
  start kak "$@" "$F"
  see '一、指导思想'
  type ggO
  see 'insert'
  type "$line1"
  see '第一次修改'
  keys Escape
  gone 'insert'
  type :w
  keys Enter
  gone '\[\+\]'
  saved 1
  type jxc
  see 'insert'
  type "$line2"
  keys Enter
  see '第二次修改'
  keys Escape
  gone 'insert'
  type :w
  keys Enter
  gone '\[\+\]'
  saved 2
  type :q
  keys Enter
  ended
}

case_kakoune_default() { kakoune_session; }
case_kakoune_replace() { kakoune_session -e 'set global writemethod replace'; }

# ed says how many bytes it has written.
case_ed() {
  needs ed ed
  start ed "$F"
  see "^$(size_of "$T/0")\$"
  for text in 1i "$line1" . w; do
    type "$text"
    keys Enter
  done
  see "^$(size_of "$T/1")\$"
  saved 1
  for text in 2c "$line2" . w; do
    type "$text"
    keys Enter
  done
  see "^$(size_of "$T/2")\$"
  saved 2
  type q
  keys Enter
  ended
}
