/** How workers are: asks them where that is wanted, and brings what they say into one form. */
import type { ProcessView } from '../core/model.ts'
import { Fault } from '../lib/fault.ts'
import { resolve } from './handler.ts'
import type { HealthAnswer, Master } from './master.ts'
import type { TakenOf } from './methods.ts'
import type { ResultOf } from './results.ts'
import { vitalsOf } from './vitals.ts'

type WorkerHealth = ResultOf<'health'>['workers'][number]

/** How long `?fresh=1` waits. Milliseconds. */
const freshPatience = 2000

export async function healthOf(master: Master, params: TakenOf<'health'>, signal: AbortSignal): Promise<ResultOf<'health'>> {
  const { matched, missing } = resolve(master, params.targets)
  const running = matched.filter(({ pid }) => pid > 0)
  const answers = running.length === 0 ? [] : await master.health(running, { timeout: params.timeout, signal })
  const byName = new Map(answers.map(answer => [answer.namespec, answer]))
  // What has been said meanwhile (a job, a line of status) stands in the views of now.
  const now = new Map(master.processes().map(view => [view.namespec, view]))
  const workers = matched.map(view => healthRow(now.get(view.namespec) ?? view, byName.get(view.namespec)))
  return { workers, missing: [...missing] }
}

export async function workerOf(master: Master, params: TakenOf<'worker'>, signal: AbortSignal): Promise<ResultOf<'worker'>> {
  const find = (): ProcessView => {
    const view = master.processes().find(({ pid }) => pid === params.pid)
    if (view === undefined) throw new Fault('BAD_NAME', `no process of this master has the pid ${params.pid}`)
    return view
  }
  const [answer] = params.fresh ? await master.health([find()], { timeout: freshPatience, signal }) : []
  const view = find()
  return { ...sayingsOf(view, answer), ready: view.ready, healthy: view.health === 'unknown' ? null : view.health === 'healthy' }
}

function healthRow(view: ProcessView, answer: HealthAnswer | undefined): WorkerHealth {
  const silence = view.pid === 0 ? 'it does not run' : (answer?.reason ?? 'it said nothing in time')
  const answered = answer?.answered ?? false
  return { ...sayingsOf(view, answer), answered, via: answer?.via ?? null, no_answer: answered ? null : silence }
}

function sayingsOf(view: ProcessView, answer: HealthAnswer | undefined): Omit<WorkerHealth, 'answered' | 'via' | 'no_answer'> {
  const health = answer?.health ?? view.report?.health ?? null
  const healthAt = view.report?.healthAt ?? 0
  const age = answer?.age ?? (healthAt === 0 ? null : Math.max(0, Date.now() - healthAt))
  return {
    pid: view.pid,
    program: view.program,
    process: view.namespec,
    state: view.state,
    ...vitalsOf(view, health),
    health: health === null ? null : { ...health },
    report_age: age,
  }
}
