#!/bin/sh
# What README.md says of a fresh clone, after `npm ci`: the shipped shop starts with one command, does a job, says how
# it is, and goes without leaving anything behind. Touches only NSUP_HOME (default: a temporary folder) and its port.
set -eu
cd "$(dirname "$0")/.."
. scripts/left-over.sh

NSUP_HOME=${NSUP_HOME:-$(mktemp -d "${TMPDIR:-/tmp}/nsup-quick.XXXXXX")}
NSUP_GATE=${NSUP_GATE:-}/quick-start-$$
PORT=$(node -e 'const s = require("net").createServer().listen(0, "127.0.0.1", () => { console.log(s.address().port); s.close() })')
export NSUP_HOME NSUP_GATE PORT
trap 'kill_left_over "$NSUP_GATE"' EXIT

npx nsup start all
npx nsup status
node scripts/do-a-job.mjs "http://127.0.0.1:$PORT" checkin user_operations mailer
npx nsup shutdown

rest=$(left_over "$NSUP_GATE")
if [ -n "$rest" ]; then
  echo "quick-start: still there after the shutdown: $rest" >&2
  exit 1
fi
