/** What the names of XML-RPC requests mean, and how what came of them is told. */
import { Fault, faultRow } from '../lib/fault.ts'
import type { ProcessView } from '../core/model.ts'
import { namespec } from '../core/spec.ts'
import type { Master, Outcome } from './master.ts'
import type { RpcStruct } from './rpc-declare.ts'
import { inActingOrder, splitTarget } from './targets.ts'

/** The code of a success inside a list of results. */
const success = 80

/** One process by `p` or `g:p`, or all members of a group by `g:*` or `g:`. */
type Found = { readonly view: ProcessView } | { readonly group: string }

/** Throws Fault BAD_NAME with the name as given. */
function findTarget(master: Master, given: string): Found {
  const { group, name } = splitTarget(given)
  if (name === null) {
    if (!master.activeGroups().includes(group)) throw new Fault('BAD_NAME', given)
    return { group }
  }
  const view = master.processes().find(one => one.group === group && one.name === name)
  if (view === undefined) throw new Fault('BAD_NAME', given)
  return { view }
}

/** One process only. Throws Fault BAD_NAME. */
export function findProcess(master: Master, given: string): ProcessView {
  const found = findTarget(master, given)
  if ('group' in found) throw new Fault('BAD_NAME', given)
  return found.view
}

/** The members of a group in the order of acting. Throws Fault BAD_NAME. */
export function membersOf(master: Master, group: string): ProcessView[] {
  if (!master.activeGroups().includes(group)) throw new Fault('BAD_NAME', group)
  return inActingOrder(master.processes().filter(view => view.group === group))
}

/** What went wrong with a request that bore `name`, as a fault. */
function faultOf(outcome: Outcome, name: string): Fault | null {
  const { result, description } = outcome
  if (result === 'OK') return null
  if (result === 'SHUTDOWN_STATE') return new Fault(result)
  return new Fault(result, explained.has(result) ? description : name)
}

/** Faults that say why, not whom. */
const explained: ReadonlySet<string> = new Set(['NO_FILE', 'NOT_EXECUTABLE', 'FAILED', 'BAD_SIGNAL'])

/** What a request does to all members of a group, and to one process. */
interface Deed {
  readonly all: (views: readonly ProcessView[]) => RpcStruct[] | Promise<RpcStruct[]>
  readonly one: (view: ProcessView) => readonly Outcome[] | Promise<readonly Outcome[]>
}

/** Does it to what the name means: a list is the answer for a group, true for a process. Throws Fault. */
export async function onTarget(master: Master, given: string, deed: Deed): Promise<RpcStruct[] | true> {
  const found = findTarget(master, given)
  if ('group' in found) return deed.all(membersOf(master, found.group))
  return succeeded(await deed.one(found.view), given)
}

/** The answer to a request for one process. Throws its fault. */
function succeeded(outcomes: readonly Outcome[], name: string): true {
  const [outcome] = outcomes
  if (outcome === undefined) throw new Fault('BAD_NAME', name) // it has left the fleet this moment
  const fault = faultOf(outcome, name)
  if (fault !== null) throw fault
  return true
}

/** The answer to a request for several processes. */
export function resultList(outcomes: readonly Outcome[]): RpcStruct[] {
  return outcomes.map(outcome => {
    const { group, name } = outcome
    const fault = faultOf(outcome, namespec(group, name))
    if (fault === null) return { name, group, status: success, description: 'OK' }
    return { name, group, status: faultRow(fault.fault).code, description: fault.message }
  })
}
