/** An outside world whose commands, addresses and receivers a test answers by hand. */
import type { CommandOrder, Message, Outside, Posted } from '../../../src/core/outside.ts'

export interface RunningOrder {
  readonly order: CommandOrder
  killed: boolean
  end(problem: string | null): void
}

export class FakeOutside implements Outside {
  /** Everything that was ever run, tried, sent, in order. */
  readonly runs: RunningOrder[] = []
  readonly looks: { readonly address: string; cancelled: boolean; answer(problem: string | null): void }[] = []
  readonly posts: { readonly message: Message; cancelled: boolean; answer(posted: Posted): void }[] = []

  host(): string {
    return 'ship'
  }

  run(order: CommandOrder, onEnd: (problem: string | null) => void): { kill(): void } {
    const run: RunningOrder = { order, killed: false, end: onEnd }
    this.runs.push(run)
    return { kill: () => { run.killed = true } }
  }

  reach(address: string, _timeout: number, onAnswer: (problem: string | null) => void): () => void {
    const look = { address, cancelled: false, answer: onAnswer }
    this.looks.push(look)
    return () => { look.cancelled = true }
  }

  post(message: Message, onAnswer: (posted: Posted) => void): () => void {
    const one = { message, cancelled: false, answer: onAnswer }
    this.posts.push(one)
    return () => { one.cancelled = true }
  }
}
