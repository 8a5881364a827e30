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
  /** By process, then by file. */
  readonly #logs = new Map<string, Map<string, Tail>>()
  readonly #main: Tail
  /** One thing after another. */
  #turn: Promise<void> = Promise.resolve()

  /** The logs must be there. */
  constructor(context: Context, specs: readonly ProcessSpec[], logDir: string) {
    const out = context.options.plain === true ? { ...context.out, colour: false } : context.out
    this.#screen = new Screen(out, labelsFor(specs), context.style === 'json' ? 'json' : 'lines')
    this.#life = new DevLife(specs)
    for (const spec of specs) this.#followLogs(spec, 'beginning')
    this.#main = new Tail(devLog(logDir), (line) => { this.#take(line) })
  }

  /** The list is another one from now on; the logs must be there. */
  take(specs: readonly ProcessSpec[]): void {
    this.#screen.name(labelsFor(specs))
    this.#life.take(specs)
    for (const spec of specs) this.#followLogs(spec, 'end')
  }

  /** Lets go of the logs of all but these: nothing of the others runs any more. */
  async keepOnly(specs: readonly ProcessSpec[]): Promise<void> {
    const kept = new Set(specs.map(({ group, name }) => namespec(group, name)))
    for (const [process, tails] of [...this.#logs]) {
      if (kept.has(process)) continue
      this.#logs.delete(process)
      await Promise.all([...tails.values()].map((tail) => tail.close()))
    }
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
    await Promise.all([...this.#logs.values()].flatMap((tails) => [...tails.values()]).map((tail) => tail.close()))
  }

  /** Says what did not go well; the exit code. */
  conclude(): number {
    const { problems } = this.#life
    for (const problem of problems) this.say(`did not go well: ${problem}`, true)
    return problems.length > 0 ? 1 : 0
  }

  #followLogs(spec: ProcessSpec, from: 'beginning' | 'end'): void {
    const process = namespec(spec.group, spec.name)
    const tails = this.#logs.get(process) ?? new Map<string, Tail>()
    this.#logs.set(process, tails)
    for (const stream of ['stdout', 'stderr'] as const) {
      const { file } = spec[stream]
      if (file !== null && !tails.has(file)) tails.set(file, new Tail(file, (line) => { this.#screen.line(process, stream, line) }, from))
    }
  }

  #take(line: string): void {
    this.#turn = this.#turn.then(async () => {
      const news = this.#life.read(line)
      if (news === null) return
      if (news.last && news.process !== null) await Promise.all([...this.#logs.get(news.process)?.values() ?? []].map((tail) => tail.caughtUp()))
      this.#screen.line(news.process ?? ownName, 'state', news.text, news.bad)
      if (this.#life.over) this.onOver()
    })
  }
}

function labelsFor(specs: readonly ProcessSpec[]): ReadonlyMap<string, string> {
  return labelsOf(specs.map(({ group, name }) => ({ name, namespec: namespec(group, name) })))
}
