/** What the rest of the world must offer to the master: the kernel and the clock, real or simulated. */
import type { ExitStatus, Pid } from './model.ts'
import type { ProcessSpec, SocketSpec } from './spec.ts'
import type { SignalName } from '../lib/signals.ts'

export interface Clock {
  /** Milliseconds that only go forward; what decides. */
  monotonic(): number
  /** Epoch milliseconds; what people read. */
  wall(): number
  /** Calls back once, `delay` milliseconds from now at the earliest; the returned function cancels that. */
  after(delay: number, callback: () => void): () => void
}

/** Why a command cannot be run, in supervisord's words, and the fault that a start request gets for it. */
export interface SpawnProblem {
  readonly ok: false
  readonly reason: string
  readonly fault: 'NO_FILE' | 'NOT_EXECUTABLE' | 'SPAWN_ERROR'
}

/** What a process asks for that this machine cannot give, as a sentence about the option that asks for it. */
export interface Lack {
  readonly severity: 'error' | 'warning'
  readonly option: string
  readonly message: string
  readonly hint?: string
}

/** Tells what a process would miss on this machine; `null`: nothing. Asked of those that have `care`. */
export type Capability = (spec: ProcessSpec) => Lack | null

export interface SpawnOrder {
  readonly spec: ProcessSpec
  /** The command as findCommand has found it just now; looked for when left out. */
  readonly path?: string
  /** The whole environment of the child. */
  readonly environment: Readonly<Record<string, string>>
  /** Descriptors that become 0, 1 and 2 of the child. */
  readonly stdin: number
  readonly stdout: number
  readonly stderr: number
  /** Further descriptors, by the number that they get in the child, above 2. */
  readonly descriptors?: ReadonlyMap<number, number>
}

/** A process that a stopped leader left behind. */
export interface Survivor extends Pid {
  readonly name: string
  /** It is in no group or session of its leader, only its environment tells. */
  readonly fled?: true
}

export interface Processes {
  /** Resolves the command as a start request checks it, before any state is looked at. */
  findCommand(spec: ProcessSpec, environment: Readonly<Record<string, string>>): { readonly ok: true; readonly path: string } | SpawnProblem
  /**
   * Starts a child in its own session. `onExit` is called once, never before `spawn` has returned. `polled`: all
   * descriptors have been looked at since the child ended.
   */
  spawn(order: SpawnOrder, onExit: (status: ExitStatus, polled: boolean) => void): ({ readonly ok: true } & Pid) | SpawnProblem
  /**
   * Sends a signal after checking that the pid is still the same process. `group`: to the process group that it
   * leads, or to it alone if it leads none. `gone`: nobody there (ESRCH, or another process has the pid now); `failed`: the kernel refused.
   */
  kill(target: Pid, signal: SignalName, scope: 'process' | 'group'): 'sent' | 'gone' | { readonly failed: string }
  isAlive(target: Pid): boolean
  /** True if the process has a handler for this signal; `perhaps` if what it runs may have one, or die; `null` where nothing can be told. */
  handles(target: Pid, signal: SignalName): boolean | 'perhaps' | null
  /** Milliseconds that this process has lived, by the kernel's own clock; `null` where it cannot be told. */
  age(target: Pid): number | null
  /** True if any process is in the group that `leader` led; one system call. */
  groupExists(leader: number): boolean
  /**
   * Live processes in the process groups or sessions of these dead leaders, by leader's pid, and whoever else bears all
   * words that `marks` has for a leader in its environment: one look at /proc for all, in steps of a fraction of a
   * millisecond; who asks decides when the next one is due. The first word is the same for all leaders.
   */
  searchSurvivors(leaders: readonly number[], marks?: ReadonlyMap<number, readonly string[]>): Iterator<undefined, ReadonlyMap<number, readonly Survivor[]>>
  /** Session leaders whose environment at exec time held `NAME=value`; with that environment's values of `names`. */
  findMarked(name: string, value: string, names: readonly string[]): readonly (Pid & { readonly values: Readonly<Record<string, string>> })[]
}

/** A socket that this master holds open for workers and never accepts on itself. */
export interface ListeningSocket {
  /** What children get, as whatever number; it blocks. */
  readonly fd: number
  /** Applies another backlog, owner or mode to the same address; a sentence when that cannot be done. */
  adjust(spec: SocketSpec): string | null
  /** Connections that nobody has accepted are reset, unless a worker still holds the socket. A path stays. */
  close(): void
}

type SocketAnswer = { readonly ok: true; readonly socket: ListeningSocket } | { readonly ok: false; readonly reason: string }

export interface Sockets {
  /** Binds and listens, in one go: connections wait from now on. What is in the way of a unix socket is replaced. */
  listen(spec: SocketSpec): SocketAnswer
  /** The socket of this address that a live process has from an earlier master; held by both from then on. */
  takeFrom(pid: number, spec: SocketSpec): Promise<SocketAnswer>
}

/** One datagram socket by systemd's protocol, for one process. */
export interface NotifySocket {
  /** The value of NOTIFY_SOCKET. */
  readonly address: string
  /** Reads at once what waits. */
  drain(): void
  close(): void
}

export interface NotifySockets {
  /**
   * Opens the socket whose name is kept in `file`, so that the next master opens the same. `onDatagram` gets what its
   * user, the master's or root has sent; `user`: `null` for the master's.
   */
  open(
    file: string,
    user: string | null,
    onDatagram: (text: string) => void,
  ): { readonly ok: true; readonly socket: NotifySocket } | { readonly ok: false; readonly reason: string }
}
