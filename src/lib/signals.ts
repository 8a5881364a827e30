/** Signal names and numbers of this machine, and the reading of what people write for them. */
import { constants } from 'node:os'

export type SignalName = NodeJS.Signals

const byName = constants.signals as Readonly<Record<string, number>>

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
  if (/^\d+$/.test(word)) return signalName(Number(word))
  const name = word.startsWith('SIG') ? word : `SIG${word}`
  return Object.hasOwn(byName, name) ? (name as SignalName) : undefined
}

/** Every signal name of this machine, for suggestions and completion. */
export function signalNames(): SignalName[] {
  return Object.keys(byName) as SignalName[]
}
