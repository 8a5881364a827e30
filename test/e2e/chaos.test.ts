/** The workers outlive the master: fifty kills and ten hand-overs while they write, and an account of every line. */
import type { ChildProcess } from 'node:child_process'
import { expect, it, onTestFinished } from 'vitest'
import { Random } from '../sim/random-world.ts'
import { account, sizesOf } from './chaos/ledger.ts'
import type { End, Ledger } from './chaos/ledger.ts'
import { counts, ended, grownBy, marked, Metronome, startMaster } from './chaos/masters.ts'
import { fixture, newPlace } from './harness.ts'
import type { Place } from './harness.ts'
import { untilState } from './waits.ts'

const kills = Number(process.env['NSUP_CHAOS_KILLS'] ?? 50)
const handOvers = 10
const workers = 20
/** `NSUP_CHAOS_SEED=n` draws the same moments again. */
const seed = Number(process.env['NSUP_CHAOS_SEED'] ?? Date.now() % 100_000)

const config = `
programs:
  count:
    command: ["${process.execPath}", "${counts}"]
    process_name: "%(process_num)02d"
    numprocs: ${String(workers)}
    startsecs: 0
    stdout_logfile: "%(here)s/%(process_num)02d.log"
    stdout_logfile_maxbytes: 0
  flood:
    command: "${fixture('floods-stdout.sh')}"
    startsecs: 0
    stdout_logfile: "%(here)s/flood.log"
    stdout_logfile_maxbytes: 1MB
    stdout_logfile_backups: 1
`

it(`loses no worker and next to no line over ${String(kills)} kills and ${String(handOvers)} hand-overs`, { timeout: 180_000 }, async () => {
  const place = newPlace('yaml', config)
  const names = Array.from({ length: workers }, (_, number) => String(number).padStart(2, '0'))
  const logs = names.map((name) => place.path(`${name}.log`))
  const random = new Random(seed)
  process.stdout.write(`chaos: seed ${String(seed)}\n`)

  const first = startMaster(place)
  first.setMaxListeners(workers + 1)
  await Promise.all(logs.map((log) => grownBy(log, 0, 1000, first)))
  const before = marked(place.runDir)
  expect([...before.keys()].sort()).toEqual([...names.map((name) => `count:${name}`), 'flood'])

  const ends = await endMasters(place, first, logs, random)
  const last = startMaster(place)
  last.setMaxListeners(workers + 1)
  const reached = sizesOf(logs)
  await Promise.all(logs.map((log) => grownBy(log, reached.get(log) ?? 0, 5000, last)))
  expect(marked(place.runDir)).toEqual(before)
  for (const { namespec, restarts, incarnation, state, exits } of await place.processes()) {
    expect({ namespec, restarts, incarnation, state, exits }).toEqual({ namespec, restarts: 0, incarnation: 1, state: 'RUNNING', exits: [] })
  }
  await untilState(place, 'flood', 'RUNNING')
  expect((await place.nsup('shutdown', '--keep-workers')).exitCode).toBe(0)
  await ended(last)

  const pids = new Map(names.map((name, index) => [logs[index] ?? '', before.get(`count:${name}`)?.[0] ?? 0]))
  judge(account(logs, ends, pids), ends)
})

/** Ends one master after another in an order and at moments that the seed decides. */
async function endMasters(place: Place, first: ChildProcess, logs: readonly string[], random: Random): Promise<End[]> {
  const metronome = new Metronome()
  onTestFinished(() => metronome.close())
  const ends: End[] = []
  const left = { 'SIGKILL': kills, 'hand-over': handOvers }
  let master = first
  while (left.SIGKILL + left['hand-over'] > 0) {
    const how = random.below(left.SIGKILL + left['hand-over']) < left.SIGKILL ? 'SIGKILL' : 'hand-over'
    left[how] -= 1
    const inTheStart = how === 'SIGKILL' && random.chance(0.1)
    if (!inTheStart) await grownBy(logs[0] ?? '', ends.at(-1)?.sizes.get(logs[0] ?? '') ?? 0, 1, master)
    await metronome.lines(random.below(500))
    const gone = ended(master)
    if (how === 'SIGKILL') master.kill('SIGKILL')
    else expect(await place.nsup('shutdown', '--keep-workers')).toMatchObject({ exitCode: 0, stderr: '' })
    expect(await gone).toBe(how === 'SIGKILL' ? 'SIGKILL' : '0')
    ends.push({ how, sizes: sizesOf(logs) })
    if (left.SIGKILL + left['hand-over'] > 0) master = startMaster(place)
  }
  return ends
}

function judge({ lines, gaps, wrong }: Ledger, ends: readonly End[]): void {
  const lostAt = ends.map((_, index) => gaps.filter((gap) => gap.end === index).reduce((sum, gap) => sum + gap.lost, 0))
  const costs = lostAt.filter((_, index) => ends[index]?.how === 'SIGKILL')
  const handedOver = lostAt.filter((_, index) => ends[index]?.how === 'hand-over')
  process.stdout.write(`chaos: ${String(lines)} lines of ${String(workers)} workers; lines lost per kill: ${costs.join(' ')}; per hand-over: ${handedOver.join(' ')}\n`)
  expect(wrong).toEqual([])
  expect(gaps.filter((gap) => gap.end < 0)).toEqual([])
  expect(costs).toHaveLength(kills)
  expect(handedOver).toEqual(Array.from({ length: handOvers }, () => 0))
  expect(costs.filter((lost) => lost === 0).length).toBeGreaterThanOrEqual(kills * 0.9)
}
