/**
 * Takes over what the last master left: builds a process from its records, finds workers whose records were never
 * written by the mark in their environment, and says who died meanwhile. Pure but for the ports that it asks.
 */
import type { Pid } from '../core/model.ts'
import type { Processes } from '../core/ports.ts'
import { newProc } from '../core/proc.ts'
import type { Now, Proc } from '../core/proc.ts'
import { arm } from '../core/running.ts'
import { standAgain } from '../core/ladder.ts'
import { retryDelay } from '../core/policy.ts'
import { shutdownActor } from '../core/shutdown.ts'
import { namespec } from '../core/spec.ts'
import type { GroupSpec, ProcessSpec } from '../core/spec.ts'
import { runMark } from './environment.ts'
import type { Remembered } from './journal.ts'
import { roundsFrom } from './rounds-record.ts'
import type { Status } from './snapshot.ts'

export interface Adopted {
  readonly proc: Proc
  readonly groupPriority: number
  /** `alive`: runs, take it over. `died`: ran when the last master wrote, is gone now. `rest`: did not run. */
  readonly fate: 'alive' | 'died' | 'rest'
}

/** A worker found by its mark. */
interface Marked extends Pid {
  readonly namespec: string
  readonly incarnation: number
}

export interface AdoptionSources {
  readonly remembered: readonly Remembered[]
  readonly configured: readonly GroupSpec[]
  readonly processes: Processes
  readonly bootId: string
  readonly runDir: string
}

/** All processes that the next master begins with, apart from those that only the config knows. */
export function adopt(sources: AdoptionSources, now: Now): Adopted[] {
  const { processes, runDir, configured } = sources
  const marked = findMarked(processes, runDir)
  const adopted: Adopted[] = []
  const known = new Set<string>()
  for (const record of sources.remembered) {
    const one = fromRecord(record, sources, marked, now)
    if (one === null) continue
    adopted.push(one)
    known.add(namespec(one.proc.group, one.proc.name))
  }
  for (const spec of configured.flatMap((group) => group.processes)) {
    const name = namespec(spec.group, spec.name)
    const lost = known.has(name) ? undefined : lostIncarnation(marked, name, null)
    if (lost === undefined) continue
    adopted.push({ proc: found(spec, lost, processes.age(lost) ?? 0, now), fate: 'alive', groupPriority: priorityOf(spec.group, null, configured) })
  }
  return adopted
}

function findMarked(processes: Processes, runDir: string): Marked[] {
  const names = ['NSUP_PROCESS', 'NSUP_INCARNATION']
  return processes.findMarked(runMark, runDir, names).map(({ pid, startTime, values }) => ({
    pid,
    startTime,
    namespec: values['NSUP_PROCESS'] ?? '',
    incarnation: Number(values['NSUP_INCARNATION'] ?? 0),
  }))
}

/**
 * A worker that was spawned just before the last master died, so that no record tells its pid. Descendants that
 * made a session of their own carry the mark too, but of an incarnation whose pid is known.
 */
function lostIncarnation(marked: readonly Marked[], name: string, status: Status | null): Marked | undefined {
  const lastWithPid = status === null ? 0 : status.pid === 0 && status.state === 'STARTING' ? status.incarnation - 1 : status.incarnation
  const candidates = marked.filter((one) => one.namespec === name && one.incarnation > lastWithPid)
  const newest = Math.max(...candidates.map((one) => one.incarnation))
  return candidates.filter((one) => one.incarnation === newest).sort((a, b) => Number(a.startTime) - Number(b.startTime) || a.pid - b.pid)[0]
}

/** `null`: nothing of it runs, and the config does not know it or the record cannot be read. */
function fromRecord(record: Remembered, { bootId, configured, processes }: AdoptionSources, marked: readonly Marked[], now: Now): Adopted | null {
  const status = record.status?.bootId === bootId ? record.status : null
  const spec = record.spec ?? specFor(record.status, configured)
  if (spec === null) return null
  const groupPriority = priorityOf(spec.group, status, configured)
  const lost = lostIncarnation(marked, namespec(spec.group, spec.name), status)
  if (lost !== undefined) {
    const proc = found(spec, lost, processes.age(lost) ?? 0, now)
    if (status !== null) Object.assign(proc, { restarts: status.restarts, backoff: status.backoff, rounds: roundsFrom(status.rounds, true, now) })
    // Only who was about to be spawned has a wish that is as new as what was found; an older one was overtaken by the spawn.
    if (status?.state === 'STARTING') Object.assign(proc, { want: status.want, wantedBy: status.wantedBy })
    proc.exits = record.exits.filter((exit) => exit.incarnation < lost.incarnation)
    return { proc, fate: 'alive', groupPriority }
  }
  if (status === null) return null
  const { autostart } = specFor(spec, configured) ?? spec
  const proc = restored(spec, status, record, autostart, now)
  if (status.pid === 0) {
    const current = specFor(spec, configured)
    if (current === null) return null
    proc.spec = current
    return { proc: rested(proc, now), fate: 'rest', groupPriority }
  }
  proc.id = { pid: status.pid, startTime: status.startTime }
  // The wall clock may have been set since; the kernel knows how long it has lived.
  proc.startedMono = now.mono - (processes.age(proc.id) ?? Math.max(0, now.wall - status.startedAt))
  proc.adopted = true
  resume(proc, now)
  return { proc, fate: processes.isAlive(proc.id) ? 'alive' : 'died', groupPriority }
}

/** How long a worker whose time to get ready is over is listened to all the same, milliseconds. */
const hearing = 2000

/** Sets the deadlines of a process that runs on. */
function resume(proc: Proc, now: Now): void {
  const { startsecs, care } = proc.spec
  proc.seen = now.mono
  if (proc.state === 'STARTING') {
    proc.deadline = proc.startedMono + Math.max(0, startsecs)
    // What it has said meanwhile is still to be read.
    if (care?.ready !== undefined) proc.readyBy = Math.max(now.mono + hearing, proc.startedMono + care.ready.timeout)
  } else if (proc.state === 'STOPPING') {
    standAgain(proc, now)
  } else if (proc.state === 'RUNNING') {
    arm(proc, now)
  }
}

function restored(spec: ProcessSpec, status: Status, record: Remembered, autostart: boolean, now: Now): Proc {
  // The master may have died between writing the exits and writing the status: the newer one counts.
  const exits = status.pid === 0 ? [...record.exits] : record.exits.filter((exit) => exit.incarnation < status.incarnation)
  const incarnation = Math.max(status.incarnation, exits.at(-1)?.incarnation ?? 0)
  // Nobody wanted this process down: the last master died while it stopped everything.
  const byShutdown = status.wantedBy.startsWith(shutdownActor)
  const rounds = roundsFrom(status.rounds, status.pid !== 0 || status.state !== 'STARTING', now)
  const { want, wantedBy } = byShutdown ? { want: autostart ? 'up' as const : 'down' as const, wantedBy: 'autostart' } : status
  const { backoff, startedAt, stoppedAt, since, spawnError, reason, stopBy, restarts, afterStop, rung, ready, crashes, planned } = status
  const givenUp = status.state === 'FATAL' && status.wantedBy.startsWith(shutdownActor)
  const state = givenUp ? 'STOPPED' : status.state
  return {
    ...newProc(spec, want, wantedBy, now.wall),
    ...{ state, incarnation, backoff, startedAt, stoppedAt, since, spawnError, reason, stopBy, restarts, afterStop, rung, ready, crashes, planned },
    rounds: rounds === null ? null : { ...rounds, armed: rounds.armed || byShutdown },
    busy: status.job === null || status.pid === 0 ? null : { job: status.job, until: null },
    exits,
  }
}

/** Without a pid: who was about to be spawned is asked for again, who waited for a retry waits anew. */
function rested(proc: Proc, now: Now): Proc {
  if (proc.state === 'STARTING') {
    proc.state = 'STOPPED'
    proc.incarnation -= 1
  }
  if (proc.state === 'BACKOFF') proc.deadline = now.mono + retryDelay(proc)
  const retryAfter = proc.spec.care?.restart?.retryAfter ?? null
  if (proc.state === 'FATAL' && proc.want === 'up' && retryAfter !== null) proc.deadline = now.mono + retryAfter
  return proc
}

/** `age`: milliseconds that it has lived by now. */
function found(spec: ProcessSpec, lost: Marked, age: number, now: Now): Proc {
  return {
    ...newProc(spec, 'up', 'adoption', now.wall),
    state: 'STARTING',
    reason: 'found by its environment: the last master died while it started this',
    id: { pid: lost.pid, startTime: lost.startTime },
    incarnation: lost.incarnation,
    deadline: now.mono - age + Math.max(0, spec.startsecs),
    startedMono: now.mono - age,
    startedAt: now.wall - age,
    adopted: true,
  }
}

function specFor(status: Pick<Status, 'group' | 'name'> | null, configured: readonly GroupSpec[]): ProcessSpec | null {
  if (status === null) return null
  const group = configured.find((one) => one.name === status.group)
  return group?.processes.find((spec) => spec.name === status.name) ?? null
}

function priorityOf(group: string, status: Status | null, configured: readonly GroupSpec[]): number {
  return configured.find((one) => one.name === group)?.priority ?? status?.groupPriority ?? 999
}
