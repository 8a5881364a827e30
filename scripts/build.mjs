// Bundles src/ into dist/: the client (split, so that a command loads only what it needs) and the master.
import { rm } from 'node:fs/promises'
import { build } from 'esbuild'

const runtimeDependencies = ['cli-table3', 'execa', 'pidusage', 'pino', 'yargs']

await rm('dist', { recursive: true, force: true })
await build({
  entryPoints: { nsup: 'src/cli/main.ts', nsupd: 'src/daemon/main.ts' },
  outdir: 'dist',
  bundle: true,
  splitting: true,
  format: 'esm',
  platform: 'node',
  target: 'node20.19',
  external: runtimeDependencies,
  // yaml and a few others are CommonJS inside and call require() for node's own modules.
  banner: { js: "import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url);" },
  logLevel: 'warning',
})
