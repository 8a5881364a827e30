/**
 * Who needs whom: the dependencies of a fleet by process, when a condition holds, and the way round of a cycle. Names
 * may be of a program, of a group, or `group:process`.
 */
import type { Condition, Dependency } from './care.ts'
import { hasRun } from './job.ts'
import { isStopped } from './model.ts'
import type { Proc } from './proc.ts'
import type { ProcessSpec } from './spec.ts'

export interface Need {
  readonly dependency: Dependency
  readonly procs: readonly Proc[]
}

export interface Links {
  readonly needs: ReadonlyMap<Proc, readonly Need[]>
  readonly neededBy: ReadonlyMap<Proc, readonly Proc[]>
}

/** `null` when nobody depends on anybody. */
export function makeLinks(all: readonly Proc[]): Links | null {
  const needs = new Map<Proc, readonly Need[]>()
  const neededBy = new Map<Proc, Proc[]>()
  for (const proc of all) {
    const { dependsOn } = proc.spec.care ?? {}
    if (dependsOn === undefined) continue
    const own = dependsOn.map((dependency) => ({ dependency, procs: all.filter((one) => isOther(proc, one, dependency.on)) }))
    // Who belongs to the only group that it needs, with nobody else in it, waits for nobody.
    needs.set(proc, own.filter(({ dependency, procs }) => procs.length > 0 || !all.some((one) => isMeant(one.spec, dependency.on))))
  }
  if (needs.size === 0) return null
  openCircles(needs)
  for (const [proc, own] of needs) for (const one of own.flatMap(({ procs }) => procs)) neededBy.set(one, [...(neededBy.get(one) ?? []), proc])
  return { needs, neededBy }
}

/** Siblings are meant only by their own name: a group that is depended on may be the one that this belongs to. */
function isOther(proc: Proc, one: Proc, on: string): boolean {
  if (one === proc || !isMeant(one.spec, on)) return false
  return one.spec.program !== proc.spec.program || one.group !== proc.group || on === `${one.group}:${one.name}`
}

/**
 * The config refuses circles, but in the middle of an update there can be one: the link that closes it is left out, so that
 * nobody waits for himself. First come the needs of those that rest: who runs already waits for nothing.
 */
function openCircles(needs: Map<Proc, readonly Need[]>): void {
  const kept = new Map<Proc, Set<Proc>>()
  const leads = (from: Proc, to: Proc, seen: Set<Proc>): boolean => {
    if (from === to) return true
    if (seen.has(from)) return false
    seen.add(from)
    return [...(kept.get(from) ?? [])].some((one) => leads(one, to, seen))
  }
  for (const [proc, own] of [...needs].sort(([a], [b]) => Number(waitsForNothing(a)) - Number(waitsForNothing(b)))) {
    const links = new Set<Proc>()
    kept.set(proc, links)
    const open = own.flatMap((need) => {
      const procs = need.procs.filter((one) => !leads(one, proc, new Set()))
      for (const one of procs) links.add(one)
      return procs.length === 0 && need.procs.length > 0 ? [] : [{ ...need, procs }]
    })
    needs.set(proc, open)
  }
}

/** It runs, or will not be started by the words that it has. */
function waitsForNothing(proc: Proc): boolean {
  return proc.id !== null || proc.next !== null || proc.leaving
}

/** True if a name of `depends_on` means this process. */
export function isMeant(spec: Pick<ProcessSpec, 'group' | 'name' | 'program'>, on: string): boolean {
  return spec.program === on || spec.group === on || `${spec.group}:${spec.name}` === on || spec.name === on
}

/** True if it is to run, now or with the spec that it is about to get. */
export function isWanted(proc: Proc): boolean {
  return proc.want === 'up' || proc.next?.up === true
}

/** True if a process is as far as a dependent wants it, and is not about to be otherwise. */
export function conditionHolds(proc: Proc, condition: Condition): boolean {
  const runs = proc.state === 'RUNNING' && proc.want === 'up'
  switch (condition) {
    case 'started':
      return runs || (proc.id !== null && proc.state === 'STARTING' && proc.want === 'up')
    case 'ready':
      return runs
    case 'healthy':
      return runs && (proc.spec.care?.health === undefined || proc.health === 'healthy')
    case 'completed': {
      const last = proc.exits.at(-1)
      if (proc.spec.care?.job !== undefined) return hasRun(proc)
      return proc.want === 'down' && isStopped(proc.state) && last !== undefined && !last.wanted && last.status.kind === 'code' && proc.spec.exitcodes.includes(last.status.code)
    }
  }
}

/** Names of programs that depend on each other in a circle, the first one again at the end; `null`: there is none. */
export function findCycle(specs: readonly ProcessSpec[]): readonly string[] | null {
  const programs = new Map<string, Set<string>>()
  for (const spec of specs) {
    const on = programs.get(spec.program) ?? new Set()
    programs.set(spec.program, on)
    for (const dependency of spec.care?.dependsOn ?? []) {
      for (const other of specs) if (isMeant(other, dependency.on) && (other.program !== spec.program || dependency.on === spec.program)) on.add(other.program)
    }
  }
  const done = new Set<string>()
  const path: string[] = []
  const visit = (program: string): readonly string[] | null => {
    const at = path.indexOf(program)
    if (at >= 0) return [...path.slice(at), program]
    if (done.has(program)) return null
    path.push(program)
    for (const next of programs.get(program) ?? []) {
      const cycle = visit(next)
      if (cycle !== null) return cycle
    }
    path.pop()
    done.add(program)
    return null
  }
  for (const program of programs.keys()) {
    const cycle = visit(program)
    if (cycle !== null) return cycle
  }
  return null
}
