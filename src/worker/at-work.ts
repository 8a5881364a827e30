/**
 * What a worker has in hand, told to the master in one word: it knows one job of each worker, and jobs and a message may be in hand
 * at once. What is in hand, and when it is worth a word, is the affair of each part.
 */
import { channel } from './channel.ts'
import type { Channel } from './channel.ts'

type Part = 'jobs' | 'message'

export class AtWork {
  readonly #channel: Pick<Channel, 'write'>
  readonly #parts = new Map<Part, string>()
  /** So many words about its job has the program said by itself. */
  ownWords = 0

  constructor(to: Pick<Channel, 'write'>) {
    this.#channel = to
  }

  /** `null`: this part has nothing in hand any more. `done`: all that it had in hand before is done, which was not worth a word. */
  tell(part: Part, job: string | null, done = false): void {
    const ended = job === null || done
    if (ended) this.#parts.delete(part)
    const idle = ended && this.#parts.size === 0
    if (job !== null) this.#parts.set(part, job)
    const busy = { job: [...this.#parts.values()].join(', ').slice(0, 500) }
    this.#channel.write({ ...(idle && { idle }), ...(this.#parts.size > 0 && { busy }) }, { instead: 'job' })
  }
}

/** That of this process. */
export const atWork: AtWork = new AtWork(channel)
