/**
 * The first turn of a session: takes over what the last master left, then applies the config. A worker that runs
 * with settings that the config no longer has is left alone; `update` applies the new ones.
 */
import { join } from 'node:path'
import type { Config, MasterSpec } from '../config/config.ts'
import { planChanges } from '../core/diff.ts'
import type { Plan } from '../core/diff.ts'
import { activeGroups, enlist } from '../core/roster.ts'
import type { Fleet } from '../core/roster.ts'
import type { Proc } from '../core/proc.ts'
import { namespec } from '../core/spec.ts'
import type { GroupSpec, ProcessSpec } from '../core/spec.ts'
import { adopt } from './adopt.ts'
import type { Adopted } from './adopt.ts'
import type { AdoptedWatch } from './adopted-watch.ts'
import type { Journal, Remembered } from './journal.ts'
import type { Loop } from './loop.ts'
import { exitInput } from './perform.ts'
import type { ResourceKeeper } from './resource-keeper.ts'
import type { SessionPorts } from './session-ports.ts'
import { keptJobs } from './slots.ts'
import { processFolder } from './snapshot.ts'
import type { StreamsOf } from './streams.ts'

interface Parts {
  readonly fleet: Fleet
  readonly streams: StreamsOf
  readonly keeper: ResourceKeeper
  readonly journal: Journal
  readonly loop: Loop
  readonly watch: AdoptedWatch
  readonly ports: SessionPorts
}

/** Takes over and applies; synchronous, so that no request sees half of it. Returns the config's groups, AUTO logs named. */
export function takeOver(config: Config, memory: readonly Remembered[], parts: Parts): readonly GroupSpec[] {
  const { fleet, streams, journal, loop, ports } = parts
  const { clock, processes, bootId, runDir, autoLogs, comparison } = ports
  const sources = { remembered: memory, configured: config.groups, processes, bootId, runDir }
  limit(fleet, config.master)
  const adopted = adopt(sources, { mono: clock.monotonic(), wall: clock.wall() })
  removeStaleFolders(adopted, config, ports)
  if (memory.length > 0) journal.takenOver()
  for (const { proc, groupPriority } of adopted) enlist(fleet, proc, groupPriority)
  const running = activeGroups(fleet)
  autoLogs.cleanUp(running)
  const groups = autoLogs.name(config.groups, running)
  for (const { proc, fate } of adopted) if (fate === 'died') proc.spec = specIn(groups, proc) ?? proc.spec
  const kept = keptJobs(groups, (group, name) => fleet.groups.get(group)?.procs.has(name) === true, clock.wall(), ports)
  for (const { proc, groupPriority } of kept) enlist(fleet, proc, groupPriority)
  const plan = planChanges(activeGroups(fleet), groups, comparison)
  streams.prepare(groups)
  for (const one of adopted) welcome(one, parts)
  tellOutdated({ ...plan, removed: plan.removed.filter((name) => ports.programList.source.doubt(name, false) === null) }, ports)
  const changed = plan.changed.map(({ group, restart }) => {
    const back = new Set([...restart].filter((name) => isOnItsWayBack(fleet.groups.get(group.name)?.procs.get(name))))
    return { group: keepingOld(group, new Set([...restart].filter((name) => !back.has(name))), fleet), restart: back }
  })
  loop.enqueue({ type: 'apply', plan: { added: plan.added, changed, removed: [] }, by: 'start of the master' })
  return groups
}

/** What the config says of the fleet as a whole. */
function limit(fleet: Fleet, { restartBurst, shutdownTimeout, forceQuit, forceDelay }: MasterSpec): void {
  fleet.breaker.burst = restartBurst
  fleet.shutdownTimeout = shutdownTimeout
  fleet.forceDelay = forceQuit ? forceDelay : null
}

/** FIFOs of programs that neither run nor are configured any more. */
function removeStaleFolders(adopted: readonly Adopted[], config: Config, { runDir, records }: SessionPorts): void {
  const specs = [...adopted.map(({ proc }) => proc.spec), ...config.groups.flatMap((group) => group.processes)]
  const needed = new Set(specs.map((spec) => processFolder(runDir, spec.group, spec.name)))
  for (const name of records.list(join(runDir, 'p'))) {
    const folder = join(runDir, 'p', name)
    if (!needed.has(folder)) records.remove(folder)
  }
}

function welcome({ proc, fate }: Adopted, { streams, keeper, journal, loop, watch, ports }: Parts): void {
  const { log } = ports
  journal.touch(proc)
  if (fate === 'rest' || proc.id === null) return
  const opened = streams.open(proc)
  if (typeof opened === 'string') log.error(`the output of ${proc.name} cannot be read: ${opened}`)
  if (fate === 'died') return loop.enqueue(exitInput(proc, proc.id, { kind: 'unknown' }, { streams, keeper }, false))
  log.info(`adopted: '${proc.name}' with pid ${String(proc.id.pid)}`, { process: namespec(proc.group, proc.name), pid: proc.id.pid })
  watch.add(proc, proc.id)
}

/** Nothing of it runs with old settings any more: what comes now is by the new ones. */
function specIn(groups: readonly GroupSpec[], proc: Proc): ProcessSpec | undefined {
  return groups.find(({ name }) => name === proc.group)?.processes.find(({ name }) => name === proc.name)
}

/** The last master was restarting it when it died. */
function isOnItsWayBack(proc: Proc | undefined): boolean {
  return proc?.state === 'STOPPING' && proc.want === 'up'
}

function tellOutdated(plan: Plan, { log }: SessionPorts): void {
  const old = [...plan.changed.filter(({ restart }) => restart.size > 0).map(({ group }) => group.name), ...plan.removed]
  if (old.length === 0) return
  log.warn(`the config has changed for ${old.join(', ')}: what runs was left as it is (nsup update applies the change)`)
}

/** The group as configured, but members that would have to be restarted, or are no longer there, as they run. */
function keepingOld(group: GroupSpec, restart: ReadonlySet<string>, fleet: Fleet): GroupSpec {
  const running = fleet.groups.get(group.name)?.procs
  const configured = new Set(group.processes.map((spec) => spec.name))
  const processes = group.processes.map((spec) => (restart.has(spec.name) ? (running?.get(spec.name)?.spec ?? spec) : spec))
  for (const proc of running?.values() ?? []) if (!configured.has(proc.name)) processes.push(proc.spec)
  return { ...group, processes }
}
