# shellcheck shell=sh disable=SC2034,SC2154
# Backup programs: the whole, then nothing, then one edit, then all of it back.
cases='restic borg'

# edit_both: the edit in the mount, and in a copy of the samples to compare with.
edit_both() {
  edit "$root" "$section_a"
  cp -a "$samples" edited
  cp -p "$root/$section_a" "edited/$section_a"
  touch -r "$samples/${section_a%/*}" "edited/${section_a%/*}"
  samples=$out/edited
}

run_restic() {
  restic --quiet --repo "$out/repo" --cache-dir "$out/cache" "$@"
}

restic_backup() {
  (cd "$root" && run_restic --json backup .) >json
  grep '"message_type":"summary"' json >summary
}

case_restic() {
  needs restic restic
  export RESTIC_PASSWORD=planfs
  run_restic init
  fill_root
  restic_backup
  remount
  restic_backup
  expect_number 'restic, nothing edited: new files' "$(json_number files_new summary)" 0
  expect_number 'restic, nothing edited: changed files' "$(json_number files_changed summary)" 0
  edit_both
  restic_backup
  expect_number 'restic, one edit: new files' "$(json_number files_new summary)" 0
  expect_number 'restic, one edit: changed files' "$(json_number files_changed summary)" 1
  run_restic check
  run_restic restore latest --target "$out/back"
  same_tree 'restic back' back
  (cd "$root" && find . -mindepth 1 -delete)
  run_restic restore latest --target "$root"
  same_tree 'restic there' "$root"
  check_sections
}

run_borg() {
  BORG_BASE_DIR=$out/borg BORG_UNKNOWN_UNENCRYPTED_REPO_ACCESS_IS_OK=yes borg "$@"
}

# borg_backup NAME: the files that it has read again, in `taken`.
borg_backup() {
  (cd "$root" && run_borg create --json --list --filter AMCE --log-json "$out/repo::$1" .) >stats 2>json
  grep '"type": "file_status"' json | grep -v "$sentinel" >taken || :
}

# borg restores no time after 2038; one of the samples has one.
after_2038() {
  late=2014/合肥市/2014年教育工作要点/03-主要任务.txt
  touch -r "$samples/$late" "$1/$late"
}

case_borg() {
  needs borg borgbackup
  run_borg init --encryption=none repo
  fill_root
  # borg does not trust the file that changed last, in case it changes again in the same moment: let
  # that be one that does not count
  sentinel=9999-sentinel
  within 5 tick_is_new
  borg_backup one
  rm "$root/$sentinel"
  remount
  borg_backup two
  expect_number 'borg, nothing edited: files taken' "$(wc -l <taken)" 0
  edit_both
  borg_backup three
  expect_number "borg, one edit: files taken ($(head -n 3 taken))" "$(wc -l <taken)" 1
  grep -q '"status": "M"' taken || die "borg takes the edited file for a new one: $(cat taken)"
  run_borg check --verify-data repo
  mkdir back
  touch -r "$samples" "$root"
  (cd back && run_borg extract --numeric-ids "$out/repo::three")
  after_2038 back
  same_tree 'borg back' back
  (cd "$root" && find . -mindepth 1 -delete && run_borg extract --numeric-ids "$out/repo::three")
  after_2038 "$root"
  same_tree 'borg there' "$root"
  check_sections
}

# The sentinel is newer than every other file by the clock of the file system.
tick_is_new() {
  echo 哨兵 >"$root/$sentinel"
  newest=$(find "$root" -type f ! -name "$sentinel" -printf '%C@\n' | sort -n | tail -n 1)
  [ "$(find "$root/$sentinel" -printf '%C@\n')" != "$newest" ]
}
