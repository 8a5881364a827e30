/** One master of one contender with its programs: launch, wait for the children, stop, and leave nothing behind. */
import { spawn } from 'node:child_process'
import { closeSync, mkdirSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { Announcements } from './announcements.mjs'
import { runClient } from './client.mjs'
import { commandLine, familyOf, isAlive } from './proc.mjs'
import { now, sleep } from './stats.mjs'

/**
 * @typedef {object} Program
 * @property {string} name
 * @property {string[]} argv
 * @property {string[]} logs stdout and, unless it goes with stdout, stderr
 * @property {string} [maxbytes] rotate stdout at this size
 * @property {string[]} [options] further lines of its section in an ini file
 * @typedef {object} Plan
 * @property {string} dir
 * @property {Program[]} programs
 * @typedef {object} Commands
 * @property {string[]} launch
 * @property {NodeJS.ProcessEnv} [env]
 * @property {() => number} [masterPid] where `launch` is a client that ends
 * @property {string[]} [stop] instead of SIGTERM to the master
 * @property {string[]} [status]
 * @property {(name: string) => string[]} [restart]
 * @typedef {object} Contender
 * @property {string} id
 * @property {() => string | null} unavailable why it cannot take part
 * @property {(plan: Plan) => Commands} configure writes the config
 */

/** Fleets that are still up, for the day on which somebody presses Ctrl-C. @type {Set<Fleet>} */
export const openFleets = new Set()

export class Fleet {
  /** Milliseconds from the launch of the master until the last child ran its own code. */
  startMs = NaN
  masterPid = 0

  /**
   * @param {Contender} contender
   * @param {import('./world.mjs').World} world
   * @param {(dir: string, fifo: string) => Program[]} programsIn
   */
  constructor(contender, world, programsIn) {
    this.contender = contender
    this.world = world
    this.dir = mkdtempSync(join(world.dir, `${contender.id}-`))
    this.announcements = new Announcements(join(this.dir, 'announce'))
    mkdirSync(join(this.dir, 'logs'))
    this.programs = programsIn(join(this.dir, 'logs'), this.announcements.path)
    this.commands = contender.configure({ dir: this.dir, programs: this.programs })
    this.env = { ...world.env, NSUP_HOME: join(this.dir, 'home'), ...this.commands.env }
    openFleets.add(this)
  }

  /** Starts the master and waits until every program has said that it runs. */
  async launch() {
    const { launch, masterPid } = this.commands
    const names = new Set(this.programs.map(({ name }) => name))
    const all = this.announcements.next(({ name }) => names.delete(name) && names.size === 0, 'all programs run', 120_000)
    const out = openSync(join(this.dir, 'master.out'), 'a')
    const begin = now()
    this.process = spawn(launch[0], launch.slice(1), { env: this.env, cwd: this.dir, stdio: ['ignore', out, out] })
    closeSync(out)
    const ended = new Promise((resolve) => this.process?.on('exit', resolve).on('error', resolve))
    const early = ended.then((how) => (masterPid && how === 0 ? all : Promise.reject(new Error(`the master ended: ${this.output()}`))))
    this.masterPid = this.process.pid ?? 0
    this.startMs = (await Promise.race([all, early])).at - begin
    early.catch(() => {}) // it ends some day, and then that is no news
    if (masterPid) {
      await ended
      this.masterPid = masterPid()
    }
  }

  /** The last that the master printed. */
  output() {
    return readFileSync(join(this.dir, 'master.out'), 'utf8').slice(-2000)
  }

  /** All processes that are the supervisor's own. */
  family() {
    return familyOf(this.masterPid, this.announcements.pids)
  }

  /** Stops all; milliseconds until the master is gone. */
  async stop() {
    const begin = now()
    if (this.commands.stop) {
      await runClient(this.commands.stop, this.env)
      while (isAlive(this.masterPid)) await sleep(1)
    } else if (this.process && this.process.exitCode === null && this.process.signalCode === null) {
      const gone = new Promise((resolve) => this.process?.once('exit', resolve))
      this.process.kill('SIGTERM')
      const late = setTimeout(() => this.process?.kill('SIGKILL'), 60_000)
      await gone
      clearTimeout(late)
    }
    return now() - begin
  }

  /** Ends whatever is left of it, by pid, and removes its folder. Returns how many children had been left alive. */
  async destroy() {
    openFleets.delete(this)
    if (this.masterPid && isAlive(this.masterPid)) await this.stop()
    let left = 0
    for (const pid of this.announcements.pids) {
      if (!isAlive(pid) || !commandLine(pid).includes(this.dir)) continue
      left += 1
      process.kill(pid, 'SIGKILL')
    }
    this.announcements.close()
    rmSync(this.dir, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 })
    return left
  }
}
