#!/bin/sh
# The tarball as a user gets it: npm pack, install into an empty folder with production dependencies only, then init,
# check, start, status, shutdown there. Touches only temporary folders and NSUP_HOME (default: a temporary folder).
set -eu
cd "$(dirname "$0")/.."
. scripts/left-over.sh

temp=$(mktemp -d "${TMPDIR:-/tmp}/nsup-pack.XXXXXX")
NSUP_HOME=${NSUP_HOME:-$temp/home}
NSUP_GATE=${NSUP_GATE:-}/pack-test-$$
export NSUP_HOME NSUP_GATE
trap 'kill_left_over "$NSUP_GATE"; rm -rf "$temp"' EXIT

npm pack --silent --pack-destination "$temp" >/dev/null
mkdir "$temp/empty"
cd "$temp/empty"
npm install --omit=dev --no-audit --no-fund "$temp"/nsup-*.tgz

for needless in zod pino yaml esbuild vitest typescript; do
  if [ -e "node_modules/$needless" ]; then
    echo "pack-test: $needless was installed, but nothing in the package needs it at run time" >&2
    exit 1
  fi
done
for shipped in bin/nsup bin/nsupd dist/nsup.js dist/nsupd.cjs dist/quick.cjs programs.yaml examples/web.mjs README.md LICENSE CHANGELOG.md docs/options.md schema/programs.schema.json; do
  if [ ! -f "node_modules/nsup/$shipped" ]; then
    echo "pack-test: $shipped is not in the package" >&2
    exit 1
  fi
done

npx nsup init
npx nsup check
npx nsup check -c node_modules/nsup/programs.yaml
npx nsup start all
npx nsup status
npx nsup shutdown

rest=$(left_over "$NSUP_GATE")
if [ -n "$rest" ]; then
  echo "pack-test: still there after the shutdown: $rest" >&2
  exit 1
fi
