// Bundles src/ into dist/: the client (split, so that a command loads only what it needs), the master, and the short
// way of `nsup status`: one CommonJS file with nothing in it that status does not need.
import { rm } from 'node:fs/promises'
import { build } from 'esbuild'

const runtimeDependencies = ['cli-table3', 'execa', 'pidusage', 'pino', 'yargs']
const common = { bundle: true, platform: 'node', target: 'node20.19', external: runtimeDependencies, outdir: 'dist', logLevel: 'warning' }

await rm('dist', { recursive: true, force: true })
await build({
  ...common,
  entryPoints: { nsup: 'src/cli/main.ts', nsupd: 'src/daemon/main.ts', load: 'src/config/load.ts' },
  splitting: true,
  format: 'esm',
  // yaml and a few others are CommonJS inside and call require() for node's own modules.
  banner: { js: "import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url);" },
})
await build({
  ...common,
  entryPoints: { quick: 'src/cli/quick.ts' },
  outExtension: { '.js': '.cjs' },
  format: 'cjs',
  minify: true,
  // yargs-parser makes a require() of its own, which takes a path as well as a URL.
  define: { 'import.meta.url': '__filename' },
  plugins: [{
    name: 'leave-the-rest-to-main',
    setup({ onResolve }) {
      onResolve({ filter: /\/config\/load\.ts$/ }, () => ({ path: './load.js', external: true }))
      onResolve({ filter: /^\.\/(main|usage|version|verbs\/.*)\.ts$/ }, ({ path }) =>
        path === './verbs/status.ts' ? undefined : { path: './nsup.js', external: true })
    },
  }],
})
