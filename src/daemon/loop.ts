/**
 * The single writer: inputs come from everywhere into one queue, each is stepped, its effects are performed in
 * order, and what they bring back is stepped at once. Between two looks at the queue nothing else runs, except
 * that a long row of effects (a start of 500) lets the rest of the master breathe every few milliseconds.
 * One timer is armed, for the nearest deadline; with nothing due there is none.
 */
import { nextDeadline, step } from '../core/fleet.ts'
import type { FleetInput } from '../core/fleet.ts'
import type { Fleet } from '../core/roster.ts'
import type { Clock } from '../core/ports.ts'
import type { Effect, Proc } from '../core/proc.ts'

/** How long effects are performed in one go, milliseconds. */
const sliceMax = 15
/** How long a single new child has the processors for itself, milliseconds; what is to be told of it can wait. */
const childFirst = 1
/** With more left to be done than this, one child does not come first. */
const few = 8
/** How long what has changed may stay unwritten while a long row of effects is under way, milliseconds. */
const unsettledMax = 250

export interface LoopPorts {
  readonly clock: Clock
  /** Does one effect; what it returns is stepped before anything else. */
  readonly perform: (effect: Effect) => FleetInput | null
  /** Called when the queue is empty, and now and then while it is not (`more`): the moment to write the journal. */
  readonly settled: (more: boolean) => void
  /** Something threw that must not: a mistake of the program. The loop is closed for good. */
  readonly crashed: (error: unknown) => void
}

export class Loop {
  private readonly fleet: Fleet
  private readonly ports: LoopPorts
  private inputs: FleetInput[] = []
  private effects: Effect[] = []
  private running = false
  private cancelAlarm: (() => void) | null = null
  private armedFor: number | null = null
  private closed = false
  private cancelPause: (() => void) | null = null
  private settledAt = -Infinity

  constructor(fleet: Fleet, ports: LoopPorts) {
    this.fleet = fleet
    this.ports = ports
  }

  /** Takes an input; it is carried out before this returns, unless the loop is at work already. */
  enqueue(...inputs: readonly FleetInput[]): void {
    if (this.closed) return
    this.inputs.push(...inputs)
    if (this.endPause() || !this.running) this.turn()
  }

  /** Does at once what was put off for a moment: whoever looks at the fleet must find all of it told. */
  catchUp(): void {
    if (this.endPause()) this.turn()
  }

  /** Ends it: no timer, no further input. What was put off for a moment is done at once. */
  close(): void {
    while (this.endPause()) this.turn()
    this.end()
  }

  private end(): void {
    this.closed = true
    this.disarm()
  }

  private turn(): void {
    if (this.closed) return
    try {
      this.run()
    } catch (error) {
      this.end()
      this.ports.crashed(error)
    }
  }

  private run(): void {
    this.running = true
    const { clock, perform } = this.ports
    const until = clock.monotonic() + sliceMax
    let yielded = false
    for (;;) {
      const effects = this.effects
      this.effects = []
      for (let i = 0; i < effects.length; i += 1) {
        const effect = effects[i]
        if (effect === undefined) continue
        if (effect.type === 'event' && this.spawnAhead(effects, i) && this.isAlone(effects, i)) {
          this.effects = [...effects.slice(i), ...this.effects]
          return this.pause()
        }
        const answer = perform(effect)
        if (answer !== null) this.step(answer)
        if (clock.monotonic() < until) continue
        this.effects = [...effects.slice(i + 1), ...this.effects]
        yielded = this.effects.length > 0
        break
      }
      if (yielded) break
      if (this.effects.length > 0) continue
      const input = this.inputs.shift()
      if (input === undefined) break
      this.step(input)
    }
    this.settle(yielded)
    if (yielded && !this.closed) {
      setImmediate(() => {
        this.turn()
      })
      return
    }
    this.running = false
    this.arm()
  }

  /**
   * Who died is replaced before anybody is told of the death: a spawn is performed ahead of the events of its process
   * that stand before it. True if there was one.
   */
  private spawnAhead(effects: Effect[], from: number): boolean {
    const { proc } = effects[from] as Effect & { type: 'event' }
    // A listener hears of deaths itself, by what the one before it had: it must not be there yet.
    if (proc === null || proc.spec.listener !== undefined) return false
    let at = from + 1
    while (isEventOf(effects[at], proc)) at += 1
    const effect = effects[at]
    if (effect?.type !== 'spawn' || effect.proc !== proc) return false
    effects.splice(at, 1)
    const answer = this.ports.perform(effect)
    if (answer !== null) this.step(answer)
    return true
  }

  /** True if nothing else is to be done but to tell of the child that was just spawned. */
  private isAlone(effects: readonly Effect[], from: number): boolean {
    return this.inputs.length === 0 && effects.length - from <= few && !effects.slice(from).some(({ type }) => type === 'spawn')
  }

  /**
   * Sleeps for a moment with what is left to be done. A child is often put on the processor of its master, and begins
   * when that sleeps: to tell everybody first would take longer than all that came before. That it was spawned must
   * be written, so that the next master knows it.
   */
  private pause(): void {
    this.ports.settled(true)
    this.cancelPause = this.ports.clock.after(childFirst, () => {
      this.cancelPause = null
      this.turn()
    })
  }

  /** Whatever happens ends a pause; true if there was one. */
  private endPause(): boolean {
    if (this.cancelPause === null) return false
    this.cancelPause()
    this.cancelPause = null
    return true
  }

  /** Spawns come first: what only remembers them can wait a little, and is cheaper in one go. */
  private settle(more: boolean): void {
    const now = this.ports.clock.monotonic()
    if (more && now - this.settledAt < unsettledMax) return
    this.settledAt = now
    this.ports.settled(more)
  }

  private step(input: FleetInput): void {
    const { clock } = this.ports
    const now = { mono: clock.monotonic(), wall: clock.wall() }
    for (const effect of step(this.fleet, input, now)) this.effects.push(effect)
  }

  private arm(): void {
    const deadline = nextDeadline(this.fleet)
    if (deadline === this.armedFor) return
    this.disarm()
    if (deadline === null || this.closed) return
    this.armedFor = deadline
    // A timer may come up to a millisecond before its time: then nothing is due yet, and it is armed again.
    const delay = Math.max(0, Math.ceil(deadline - this.ports.clock.monotonic()))
    this.cancelAlarm = this.ports.clock.after(delay, () => {
      this.cancelAlarm = null
      this.armedFor = null
      this.enqueue({ type: 'clock' })
    })
  }

  private disarm(): void {
    this.cancelAlarm?.()
    this.cancelAlarm = null
    this.armedFor = null
  }
}

function isEventOf(effect: Effect | undefined, proc: Proc): boolean {
  return effect?.type === 'event' && effect.proc === proc
}
