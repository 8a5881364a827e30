/**
 * Where an instance of nsup lives on disk. The config's real path names the instance, so two projects never meet.
 * `NSUP_HOME` moves everything; root uses /run, /var/lib and /var/log; a user the XDG folders. Loaded by every
 * command, so it imports nothing heavy.
 */
import { realpathSync } from 'node:fs'
import { homedir, tmpdir, userInfo } from 'node:os'
import { basename, dirname, join, resolve } from 'node:path'

export interface Instance {
  /** Real path of the config that names it. */
  readonly configFile: string
  /** For example `programs-1f3a9c02`. */
  readonly name: string
  /** FIFOs, status files, lock; gone after a reboot. */
  readonly runDir: string
  /** What must survive a reboot. */
  readonly stateDir: string
  readonly logDir: string
  /** The private control socket, always there while a master runs. */
  readonly socket: string
}

/** Where a master keeps what the next one takes over; gone after an orderly end. */
export function journalIn(runDir: string): string {
  return join(runDir, 'journal.jsonl')
}

/** The longest path that fits into a socket address (108 bytes with the final NUL; macOS has 104). */
const socketPathMax = 100

/** The instance that a config file names. `env` is the environment to read NSUP_HOME and the XDG folders from. */
export function instanceOf(configFile: string, env: NodeJS.ProcessEnv = process.env): Instance {
  const file = realPath(configFile)
  const hash = hashOf(file, 1)
  const stem = basename(file).replace(/\.[^.]*$/, '').replace(/[^A-Za-z0-9_-]/g, '_').slice(0, 32)
  const name = `${stem || 'nsup'}-${hash}`
  const roots = rootsOf(env)
  const runDir = join(roots.run, name)
  return {
    configFile: file,
    name,
    runDir,
    stateDir: join(roots.state, name),
    logDir: join(roots.log, name),
    socket: socketIn(runDir),
  }
}

interface Roots {
  readonly run: string
  readonly state: string
  readonly log: string
}

function rootsOf(env: NodeJS.ProcessEnv): Roots {
  const home = env['NSUP_HOME']
  if (home) {
    const root = resolve(home)
    return { run: join(root, 'run'), state: join(root, 'state'), log: join(root, 'log') }
  }
  const uid = process.getuid?.() ?? 0
  if (uid === 0) return { run: '/run/nsup', state: '/var/lib/nsup', log: '/var/log/nsup' }
  const state = join(env['XDG_STATE_HOME'] || join(homedir(), '.local', 'state'), 'nsup')
  const runtime = env['XDG_RUNTIME_DIR']
  return {
    run: runtime ? join(runtime, 'nsup') : join(tmpdir(), `nsup-${uid}`),
    state,
    log: join(state, 'log'),
  }
}

function socketIn(runDir: string): string {
  const plain = join(runDir, 'nsup.sock')
  if (Buffer.byteLength(plain) <= socketPathMax) return plain
  const hash = hashOf(plain, 2) + hashOf(plain, 3)
  return join('/tmp', `nsup-${userInfo().uid}`, `${hash}.sock`)
}

/** Eight hex digits, FNV-1a and a final mix: names need no secrets, and loading node:crypto costs every command 4 ms. */
function hashOf(text: string, seed: number): string {
  let hash = 0x811c9dc5 ^ Math.imul(seed, 0x9e3779b1)
  for (const byte of Buffer.from(text)) hash = Math.imul(hash ^ byte, 0x01000193)
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b)
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35)
  return ((hash ^ (hash >>> 16)) >>> 0).toString(16).padStart(8, '0')
}

function realPath(file: string): string {
  try {
    return realpathSync(file)
  } catch {
    return notYetThere(resolve(file)) // a config that is not there yet still names an instance
  }
}

/** The same path as the file will have once it is there. */
function notYetThere(file: string): string {
  try {
    return join(realpathSync(dirname(file)), basename(file))
  } catch {
    return file // nor is its folder
  }
}
