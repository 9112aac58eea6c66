# shellcheck shell=sh disable=SC2034,SC2154
# Tools that copy a tree: there, compare, back, compare.
cases='cp tar rsync cpio zip names stamp'

case_cp() {
  cp -a "$samples/." "$root/"
  same_tree 'cp there' "$root"
  check_sections
  remount
  same_tree 'after a new mount' "$root"
  cp -a "$root/." back/
  same_tree 'cp back' back
}

tar_tree() {
  tar --format=posix --xattrs --xattrs-include='user.*' --numeric-owner "$@"
}

case_tar() {
  needs tar tar
  tar_tree -C "$samples" -cf samples.tar .
  tar_tree -C "$root" -xpf samples.tar
  same_tree 'tar there' "$root"
  tar_tree -C "$root" --compare -f samples.tar
  check_sections
  mkdir back
  tar_tree -C "$root" -cf - . | tar_tree -C back -xpf -
  same_tree 'tar back' back
}

# sync FROM TO: what rsync says it has changed, one line for each.
sync() {
  rsync -aHAX --numeric-ids --itemize-changes --stats "$1/" "$2/" >rsync.log
  sed '/^$/,$d' rsync.log >changed
}

# nothing_left FROM TO: a second run finds nothing to do, and moves no file.
nothing_left() {
  sync "$1" "$2"
  [ ! -s changed ] || die "the second rsync changes $(wc -l <changed) things:
$(head changed)"
  expect_number 'files of the second rsync' "$(sed -n 's/^Number of regular files transferred: //p' rsync.log)" 0
}

# one_file FROM TO SECTION: only this file is taken.
one_file() {
  sync "$1" "$2"
  grep '^[<>]' changed >files || :
  expect_number 'files that rsync takes after one edit' "$(wc -l <files)" 1
  grep -q '03-\|01-' files || die "rsync takes another file: $(cat files)"
  cmp "$1/$3" "$2/$3"
}

case_rsync() {
  needs rsync rsync
  sync "$samples" "$root"
  same_tree 'rsync there' "$root"
  nothing_left "$samples" "$root"
  check_sections
  remount
  nothing_left "$samples" "$root"
  sync "$root" back
  same_tree 'rsync back' back
  nothing_left "$root" back

  edit "$root" "$section_a"
  one_file "$root" back "$section_a"
  nothing_left "$root" back
  # in the other direction rsync itself is the editor
  edit back "$section_b"
  [ -n "$plain" ] || versions=$(versions_of "$section_b")
  one_file back "$root" "$section_b"
  [ -n "$plain" ] || expect_number 'versions that rsync made' $(($(versions_of "$section_b") - versions)) 1
  check_sections
  # every byte read again
  rsync -aHAXn --checksum --itemize-changes back/ "$root/" >changed
  [ ! -s changed ] || die "rsync --checksum finds differences: $(head changed)"
}

case_cpio() {
  needs cpio cpio
  # the format has no fractions of seconds and no attributes; cpio leaves the times of symlinks alone
  (cd "$samples" && find . -depth -mindepth 1 -print0 | cpio -0 -o -H newc --quiet) |
    (cd "$root" && cpio -i -d -m --quiet)
  same_tree 'cpio there' "$root" --seconds --no-symlink-times --ignore xattrs
  check_sections
  mkdir back
  (cd "$root" && find . -depth -mindepth 1 -print0 | cpio -0 -p -d -m --quiet "$out/back")
  same_tree 'cpio back' back --seconds --no-symlink-times --ignore xattrs
}

case_zip() {
  needs zip zip
  needs unzip unzip
  # the format has neither fifos nor hard links nor attributes, whole seconds, and no times of symlinks
  lacks='--seconds --no-fifos --no-symlink-times --ignore xattrs,links'
  (cd "$samples" && zip -qry "$out/samples.zip" . -x '*.fifo')
  (cd "$root" && unzip -qXK "$out/samples.zip")
  # shellcheck disable=SC2086
  same_tree 'zip there' "$root" $lacks
  check_sections
  (cd "$root" && zip -qry "$out/back.zip" . -x '*.fifo')
  mkdir back
  (cd back && unzip -qXK "$out/back.zip")
  # shellcheck disable=SC2086
  same_tree 'zip back' back $lacks
}

# Names that are legal and that nobody would choose.
case_names() {
  samples=$out/names
  "$here/samples.sh" --names "$samples"
  fill_root
  same_tree 'names there' "$root"
  check_sections
  remount
  same_tree 'names after a new mount' "$root"
  mkdir back
  tar_tree -C "$root" -cf - . | tar_tree -C back -xpf -
  same_tree 'names back' back
  (cd "$root" && find . -mindepth 1 -delete)
  [ -z "$(ls -A "$root")" ] || die "rm left: $(ls -A "$root")"
}

# Empty files, one after the other: what tar does to them, a thousand times.
case_stamp() {
  mkdir -p "$root/2016/合肥市/空"
  python3 -I "$here/stamp.py" "$root/2016/合肥市/空" 1000
  manifest "$root" --ignore links >before
  remount
  manifest "$root" --ignore links >after
  diff before after || die 'another tree after a new mount'
  check_sections
}
