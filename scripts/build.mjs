// Bundles src/ into dist/: the client (split, so that a command loads only what it needs), the master (one file, so
// that a running one never looks for a part that a newer build has replaced), and the short way of `nsup status`: one
// CommonJS file with nothing in it that status does not need. The worker's side is in build-worker.mjs. The new dist/ takes
// the place of the old one in one go.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises'
import Module from 'node:module'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { build } from 'esbuild'
import { buildWorker } from './build-worker.mjs'

// Rarely loaded, so left outside. Everything else is compiled in: finding and reading its files would cost each start.
const runtimeDependencies = ['cli-table3', 'execa', 'koffi', 'pidusage', 'yargs']
const fresh = `dist.new.${process.pid}`
const common = { bundle: true, platform: 'node', target: 'node20.19', external: runtimeDependencies, outdir: fresh, logLevel: 'warning' }
// yaml and a few others are CommonJS inside and call require() for node's own modules.
const banner = { js: "import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url);" }

const client = build({
  ...common,
  entryPoints: { nsup: 'src/cli/full.ts', load: 'src/config/load.ts', left: 'src/os/left-behind.ts' },
  splitting: true,
  format: 'esm',
  banner,
})
const master = build({
  ...common,
  entryPoints: { nsupd: 'src/daemon/main.ts' },
  outExtension: { '.js': '.cjs' },
  format: 'cjs',
  define: { 'import.meta.url': '__filename' },
  // Names stay: a stack trace is read by people.
  minifyWhitespace: true,
  minifySyntax: true,
})
const quick = build({
  ...common,
  entryPoints: { quick: 'src/cli/main.ts' },
  outExtension: { '.js': '.cjs' },
  format: 'cjs',
  minify: true,
  // yargs-parser makes a require() of its own, which takes a path as well as a URL.
  define: { 'import.meta.url': '__filename' },
  plugins: [{
    name: 'leave-the-rest-to-full',
    setup({ onResolve }) {
      onResolve({ filter: /\/config\/load\.ts$/ }, () => ({ path: './load.js', external: true }))
      onResolve({ filter: /\/os\/left-behind\.ts$/ }, () => ({ path: './left.js', external: true }))
      onResolve({ filter: /^\.\/(full|usage|version|verbs\/.*)\.ts$/ }, ({ path }) =>
        path === './verbs/status.ts' ? undefined : { path: './nsup.js', external: true })
    },
  }],
})
await Promise.all([client, master, quick, buildWorker(common, fresh)])
await Promise.all(['nsupd', 'quick'].map(async (name) => importElsewhere(`${fresh}/${name}.cjs`)))
await rm(`${fresh}.old`, { recursive: true, force: true })
await rename('dist', `${fresh}.old`).catch((error) => {
  if (error.code !== 'ENOENT') throw error
})
await rename(fresh, 'dist')
await rm(`${fresh}.old`, { recursive: true, force: true })
await keepCompiled()

/** A bundle that bin/load.cjs loads has no import() of its own: see bin/importing.cjs. */
async function importElsewhere(file) {
  const text = await readFile(file, 'utf8')
  await writeFile(file, text.replace(/\bimport\("(\.\/)?([\w.:-]+)"\)/g, (_, here, name) => `require("../bin/importing.cjs")("${here === undefined ? '' : '../dist/'}${name}")`))
}

/** Lets a master live for a moment and asks it for its status, so that what V8 compiles of both is kept for the next (bin/load.cjs). */
async function keepCompiled() {
  if (Module.enableCompileCache !== undefined) return
  const home = await mkdtemp(join(tmpdir(), 'nsup-build-'))
  try {
    const config = join(home, 'programs.yaml')
    await writeFile(config, 'programs: {a: {command: cat, startsecs: 0}, b: {command: cat, startsecs: 0}}\n')
    const env = { ...process.env, NSUP_HOME: home, NSUP_KEEP_COMPILED: '1', NSUP_CONFIG: '' }
    const master = spawn(resolve('bin/nsupd'), ['-n', '-c', config], { env, stdio: ['ignore', 'pipe', 'ignore'] })
    let client
    const limit = setTimeout(() => master.kill('SIGKILL'), 10_000)
    master.stdout.on('data', (chunk) => {
      if (!String(chunk).includes('entered RUNNING') || client !== undefined) return
      client = spawn(resolve('bin/nsup'), ['-c', config, 'status'], { env, stdio: 'ignore' })
      client.once('exit', () => { master.kill('SIGTERM') })
    })
    await once(master, 'exit')
    clearTimeout(limit)
  } finally {
    await rm(home, { recursive: true, force: true })
  }
}
