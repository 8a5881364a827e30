#!/bin/sh
# A job: removes the files of a folder that are older than so many days. tidy.sh FOLDER DAYS.
# Exit code 0: done; 1: not all could be removed, or it was asked to stop before the end; 2: called in a wrong way.
set -u

case ${1:-},${2:-} in
  ,* | *, | *,*[!0-9]*) echo 'tidy.sh FOLDER DAYS' >&2; exit 2 ;;
esac
stopping=no
trap 'stopping=yes' TERM INT QUIT

removed=0
failed=0
for path in "$1"/*; do
  # Nothing, a folder, or too young.
  [ -f "$path" ] && [ -n "$(find "$path" -prune ! -mtime "-$2")" ] || continue
  [ "$stopping" = no ] || break
  if rm -f "$path"; then removed=$((removed + 1)); else failed=$((failed + 1)); fi
done
# Without an id nobody answers, so nothing has to be read.
[ -z "${NSUP_REPORT_FD:-}" ] ||
  echo "{\"table\":{\"name\":\"counters\",\"op\":\"incr\",\"key\":\"removed\",\"by\":$removed}}" >&"$NSUP_REPORT_FD"
echo "removed $removed files"
[ "$stopping" = no ] && [ "$failed" -eq 0 ]
