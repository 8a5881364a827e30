/** What a hook is told in its environment: that of its process, and the facts of what has happened. */
import type { HookName } from '../core/care.ts'
import type { ExitRecord } from '../core/model.ts'
import type { Proc } from '../core/proc.ts'
import { environmentOf, runMark } from './environment.ts'
import type { EnvironmentBase } from './environment.ts'

/** Names the run folder in the environment of a hook. Not the mark of workers: a hook must not be taken for one. */
export const hookMark = 'NSUP_HOOK_RUN'

export interface HookFacts {
  readonly event: HookName | 'stop_command'
  readonly incarnation: number
  /** 0: none. */
  readonly pid: number
  readonly reason: string
  /** The end that this is about. */
  readonly exit: ExitRecord | null
}

/** The whole environment of a hook. */
export function hookEnvironment(base: EnvironmentBase, proc: Proc, facts: HookFacts): Readonly<Record<string, string>> {
  const { event, incarnation, pid, reason, exit } = facts
  const words: Record<string, string> = {
    NSUP_GROUP: proc.group,
    NSUP_PROGRAM: proc.spec.program,
    NSUP_EVENT: event,
    NSUP_INCARNATION: String(incarnation),
    NSUP_PID: pid === 0 ? '' : String(pid),
    NSUP_REASON: reason.replaceAll('\0', ''),
    ...exitFacts(exit),
    NSUP_RESTARTS: String(proc.restarts),
    [runMark]: '',
    [hookMark]: base.runDir,
  }
  return Object.assign(environmentOf(base, proc) as Record<string, string>, words)
}

/** How it has ended, as variables; empty where there is nothing to tell. */
function exitFacts(exit: ExitRecord | null): Readonly<Record<'NSUP_EXIT_CODE' | 'NSUP_EXIT_SIGNAL' | 'NSUP_UPTIME', string>> {
  const status = exit?.status
  return {
    NSUP_EXIT_CODE: status?.kind === 'code' ? String(status.code) : '',
    NSUP_EXIT_SIGNAL: status?.kind === 'signal' ? status.signal : '',
    NSUP_UPTIME: exit === null ? '' : (exit.uptime / 1000).toFixed(3),
  }
}
