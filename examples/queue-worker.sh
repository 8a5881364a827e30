#!/bin/sh
# A queue worker in plain POSIX sh: the same protocol as queue-worker.mjs (see README.md here).
# Takes jobs from SPOOL/QUEUE/new one at a time and finishes the job in hand before it obeys TERM, INT or QUIT.
set -u

queue=${1:-mailer}
spool=${SPOOL:-$(dirname "$0")/spool}/$queue
started=$(date +%s)
processed=0
last_activity=null
job=
busy=no
stopping=no
nap=

say() { printf '%s\n' "$1"; }

# Tells the supervisor how it goes, where there is one that listens.
report() { [ -z "${NSUP_REPORT_FD:-}" ] || printf '%s\n' "$1" >&"$NSUP_REPORT_FD"; }

is_processing() { if [ -n "$job" ]; then echo true; else echo false; fi; }

# JSON string of a text without control characters.
quoted() { printf '"%s"' "$(printf '%s' "$1" | tr -d '\000-\037' | sed 's/[\\"]/\\&/g')"; }

tell() { say "{\"message\":\"$1\",\"signal\":\"SIG$2\",\"signal_number\":$3,\"pid\":$$,\"is_processing\":$(is_processing)}"; }

on_stop() {
  if [ "$stopping" = yes ]; then tell 'Worker ignored repeated signal' "$@"; return 0; fi
  stopping=yes
  report '{"stopping":true}'
  tell 'Worker received shutdown signal' "$@"
  # Leaving from here, and not at the end of a wait, means that no sleep can delay the exit.
  [ "$busy" = yes ] || leave
}

on_status() {
  health="\"pid\":$$,\"processed_count\":$processed,\"last_activity\":$last_activity,\"is_processing\":$(is_processing),\"uptime\":$(($(date +%s) - started))"
  report "{\"health\":{$health}}"
  say "{\"message\":\"Worker status\",$health}"
}

leave() {
  trap '' TERM INT QUIT
  [ -z "$nap" ] || kill "$nap" 2>/dev/null
  say "{\"message\":\"Worker gracefully shutdown\",\"pid\":$$,\"processed_count\":$processed}"
  exit 0
}

# Sleeps in the background, because a shell runs its traps only between foreground commands.
pause() {
  sleep "$1" >/dev/null 2>&1 &
  nap=$!
  while kill -0 "$nap" 2>/dev/null; do wait "$nap"; done
  nap=
}

field() { sed -n "s/^$1=//p" "$2" | tail -n 1; }

# Who renames a job first has it. The pid in its new name says whose it is. Sets job and claimed.
claim() {
  for path in "$spool/new"/*; do
    name=${path##*/}
    claimed=$spool/work/$name.$$
    if [ -e "$path" ] && mv "$path" "$claimed" 2>/dev/null; then job=$name; return 0; fi
  done
  return 1
}

carry_out() {
  say "{\"message\":\"Job taken\",\"job\":$(quoted "$job"),\"pid\":$$}"
  seconds=$(field seconds "$claimed")
  hold=$(field hold "$claimed")
  case ${seconds:=0} in *[!0-9]* | ???????*) good=no ;; *) good=yes ;; esac
  if [ "$good" = yes ]; then
    [ "$seconds" -eq 0 ] || pause "$seconds"
    while [ -n "$hold" ] && [ ! -e "$hold" ]; do pause 1; done
    mv "$claimed" "$spool/done/$job" || exit 1
    processed=$((processed + 1))
    result="{\"message\":\"Job done\",\"job\":$(quoted "$job"),\"pid\":$$}"
  else
    mv "$claimed" "$spool/failed/$job" || exit 1
    result="{\"message\":\"Job failed\",\"job\":$(quoted "$job"),\"pid\":$$,\"reason\":$(quoted "seconds must be a whole number, not $seconds")}"
  fi
  last_activity=$(date -u '+"%Y-%m-%dT%H:%M:%SZ"')
  say "$result"
}

# Jobs of a worker that was killed go back to the queue: a job is done at least once.
return_abandoned() {
  for path in "$spool/work"/*; do
    [ -e "$path" ] || continue
    owner=${path##*.}
    case $owner in '' | *[!0-9]*) continue ;; esac
    if [ "$owner" != "$$" ] && kill -0 "$owner" 2>/dev/null; then continue; fi
    name=${path##*/}
    name=${name%.*}
    if mv "$path" "$spool/new/$name" 2>/dev/null; then
      say "{\"message\":\"Job returned to the queue\",\"job\":$(quoted "$name"),\"pid\":$$}"
    fi
  done
}

trap 'on_stop TERM 15' TERM
trap 'on_stop INT 2' INT
trap 'on_stop QUIT 3' QUIT
trap on_status USR1

if ! mkdir -p "$spool/new" "$spool/work" "$spool/done" "$spool/failed" || [ ! -w "$spool/new" ]; then
  echo "queue-worker: cannot use the spool folder $spool; set SPOOL to a folder that can be written" >&2
  exit 1
fi
return_abandoned
report '{"ready":true}'
say "{\"message\":\"Worker started\",\"queue\":$(quoted "$queue"),\"pid\":$$}"

while :; do
  busy=yes
  if claim; then
    report "{\"busy\":{\"job\":$(quoted "$job")}}"
    carry_out
    job=
    report '{"idle":true}'
    waiting=no
  else
    waiting=yes
  fi
  busy=no
  [ "$stopping" = no ] || leave
  [ "$waiting" = no ] || pause 1
done
