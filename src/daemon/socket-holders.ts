/**
 * Which workers of the last master may still have a listening socket: those that its journal knows, and, for an address that
 * none of them has, those that bear this instance's mark, since it may have died before it wrote of a spawn. Asks, takes nothing.
 */
import type { Processes } from '../core/ports.ts'
import { namespec, socketUrl } from '../core/spec.ts'
import type { GroupSpec, SocketSpec } from '../core/spec.ts'
import { runMark } from './environment.ts'
import type { Remembered } from './journal.ts'

/** A live worker of an earlier master. */
export interface Holder {
  readonly name: string
  readonly pid: number
  /** Epoch milliseconds. */
  readonly startedAt: number
  readonly spec: SocketSpec
  /** False: it was only found by its mark, and may be a descendant that never had the socket. */
  readonly certain: boolean
}

export interface HolderSources {
  readonly memory: readonly Remembered[]
  readonly configured: readonly GroupSpec[]
  readonly processes: Pick<Processes, 'isAlive' | 'findMarked' | 'age'>
  readonly bootId: string
  readonly runDir: string
  /** Epoch milliseconds. */
  readonly now: number
}

export function socketHolders(sources: HolderSources): Holder[] {
  const { processes, runDir, now } = sources
  const sockets = socketsByName(sources)
  if (sockets.size === 0) return []
  const known = rememberedHolders(sources)
  const held = new Set(known.map(({ spec }) => socketUrl(spec)))
  const missing = new Map([...sockets].filter(([, spec]) => !held.has(socketUrl(spec))))
  if (missing.size === 0) return known
  const marked = processes.findMarked(runMark, runDir, ['NSUP_PROCESS']).flatMap(({ pid, startTime, values }) => {
    const name = values['NSUP_PROCESS'] ?? ''
    const spec = missing.get(name)
    return spec === undefined ? [] : [{ name, pid, spec, startedAt: now - (processes.age({ pid, startTime }) ?? 0), certain: false }]
  })
  return [...known, ...marked]
}

function rememberedHolders({ memory, processes, bootId }: HolderSources): Holder[] {
  return memory.flatMap(({ status, spec }) => {
    if (spec?.socket === undefined || status === null || status.bootId !== bootId || status.pid === 0) return []
    if (!processes.isAlive({ pid: status.pid, startTime: status.startTime })) return []
    return { name: namespec(spec.group, spec.name), pid: status.pid, startedAt: status.startedAt, spec: spec.socket, certain: true }
  })
}

/** Of every process that is configured or remembered; what ran had what is remembered. */
function socketsByName({ memory, configured }: HolderSources): Map<string, SocketSpec> {
  const specs = [...configured.flatMap((group) => group.processes), ...memory.flatMap(({ spec }) => spec ?? [])]
  return new Map(specs.flatMap((spec) => (spec.socket === undefined ? [] : [[namespec(spec.group, spec.name), spec.socket] as const])))
}
