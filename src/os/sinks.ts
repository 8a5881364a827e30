/**
 * Opens what a log option names: a file, the master's own stream, or a named pipe. Processes that log into the same
 * file share one writer, so that its size and its rotations are known once. Holds what is shared; writes nothing itself.
 */
import { statSync } from 'node:fs'
import type { LogFileSpec, OpenedSink, Sink, SinkPorts, SinkWatcher } from '../core/sinks.ts'
import { errorCode } from '../lib/errno.ts'
import { flushForwards, forwardToOwn, forwardToPipe, ownStream } from './forward.ts'
import { LogFile } from './logfile.ts'
import { Syslog } from './syslog.ts'

/** {@link SinkPorts}, and the end of them. */
export interface Sinks extends SinkPorts {
  /** Ends `logger`, if it runs. */
  close(): void
}

/** The sinks of one master. */
export function createSinks(): Sinks {
  const files = new Map<string, SharedFile>()
  const syslog = new Syslog()
  return {
    open(spec, watcher) {
      const own = ownStream(spec.path)
      if (own !== null) return forwardToOwn(own, watcher)
      return openShared(files, spec, watcher)
    },
    syslog: (tag, watcher) => syslog.sink(tag, watcher),
    flush: flushForwards,
    close: () => { syslog.close() },
  }
}

function isPipe(path: string): boolean {
  try {
    return statSync(path, { throwIfNoEntry: false })?.isFIFO() ?? false
  } catch {
    return false // opening it as a file says what is wrong
  }
}

/** A file that is already open is opened anew, as at each spawn, so that a removed one appears again; or has become a pipe. */
function openShared(files: Map<string, SharedFile>, spec: LogFileSpec, watcher: SinkWatcher): OpenedSink {
  try {
    let shared = files.get(spec.path)
    if (shared?.file.keep(spec) !== true) {
      if (isPipe(spec.path)) return forwardToPipe(spec.path, watcher)
      shared?.file.reconfigure(spec)
    }
    if (shared === undefined) {
      shared = new SharedFile(spec, files)
      files.set(spec.path, shared)
    }
    return { ok: true, sink: shared.join(watcher) }
  } catch (error) {
    return { ok: false, code: errorCode(error) }
  }
}

/** What its file tells, all who use it are told. */
class SharedFile implements SinkWatcher {
  readonly file: LogFile
  readonly #files: Map<string, SharedFile>
  #users: readonly FileUser[] = []

  /** `files`: where it is found as long as somebody uses it. */
  constructor(spec: LogFileSpec, files: Map<string, SharedFile>) {
    this.#files = files
    this.file = new LogFile(spec, this)
  }

  onDropping(bytes: number, reason: string): void {
    for (const { watcher } of this.#users) watcher.onDropping(bytes, reason)
  }

  onRecovered(bytes: number): void {
    for (const { watcher } of this.#users) watcher.onRecovered(bytes)
  }

  onProblem(sentence: string): void {
    for (const { watcher } of this.#users) watcher.onProblem(sentence)
  }

  onFull(): void {
    for (const { watcher } of this.#users) watcher.onFull()
  }

  onDrain(): void {
    for (const { watcher } of this.#users) watcher.onDrain()
  }

  join(watcher: SinkWatcher): Sink {
    const user = new FileUser(this, watcher)
    this.#users = [...this.#users, user]
    return user
  }

  /** The last one to leave closes the file, but backups that are being packed stay known until they are done. */
  leave(user: FileUser): void {
    this.#users = this.#users.filter((one) => one !== user)
    if (this.#users.length > 0) return
    this.file.close()
    void this.file.idle().then(() => {
      if (this.#users.length === 0) this.#files.delete(this.file.path)
    })
  }
}

class FileUser implements Sink {
  readonly watcher: SinkWatcher
  readonly #shared: SharedFile
  #closed = false

  constructor(shared: SharedFile, watcher: SinkWatcher) {
    this.#shared = shared
    this.watcher = watcher
  }

  get path(): string {
    return this.#shared.file.path
  }

  get dropped(): number {
    return this.#shared.file.dropped
  }

  write(chunk: Uint8Array): void {
    if (!this.#closed) this.#shared.file.write(chunk)
  }

  reopen(): void {
    this.#shared.file.reopen()
  }

  clear(): void {
    this.#shared.file.clear()
  }

  close(): void {
    if (this.#closed) return
    this.#closed = true
    this.#shared.leave(this)
  }
}
