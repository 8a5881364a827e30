/** What an end of a process means, in a sentence: exit codes that shells and loaders use, and signals. Pure. */
import type { ExitRecord } from '../core/model.ts'
import type { ProcessSpec } from '../core/spec.ts'
import type { SignalName } from '../lib/signals.ts'

/** Codes by which a shell, env or sudo tells what became of a command, and what many programs agree on. */
const codes: Readonly<Record<number, string>> = {
  126: 'the command was found but could not be executed',
  127: 'command not found',
}

/** What it says that a process ended by a signal. */
const signals: Readonly<Partial<Record<SignalName, string>>> = {
  SIGKILL: 'killed at once, by somebody or by the kernel',
  SIGSEGV: 'crashed: it touched memory that is not its own',
  SIGBUS: 'crashed: it touched memory that is not there',
  SIGABRT: 'aborted itself, by an assertion or the runtime',
  SIGFPE: 'crashed: a division by zero or the like',
  SIGILL: 'crashed: an instruction that this processor does not know',
  SIGTERM: 'was told to end, and did not do it by itself',
  SIGINT: 'was interrupted',
  SIGHUP: 'took a hangup for its end',
  SIGPIPE: 'wrote to somebody who had gone',
}

/** Numbers of the signals above, as a shell adds them to 128. */
const numbers: Readonly<Record<number, SignalName>> = {
  1: 'SIGHUP', 2: 'SIGINT', 4: 'SIGILL', 6: 'SIGABRT', 7: 'SIGBUS', 8: 'SIGFPE', 9: 'SIGKILL', 11: 'SIGSEGV', 13: 'SIGPIPE', 15: 'SIGTERM',
}

/** The signal that ended it, or of which a shell around it tells by a code above 128; `null`: none. */
export function signalBehind({ status }: ExitRecord): SignalName | null {
  if (status.kind === 'signal') return status.signal
  return status.kind === 'code' && status.code > 128 ? (numbers[status.code - 128] ?? null) : null
}

/** True if the SIGKILL was nsup's own, after the stop signal had not helped. */
export function isEscalation(exit: ExitRecord, spec: Pick<ProcessSpec, 'stopsignal'>): boolean {
  return exit.wanted && exit.status.kind === 'signal' && exit.status.signal === 'SIGKILL' && spec.stopsignal !== 'SIGKILL'
}

/** `command not found`, `killed by the kernel: no memory was left`; empty where the code says it all. */
export function meaningOf(exit: ExitRecord, spec: Pick<ProcessSpec, 'stopsignal'>): string {
  if (exit.oom === true) return 'killed by the kernel: no memory was left'
  if (exit.forensics !== undefined) return `ended by its watchdog; what it was doing: ${exit.forensics}`
  if (isEscalation(exit, spec)) return `killed by nsup: it had not ended after ${spec.stopsignal}`
  const signal = signalBehind(exit)
  if (exit.wanted && signal === spec.stopsignal) return `ended by the ${signal} that stops it`
  if (exit.status.kind === 'unknown') return 'it ended while no master ran, or was no child of the one that did'
  const meaning = signal === null ? undefined : signals[signal]
  if (exit.status.kind === 'signal') return meaning ?? ''
  if (meaning !== undefined && signal !== null) return `a shell says that its command ended by ${signal}: ${meaning}`
  return codes[exit.status.code] ?? ''
}
