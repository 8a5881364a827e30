#!/bin/sh
# Counts the words of files: each message {"file":PATH,"reply_to":NAME} is a job. Plain POSIX sh, alone in its file.
# Finishes the job in hand before it obeys TERM, INT or QUIT, and leaves what it has not begun to the next incarnation.
set -u

max_jobs=${MAX_JOBS:-1000}
started=$(date +%s)
processed=0
failed=0
last_activity=null
job=
stopping=no
newest=0
last_id=0
kept= # messages that came while it waited for an answer, one a line
newline='
'

quoted() { printf '"%s"' "$(printf '%s' "$1" | tr -d '\000-\037' | sed 's/[\\"]/\\&/g')"; }

log() { printf '{"message":"%s","pid":%s%s}\n' "$1" "$$" "${2:+,$2}"; }

is_processing() { if [ -n "$job" ]; then echo true; else echo false; fi; }

# Says something to the master: one line, which is written in one piece up to 4096 bytes.
tell() { printf '%s\n' "$1" >&"$NSUP_REPORT_FD"; }

on_stop() {
  heard='Worker received shutdown signal'
  [ "$stopping" = no ] || heard='Worker ignored repeated signal'
  stopping=yes
  tell '{"stopping":true}'
  log "$heard" "\"signal\":\"SIG$1\",\"signal_number\":$2,\"is_processing\":$(is_processing)"
}

on_status() {
  health="\"processed_count\":$processed,\"failed_count\":$failed,\"is_processing\":$(is_processing),\"current_job\":${job:-null}"
  health="$health,\"last_activity\":$last_activity,\"uptime\":$(($(date +%s) - started))"
  tell "{\"health\":{$health}}"
  log 'Worker status' "$health"
}

# Wakes this shell now and then, so that it gives a sign of life: a read in sh has no timeout, but a signal ends it.
# The shell itself gives the sign, so none is given when its work hangs. Ends with the shell.
tick() {
  exec >/dev/null 2>&1
  trap '' TERM INT QUIT
  while sleep "$1" && kill -ALRM "$$"; do :; done
}

# Reads one line, and not a byte more. A signal ends the wait: then there is none.
read_line() { IFS= read -r line <&"$NSUP_INBOX_FD"; }

# Sets message to the next one. Fails when a signal has come first.
receive() {
  while [ -z "$kept" ]; do
    read_line || return 1
    keep_message
  done
  message=${kept%%"$newline"*}
  kept=${kept#*"$newline"}
}

keep_message() {
  case $line in
    '{"message":'*)
      number=${line#*'"n":'} number=${number%%,*}
      [ "$number" -gt "$newest" ] || return 0 # it is told twice: a master was killed
      newest=$number
      kept=$kept$line$newline
      ;;
    '{"part":'*'"last":true'*) log 'A line in parts is too long for this worker' ;;
  esac
}

# Asks the master: request table '"name":"counters",...'. Sets value to its answer; fails when that is an error.
request() {
  last_id=$((last_id + 1))
  tell "{\"$1\":{\"id\":$last_id,$2}}"
  while :; do
    read_line || continue # a signal: what is asked belongs to the job in hand
    case $line in
      "{\"reply\":{\"id\":$last_id,\"value\":"*) value=${line#*'"value":'} value=${value%'}}'}; return 0 ;;
      "{\"reply\":{\"id\":$last_id,\"error\":"*) value=${line#*'"error":'} value=${value%'}}'}; return 1 ;;
      # What a new master has not answered when it answers this, it has never heard.
      '{"master":'*) tell "{\"ping\":{\"id\":\"ping $last_id\"}}" ;;
      "{\"reply\":{\"id\":\"ping $last_id\","*) value='{"code":"MASTER_CHANGED"}'; return 1 ;;
      *) keep_message ;;
    esac
  done
}

# Messages that were read and not begun go to the next incarnation.
give_back() {
  while [ -n "$kept" ]; do
    message=${kept%%"$newline"*}
    tell "{\"return\":${message#'{"message":'}"
    kept=${kept#*"$newline"}
  done
}

# Sets value to the text under a name in the JSON of a message; enough where texts have no \ and no " in them.
text() {
  case $2 in
    *"\"$1\":\""*) value=${2#*"\"$1\":\""} value=${value%%'"'*} ;;
    *) value= ;;
  esac
}

# Runs a part of a job beside this shell, so that it hears signals meanwhile, and so that those that go to the whole
# group (Ctrl-C in a terminal, stopasgroup) do not end the job.
apart() {
  ( trap '' TERM INT QUIT; "$@" ) &
  child=$!
  while kill -0 "$child" 2>/dev/null; do
    if wait "$child"; then return 0; fi
  done
  wait "$child"
}

count_words() { [ -n "$1" ] && wc -w <"$1" >"$2"; }

carry_out() {
  text reply_to "$data"
  reply_to=$value
  text file "$data"
  file=$value
  value="cannot read the file '$file'"
  apart count_words "$file" "$result" || return 1
  read -r words <"$result"
  request table "\"name\":\"counters\",\"op\":\"incr\",\"key\":\"words\",\"by\":$words" || return 1
  total=$value
  [ -z "$reply_to" ] || request send "\"to\":\"$reply_to\",\"data\":{\"file\":\"$file\",\"words\":$words,\"total\":$total}"
}

trap 'on_stop TERM 15' TERM
trap 'on_stop INT 2' INT
trap 'on_stop QUIT 3' QUIT
trap on_status USR1
trap 'tell "{\"watchdog\":true}"' ALRM

if ! { : <&"${NSUP_INBOX_FD:-closed}"; } 2>/dev/null; then
  echo 'worker.sh: there is no inbox: let nsup run this with messages: true' >&2
  exit 1
fi
result=$(mktemp) || exit 1
beat_every=$((${NSUP_SILENCE_MS:-30000} / 3000))
[ "$beat_every" -gt 0 ] || beat_every=1
tick "$beat_every" &
ticker=$!
tell '{"ready":true}'
log 'Worker started'

while [ "$stopping" = no ] && [ $((processed + failed)) -lt "$max_jobs" ]; do
  receive || continue
  job=${message#*'"n":'} job=${job%%,*}
  data=${message#*'"data":'} data=${data%'}}'}
  tell "{\"busy\":{\"job\":\"$job\"}}"
  log 'Job taken' "\"job\":\"$job\""
  if carry_out; then
    processed=$((processed + 1))
    log 'Job done' "\"job\":\"$job\""
  else
    failed=$((failed + 1))
    log 'Job failed' "\"job\":\"$job\",\"reason\":$(quoted "$value")"
  fi
  job=
  last_activity=$(date -u '+"%Y-%m-%dT%H:%M:%SZ"')
  tell '{"idle":true}'
done

[ "$stopping" = yes ] || tell "{\"recycling\":\"after $((processed + failed)) jobs\"}"
give_back
trap '' TERM INT QUIT ALRM
kill -HUP "$ticker"
rm -f "$result"
log 'Worker gracefully shutdown' "\"processed_count\":$processed"
