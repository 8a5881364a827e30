/** A whole fleet on a clock of its own, whose spawns and kills a test answers, for tests of the core. */
import type { Plan } from '../../../src/core/diff.ts'
import type { EventBody } from '../../../src/core/events.ts'
import { step } from '../../../src/core/fleet.ts'
import { newFleet } from '../../../src/core/roster.ts'
import type { FleetInput } from '../../../src/core/fleet.ts'
import type { Fleet } from '../../../src/core/roster.ts'
import { brokenInvariants } from '../../../src/core/invariants.ts'
import type { Effect, Proc, ProcInput } from '../../../src/core/proc.ts'
import type { GroupSpec, ProcessSpec } from '../../../src/core/spec.ts'
import { specOf } from '../../sim/random-world.ts'
import { at, code, exited } from './procs.ts'

export function group(name: string, priority: number, ...processes: readonly Partial<ProcessSpec>[]): GroupSpec {
  return { name, priority, processes: processes.map((spec) => specOf({ group: name, ...spec })) }
}

export function plan(change: Partial<Plan>): Plan {
  return { added: [], changed: [], removed: [], ...change }
}

export class TestFleet {
  readonly fleet: Fleet = newFleet()
  readonly effects: Effect[] = []
  now = 0
  private pids = 100

  /** Steps, and answers what is to be spawned at once. */
  do(input: FleetInput): Effect[] {
    const effects = step(this.fleet, input, at(this.now))
    this.effects.push(...effects)
    const broken = brokenInvariants(this.fleet)
    if (broken.length > 0) throw new Error(broken.join('; '))
    const answers = effects.flatMap((effect) => {
      if (effect.type !== 'spawn') return []
      this.pids += 1
      return this.tell(effect.proc, { type: 'spawned', id: { pid: this.pids, startTime: '1' } })
    })
    return [...effects, ...answers]
  }

  /** Adds groups and lets all that start by themselves be RUNNING. */
  run(...groups: readonly GroupSpec[]): void {
    for (const one of groups) this.do({ type: 'addGroup', group: one, by: 'test' })
    this.later(2000)
    this.effects.length = 0
  }

  tell(proc: Proc, input: ProcInput): Effect[] {
    return this.do({ type: 'proc', proc, input })
  }

  later(milliseconds: number): Effect[] {
    this.now += milliseconds
    return this.do({ type: 'clock' })
  }

  end(name: string, status = code(0)): Effect[] {
    return this.tell(this.proc(name), exited(status))
  }

  /** By its own name, which is unique in these tests. */
  proc(name: string): Proc {
    const found = this.all().find((proc) => proc.name === name)
    if (found === undefined) throw new Error(`no process ${name}`)
    return found
  }

  /** `name STATE` of each, by name. */
  states(): string[] {
    return this.all().map((proc) => `${proc.name} ${proc.state}`).sort()
  }

  /** Who was signalled since `run`, in order. */
  signalled(): string[] {
    return this.effects.flatMap((effect) => (effect.type === 'kill' ? [`${effect.proc.name} ${effect.signal}`] : []))
  }

  events(): EventBody[] {
    return this.effects.flatMap((effect) => (effect.type === 'event' ? [effect.body] : []))
  }

  private all(): Proc[] {
    return [...this.fleet.groups.values()].flatMap((one) => [...one.procs.values()])
  }
}
