/** What a seed decides of jobs: when they run, what becomes of slots that meet a run or were missed, and how runs go. */
import type { CareSpec, JobSpec } from '../../src/core/care.ts'
import type { GroupSpec, ProcessSpec } from '../../src/core/spec.ts'
import { specOf } from './random-world.ts'
import type { Random } from './random-world.ts'

const programs = ['a', 'b', 'c', 'd'] as const

/** Programs of which most are jobs; some wait until another one has completed. */
export function randomJobGroups(random: Random): GroupSpec[] {
  return programs.filter(() => random.chance(0.85)).map((name, at) => {
    const job = random.chance(0.85) ? randomJob(random) : null
    const on = programs[random.below(Math.max(1, at))]
    const care: CareSpec = {
      ...(job !== null && { job }),
      ...(at > 0 && on !== undefined && on !== name && random.chance(0.3) && { dependsOn: [{ on, condition: random.pick(['completed', 'started'] as const), required: random.chance(0.6) }] }),
      ...(random.chance(0.2) && { hooks: { pre_start: { command: 'hook', argv: ['hook'], timeout: 3000, user: null } } }),
    }
    const life: Partial<ProcessSpec> = {
      command: random.pick(['one', 'two']), autostart: random.chance(0.8), autorestart: job === null ? random.pick(['always', 'never', 'unexpected']) : 'never',
      exitcodes: [0], startsecs: job === null ? 1000 : random.pick([0, 0, 0, 500]), startretries: 2, stopwait: random.pick([0, 2000]),
    }
    return { name, priority: random.pick([1, 10]), processes: [specOf({ ...life, group: name, program: name, name, processNum: 0, ...(Object.keys(care).length > 0 && { care }) })] }
  })
}

function randomJob(random: Random): JobSpec {
  const kind = random.pick(['interval', 'schedule', 'schedule', 'schedule', 'once'])
  return {
    interval: kind === 'interval' ? random.pick([1000, 30_000, 7_200_000]) : null,
    schedule: kind === 'schedule' ? random.pick(['* * * * *', '*/5 * * * *', '30 2 * * *', '0,30 1-3 * * *', '*/20 * * * * *', '15 * * * *', '15 * * * *', '0 4 * * *']) : null,
    timezone: random.pick([null, 'Europe/Berlin', 'America/New_York', 'Australia/Lord_Howe']),
    overlap: random.pick(['skip', 'queue', 'replace']),
    catchUp: random.pick(['none', 'one', 'all']),
    spread: random.pick([0, 0, 5000, 90_000]),
    seed: 'sim',
    runTimeout: random.pick([null, 4000, 200_000]),
    retries: random.pick([0, 0, 1, 3]),
  }
}

/** How long a run takes by itself and how it ends; `ends`: after a signal, `null`: it ignores all but SIGKILL. */
export interface RunConduct {
  readonly takes: number | null
  readonly code: number
  readonly ends: number | null
}

export function randomRun(random: Random): RunConduct {
  return { takes: random.pick([0, 5, 800, 3000, 61_000, 400_000, null]), code: random.pick([0, 0, 0, 1, 78]), ends: random.pick([0, 300, null]) }
}
