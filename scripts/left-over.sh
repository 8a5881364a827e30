# Finds and ends what a test of the whole product started: processes whose environment at their start held
# NSUP_GATE=MARK..., which every child inherits. Sourced. A script marks what it starts by exporting NSUP_GATE itself.

# Prints the pids of what bears this mark; nothing where there is no /proc.
left_over() {
  for environ in /proc/[0-9]*/environ; do
    pid=${environ#/proc/}
    if tr '\000' '\n' <"$environ" 2>/dev/null | grep -q "^NSUP_GATE=$1"; then echo "${pid%/environ}"; fi
  done 2>/dev/null
}

# TERM to all, then KILL to what is still there.
kill_left_over() {
  for pid in $(left_over "$1"); do kill -TERM "$pid" 2>/dev/null || true; done
  for pid in $(left_over "$1"); do kill -KILL "$pid" 2>/dev/null || true; done
}
