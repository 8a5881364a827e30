/**
 * What the effects of a step must not show, reckoned beside the core and not with its gate: that something starts before
 * its condition, more restarts in a second than may be, siblings that are replaced together, a stop without an end.
 */
import type { Condition } from '../../src/core/care.ts'
import type { Fleet } from '../../src/core/roster.ts'
import { linksOf, ranked } from '../../src/core/roster.ts'
import type { Effect, Now, Proc } from '../../src/core/proc.ts'
import type { State, Want } from '../../src/core/model.ts'
import { untilWindow } from '../../src/core/policy.ts'
import { namespec } from '../../src/core/spec.ts'

interface Seen {
  readonly state: State
  readonly well: boolean
  readonly want: Want
  readonly restarts: number
  /** What a stop that was planned leaves: it comes back whatever the window says. */
  readonly planned: boolean
  /** It has told that it would recycle itself. */
  readonly recycling: boolean
  readonly crashes: number
  readonly comebacks: number
}

export class CareChecks {
  private readonly fleet: Fleet
  private seen = new Map<Proc, Seen>()
  private readonly comebacks: number[] = []
  /** Since when, and for how long at most: by the spec that it is being stopped with, also if another one comes meanwhile. */
  private readonly stopping = new Map<Proc, { readonly since: number; readonly longest: number }>()

  constructor(fleet: Fleet) {
    this.fleet = fleet
    this.remember()
  }

  /** Sentences about what was wrong in this step. */
  judge(effects: readonly Effect[], now: Now): string[] {
    const wrong: string[] = []
    // The states of all, as the effects tell them one after the other.
    const states = new Map([...this.seen].map(([proc, { state, well }]) => [proc, { state, well }]))
    for (const effect of effects) {
      if (effect.type !== 'event' || effect.proc === null) continue
      const { proc, body } = effect
      const before = states.get(proc) ?? { state: 'STOPPED' as const, well: false }
      if (body.type === 'process.health') states.set(proc, { ...before, well: body.healthy })
      if (body.type !== 'process.state') continue
      if (body.to === 'STARTING') wrong.push(...this.judgeStart(proc, states, now))
      if (body.to === 'EXITED') wrong.push(...this.judgeRecycling(proc))
      if (body.to === 'STOPPING') wrong.push(...this.judgeStop(proc, body.by, states, now))
      states.set(proc, { state: body.to, well: body.to === 'RUNNING' || body.to === 'STARTING' ? before.well && body.to === 'RUNNING' : false })
    }
    wrong.push(...this.judgeTime(now))
    this.remember()
    return wrong
  }

  private judgeStart(proc: Proc, states: ReadonlyMap<Proc, { state: State; well: boolean }>, now: Now): string[] {
    const wrong: string[] = []
    const name = namespec(proc.group, proc.name)
    if (this.fleet.phase !== 'running') wrong.push(`${name} is started while all are stopped`)
    for (const { dependency, procs } of linksOf(this.fleet)?.needs.get(proc) ?? []) {
      for (const one of procs) {
        const seen = states.get(one)
        const met = seen !== undefined && holds(one, dependency.condition, seen)
        // Who became wanted in this very step may not have been when the other looked.
        const counts = dependency.required || (one.want === 'up' && this.seen.get(one)?.want === 'up')
        if (!met && counts) wrong.push(`${name} starts before ${one.name} is ${dependency.condition}: it is ${seen?.state ?? 'not there'} (${dependency.required ? 'required' : 'optional'}, ${String(this.seen.get(one)?.want)})`)
      }
    }
    const before = this.seen.get(proc)
    if (before === undefined || proc.restarts === before.restarts) return wrong // somebody has asked for it
    if (hasRecycled(proc, before)) return wrong
    if (!before.planned && untilWindow(now.wall, proc.spec.care?.restart?.window ?? null) > 0) wrong.push(`${name} is restarted outside its window`)
    const { burst } = this.fleet.breaker
    this.comebacks.push(now.mono)
    const first = burst === null ? undefined : this.comebacks[this.comebacks.length - 1 - burst]
    if (first !== undefined && now.mono - first < 1000) wrong.push(`more than ${String(burst)} restarts in a second, from ${String(first)} to ${String(now.mono)}`)
    return wrong
  }

  /** Who ends as it has told comes back as if nothing had been. */
  private judgeRecycling(proc: Proc): string[] {
    const before = this.seen.get(proc)
    if (before === undefined || before.want === 'down' || !hasRecycled(proc, before)) return []
    const same = proc.crashes <= before.crashes && proc.comebacks.length <= before.comebacks
    return same && proc.want === 'up' ? [] : [`${proc.name} has recycled itself, and that counts as a crash`]
  }

  private judgeStop(proc: Proc, by: string | null, states: ReadonlyMap<Proc, { state: State }>, now: Now): string[] {
    this.stopping.set(proc, { since: now.mono, longest: longestStop(proc) })
    if (by !== 'max_lifetime' && by !== 'max_memory') return []
    const down = ranked(this.fleet).map((one) => one.proc).filter((one) => one !== proc && one.group === proc.group && one.spec.program === proc.spec.program && one.want === 'up')
      .filter((one) => !['RUNNING', 'FATAL'].includes(states.get(one)?.state ?? 'RUNNING'))
    return down.map((one) => `${proc.name} is replaced while its sibling ${one.name} is down`)
  }

  private judgeTime(now: Now): string[] {
    const wrong: string[] = []
    for (const { proc } of ranked(this.fleet)) {
      if (proc.state !== 'STOPPING') continue
      const { since, longest } = this.stopping.get(proc) ?? { since: now.mono, longest: 0 }
      this.stopping.set(proc, { since, longest: Math.max(longest, longestStop(proc)) })
      if (now.mono - since > Math.max(longest, longestStop(proc))) wrong.push(`${proc.name} has been STOPPING for ${String(now.mono - since)} ms`)
    }
    return wrong
  }

  private remember(): void {
    this.seen = new Map(ranked(this.fleet).map(({ proc }) => [proc, { state: proc.state, want: proc.want, well: proc.health === 'healthy', restarts: proc.restarts, planned: proc.afterStop === 'again', recycling: proc.planned !== null, crashes: proc.crashes, comebacks: proc.comebacks.length }]))
  }
}

function hasRecycled(proc: Proc, before: Seen): boolean {
  const status = proc.exits.at(-1)?.status
  return before.recycling && (status?.kind === 'unknown' || (status?.kind === 'code' && status.code === 0))
}

function holds(proc: Proc, condition: Condition, { state, well }: { state: State; well: boolean }): boolean {
  switch (condition) {
    case 'started':
      return state === 'RUNNING' || (state === 'STARTING' && proc.id !== null)
    case 'ready':
      return state === 'RUNNING'
    case 'healthy':
      return state === 'RUNNING' && (well || proc.spec.care?.health === undefined)
    case 'completed': {
      const last = proc.exits.at(-1)
      return proc.id === null && last?.status.kind === 'code' && proc.spec.exitcodes.includes(last.status.code) && !last.wanted
    }
  }
}

/** SIGKILL ends every worker of these worlds at once: what comes before it may take so long. */
function longestStop({ spec }: Proc): number {
  const { hooks, stop } = spec.care ?? {}
  const before = (hooks?.pre_stop === undefined ? 0 : hooks.pre_stop.timeout + 1000) + 2 * (stop?.preStopDelay ?? 0)
  const rungs = [spec.stopwait, ...(stop?.sequence.map(({ wait }) => wait) ?? [])]
  const asked = (stop?.extendMax ?? 0) * (rungs.length + 1)
  return before + rungs.reduce((sum, wait) => sum + wait, 0) + spec.stopwait + asked + 4000
}
