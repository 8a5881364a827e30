/** Gathers the facts about one process, of the master and of the machine, and has them judged by the table of advice. */
import type { ProcessView } from '../core/model.ts'
import { namespec } from '../core/spec.ts'
import { adviceFor, failedExit } from './advice.ts'
import type { PortHolder } from './advice.ts'
import { meaningOf } from './exit-meaning.ts'
import { addressInUse, portsOf } from './last-words.ts'
import type { Master } from './master.ts'
import type { ResultOf } from './results.ts'
import { exitOf, statusOf } from './view.ts'

/** All that explains a process. */
export async function whyOf(master: Master, view: ProcessView, now = Date.now()): Promise<ResultOf<'why'>> {
  const holder = await holderFor(master, view, now)
  const advice = adviceFor({ view, now, holder, dropping: isDropping(master, view) })
  const exits = view.exits.map(exit => ({ ...exitOf(exit), meaning: meaningOf(exit, view.spec) }))
  return { process: statusOf(view), next_try: view.retryIn === null ? 0 : Math.round(now + view.retryIn), advice, exits }
}

/** Who has the port that it could not have; looked for only where it says that it could not. */
async function holderFor(master: Master, view: ProcessView, now: number): Promise<PortHolder | null> {
  const word = addressInUse(failedExit({ view, now })?.lastLines ?? [])
  if (word === null) return null
  const ports = word.name === '' ? portsOf(view.spec.argv) : [Number(word.name)]
  for (const port of ports) {
    const holder = await master.portHolder(port)
    if (holder === null) continue
    const own = master.processes().find(({ pid }) => pid !== 0 && pid === holder.pid)
    return own === undefined ? holder : { ...holder, name: `${own.namespec}, a process of this master`, own: own.namespec }
  }
  return null
}

function isDropping(master: Master, view: ProcessView): boolean {
  const last = master.recentEvents().findLast(event =>
    (event.type === 'log.dropping' || event.type === 'log.recovered') && namespec(event.group, event.name) === view.namespec)
  return last?.type === 'log.dropping'
}
