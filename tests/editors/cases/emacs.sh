# shellcheck shell=sh disable=SC2034,SC2154
# GNU Emacs on a terminal. The mode line shows `**` while the buffer is modified; `Wrote …` follows the save.
cases='emacs-default emacs-backup-by-copying emacs-precious'

emacs_session() {
  needs emacs emacs-nox
  start emacs -nw --no-splash --no-site-file "$@" "$F"
  see '一、指导思想'
  type "$line1"
  keys Enter
  see '第一次修改'
  see ':\*\*-'
  keys C-x C-s
  see 'Wrote '
  gone ':\*\*-'
  saved 1
  type "$line2"
  see '第二次修改'
  gone 'Wrote '
  keys C-k
  gone '全面贯彻'
  keys C-x C-s
  see 'Wrote '
  gone ':\*\*-'
  saved 2
  keys C-x C-c
  ended
}

case_emacs_default() { emacs_session; }
case_emacs_backup_by_copying() { emacs_session --eval '(setq backup-by-copying t version-control t)'; }
case_emacs_precious() { emacs_session --eval '(setq file-precious-flag t)'; }
