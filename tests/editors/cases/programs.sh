# shellcheck shell=sh disable=SC2034,SC2154
# Programs with their own way of saving, replayed call by call: save.py knows the sequences.
cases='python-inplace python-write python-atomic exchange hardlink-backup jetbrains sublime gio gio-backup
  tmpfile-link node-atomic jed notepad-samba word-samba mapped o-sync copy-range shutil-copy2'

save_session() {
  needs python3 python3
  for n in 1 2; do
    python3 -I "$here/save.py" "$1" "$F" <"$T/$n"
    saved $n
  done
}

for name in $cases; do
  eval "case_$(echo "$name" | tr - _)() { save_session $name; }"
done
