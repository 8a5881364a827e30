/**
 * The kernel's side of {@link Processes}: spawns workers in sessions of their own, signals them, finds what they
 * left behind. Knows its own live children by heart, so that most questions about them cost no system call.
 * Decides nothing about when.
 */
import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import type { ResourceSpec } from '../core/care.ts'
import type { ControlGroups } from '../core/kernel-ports.ts'
import type { ExitStatus, Pid } from '../core/model.ts'
import type { Processes, SpawnOrder, SpawnProblem } from '../core/ports.ts'
import { namespec } from '../core/spec.ts'
import { errorCode } from '../lib/errno.ts'
import { quietly } from '../lib/quietly.ts'
import { signalNumber } from '../lib/signals.ts'
import type { SignalName } from '../lib/signals.ts'
import { entryLinks } from './cgroup.ts'
import { coreDumped } from './core-dump.ts'
import type { DeadChild } from './core-dump.ts'
import { chainOf, deathLink, userLink } from './exec-chain.ts'
import type { Chain, Link } from './exec-chain.ts'
import { directoryProblem, findCommand, problem } from './paths.ts'
import { ageOf, catchesSignal, environmentOf, findProcesses, startTimeOf, statOf } from './proc.ts'
import { lackOfResources, resourceLinks } from './resources.ts'
import { explainFailedSpawn } from './spawn-failure.ts'
import { survivorSearch } from './survivors.ts'
import { userChange } from './users.ts'

type KillAnswer = ReturnType<Processes['kill']>

/**
 * The processes of this machine. Each call makes a view that knows only the children which it spawned itself. `groups`:
 * of workers that ask for one; without it none can.
 */
export function systemProcesses(groups: Pick<ControlGroups, 'prepare'> | null = null): Processes {
  /** Start time of every live child by pid. libuv reaps at the exit event, so until then the pid cannot be another's. */
  const children = new Map<number, string>()

  const isAlive = ({ pid, startTime }: Pid): boolean => (children.get(pid) ?? startTimeOf(pid)) === startTime

  /** Children always do; who was made by a launcher may be in the group of that. */
  const leads = (pid: number): boolean => children.has(pid) || statOf(pid)?.group === pid

  return {
    findCommand,

    spawn(order, onExit) {
      const start = prepare(order, groups)
      if ('ok' in start) return start
      const child = launch(order, start)
      if ('ok' in child) return child
      const { pid } = child
      if (pid === undefined) return explainFailedSpawn(child, order, start.file)
      const startTime = statOf(pid)?.startTime ?? 'unknown'
      const { directory } = order.spec
      children.set(pid, startTime)
      watch(child, { pid, directory, startedAt: Date.now() }, (status) => {
        if (children.get(pid) === startTime) children.delete(pid)
        tell((polled) => { onExit(status, polled) })
      })
      return { ok: true, pid, startTime }
    },

    kill(target, signal, scope) {
      if (!isAlive(target)) return 'gone'
      return send(scope === 'group' && leads(target.pid) ? -target.pid : target.pid, signal)
    },

    isAlive,
    handles: ({ pid }, signal) => catchesSignal(pid, signalNumber(signal)),
    age: ({ startTime }) => ageOf(startTime),
    groupExists,
    searchSurvivors: survivorSearch((pid) => children.has(pid)),
    findMarked,
  }
}

let ends: ((polled: boolean) => void)[] = []
let toldOne = false
/** So few at once are read out one by one, which is quicker than another look at all descriptors. */
const few = 4

/**
 * One end is told at once, what follows in the same handling of SIGCHLD is not: a replacement that is spawned there and
 * ends at once would keep libuv there, and timers, signals and requests would wait for as long as a program crashes
 * fast enough. Many at once are told after one more look at all descriptors, so that whoever reads what the dead wrote
 * has it.
 */
function tell(end: (polled: boolean) => void): void {
  if (toldOne) return void ends.push(end)
  toldOne = true
  setImmediate(() => {
    toldOne = false
    if (ends.length > few) setImmediate(tellRest, true)
    else tellRest(false)
  })
  end(false)
}

function tellRest(polled: boolean): void {
  const due = ends
  ends = []
  for (const one of due) one(polled)
}

/** Everything that can be known before the fork: user, directory, command. */
function prepare({ spec, path, environment }: SpawnOrder, groups: Pick<ControlGroups, 'prepare'> | null): Chain | SpawnProblem {
  const command = path === undefined ? findCommand(spec, environment) : { ok: true as const, path }
  if (!command.ok) return command
  const user = userChange(spec.user)
  if (!user.ok) return problem('SPAWN_ERROR', user.reason)
  const directory = directoryProblem(spec.directory)
  if (directory !== null) return directory
  const resources = spec.care?.resources
  const death = spec.care?.deathSignal === undefined ? [] : [deathLink(spec.care.deathSignal)]
  const plain = { file: command.path, argv: spec.argv }
  if (user.to === null && resources === undefined && death.length === 0) return plain
  const wanted = resources === undefined ? [] : linksOf({ spec, environment }, resources, groups)
  if ('ok' in wanted) return wanted
  const chained = chainOf([...wanted, ...(user.to === null ? [] : [userLink(user.to)]), ...death], plain, environment['PATH'])
  return chained.ok ? chained.chain : problem('SPAWN_ERROR', `couldn't setuid to ${spec.user ?? ''}: the command ${chained.missing} is not installed`)
}

function linksOf({ spec, environment }: Pick<SpawnOrder, 'spec' | 'environment'>, asked: ResourceSpec, groups: Pick<ControlGroups, 'prepare'> | null): Link[] | SpawnProblem {
  const lack = lackOfResources(asked)
  if (lack !== null) return problem('SPAWN_ERROR', `couldn't set ${lack.option}: ${lack.message}`)
  if (asked.cgroup === null) return resourceLinks(asked)
  const group = groups?.prepare(namespec(spec.group, spec.name), asked.cgroup) ?? { ok: false, reason: 'this master makes none' }
  return group.ok ? [...entryLinks(group.procs, environment), ...resourceLinks(asked)] : problem('SPAWN_ERROR', `couldn't set cgroup: ${group.reason}`)
}

/**
 * Forks and execs. A umask is set around the call, which forks before it returns: a shell that would do it costs
 * another exec, rewrites PWD, drops variables whose names it does not like, and loses argv[0].
 */
function launch({ spec, environment, stdin, stdout, stderr, descriptors }: SpawnOrder, { file, argv }: Chain): ChildProcess | SpawnProblem {
  const umask = spec.umask === null ? null : process.umask(spec.umask)
  try {
    const child = spawn(file, argv.slice(1), {
      argv0: argv[0] ?? file,
      detached: true,
      env: environment,
      stdio: descriptors === undefined ? [stdin, stdout, stderr] : stdioOf([stdin, stdout, stderr], descriptors),
      ...(spec.directory === null ? {} : { cwd: spec.directory }),
    })
    return child
  } catch (error) {
    return problem('SPAWN_ERROR', `couldn't exec ${file}: ${errorCode(error)}`)
  } finally {
    if (umask !== null) process.umask(umask)
  }
}

/** What lies between the numbers is left closed. */
function stdioOf(first: readonly number[], descriptors: ReadonlyMap<number, number>): (number | 'ignore')[] {
  const last = Math.max(2, ...descriptors.keys())
  return Array.from({ length: last + 1 }, (_, number) => descriptors.get(number) ?? first[number] ?? 'ignore')
}

/** A function of its own, so that what waits for the exit does not keep the whole order (its environment) in memory. */
function watch(child: ChildProcess, who: DeadChild, onExit: (status: ExitStatus) => void): void {
  child.once('exit', (code, signal) => onExit(exitStatus(code, signal, who)))
}

function exitStatus(code: number | null, signal: SignalName | null, who: DeadChild): ExitStatus {
  if (signal !== null) return { kind: 'signal', signal, core: coreDumped(signal, who) }
  return code === null ? { kind: 'unknown' } : { kind: 'code', code }
}

/** `where`: a pid, or a group as its negative number. */
function send(where: number, signal: SignalName): KillAnswer {
  try {
    process.kill(where, signalNumber(signal)) // Node knows no names for some
    return 'sent'
  } catch (error) {
    const code = errorCode(error)
    return code === 'ESRCH' ? 'gone' : { failed: code }
  }
}

function groupExists(leader: number): boolean {
  try {
    quietly(() => process.kill(-leader, 0))
    return true
  } catch (error) {
    return errorCode(error) === 'EPERM' // there, but another user's
  }
}

/** Oldest first: a descendant that made a session of its own has inherited the mark, and is younger than its worker. */
function findMarked(name: string, value: string, names: readonly string[]): (Pid & { readonly values: Readonly<Record<string, string>> })[] {
  const mark = `${name}=${value}`
  const found: (Pid & { readonly values: Readonly<Record<string, string>> })[] = []
  for (const { pid, startTime } of findProcesses((pid, _group, session) => session === pid)) {
    const words = environmentOf(pid)
    if (!words.includes(mark)) continue
    const values: Record<string, string> = {}
    for (const wanted of names) {
      const word = words.find((candidate) => candidate.startsWith(`${wanted}=`))
      if (word !== undefined) values[wanted] = word.slice(wanted.length + 1)
    }
    found.push({ pid, startTime, values })
  }
  return found.sort((a, b) => Number(a.startTime) - Number(b.startTime) || a.pid - b.pid)
}
