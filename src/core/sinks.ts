/**
 * The ports of the log rooms: where output comes from (FIFOs) and where it goes (sinks). The daemon speaks only
 * through these; os/ has the real ones. Chunks are borrowed: whoever wants to keep one copies it before returning.
 */

/** Takes output. Never throws: what cannot be written is dropped, counted and told to its watcher. */
export interface Sink {
  /** The path, where it is a file that people may read; `null` otherwise. */
  readonly path: string | null
  /** Bytes dropped since it was opened. */
  readonly dropped: number
  /** Takes the chunk whole; when it is full then, it tells its watcher. */
  write(chunk: Uint8Array): void
  /** Opens the path anew, after somebody has moved the file away. */
  reopen(): void
  /** Removes the file and begins a new one; backups stay. */
  clear(): void
  close(): void
}

/** What a sink tells. */
export interface SinkWatcher {
  /** From now on bytes are dropped; `bytes` is what was dropped so far. Called once until `onRecovered`. */
  onDropping(bytes: number, reason: string): void
  /** There is room again; `bytes` were dropped in all. */
  onRecovered(bytes: number): void
  /** Something else went wrong, in one sentence; writing goes on. */
  onProblem(sentence: string): void
  /** Stop reading: what is written from now on makes the master grow. Never called by files. */
  onFull(): void
  /** There is room again after `onFull`. */
  onDrain(): void
}

export interface LogFileSpec {
  readonly path: string
  /** Rotate when the file has reached this many bytes; 0: never. */
  readonly maxBytes: number
  /** Numbered backups to keep; 0: truncate in place. */
  readonly backups: number
  /** Gzip backups, in the background. */
  readonly compress: boolean
  /** Mode of a file that is created, before the umask. */
  readonly mode: number
}

/** An opened sink, or the errno name of why it could not be opened, for example `ENOENT`. */
export type OpenedSink = { readonly ok: true; readonly sink: Sink } | { readonly ok: false; readonly code: string }

/** The places that logs go to. */
export interface SinkPorts {
  /** A file; or, for `/dev/stdout` and its like and for named pipes, a stream with backpressure. */
  open(spec: LogFileSpec, watcher: SinkWatcher): OpenedSink
  /** Each line goes to syslog as `<tag> <line>`. */
  syslog(tag: string, watcher: SinkWatcher): Sink
  /** Resolves when nothing waits for a reader, or after a second with one that does not read. */
  flush(): Promise<void>
}

/** Reads one FIFO and hands out what comes. */
export interface ChunkReader {
  /** Stop reading; the writer waits once the FIFO is full. */
  pause(): void
  resume(): void
  /**
   * Reads at once what is in the FIFO, at most `maxBytes`, through the same callback. Stops when paused. `polled`: all
   * descriptors have been looked at since the last byte was written, so there is nothing to do for a reader that was
   * among them.
   */
  drain(maxBytes: number, polled: boolean): void
  /** Ends reading and closes the descriptor. */
  close(): void
}

/** Writes into one FIFO that somebody else reads, without ever blocking. */
export interface FifoWriter {
  /** Takes all of it, or nothing: false when too much waits already. */
  write(bytes: Uint8Array): boolean
  /** Forgets what is not in the FIFO yet. */
  close(): void
}

/** Writes whole lines into a FIFO that a worker reads, and holds it open. */
export interface LinePipe {
  /** Writes at most 4096 bytes in one piece. False: there is no room; these bytes come first when there is, and `onRoom` tells. */
  write(bytes: Uint8Array): boolean
  /** Takes out what nobody has read; bytes that waited for room are forgotten. */
  takeBack(): Uint8Array
  close(): void
}

/** FIFOs and descriptors. What opens throws an Error with an errno `code`. */
export interface FifoPorts {
  /** Gives FIFOs to the user whom a worker runs as, so that it may open /dev/stdout; nothing happens unless root does it. */
  give(paths: readonly string[], user: string): void
  /** Makes those that are missing; a sentence when it cannot. */
  makeFifos(paths: readonly string[]): { readonly ok: true } | { readonly ok: false; readonly reason: string }
  /** Non-blocking, for the master. */
  openReader(path: string): number
  /** Blocking and O_RDWR, for the worker's stdio. */
  openWriter(path: string): number
  /** Opens the FIFO that a living worker still holds as descriptor `fd`, if `path` no longer leads to it. */
  openDeleted(pid: number, fd: number, path: string, end: 'reader' | 'writer'): number | undefined
  /** Begins to read; takes over the descriptor. `onEnd` comes once, if it cannot be read on. `prompt`: somebody waits for an answer. */
  read(fd: number, onChunk: (chunk: Uint8Array) => void, onEnd: (reason: string) => void, prompt?: boolean): ChunkReader
  /** `onEnd` comes once, if nobody can read it any more. */
  writeTo(path: string, onEnd: (reason: string) => void): FifoWriter
  /** For whole lines. `onRoom`: see LinePipe. */
  linesTo(path: string, onRoom: () => void, onProblem: (reason: string) => void): LinePipe
  /** Reads away what nobody has read. */
  discard(path: string): void
  close(fd: number): void
}
