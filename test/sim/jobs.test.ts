import { expect, it } from 'vitest'
import { JobLife } from './job-life.ts'
import { Random } from './random-world.ts'

/** `NSUP_SIM_SEED=n` replays one life, `NSUP_SIM_SEEDS=n` lives more of them. */
const only = process.env['NSUP_SIM_SEED']
const seeds = Number(process.env['NSUP_SIM_SEEDS'] ?? 120)

it(`runs jobs at their times, once each, through ${only === undefined ? `${String(seeds)} seeded lives` : `life ${only}`}`, { timeout: 300_000 }, () => {
  const failures: string[] = []
  for (let seed = 1; seed <= seeds && failures.length < 3; seed += 1) {
    if (only !== undefined && Number(only) !== seed) continue
    try {
      new JobLife(new Random(seed)).live(25)
    } catch (error) {
      failures.push(`seed ${String(seed)}: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`)
    }
  }
  expect(failures).toEqual([])
})
