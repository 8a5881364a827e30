/** The ground under a bench: a folder in memory that goes away, the environment of what is started, the compiled programs. */
import { execFileSync, spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, rmSync, statfsSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, join, resolve } from 'node:path'

export const root = resolve(import.meta.dirname, '../..')
const sources = join(root, 'bench/programs')

/**
 * @typedef {object} World
 * @property {string} dir
 * @property {NodeJS.ProcessEnv} env
 * @property {string} child path of the program that announces itself
 * @property {string | null} writer null without a C compiler
 * @property {string | null} check
 */

/** @returns {World} */
export function openWorld() {
  const dir = mkdtempSync(join(baseDir(), 'nsup-bench-'))
  const env = { ...process.env }
  // Node 20 reads the certificates at every start, 50 ms that are nobody's doing here.
  for (const name of ['NODE_EXTRA_CA_CERTS', 'NODE_OPTIONS', 'NSUP_CONFIG', 'PM2_HOME']) delete env[name]
  env['NSUP_HOME'] = join(dir, 'nsup-home')
  const compiler = ['cc', 'gcc', 'clang'].find((name) => which(name))
  if (!compiler) return { dir, env, child: join(sources, 'child.sh'), writer: null, check: null }
  const bin = join(dir, 'bin')
  mkdirSync(bin)
  /** @param {string} name */
  const compile = (name) => {
    execFileSync(compiler, ['-O2', '-o', join(bin, name), join(sources, `${name}.c`)])
    return join(bin, name)
  }
  return { dir, env, child: compile('child'), writer: compile('writer'), check: compile('check') }
}

/** @param {World} world */
export function closeWorld(world) {
  rmSync(world.dir, { recursive: true, force: true })
}

/** @param {string} name @returns {string | null} */
export function which(name) {
  if (name.includes('/')) return existsSync(name) ? resolve(name) : null
  const folders = (process.env['PATH'] ?? '').split(delimiter)
  return folders.map((folder) => join(folder, name)).find((file) => existsSync(file)) ?? null
}

/** @param {string[]} paths */
export function makeFifos(paths) {
  const made = spawnSync('mkfifo', ['-m', '600', ...paths])
  if (made.status !== 0) throw new Error(`mkfifo: ${String(made.stderr)}`)
}

/** Memory where there is enough: the disk is not what is measured. */
function baseDir() {
  if (process.env['BENCH_DIR']) return process.env['BENCH_DIR']
  if (!existsSync('/dev/shm')) return tmpdir()
  const space = statfsSync('/dev/shm')
  return space.bavail * space.bsize > 6 * 2 ** 30 ? '/dev/shm' : tmpdir()
}
