/**
 * Sinks onto streams that somebody else reads: the master's own stdout or stderr, or a named pipe. Finds and opens
 * the stream; outlet.ts writes into it. No file, no rotation.
 */
import { constants, fstatSync, openSync } from 'node:fs'
import type { OpenedSink, Sink, SinkWatcher } from '../core/sinks.ts'
import { errorCode } from '../lib/errno.ts'
import { DirectOutlet, SocketOutlet } from './outlet.ts'
import type { Outlet, OutletUser } from './outlet.ts'

/** How long the end of the master waits for a reader that does not read, in milliseconds. */
const flushMax = 1_000

/** Outlets that stay open: by descriptor (`1`, `2`) or by the path of a pipe. */
const outlets = new Map<string, Outlet>()

/** The master's stream that a path means; `null` for every other path. */
export function ownStream(path: string): 1 | 2 | null {
  const match = /^\/dev\/(?:std(out|err)|fd\/([12]))$|^\/proc\/self\/fd\/([12])$/.exec(path)
  if (match === null) return null
  return match[1] === 'err' || (match[2] ?? match[3]) === '2' ? 2 : 1
}

/** A sink onto the master's stdout (1) or stderr (2). */
export function forwardToOwn(fd: 1 | 2, watcher: SinkWatcher): OpenedSink {
  return forwardTo(String(fd), () => openOwn(fd), watcher)
}

/** A sink onto a named pipe. It is opened for reading too, so that opening waits for nobody. */
export function forwardToPipe(path: string, watcher: SinkWatcher): OpenedSink {
  return forwardTo(path, () => new SocketOutlet(openSync(path, constants.O_RDWR | constants.O_NONBLOCK)), watcher)
}

/** Resolves when all that was sent has been taken, or {@link flushMax} have passed. */
export async function flushForwards(): Promise<void> {
  await Promise.all([...outlets.values()].map((outlet) => outlet.flush(flushMax)))
}

function forwardTo(key: string, open: () => Outlet, watcher: SinkWatcher): OpenedSink {
  try {
    let outlet = outlets.get(key)
    if (outlet === undefined) {
      outlet = open()
      outlets.set(key, outlet)
    }
    return { ok: true, sink: new Forward(outlet, watcher) }
  } catch (error) {
    return { ok: false, code: errorCode(error) }
  }
}

/**
 * Pipes and terminals are opened anew, since O_NONBLOCK on the inherited description would also be seen by whoever
 * shares it. A socket (systemd's journal) cannot be opened anew.
 */
function openOwn(fd: 1 | 2): Outlet {
  const stat = fstatSync(fd)
  if (stat.isSocket()) return new SocketOutlet(fd)
  if (!stat.isFIFO() && !stat.isCharacterDevice()) return new DirectOutlet(fd)
  const own = openAnew(fd) ?? fd
  return stat.isFIFO() ? new SocketOutlet(own) : new DirectOutlet(own)
}

function openAnew(fd: number): number | null {
  try {
    return openSync(`/dev/fd/${String(fd)}`, constants.O_WRONLY | constants.O_NONBLOCK)
  } catch {
    return null // another user's terminal or pipe: it is used as it was inherited
  }
}

/** One writer to an outlet. */
class Forward implements Sink, OutletUser {
  readonly path = null
  readonly #outlet: Outlet
  readonly #watcher: SinkWatcher
  #dropped = 0
  #stopped = false

  constructor(outlet: Outlet, watcher: SinkWatcher) {
    this.#outlet = outlet
    this.#watcher = watcher
    outlet.join(this)
  }

  get dropped(): number {
    return this.#dropped
  }

  write(chunk: Uint8Array): void {
    if (chunk.length > 0) this.#outlet.write(chunk, this)
  }

  /** Called by the outlet: nobody will ever read this. */
  drop(bytes: number, reason: string): void {
    if (bytes === 0) return
    const first = this.#dropped === 0
    this.#dropped += bytes
    if (first) this.#watcher.onDropping(bytes, reason)
  }

  /** Called by the outlet, as often as it likes. */
  tell(full: boolean): void {
    if (full === this.#stopped) return
    this.#stopped = full
    if (full) this.#watcher.onFull()
    else this.#watcher.onDrain()
  }

  reopen(): void {
    // There is no path to open: the stream is the master's own, or a pipe that stays.
  }

  clear(): void {
    // What was sent on cannot be taken back.
  }

  close(): void {
    this.#outlet.leave(this)
  }
}
