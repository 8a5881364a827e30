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

  /** `null`: this part has nothing in hand any more. */
  tell(part: Part, job: string | null): void {
    if (job === null) this.#parts.delete(part)
    else this.#parts.set(part, job)
    const jobs = [...this.#parts.values()].join(', ').slice(0, 500)
    this.#channel.write(this.#parts.size === 0 ? { idle: true } : { busy: { job: jobs } }, { instead: 'job' })
  }
}

/** That of this process. */
export const atWork: AtWork = new AtWork(channel)
