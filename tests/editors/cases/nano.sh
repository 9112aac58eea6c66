# shellcheck shell=sh disable=SC2034,SC2154
# nano asks for the name, then says `Wrote 4 lines`.
cases='nano-default nano-backup nano-lock'

nano_write() {
  keys C-o
  see 'File Name to Write'
  keys Enter
  see 'Wrote [0-9]+ line'
}

nano_session() {
  needs nano nano
  start nano "$@" "$F"
  see '一、指导思想'
  type "$line1"
  keys Enter
  see '第一次修改'
  nano_write
  saved 1
  type "$line2"
  keys Enter
  see '第二次修改'
  keys C-k
  gone '全面贯彻'
  nano_write
  saved 2
  keys C-x
  ended
}

case_nano_default() { nano_session; }
case_nano_backup() { nano_session -B; }
case_nano_lock() { nano_session -G; }
