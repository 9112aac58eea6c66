# shellcheck shell=sh disable=SC2034,SC2154
# vim and ex: keys as a user types them. vim says `"01-….txt" 4L, 405B written` when it is done.
cases='vim-default vim-backupcopy-yes vim-backupcopy-no vim-undofile-backup vim-noswapfile vim-ex-batch'

# vi_session PROGRAM ARGUMENT...: also for neovim, which says the same.
vi_session() {
  start "$@" -- "$F"
  see '一、指导思想'
  type ggO
  see 'INSERT'
  type "$line1"
  see '第一次修改'
  keys Escape
  gone 'INSERT'
  type :w
  keys Enter
  see "$(size_of "$T/1")B written"
  saved 1
  type jS
  see 'INSERT'
  type "$line2"
  see '第二次修改'
  keys Escape
  gone 'INSERT'
  type :w
  keys Enter
  see "$(size_of "$T/2")B written"
  saved 2
  type :q
  keys Enter
  ended
}

vim_session() {
  needs vim vim
  vi_session vim --cmd 'set nomore' "$@"
}

case_vim_default() { vim_session; }
case_vim_backupcopy_yes() { vim_session -c 'set backupcopy=yes'; }
case_vim_backupcopy_no() { vim_session -c 'set backupcopy=no'; }
case_vim_undofile_backup() { vim_session -c 'set undofile backup patchmode=.orig'; }
case_vim_noswapfile() { vim_session -n -c 'set nowritebackup'; }

case_vim_ex_batch() {
  needs ex vim
  printf '%s\n' 1i "$line1" . w q | ex -s "$F"
  saved 1
  printf '%s\n' 2c "$line2" . w q | ex -s "$F"
  saved 2
}
