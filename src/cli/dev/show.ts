/** Brings what the programs of `nsup dev` write and what becomes of them to the screen, in the order in which it happens. */
import { devLog } from '../../config/development.ts'
import type { ProcessSpec } from '../../core/spec.ts'
import { namespec } from '../../core/spec.ts'
import type { Context } from '../command.ts'
import { DevLife } from './life.ts'
import { labelsOf, ownName, Screen } from './screen.ts'
import { Tail } from './tail.ts'

export class Show {
  /** Called when nothing runs any more and nothing will by itself. */
  onOver: () => void = () => undefined
  readonly #screen: Screen
  readonly #life: DevLife
  readonly #logs: ReadonlyMap<string, readonly Tail[]>
  readonly #main: Tail
  /** One thing after another. */
  #turn: Promise<void> = Promise.resolve()

  /** The logs must be there. */
  constructor(context: Context, specs: readonly ProcessSpec[], logDir: string) {
    const named = specs.map((spec) => ({ spec, name: spec.name, namespec: namespec(spec.group, spec.name) }))
    const out = context.options.plain === true ? { ...context.out, colour: false } : context.out
    this.#screen = new Screen(out, labelsOf(named), context.style === 'json' ? 'json' : 'lines')
    this.#life = new DevLife(specs)
    this.#logs = new Map(named.map(({ spec, namespec: process }) => [process, this.#tailsOf(process, spec)]))
    this.#main = new Tail(devLog(logDir), (line) => { this.#take(line) })
  }

  /** A line of nsup's own. */
  say(text: string, bad = false): void {
    this.#screen.line(ownName, 'state', text, bad)
  }

  /** All are being stopped. */
  stopping(): void {
    this.#life.stop()
  }

  /** Shows what is left to be shown. */
  async close(): Promise<void> {
    await this.#main.close()
    await this.#turn
    await Promise.all([...this.#logs.values()].flat().map((tail) => tail.close()))
  }

  /** Says what did not go well; the exit code. */
  conclude(): number {
    const { problems } = this.#life
    for (const problem of problems) this.say(`did not go well: ${problem}`, true)
    return problems.length > 0 ? 1 : 0
  }

  #tailsOf(process: string, { stdout, stderr }: ProcessSpec): Tail[] {
    const tail = (file: string | null, stream: 'stdout' | 'stderr'): Tail[] =>
      file === null ? [] : [new Tail(file, (line) => { this.#screen.line(process, stream, line) })]
    return [...tail(stdout.file, 'stdout'), ...tail(stderr.file, 'stderr')]
  }

  #take(line: string): void {
    this.#turn = this.#turn.then(async () => {
      const news = this.#life.read(line)
      if (news === null) return
      if (news.last && news.process !== null) await Promise.all((this.#logs.get(news.process) ?? []).map((tail) => tail.caughtUp()))
      this.#screen.line(news.process ?? ownName, 'state', news.text, news.bad)
      if (this.#life.over) this.onOver()
    })
  }
}
