/**
 * Does what the core asks for: spawns, signals, sweeps, events. Everything that comes of it goes back as an input.
 * It holds the children of this master and the adopted; it decides nothing.
 */
import type { FleetInput } from '../core/fleet.ts'
import type { ExitStatus, Pid, State } from '../core/model.ts'
import type { Processes, SpawnOrder } from '../core/ports.ts'
import { isSame } from '../core/proc.ts'
import type { Effect, Proc } from '../core/proc.ts'
import { namespec } from '../core/spec.ts'
import type { Aftercare } from './aftercare.ts'
import type { Bus } from './bus.ts'
import type { EnvironmentBase } from './environment.ts'
import { environmentOf } from './environment.ts'
import type { Forensics } from './forensics.ts'
import type { Ledger } from './ledger.ts'
import type { MasterLog } from './master-log.ts'
import type { ProgramSockets } from './program-sockets.ts'
import type { StreamsOf } from './streams.ts'
import type { ResourceKeeper } from './resource-keeper.ts'
import type { Gifts } from './voice-ports.ts'

export interface PerformPorts {
  readonly processes: Processes
  readonly streams: StreamsOf
  readonly sockets: Pick<ProgramSockets, 'descriptor'>
  readonly bus: Bus
  readonly log: MasterLog
  readonly ledger: Pick<Ledger, 'note' | 'state'>
  readonly environment: EnvironmentBase
  readonly keeper: Pick<ResourceKeeper, 'beforeSpawn' | 'kill' | 'sweep' | 'wasOom'>
  /** Looks at a process that is about to be ended. */
  readonly forensics: Forensics
  readonly aftercare: Pick<Aftercare, 'prepare' | 'abandon' | 'exited' | 'event' | 'forget'>
  /** Takes what happens later: the end of a child. */
  readonly enqueue: (input: FleetInput) => void
  /** The status of this process has to be written. */
  readonly touched: (proc: Proc) => void
  /** A process has entered a state. */
  readonly changed: (proc: Proc, state: State) => void
  /** It is another process from now on, which is nobody's child here. */
  readonly followed: (proc: Proc, before: Pid, id: Pid) => void
  readonly forgotten: (proc: Proc) => void
  readonly drained: () => void
}

/** Makes the function that the loop performs effects with. */
export function performer(ports: PerformPorts): (effect: Effect) => FleetInput | null {
  return (effect) => {
    switch (effect.type) {
      case 'spawn':
        ports.touched(effect.proc)
        return { type: 'proc', proc: effect.proc, input: spawn(effect.proc, ports) }
      case 'prepare':
        ports.aftercare.prepare(effect.proc, effect.step)
        return null
      case 'abandon':
        ports.aftercare.abandon(effect.proc)
        return null
      case 'kill':
        ports.touched(effect.proc)
        if (effect.forensics === undefined) return kill(effect, ports)
        killAfterLook(effect, effect.forensics, ports)
        return null
      case 'follow':
        follow(effect, ports)
        return null
      case 'sweep':
        ports.keeper.sweep(effect.proc, effect.pid)
        ports.aftercare.exited(effect.proc)
        return null
      case 'tried':
        ports.log.tried(effect.proc, effect.pid, effect.problem)
        return null
      case 'event':
        if (effect.proc !== null) ports.touched(effect.proc)
        ports.log.event(effect.body, effect.proc)
        ports.bus.publish(effect.body)
        if (effect.proc !== null) ports.aftercare.event(effect.body, effect.proc)
        if (effect.proc !== null && effect.body.type === 'process.state') {
          ports.ledger.state(effect.body, effect.proc)
          ports.changed(effect.proc, effect.body.to)
        }
        return null
      case 'forget':
        ports.streams.forget(effect.proc)
        ports.aftercare.forget(effect.proc)
        ports.forgotten(effect.proc)
        return null
      case 'drained':
        for (const proc of effect.left) tellLeft(proc, ports.log)
        ports.drained()
        return null
    }
  }
}

/** What the fleet is told when `of` has ended, which is or was the process. `polled`: see ChunkReader. */
export function exitInput(proc: Proc, of: Pid, status: ExitStatus, { streams, keeper }: Witnesses, polled: boolean): FleetInput {
  const own = streams.get(proc)
  own?.drain(polled) // its last word may be who goes on in its place
  const isOver = isSame(of, proc.id)
  if (isOver) own?.voice?.inbox?.end()
  const oom = isOver && keeper.wasOom(proc, status)
  return { type: 'proc', proc, input: { type: 'exited', of, status, lastLines: own?.lastLines() ?? [], ...(oom && { oom }) } }
}

/** Who knows more of an end than its status. */
interface Witnesses {
  readonly streams: StreamsOf
  readonly keeper: Pick<ResourceKeeper, 'wasOom'>
}

function follow({ proc, id, before }: Extract<Effect, { type: 'follow' }>, { log, followed, touched }: PerformPorts): void {
  touched(proc)
  log.info(`'${proc.name}' goes on as pid ${String(id.pid)} (MAINPID); pid ${String(before.pid)} was spawned for it`, { process: namespec(proc.group, proc.name), pid: id.pid })
  followed(proc, before, id)
}

function tellLeft(proc: Proc, log: MasterLog): void {
  const pid = proc.id?.pid ?? 0
  log.error(`left '${proc.name}' (${String(pid)}) as it is: not even SIGKILL has ended it (force_quit)`, { process: namespec(proc.group, proc.name), pid })
}

type SpawnAnswer = Extract<FleetInput, { type: 'proc' }>['input']

function spawn(proc: Proc, { processes, streams, keeper, sockets, environment, enqueue }: PerformPorts): SpawnAnswer {
  const variables = environmentOf(environment, proc)
  const command = processes.findCommand(proc.spec, variables)
  if (!command.ok) return failed(command.reason) // before its logs are made, as supervisord has it
  const opened = streams.open(proc)
  if (typeof opened === 'string') return failed(opened)
  const problem = opened.prepareSpawn()
  if (problem !== null) return failed(problem)
  const { socket } = proc.spec
  const stdin = socket === undefined ? opened.stdin : sockets.descriptor(socket)
  if (typeof stdin === 'string') return failed(stdin)
  const { stdout, stderr, voice } = opened
  const order = { spec: proc.spec, path: command.path, environment: variables, stdin, stdout, stderr, ...(voice === undefined ? {} : giftsOf(voice.gifts, variables)) }
  keeper.beforeSpawn(proc)
  const spawned: ReturnType<Processes['spawn']> = processes.spawn(order, (status, polled) => {
    if (spawned.ok) enqueue(exitInput(proc, idOf(spawned), status, { streams, keeper }, polled))
  })
  if (!spawned.ok) return failed(spawned.reason)
  voice?.inbox?.begin()
  return { type: 'spawned', id: idOf(spawned) }
}

function idOf({ pid, startTime }: Pid): Pid {
  return { pid, startTime }
}

/** The descriptors by which a worker can speak of itself, and what tells it their numbers; not to be overridden. */
function giftsOf({ descriptors, environment }: Gifts, variables: SpawnOrder['environment']): Partial<SpawnOrder> {
  return { descriptors, environment: Object.assign(Object.create(variables) as Record<string, string>, environment) }
}

function failed(reason: string): SpawnAnswer {
  return { type: 'spawnFailed', reason }
}

/** The look is bounded, and nobody waits for it but the signal; SIGKILL, which comes later, does not. */
function killAfterLook(effect: Extract<Effect, { type: 'kill' }>, why: string, ports: PerformPorts): void {
  const { proc, id } = effect
  const { incarnation } = proc
  void ports.forensics(proc, id, why).then((file) => {
    if (file !== null) ports.enqueue({ type: 'proc', proc, input: { type: 'looked', incarnation, file } })
    const answer = kill(effect, ports)
    if (answer !== null) ports.enqueue(answer)
  })
}

function kill(effect: Extract<Effect, { type: 'kill' }>, { processes, keeper, log, ledger }: PerformPorts): FleetInput | null {
  const { proc, id, signal, scope, escalated } = effect
  if (escalated) {
    log.warn(`killing '${proc.name}' (${String(id.pid)}) with SIGKILL`, { process: namespec(proc.group, proc.name), pid: id.pid, event: 'kill' })
  }
  const by = escalated ? { by: 'stopwaitsecs' } : proc.stopBy === null ? {} : { by: proc.stopBy }
  ledger.note({ type: 'signal', process: namespec(proc.group, proc.name), pid: id.pid, signal, ...by })
  const answer = processes.kill(id, signal, scope)
  if (signal === 'SIGKILL') keeper.kill(proc)
  if (answer === 'sent' || answer === 'gone') return null // who is gone is about to be seen as ended
  const reason = `could not send ${signal} to pid ${String(id.pid)}: ${answer.failed}`
  log.error(reason, { process: namespec(proc.group, proc.name) })
  return { type: 'proc', proc, input: { type: 'refused', reason } }
}
