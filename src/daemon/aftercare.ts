/**
 * What a master does for people and other programs when something happens to a process: hooks and alerts, together
 * as the session needs them. At the end of a session what still runs gets a bounded time.
 */
import type { AlertSpec } from '../config/config.ts'
import type { EventBody } from '../core/events.ts'
import type { Outside } from '../core/outside.ts'
import type { Effect, Proc } from '../core/proc.ts'
import { Alerts } from './alerts.ts'
import type { Bus } from './bus.ts'
import { Hooks } from './hooks.ts'
import type { HookPorts } from './hooks.ts'

/** How long hooks and alerts may keep a shutdown whose workers have all ended; less, if that took too long already. */
const endingMax = { hooks: 30_000, alerts: 10_000, hurried: 5000 }

export interface AftercarePorts extends HookPorts {
  readonly outside: Outside
  readonly alerts: readonly AlertSpec[]
  readonly bus: Bus
  readonly find: (group: string, name: string) => Proc | undefined
}

export class Aftercare {
  private readonly ports: AftercarePorts
  private readonly hooks: Hooks
  private readonly alerts: Alerts

  constructor(ports: AftercarePorts) {
    this.ports = ports
    this.hooks = new Hooks(ports)
    this.alerts = new Alerts(ports)
  }

  prepare(proc: Proc, step: Extract<Effect, { type: 'prepare' }>['step']): void {
    this.hooks.prepare(proc, step)
  }

  abandon(proc: Proc): void {
    this.hooks.abandon(proc)
  }

  /** An incarnation has ended: its record is there. */
  exited(proc: Proc): void {
    this.hooks.exited(proc)
    this.alerts.exited(proc)
  }

  /** After it was published. */
  event(body: EventBody, proc: Proc): void {
    this.hooks.event(body, proc)
  }

  forget(proc: Proc): void {
    this.hooks.forget(proc)
  }

  /** No more patience. */
  hurry(): void {
    this.hooks.hurry()
    this.alerts.hurry()
  }

  /** Calls back when nothing runs any more, or its time is up; at once, if nothing does. */
  whenEnded(hurried: boolean, callback: () => void): void {
    if (this.hooks.idle && this.alerts.idle) return callback()
    const { clock } = this.ports
    const time = hurried ? { hooks: endingMax.hurried, alerts: endingMax.hurried } : endingMax
    const alarms = [clock.after(time.hooks, () => { this.hooks.hurry() }), clock.after(time.alerts, () => { this.alerts.hurry() })]
    void Promise.all([this.hooks.ended(), this.alerts.ended()]).then(() => {
      for (const cancel of alarms) cancel()
      callback()
    })
  }

  /** What runs runs on; nobody hears of it. */
  close(): void {
    this.hooks.close()
    this.alerts.close()
  }
}
