#!/bin/sh
# The tarball as a user gets it: npm pack, install into an empty folder with production dependencies only, then init,
# check, start, status, shutdown there. Touches only temporary folders and NSUP_HOME (default: a temporary folder).
set -eu
cd "$(dirname "$0")/.."
checkout=$(pwd)
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
for shipped in bin/nsup bin/nsupd dist/nsup.js dist/nsupd.cjs dist/quick.cjs dist/worker.js dist/worker.cjs dist/preload.cjs programs.yaml examples/web.mjs README.md LICENSE CHANGELOG.md docs/options.md schema/programs.schema.json; do
  if [ ! -f "node_modules/nsup/$shipped" ]; then
    echo "pack-test: $shipped is not in the package" >&2
    exit 1
  fi
done

# The SDK, as users load it: both ways, by the preload, and with its types under both resolutions.
sdk='runWorker drainHttp report onMessage send table'
node -e 'const w = require("nsup/worker"); for (const name of process.argv.slice(1)) if (!(name in w)) throw new Error(`require: no ${name}`)' $sdk
node --input-type=module -e 'import * as w from "nsup/worker"; for (const name of process.argv.slice(1)) if (!(name in w)) throw new Error(`import: no ${name}`)' $sdk
node --import nsup/preload -e 'if (process.send("ready") !== true) throw new Error("preload: no process.send")'
cat >worker.mts <<'END'
import { drainHttp, report, runWorker } from 'nsup/worker'
import type { WorkerContext } from 'nsup/worker'
import { createServer } from 'node:http'
drainHttp(createServer(), { drainDelay: 100, readyPath: '/up' })
report.status('serving')
void runWorker<{ id: number }>({ next: () => ({ id: 1 }), process: async (job, context: WorkerContext) => { const slept: boolean = await context.sleep(job.id); return slept } })
// @ts-expect-error there is no such option
void runWorker({ next: () => null, process: () => undefined, concurency: 2 })
END
cp worker.mts worker.cts
check_types() { "$checkout/node_modules/.bin/tsc" --noEmit --strict --target es2023 --typeRoots "$checkout/node_modules/@types" --types node "$@"; }
check_types --module node16 --moduleResolution node16 worker.mts worker.cts
check_types --module esnext --moduleResolution bundler worker.mts

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
