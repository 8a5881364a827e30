/** Follows one log file from its beginning, or from where it ends, line by line; a line without an end is cut, so that it cannot fill the memory. */
import { statSync } from 'node:fs'
import { setTimeout as pause } from 'node:timers/promises'
import { followLog } from '../../api/followlog.ts'

const lineMax = 65_536
/** Milliseconds that a reader may lag behind what is written. */
const patience = 1000

export class Tail {
  readonly #path: string
  readonly #onLine: (line: string) => void
  readonly #abort = new AbortController()
  readonly #ended: Promise<void>
  /** How far it has been read, as the log has it: inode and offset. */
  #position = ''
  #rest = ''
  #wake: () => void = () => undefined

  /** The file must be there. `from`: whether what stands in it already is shown. */
  constructor(path: string, onLine: (line: string) => void, from: 'beginning' | 'end' = 'beginning') {
    this.#path = path
    this.#onLine = onLine
    if (from === 'end') this.#position = endOf(path) ?? ''
    this.#ended = this.#follow()
  }

  /** Resolves when all that stands in the file now has been shown. */
  async caughtUp(): Promise<void> {
    const end = endOf(this.#path)
    const until = Date.now() + patience
    while (end !== null && !reaches(this.#position, end) && Date.now() < until) {
      const more = new Promise<void>((resolve) => (this.#wake = resolve))
      await Promise.race([more, pause(patience / 10, undefined, { ref: false })])
    }
    this.#flush()
  }

  async close(): Promise<void> {
    await this.caughtUp()
    this.#abort.abort()
    await this.#ended
  }

  async #follow(): Promise<void> {
    const from = this.#position === '' ? `${String(statSync(this.#path).ino)}:0` : this.#position
    const items = await followLog(this.#path, { from, signal: this.#abort.signal, what: this.#path })
    for await (const item of items) {
      if (item.type !== 'text') continue
      this.#take(item.text)
      this.#position = item.position
      this.#wake()
    }
  }

  #take(text: string): void {
    const lines = (this.#rest + text).split('\n')
    this.#rest = lines.pop() ?? ''
    for (const line of lines) this.#onLine(line)
    if (this.#rest.length > lineMax) this.#flush()
  }

  /** What has no end of line yet. */
  #flush(): void {
    if (this.#rest !== '') this.#onLine(this.#rest)
    this.#rest = ''
  }
}

function endOf(path: string): string | null {
  const stat = statSync(path, { throwIfNoEntry: false })
  return stat === undefined || stat.size === 0 ? null : `${String(stat.ino)}:${String(stat.size)}`
}

/** A file that was begun since then is further. */
function reaches(position: string, end: string): boolean {
  const [[file, offset], [other, size]] = [position.split(':'), end.split(':')]
  return position !== '' && (file !== other || Number(offset) >= Number(size))
}
