/** The arithmetic of restarts: when a failed start is tried again, and whether an exit is followed by a start. */
import type { ExitStatus } from './model.ts'
import type { ProcessSpec } from './spec.ts'

/** Milliseconds from the `failures`-th failed start in a row to the next try: one second more each time. */
export function backoffDelay(failures: number): number {
  return failures * 1000
}

/** True when the start has failed too often: `startretries: N` means N + 1 starts. */
export function gaveUp(failures: number, spec: ProcessSpec): boolean {
  return failures > spec.startretries
}

/** True if the code is one of `exitcodes`. Death by signal and an unknown end are never expected. */
export function isExpected(status: ExitStatus, spec: ProcessSpec): boolean {
  return status.kind === 'code' && spec.exitcodes.includes(status.code)
}

/** True if a process that ended after it was RUNNING is to be started again. */
export function restartsAfter(status: ExitStatus, spec: ProcessSpec): boolean {
  if (spec.autorestart === 'always') return true
  return spec.autorestart === 'unexpected' && !isExpected(status, spec)
}
