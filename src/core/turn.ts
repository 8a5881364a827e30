/** What a cell of the table is given besides the process. */
import type { Gate } from './gate.ts'
import type { Effect, Now, ProcInput } from './proc.ts'

export interface Moment {
  readonly now: Now
  readonly effects: Effect[]
  readonly gate: Gate
}

export interface Turn<T extends ProcInput['type']> extends Moment {
  readonly input: Extract<ProcInput, { type: T }>
}
