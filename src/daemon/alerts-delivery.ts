/**
 * Brings alerts to one receiver, in order and one at a time; what does not arrive is tried again, later and later, and
 * then left with a line in the log. Nothing secret goes into that: of a webhook its host, of a command nothing.
 */
import { join } from 'node:path'
import type { AlertEvent, AlertSpec } from '../config/config.ts'
import type { Outside, Posted } from '../core/outside.ts'
import type { Clock } from '../core/ports.ts'
import { bodyOf, textOf } from './alerts-text.ts'
import type { AlertFacts } from './alerts-text.ts'
import { runMark } from './environment.ts'
import type { EnvironmentBase } from './environment.ts'
import { hookMark } from './hooks-facts.ts'
import type { MasterLog } from './master-log.ts'
import { withoutValues } from './redact.ts'

/** Milliseconds before the second try and each after it. */
const pauses = [1000, 4000, 15_000, 60_000]
const timeouts = { webhook: 10_000, exec: 30_000 }
const waitingMax = 100

export interface DeliveryPorts {
  readonly clock: Clock
  readonly outside: Pick<Outside, 'run' | 'post'>
  readonly log: MasterLog
  readonly environment: EnvironmentBase
  readonly runDir: string
}

interface Letter {
  readonly facts: AlertFacts
  /** Of the process: its values are kept out of the log. */
  readonly environment: Readonly<Record<string, string>>
}

export class Delivery {
  private readonly spec: AlertSpec
  private readonly ports: DeliveryPorts
  private readonly output: string
  private readonly who: string
  private waiting: Letter[] = []
  private tries = 0
  private dropped = 0
  /** Ends what is under way; `null`: nothing is. */
  private cancel: (() => void) | null = null
  private onIdle: () => void = () => undefined
  private pausing = false
  private concluding = false

  constructor(spec: AlertSpec, at: number, ports: DeliveryPorts) {
    this.spec = spec
    this.ports = ports
    this.output = join(ports.runDir, `alert-${String(at)}.fifo`)
    this.who = spec.to.kind === 'webhook' ? `the webhook at ${new URL(spec.to.url).host}` : `the command of alert ${String(at + 1)}`
  }

  wants(kind: AlertEvent): boolean {
    return this.spec.on.includes(kind)
  }

  get idle(): boolean {
    return this.cancel === null
  }

  ended(): Promise<void> {
    return this.idle ? Promise.resolve() : new Promise((resolve) => { this.onIdle = resolve })
  }

  send(facts: AlertFacts, environment: Letter['environment']): void {
    if (this.waiting.length < waitingMax) {
      this.waiting.push({ facts, environment })
      if (this.cancel === null) this.begin()
      return
    }
    this.dropped += 1
    if (this.dropped === 1) this.ports.log.warn(`too many alerts wait for ${this.who}: they are left out until it takes some`)
  }

  /** The master ends: what waits for another try gets it now, and no more after it. */
  conclude(): void {
    this.concluding = true
    if (!this.pausing) return
    this.cancel?.()
    this.begin()
  }

  /** Leaves what has not arrived. */
  hurry(): void {
    if (this.cancel === null) return
    this.ports.log.warn(`${String(this.waiting.length)} alerts for ${this.who} were not sent: the master ends`)
    this.waiting = []
    this.cancel()
    this.rest()
  }

  private rest(): void {
    this.cancel = null
    this.onIdle()
  }

  private begin(): void {
    const [letter] = this.waiting
    this.pausing = false
    if (letter === undefined) return this.rest()
    this.tries += 1
    const { to } = this.spec
    if (to.kind === 'exec') return this.runFor(letter, to.argv)
    const { template } = this.spec
    const text = textOf(template, letter.facts)
    const message = { url: to.url, contentType: 'application/json', body: bodyOf(template, letter.facts, text), timeout: timeouts.webhook }
    this.cancel = this.ports.outside.post(message, (posted) => { this.end(letter, posted) })
  }

  private runFor(letter: Letter, argv: readonly string[]): void {
    const { outside, environment, log } = this.ports
    let over = false
    const running = outside.run(
      {
        argv,
        environment: alertEnvironment(environment, letter.facts, textOf(this.spec.template, letter.facts)),
        ...{ user: null, directory: null, umask: null, timeout: timeouts.exec, output: this.output },
        onLine: (line) => { log.info(withoutValues(`[alert] ${line}`, letter.environment)) },
      },
      (problem) => {
        if (!over) this.end(letter, problem === null ? { ok: true } : { ok: false, reason: problem, retry: 0 })
      },
    )
    this.cancel = () => {
      over = true
      running.kill()
    }
  }

  private end(letter: Letter, posted: Posted): void {
    const { log, clock } = this.ports
    const pause = pauses[this.tries - 1]
    if (!posted.ok && posted.retry !== null && pause !== undefined && !this.concluding) {
      const wait = Math.max(pause, posted.retry)
      log.debug(`an alert did not reach ${this.who}: ${this.clean(posted.reason, letter)}; it is sent again in ${String(wait / 1000)} s`)
      this.pausing = true
      this.cancel = clock.after(wait, () => { this.begin() })
      return
    }
    if (!posted.ok) {
      const { kind, process } = letter.facts
      const tries = this.tries === 1 ? '1 try' : `${String(this.tries)} tries`
      log.error(`the alert that ${process} is ${kind} did not reach ${this.who} (${tries}): ${this.clean(posted.reason, letter)}`, { process })
    }
    this.waiting.shift()
    this.tries = 0
    if (this.dropped > 1) log.warn(`${String(this.dropped)} alerts for ${this.who} were left out`)
    this.dropped = 0
    this.begin()
  }

  private clean(text: string, { environment }: Letter): string {
    return withoutValues(text, environment)
  }
}

function alertEnvironment(base: EnvironmentBase, facts: AlertFacts, text: string): Readonly<Record<string, string>> {
  const words: Record<string, string> = { NSUP_TEXT: text.replaceAll('\0', ''), [runMark]: '', [hookMark]: base.runDir }
  for (const [name, value] of Object.entries(facts)) {
    words[`NSUP_${name === 'kind' ? 'EVENT' : name.toUpperCase()}`] = name === 'pid' && value === 0 ? '' : String(value).replaceAll('\0', '')
  }
  return Object.assign(Object.create(base.inherited) as Record<string, string>, words)
}
