/** What a seed decides: configs, and what workers do. */
import type { ExitStatus } from '../../src/core/model.ts'
import type { GroupSpec, LogSpec, ProcessSpec } from '../../src/core/spec.ts'
import type { Behaviour, Reaction } from './fake-processes.ts'

/** A repeatable source of decisions (mulberry32). */
export class Random {
  private state: number

  constructor(seed: number) {
    this.state = seed >>> 0
  }

  /** In [0, 1). */
  next(): number {
    this.state = (this.state + 0x6d2b79f5) >>> 0
    let t = this.state
    t = Math.imul(t ^ (t >>> 15), t | 1)
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61)
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296
  }

  below(limit: number): number {
    return Math.floor(this.next() * limit)
  }

  chance(probability: number): boolean {
    return this.next() < probability
  }

  pick<T>(values: readonly [T, ...T[]]): T {
    return values[this.below(values.length)] ?? values[0]
  }
}

const noLog: LogSpec = {
  ...{ file: null, auto: false, maxBytes: 0, backups: 0, captureMaxBytes: 0 },
  ...{ events: false, syslog: false, compress: false, timestamp: false, stripAnsi: false },
}

/** A process as a config would say it; `changes` are what a test cares about. */
export function specOf(changes: Partial<ProcessSpec>): ProcessSpec {
  const name = changes.name ?? 'worker'
  return {
    ...{ group: name, name, program: name, processNum: 0, command: 'worker', argv: ['worker'], commandProblem: null },
    ...{ priority: 999, autostart: true, autorestart: 'unexpected', exitcodes: [0], startsecs: 1000, startretries: 3 },
    ...{ stopsignal: 'SIGTERM', stopwait: 10_000, stopasgroup: false, killasgroup: false, killSurvivors: false },
    ...{ user: null, redirectStderr: false, stdout: noLog, stderr: noLog, environment: {}, directory: null, umask: null, serverurl: null },
    ...changes,
  }
}

export function randomGroups(random: Random): GroupSpec[] {
  const groups: GroupSpec[] = []
  for (const name of ['a', 'b', 'c']) {
    if (random.chance(0.15)) continue
    const base = randomSpec(random)
    const count = random.pick([0, 1, 1, 2, 3])
    const processes = Array.from({ length: count }, (_, i) => specOf({ ...base, group: name, name: `${name}${String(i)}`, processNum: i }))
    groups.push({ name, priority: random.pick([-1, 1, 1, 999]), processes })
  }
  return groups
}

function randomSpec(random: Random): Partial<ProcessSpec> {
  return {
    command: random.pick(['one', 'two']),
    autostart: random.chance(0.8),
    autorestart: random.pick(['always', 'never', 'unexpected']),
    exitcodes: random.pick([[0], [0, 2], []]),
    startsecs: random.pick([0, 1000, 1000, 5000]),
    startretries: random.pick([0, 1, 3]),
    stopwait: random.pick([0, 1000, 10_000]),
    stopasgroup: random.chance(0.3),
    killasgroup: random.chance(0.5),
    killSurvivors: random.chance(0.5),
    priority: random.pick([1, 2, 999]),
  }
}

export function randomBehaviour(random: Random): Behaviour {
  const status = (): ExitStatus => random.pick([{ kind: 'code', code: 0 }, { kind: 'code', code: 1 }, { kind: 'signal', signal: 'SIGSEGV', core: null }])
  const onTerm = random.pick<Reaction | undefined>(['ignore', undefined, { after: 20, status: { kind: 'code', code: 0 } }, { after: 3000, status: status() }])
  return {
    ...(random.chance(0.5) ? { exit: { after: random.pick([0, 10, 999, 1000, 1001, 4000, 60_000]), status: status() } } : {}),
    ...(onTerm === undefined ? {} : { on: { SIGTERM: onTerm } }),
    ...(random.chance(0.2) ? { children: [{ name: 'child', group: random.pick(['same', 'own']), on: { SIGTERM: 'ignore' } }] } : {}),
  }
}
