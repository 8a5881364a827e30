/**
 * Which listening sockets are open: one for each address that a process of the fleet needs which is not at rest. Opened
 * before a spawn, kept over restarts and while a retry is waited for, closed when the last process has stopped. What an
 * earlier master opened is taken back from a worker that lives. How a socket is made or taken is os/'s affair.
 */
import { rests } from '../core/proc.ts'
import type { Clock, ListeningSocket, Sockets } from '../core/ports.ts'
import type { Proc } from '../core/proc.ts'
import { namespec, socketUrl } from '../core/spec.ts'
import type { SocketSpec } from '../core/spec.ts'
import type { MasterLog } from './master-log.ts'
import type { Holder } from './socket-holders.ts'

export interface ProgramSocketsPorts {
  readonly sockets: Sockets
  readonly clock: Clock
  readonly log: MasterLog
  readonly procs: () => readonly { readonly proc: Proc }[]
}

interface Opened {
  readonly socket: ListeningSocket
  spec: SocketSpec
}

export class ProgramSockets {
  private readonly opened = new Map<string, Opened>()
  private readonly ports: ProgramSocketsPorts
  private cancel: (() => void) | null = null

  constructor(ports: ProgramSocketsPorts) {
    this.ports = ports
  }

  /** The descriptor of a socket for a process that is about to be spawned, or a sentence: a spawn error. */
  descriptor(spec: SocketSpec): number | string {
    const url = socketUrl(spec)
    const known = this.opened.get(url)
    if (known === undefined) return this.open(spec, url)
    if (!sameSettings(known.spec, spec)) {
      const problem = known.socket.adjust(spec)
      if (problem !== null) return problem
      known.spec = spec
    }
    return known.socket.fd
  }

  /**
   * Takes back the sockets of an earlier master from its workers; to be called before anything is spawned. Of several
   * the newest worker is asked first: it has the newest socket. What cannot be had is bound anew when it is needed.
   */
  async takeBack(holders: readonly Holder[]): Promise<void> {
    const byUrl = new Map<string, Holder[]>()
    for (const holder of [...holders].sort((a, b) => b.startedAt - a.startedAt)) {
      const url = socketUrl(holder.spec)
      byUrl.set(url, [...(byUrl.get(url) ?? []), holder])
    }
    await Promise.all([...byUrl].map(([url, some]) => this.takeOne(url, some)))
  }

  /**
   * To be called when something has changed. Closes a moment later, so that a restart, which is a stop and a start,
   * keeps the connections that wait.
   */
  settled(): void {
    if (this.cancel !== null || this.idle().length === 0) return
    this.cancel = this.ports.clock.after(0, () => {
      this.cancel = null
      for (const url of this.idle()) this.end(url)
    })
  }

  /** Closes all, at the end of a session. */
  close(): void {
    this.cancel?.()
    this.cancel = null
    for (const url of this.opened.keys()) this.end(url)
  }

  private async takeOne(url: string, holders: readonly Holder[]): Promise<void> {
    const { sockets, log } = this.ports
    const reasons: string[] = []
    for (const { name, pid, spec, certain } of holders) {
      const taken = await sockets.takeFrom(pid, spec)
      if (taken.ok) {
        this.opened.set(url, { socket: taken.socket, spec })
        return log.info(`Taking back socket ${url} from ${name} (pid ${String(pid)})`)
      }
      if (certain) reasons.push(`${name}: ${taken.reason}`)
    }
    if (reasons.length > 0) log.warn(`the socket ${url} of an earlier master cannot be taken back (${reasons.join(', ')}): the next start binds it anew`)
  }

  private open(spec: SocketSpec, url: string): number | string {
    const { sockets, log } = this.ports
    for (const idle of this.idle()) this.end(idle) // its port may be the same, by another name
    const holders = this.holders(url)
    log.info(`Creating socket ${url}`)
    const made = sockets.listen(spec)
    if (!made.ok) return holders === '' ? made.reason : `${made.reason}; ${holders} hold it since an earlier master: restart them together`
    if (holders !== '') log.warn(`${holders} accept on the socket ${url} of an earlier master, which gets no new connections: restart them`)
    this.opened.set(url, { socket: made.socket, spec })
    return made.socket.fd
  }

  /** Adopted processes have the socket that an earlier master made, and it could not be taken from them. */
  private holders(url: string): string {
    const adopted = this.ports.procs().filter(({ proc }) => proc.adopted && proc.id !== null && urlOf(proc) === url)
    return adopted.map(({ proc }) => namespec(proc.group, proc.name)).join(', ')
  }

  private idle(): string[] {
    if (this.opened.size === 0) return []
    const needed = new Set(this.ports.procs().filter(({ proc }) => !rests(proc)).map(({ proc }) => urlOf(proc)))
    return [...this.opened.keys()].filter((url) => !needed.has(url))
  }

  private end(url: string): void {
    this.ports.log.info(`Closing socket ${url}`)
    this.opened.get(url)?.socket.close()
    this.opened.delete(url)
  }
}

function urlOf({ spec: { socket } }: Proc): string | null {
  return socket === undefined ? null : socketUrl(socket)
}

/** Of two sockets with one address. */
function sameSettings(a: SocketSpec, b: SocketSpec): boolean {
  if (a.kind === 'unix' && b.kind === 'unix' && (a.mode !== b.mode || a.owner !== b.owner)) return false
  return a.backlog === b.backlog
}
