/**
 * Runs one hook of a process: with its user, its folder and its facts, and its output, line by line, in the log of its
 * process or, where that has none, of the master. When it runs is the affair of hooks.ts.
 */
import { join } from 'node:path'
import type { HookSpec } from '../core/care.ts'
import type { Outside, RunningCommand } from '../core/outside.ts'
import type { Proc } from '../core/proc.ts'
import { namespec } from '../core/spec.ts'
import type { EnvironmentBase } from './environment.ts'
import { hookEnvironment } from './hooks-facts.ts'
import type { HookFacts } from './hooks-facts.ts'
import type { MasterLog } from './master-log.ts'
import { withoutValues } from './redact.ts'
import { processFolder } from './snapshot.ts'
import type { StreamsOf } from './streams.ts'

export interface RunnerPorts {
  readonly outside: Pick<Outside, 'run'>
  readonly streams: Pick<StreamsOf, 'get' | 'open'>
  readonly log: MasterLog
  readonly environment: EnvironmentBase
  readonly runDir: string
}

export class HookRunner {
  private readonly ports: RunnerPorts
  private readonly running = new Set<RunningCommand>()
  private readonly forgotten = new WeakSet<Proc>()

  constructor(ports: RunnerPorts) {
    this.ports = ports
  }

  /** The streams of the process are closed, and not to be opened again. */
  forget(proc: Proc): void {
    this.forgotten.add(proc)
  }

  killAll(): void {
    if (this.running.size > 0) this.ports.log.warn(`${String(this.running.size)} hooks are killed: the master ends`)
    for (const one of this.running) one.kill()
  }

  /** Runs one hook; `onEnd` gets why it has failed, with the last that it said. */
  run(proc: Proc, hook: HookSpec, facts: HookFacts, onEnd: (problem: string | null) => void): RunningCommand {
    const { outside, environment, runDir, streams } = this.ports
    const { directory, umask } = proc.spec
    if (!this.forgotten.has(proc) && streams.get(proc) === undefined) streams.open(proc) // makes its folder
    let last = ''
    const running = outside.run(
      {
        argv: hook.argv,
        environment: hookEnvironment(environment, proc, facts),
        user: hook.user ?? proc.spec.user,
        directory, umask,
        timeout: hook.timeout,
        output: join(processFolder(runDir, proc.group, proc.name), `${facts.event}.fifo`),
        onLine: (line) => {
          if (line.trim() !== '') last = line
          this.write(proc, facts.event, line)
        },
      },
      (problem) => {
        this.running.delete(running)
        onEnd(problem === null || last === '' ? problem : `${problem} (${last.slice(0, 200)})`)
      },
    )
    this.running.add(running)
    return running
  }

  private write(proc: Proc, event: string, line: string): void {
    const text = `[${event}] ${line}`
    if (!this.forgotten.has(proc) && this.ports.streams.get(proc)?.note(text) === true) return
    this.ports.log.info(withoutValues(`${namespec(proc.group, proc.name)}: ${text}`, proc.spec.environment), { process: namespec(proc.group, proc.name) })
  }

  /** Says in the master's log that a hook has failed. */
  complain(proc: Proc, event: string, problem: string): void {
    const name = namespec(proc.group, proc.name)
    this.ports.log.warn(withoutValues(`${event} of ${name} has failed: ${problem}`, proc.spec.environment), { process: name })
  }
}
