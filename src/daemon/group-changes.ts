/**
 * Changes of the list of groups: what a reading of the config would change, and the applying of it, of one group or of
 * all. Holds the config that was read last.
 */
import type { ConfigDiff, Kept, Updated, UpdateStep } from '../api/master.ts'
import { planChanges, restrict } from '../core/diff.ts'
import type { Comparison, Plan } from '../core/diff.ts'
import type { FleetInput } from '../core/fleet.ts'
import { isStopped } from '../core/model.ts'
import type { Actor } from '../core/model.ts'
import { compare } from '../core/order.ts'
import { activeGroups } from '../core/roster.ts'
import type { Fleet } from '../core/roster.ts'
import type { GroupSpec } from '../core/spec.ts'
import { Fault } from '../lib/fault.ts'
import type { ListPorts } from './by-hand.ts'
import type { Ledger } from './ledger.ts'
import type { MasterLog } from './master-log.ts'
import type { StreamsOf } from './streams.ts'
import { planWords, stepsOf } from './update-steps.ts'
import type { Waits } from './waits.ts'

interface ChangePorts {
  readonly fleet: Fleet
  readonly enqueue: (...inputs: FleetInput[]) => void
  readonly streams: StreamsOf
  readonly waits: Waits
  readonly ledger: Pick<Ledger, 'note'>
  readonly comparison: Comparison
  /** Reads the config again; throws Fault CANT_REREAD with all problems. Log files that are AUTO have their names. */
  readonly readGroups: () => readonly GroupSpec[]
  readonly programList: { readonly source: Pick<ListPorts['source'], 'doubt'> }
  readonly log: Pick<MasterLog, 'warn'>
  /** The shared tables that the config had when it was read last are the ones from now on. */
  readonly tables: { accept(): void }
}

/** A plan, and the groups that it leaves although the config has them not: nobody can say that they are not wanted. */
interface CarefulPlan extends Plan {
  readonly kept: readonly Kept[]
}

export class GroupChanges {
  configured: readonly GroupSpec[]
  /** Active groups that the config has had since this master began. */
  private known: ReadonlySet<string> = new Set()
  private readonly ports: ChangePorts

  constructor(ports: ChangePorts, configured: readonly GroupSpec[]) {
    this.ports = ports
    this.configured = configured
  }

  /** Reads the config; what it would change. Throws Fault CANT_REREAD. */
  readPlan(): CarefulPlan {
    const { fleet, readGroups, programList, comparison } = this.ports
    const before = [...this.known, ...this.configured.map(({ name }) => name)]
    this.configured = readGroups()
    this.known = new Set(before.filter((name) => fleet.groups.has(name)))
    const plan = planChanges(activeGroups(fleet), this.configured, comparison)
    const kept = plan.removed.flatMap((group): Kept[] => {
      const reason = programList.source.doubt(group, this.known.has(group))
      return reason === null ? [] : [{ group, reason }]
    })
    return { ...plan, kept, removed: plan.removed.filter((name) => !kept.some(({ group }) => group === name)) }
  }

  reread(): ConfigDiff {
    const plan = this.readPlan()
    const names = (groups: readonly { name: string }[]): string[] => groups.map((group) => group.name).sort(compare)
    return { added: names(plan.added), changed: names(plan.changed.map(({ group }) => group)), removed: plan.removed }
  }

  /** Makes a group active that was in the config when it was read last. */
  add(name: string, by: Actor): void {
    if (this.ports.fleet.groups.has(name)) throw new Fault('ALREADY_ADDED', name)
    const group = this.configured.find((one) => one.name === name)
    if (group === undefined) throw new Fault('BAD_NAME', name)
    this.ports.tables.accept()
    this.ports.streams.prepare([group])
    this.ports.ledger.note({ type: 'config', reason: `add ${name}`, by })
    this.ports.enqueue({ type: 'addGroup', group, by })
  }

  remove(name: string): void {
    const group = this.ports.fleet.groups.get(name)
    if (group === undefined) throw new Fault('BAD_NAME', name)
    if ([...group.procs.values()].some((proc) => !isStopped(proc.state))) throw new Fault('STILL_RUNNING', name)
    this.ports.enqueue({ type: 'removeGroup', name })
  }

  async update(groups: readonly string[], by: Actor): Promise<Updated> {
    const { kept: all, ...whole } = this.readPlan()
    const plan = restrict(whole, groups)
    const kept = all.filter(({ group }) => groups.length === 0 || groups.includes(group))
    for (const { group, reason } of kept) this.ports.log.warn(`update: ${group} is left as it is: ${reason}`)
    this.ports.tables.accept()
    const known = new Set([...this.ports.fleet.groups.keys(), ...this.configured.map(({ name }) => name)])
    const unknown = [...new Set(groups)].filter((name) => !known.has(name))
    return { steps: await this.apply(plan, planWords(plan), `config change, ${by}`, by), unknown, kept }
  }

  /** Groups that are active or were in the config when it was read last. */
  groups(): readonly GroupSpec[] {
    return [...this.configured, ...activeGroups(this.ports.fleet)]
  }

  /** Reads the config again and makes this group of it active; what else has changed in it waits for an update. */
  activate(name: string, by: Actor): void {
    const group = this.ports.readGroups().filter((one) => one.name === name)
    this.configured = [...this.configured.filter((one) => one.name !== name), ...group]
    this.add(name, by)
  }

  /** Stops a group and takes it out; answers when it is down. */
  async deactivate(name: string, by: Actor): Promise<void> {
    this.configured = this.configured.filter((group) => group.name !== name)
    const removed = this.ports.fleet.groups.has(name) ? [name] : []
    await this.apply({ added: [], changed: [], removed }, `delete ${name}`, `delete, ${by}`, by)
  }

  note(reason: string, by: Actor): void {
    this.ports.ledger.note({ type: 'config', reason, by })
  }

  /** Answers when all that had to be stopped for it is down. */
  private async apply(plan: Plan, reason: string, stopper: Actor, by: Actor): Promise<UpdateStep[]> {
    const { fleet, streams, ledger, waits, enqueue } = this.ports
    streams.prepare([...plan.added, ...plan.changed.map(({ group }) => group)])
    const concerned = [...plan.removed, ...plan.changed.map(({ group }) => group.name)]
    const running = concerned.flatMap((name) => [...(fleet.groups.get(name)?.procs.values() ?? [])]).filter((proc) => !isStopped(proc.state))
    ledger.note({ type: 'config', reason, by })
    enqueue({ type: 'apply', plan, by: stopper })
    const stopping = running.filter((proc) => proc.leaving || proc.next !== null)
    await Promise.all(stopping.map((proc) => waits.untilDown(proc)))
    return stepsOf(plan, new Set(stopping.map((proc) => proc.group)))
  }
}
