/** What a seed decides of readiness, health, dependencies, restart policies, stops and recycling, and what workers make of it. */
import type { CareSpec, Condition, Dependency, HealthSpec, HookSpec, RestartSpec, StopSpec } from '../../src/core/care.ts'
import type { GroupSpec, ProcessSpec } from '../../src/core/spec.ts'
import { specOf } from './random-world.ts'
import type { Random } from './random-world.ts'

/** Programs in the order in which they may need those before them. */
const programs = ['a', 'b', 'c', 'd', 'e'] as const

const hook: HookSpec = { command: 'hook', argv: ['hook'], timeout: 3000, user: null }

/** A config without circles; `turned`: those that come first need those that come later, so that two of them can make one. */
export function randomCareGroups(random: Random, turned: boolean): GroupSpec[] {
  const order = turned ? [...programs].reverse() : programs
  const groups: GroupSpec[] = []
  for (const [at, name] of order.entries()) {
    if (random.chance(0.2)) continue
    const care = randomCare(random, order.slice(0, at))
    const base = { ...randomLife(random), ...(Object.keys(care).length > 0 && { care }) }
    const count = random.pick([1, 1, 1, 2, 3])
    const processes = Array.from({ length: count }, (_, i) => specOf({ ...base, group: name, program: name, name: count === 1 ? name : `${name}${String(i)}`, processNum: i }))
    groups.push({ name, priority: random.pick([1, 1, 10, 999]), processes })
  }
  return groups
}

function randomLife(random: Random): Partial<ProcessSpec> {
  return {
    command: random.pick(['one', 'two']),
    autostart: random.chance(0.8),
    autorestart: random.pick(['always', 'never', 'unexpected']),
    exitcodes: random.pick([[0], [0, 2]]),
    startsecs: random.pick([0, 0, 1000, 3000]),
    startretries: random.pick([0, 1, 3, 20]),
    stopwait: random.pick([0, 1000, 5000]),
  }
}

function randomCare(random: Random, earlier: readonly string[]): CareSpec {
  const dependsOn = earlier.filter(() => random.chance(0.4)).map((on) => needOf(random, on))
  return {
    ...(dependsOn.length > 0 && { dependsOn, dependsRestart: random.chance(0.3) }),
    ...(random.chance(0.3) && { ready: { by: { kind: 'report' }, timeout: random.pick([500, 5000, 20_000]) } }),
    ...(random.chance(0.3) && { health: { ...health, onUnhealthy: random.pick<HealthSpec['onUnhealthy']>([{ kind: 'restart' }, { kind: 'none' }, { kind: 'signal', signal: 'SIGUSR2' }]) } }),
    ...(random.chance(0.2) && { watchdog: random.pick([1000, 5000]) }),
    ...(random.chance(0.3) && { hooks: { ...(random.chance(0.6) && { pre_start: hook }), ...(random.chance(0.6) && { pre_stop: hook }) } }),
    ...(random.chance(0.4) && { restart: randomRestart(random) }),
    ...(random.chance(0.4) && { stop: randomStop(random) }),
    ...(random.chance(0.3) && { recycle: { maxMemory: 1, memoryAction: { kind: 'restart' }, maxLifetime: random.chance(0.5) ? { after: 8000, spread: 0.2 } : null } }),
  }
}

/** Gives some programs of a config what the daemon needs no worker's word for; groups need only those before them. */
export function withCare(random: Random, groups: readonly GroupSpec[]): GroupSpec[] {
  return groups.map((group) => {
    if (random.chance(0.6)) return group
    const { dependsOn, dependsRestart, ready, watchdog, restart, stop, recycle } = randomCare(random, groups.map(({ name }) => name).filter((name) => name < group.name))
    const care: CareSpec = {
      ...(dependsOn !== undefined && { dependsOn, dependsRestart: dependsRestart === true }),
      ...(ready !== undefined && { ready }), ...(watchdog !== undefined && { watchdog }), ...(restart !== undefined && { restart }),
      ...(stop !== undefined && { stop: { ...stop, command: null } }), ...(recycle !== undefined && { recycle }),
    }
    return { ...group, processes: group.processes.map((spec) => ({ ...spec, program: group.name, care })) }
  })
}

const health = { by: { kind: 'tcp', host: 'h', port: 1 }, interval: 1000, timeout: 1000, retries: 1, startPeriod: 0 } as const

function needOf(random: Random, on: string): Dependency {
  return { on, condition: random.pick<Condition>(['started', 'ready', 'healthy', 'completed']), required: random.chance(0.7) }
}

function randomRestart(random: Random): RestartSpec {
  return {
    delay: random.pick([0, 0, 700]),
    backoff: random.pick([null, { initial: 200, factor: 2, max: 5000, jitter: 0 }, { initial: 300, factor: 3, max: 9000, jitter: 0.3 }]),
    reset: random.pick([2000, 60_000]),
    limit: random.pick([null, { count: 2, per: 10_000 }, { count: 1, per: 60_000 }]),
    retryAfter: random.pick([null, 4000, 30_000]),
    noRestartOn: random.pick([[], [1], ['SIGSEGV']]),
    window: random.chance(0.2) ? random.pick([{ from: 60, to: 120 }, { from: 1380, to: 30 }]) : null,
  }
}

function randomStop(random: Random): StopSpec {
  return {
    sequence: random.pick([[], [{ signal: 'SIGTERM', wait: 2000 }, { signal: 'SIGINT', wait: 500 }], [{ signal: 'SIGQUIT', wait: 0 }, { signal: 'SIGKILL', wait: 0 }]]),
    command: random.chance(0.3) ? { command: 'stop', argv: ['stop'] } : null,
    extendMax: random.pick([0, 3000]),
    busyWait: random.pick([0, 4000]),
    preStopDelay: random.pick([0, 0, 1500]),
  }
}

/** What one incarnation does: milliseconds after its spawn, or after the signal. */
export interface Conduct {
  readonly exit: { readonly after: number; readonly code: number } | null
  readonly ready: number | null
  /** Verdicts of a probe, one after the other. */
  readonly health: readonly { readonly after: number; readonly well: boolean }[]
  readonly busy: { readonly after: number; readonly lasts: number | null; readonly idle: number | null } | null
  /** It says so all the while. */
  readonly alive: boolean
  /** It asks for so much more time when it is stopped. */
  readonly extend: number | null
  /** `null`: it ignores all signals but SIGKILL. */
  readonly ends: number | null
}

export function randomConduct(random: Random): Conduct {
  return {
    exit: random.chance(0.4) ? { after: random.pick([0, 5, 999, 1001, 4000, 15_000]), code: random.pick([0, 0, 1, 2]) } : null,
    ready: random.pick([0, 300, 2500, null]),
    health: Array.from({ length: random.below(4) }, (_, i) => ({ after: 200 + i * 1500, well: random.chance(0.6) })),
    busy: random.chance(0.3) ? { after: random.pick([0, 3000]), lasts: random.pick([null, 2000]), idle: random.pick([null, 3500]) } : null,
    alive: random.chance(0.7),
    extend: random.chance(0.3) ? random.pick([1000, 60_000]) : null,
    ends: random.pick([0, 0, 300, 2500, null]),
  }
}
