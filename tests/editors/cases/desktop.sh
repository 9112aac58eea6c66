# shellcheck shell=sh disable=SC2034,SC2154
# Editors with windows, on an X server that nobody sees. The text is doubled with select all, copy and
# paste (Chinese cannot be typed with xdotool), then loses its first line.
cases='mousepad gedit soffice-convert'

# free_display: starts Xvfb on a number of its own choice, sets DISPLAY.
free_display() {
  needs Xvfb xvfb
  needs xdotool xdotool
  Xvfb -displayfd 3 -screen 0 800x600x24 -nolisten tcp 3>"$out/display" 2>"$out/xvfb.log" &
  xvfb=$!
  trap 'kill $program $xvfb 2>/dev/null || :' EXIT
  within 15 test -s "$out/display" || die "Xvfb does not start"
  DISPLAY=:$(cat "$out/display")
  export DISPLAY
}

window_with() {
  xdotool search --onlyvisible --name "$1" >"$out/windows" 2>/dev/null && [ -s "$out/windows" ]
}

key() {
  xdotool key --clearmodifiers --delay 20 "$@"
}

program=
window_session() {
  needs "$1" "$1"
  free_display
  cat "$T/0" "$T/0" >"$T/1"
  sed 1d "$T/1" >"$T/2"
  # All that is seen of a save is the file: the database may follow the rename by a moment.
  patience=10
  "$@" "$F" >"$out/program.log" 2>&1 &
  program=$!
  within 20 window_with "$section" || die "no window shows $section: $(cat "$out/program.log")"
  xdotool windowfocus --sync "$(tail -n 1 "$out/windows")"
  key ctrl+a ctrl+c ctrl+End ctrl+v
  key ctrl+s
  saved 1
  key ctrl+Home shift+Down Delete
  key ctrl+s
  saved 2
  key ctrl+q
  within 15 program_over || die "the program does not end"
}

program_over() {
  ! kill -0 "$program"
}

case_mousepad() { window_session mousepad --disable-server; }
case_gedit() { window_session gedit --standalone; }

# A text in LibreOffice's own format, one paragraph for each line.
flat_odt() {
  cat <<'END'
<?xml version="1.0" encoding="UTF-8"?>
<office:document xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0"
 xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0"
 office:version="1.2" office:mimetype="application/vnd.oasis.opendocument.text"><office:body><office:text>
END
  sed 's|.*|<text:p>&</text:p>|' "$1"
  echo '</office:text></office:body></office:document>'
}

case_soffice_convert() {
  needs soffice libreoffice-writer
  for n in 1 2; do
    flat_odt "$T/$n" >"$out/tmp/${section%.txt}.fodt"
    # the text filter writes a byte order mark first
    { printf '\357\273\277'; cat "$T/$n"; } >"$out/tmp/with-bom"
    mv "$out/tmp/with-bom" "$T/$n"
    soffice "-env:UserInstallation=file://$out/soffice" --headless --convert-to 'txt:Text (encoded):UTF8' \
      --outdir "${F%/*}" "$out/tmp/${section%.txt}.fodt"
    saved $n
  done
}
