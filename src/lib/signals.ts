/** Signal names and numbers of this machine, and the reading of what people write for them. */
import { constants } from 'node:os'
import { parseInteger } from './units.ts'

/** `SIG0` reaches nobody: it asks whether a process could be signalled. */
type Unnamed = 'SIG0' | 'SIGCLD' | 'SIGRTMIN' | 'SIGRTMAX'

export type SignalName = NodeJS.Signals | Unnamed

/** What supervisord takes and Node has no names for. Of the real-time signals supervisord knows the two ends only. */
const unnamed: Readonly<Partial<Record<Unnamed, number>>> = process.platform === 'linux' ? { SIG0: 0, SIGCLD: 17, SIGRTMIN: 34, SIGRTMAX: 64 } : { SIG0: 0 }

const byName: Readonly<Record<string, number>> = { ...constants.signals, ...unnamed }

/** Number of a signal, for example 15 for SIGTERM. */
export function signalNumber(name: SignalName): number {
  return byName[name] ?? 0
}

/** Name of a signal number; `undefined` where the machine has none. */
export function signalName(number: number): SignalName | undefined {
  for (const [name, value] of Object.entries(byName)) if (value === number) return name as SignalName
  return undefined
}

/**
 * Reads a signal as supervisord does: a number, or a name with or without `SIG`, in any case.
 * `undefined` if this machine has no such signal.
 */
export function parseSignal(text: string): SignalName | undefined {
  const word = text.trim().toUpperCase()
  const number = parseInteger(word)
  if (number !== undefined) return signalName(number)
  const name = word.startsWith('SIG') ? word : `SIG${word}`
  return Object.hasOwn(byName, name) ? (name as SignalName) : undefined
}

/** Every signal name of this machine, for suggestions and completion. */
export function signalNames(): SignalName[] {
  return Object.keys(byName) as SignalName[]
}
