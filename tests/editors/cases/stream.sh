# shellcheck shell=sh disable=SC2034,SC2154
# Programs that change a file without a person: sed, perl, awk, patch, sort, sponge, the shell.
cases='sed-i sed-i-bak perl-i perl-i-bak gawk-inplace patch patch-b git-apply sort-o tee sponge shell-write
  shell-group shell-append shell-truncate-append truncate cp mv install dd rsync rsync-inplace iconv dos2unix'

sed_session() {
  needs sed sed
  sed "$1" "1i $line1" "$F"
  saved 1
  sed "$1" "2c $line2" "$F"
  saved 2
}

case_sed_i() { sed_session -i; }
case_sed_i_bak() { sed_session -i.bak; }

perl_session() {
  needs perl perl
  export line1 line2
  # shellcheck disable=SC2016
  perl "$1" -pe 'print "$ENV{line1}\n" if $. == 1' "$F"
  saved 1
  # shellcheck disable=SC2016
  perl "$1" -pe '$_ = "$ENV{line2}\n" if $. == 2' "$F"
  saved 2
}

case_perl_i() { perl_session -i; }
case_perl_i_bak() { perl_session -i.orig; }

case_gawk_inplace() {
  needs gawk gawk
  gawk -i inplace -v "line=$line1" 'NR == 1 { print line } { print }' "$F"
  saved 1
  gawk -i inplace -v "line=$line2" '{ print NR == 2 ? line : $0 }' "$F"
  saved 2
}

# diff_to N: the difference between save N-1 and save N, as mail would bring it.
diff_to() {
  diff -u --label "a/$section" --label "b/$section" "$T/$(($1 - 1))" "$T/$1" >"$out/diff.$1" || :
}

patch_session() {
  needs patch patch
  for n in 1 2; do
    diff_to $n
    patch "$@" "$F" "$out/diff.$n"
    saved $n
  done
}

case_patch() { patch_session; }
case_patch_b() { patch_session -b; }

case_git_apply() {
  needs git git
  for n in 1 2; do
    diff_to $n
    (cd "${F%/*}" && git apply "$out/diff.$n")
    saved $n
  done
}

case_sort_o() {
  needs sort coreutils
  LC_ALL=C sort "$T/0" >"$T/1"
  LC_ALL=C sort -r "$T/0" >"$T/2"
  cmp -s "$T/0" "$T/2" && die "the text is sorted already"
  LC_ALL=C sort -o "$F" "$F"
  saved 1
  LC_ALL=C sort -r -o "$F" "$F"
  saved 2
}

case_tee() {
  for n in 1 2; do
    tee "$F" <"$T/$n" >"$out/tee"
    saved $n
  done
}

case_sponge() {
  needs sponge moreutils
  { printf '%s\n' "$line1"; cat "$F"; } | TMPDIR=$out/tmp sponge "$F"
  saved 1
  sed "2c $line2" "$F" | TMPDIR=$out/tmp sponge "$F"
  saved 2
}

# The shell opens, duplicates and closes: close() is called before the first byte is written.
case_shell_write() {
  for n in 1 2; do
    text=$(cat "$T/$n")
    printf '%s\n' "$text" >"$F"
    saved $n
  done
}

# Several programs write through one open file, and each closes its copy of it.
case_shell_group() {
  for n in 1 2; do
    { head -n 1 "$T/$n"; tail -n +2 "$T/$n"; } >"$F"
    saved $n
  done
}

case_shell_append() {
  cp "$T/0" "$T/1"
  printf '%s\n' "$line1" >>"$T/1"
  cp "$T/1" "$T/2"
  printf '%s\n' "$line2" >>"$T/2"
  printf '%s\n' "$line1" >>"$F"
  saved 1
  printf '%s\n' "$line2" >>"$F"
  saved 2
}

# The empty file between the two commands is nobody's text.
case_shell_truncate_append() {
  for n in 1 2; do
    : >"$F"
    cat "$T/$n" >>"$F"
    saved $n
  done
}

case_truncate() {
  head -n 2 "$T/0" >"$T/1"
  head -n 1 "$T/0" >"$T/2"
  truncate -s "$(size_of "$T/1")" "$F"
  saved 1
  truncate -s "$(size_of "$T/2")" "$F"
  saved 2
}

case_cp() {
  for n in 1 2; do
    cp "$T/$n" "$F"
    saved $n
  done
}

# From another disk: mv and install remove the old file and make a new one.
case_mv() {
  for n in 1 2; do
    cp "$T/$n" "$out/tmp/new"
    mv -f "$out/tmp/new" "$F"
    saved $n
  done
}

case_install() {
  for n in 1 2; do
    install -m 0640 "$T/$n" "$F"
    saved $n
  done
}

# Small blocks: a save of many write() calls.
case_dd() {
  for n in 1 2; do
    dd if="$T/$n" of="$F" bs=7 status=none
    saved $n
  done
}

rsync_session() {
  needs rsync rsync
  for n in 1 2; do
    touch -d "2016-03-0$n 08:00:00.123456789" "$T/$n"
    chmod 0640 "$T/$n"
    rsync -tp "$@" "$T/$n" "$F"
    saved $n
  done
}

case_rsync() { rsync_session; }
case_rsync_inplace() { rsync_session --inplace --no-whole-file; }

case_iconv() {
  needs iconv libc-bin
  for n in 1 2; do
    iconv -f UTF-8 -t GB18030 "$T/$n" >"$out/tmp/gb"
    iconv -f GB18030 -t UTF-8 -o "$F" "$out/tmp/gb"
    saved $n
  done
}

case_dos2unix() {
  needs dos2unix dos2unix
  sed 's/$/\r/' "$T/0" >"$T/1"
  cp "$T/0" "$T/2"
  unix2dos "$F"
  saved 1
  dos2unix "$F"
  saved 2
}
