# shellcheck shell=sh disable=SC2034,SC2154
# Neovim says what vim says, and by default saves in its way.
cases='nvim-default nvim-backupcopy-yes nvim-undofile'

nvim_session() {
  needs nvim neovim
  vi_session nvim --cmd 'set nomore' "$@"
}

case_nvim_default() { nvim_session; }
case_nvim_backupcopy_yes() { nvim_session -c 'set backupcopy=yes'; }
case_nvim_undofile() { nvim_session -c "set undodir=. undofile"; }
