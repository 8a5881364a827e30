/** Runs whole command lines against a client that answers from a table, and keeps what was written. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import type { Client } from '../../../src/api/client.ts'
import type { Missing, ProcessStatus, WireOutcome } from '../../../src/api/results.ts'
import type { KeyScreen, KeySource } from '../../../src/cli/keyboard.ts'
import { run } from '../../../src/cli/run.ts'
import type { Output } from '../../../src/cli/output.ts'

export type Answers = Readonly<Record<string, (params: Record<string, unknown>) => unknown>>

export interface Result {
  readonly code: number
  readonly out: string
  readonly err: string
  readonly asked: readonly { readonly method: string; readonly params: unknown }[]
}

export interface Settings {
  /** What is typed; without it the input has ended. */
  readonly keys?: KeySource
  /** Where edited lines are shown. */
  readonly screen?: KeyScreen
  readonly columns?: number
  readonly isTTY?: boolean
  readonly colour?: boolean
  readonly env?: NodeJS.ProcessEnv
  readonly streams?: (method: string, params: Record<string, unknown>, signal: AbortSignal | undefined) => AsyncIterable<unknown>
  /** Called with what ends the command, as Ctrl-C does. */
  readonly onInterrupt?: (interrupt: () => void) => void
}

/** One command line; the server is named by -s, so no config is looked for. */
export async function command(words: readonly string[], answers: Answers, settings: Settings = {}): Promise<Result> {
  return bare(['-s', 'unix:///nowhere/nsup.sock', ...words], answers, settings)
}

/** The same with nothing added to it. */
export async function bare(argv: readonly string[], answers: Answers, settings: Settings = {}): Promise<Result> {
  const asked: { method: string; params: unknown }[] = []
  const out = memory(settings)
  const err = memory(settings)
  const code = await run(argv, {
    out,
    err,
    env: settings.env ?? {},
    user: () => 'tester',
    onInterrupt: (listener) => settings.onInterrupt?.(listener),
    input: () => lines([]),
    terminal: () => ({ source: settings.keys ?? Readable.from([]), screen: settings.screen ?? out }),
    connect: () => fakeClient(answers, asked, settings),
  })
  return { code, out: out.text(), err: err.text(), asked }
}

function fakeClient(answers: Answers, asked: { method: string; params: unknown }[], settings: Settings): Client {
  const client = {
    url: 'unix:///nowhere/nsup.sock',
    call(method: string, params: Record<string, unknown>) {
      asked.push({ method, params })
      // A test tells the processes once; the shorter listing of them is the same table.
      const answer = answers[method] ?? (method === 'brief' ? answers['status'] : undefined)
      return answer === undefined
        ? Promise.reject(new Error(`the test has no answer to ${method}`))
        : Promise.resolve().then(() => answer(params))
    },
    async *stream(method: string, params: Record<string, unknown>, options: { signal?: AbortSignal; onOpen?: () => void }) {
      asked.push({ method, params })
      options.onOpen?.()
      yield* settings.streams?.(method, params, options.signal) ?? lines([])
    },
  }
  return client as unknown as Client
}

export async function* lines<T>(items: readonly T[]): AsyncGenerator<T> {
  for (const item of items) yield await Promise.resolve(item)
}

function memory({ columns = 80, isTTY = false, colour = false }: Settings): Output & { text(): string } {
  let text = ''
  return {
    isTTY, columns, colour,
    write: (piece) => void (text += piece),
    line: (piece) => void (text += `${piece}\n`),
    text: () => text,
  }
}

export function status(namespec: string, more: Partial<ProcessStatus> = {}): ProcessStatus {
  const [group = namespec, name = group] = namespec.split(':')
  return {
    group, name, namespec, program: name, state: 'RUNNING', statecode: 20, want: 'up', wanted_by: 'autostart', pid: 42, description: 'pid 42, uptime 0:00:09',
    reason: '', started_at: 1, stopped_at: 0, since: 1, uptime: 9000, restarts: 0, incarnation: 1, adopted: false, spawn_error: '',
    exit_status: 0, stop_requested_by: null, retry_in: null, hold: null, ready: false, health: 'unknown', ailment: '', job: null, next_run: 0, resting: false, task: null, crashes: 0, report: null, stdout_logfile: null, stderr_logfile: null, socket: null, priority: 999,
    group_priority: 999, cpu: null, memory: null, ...more,
  }
}

export function outcome(namespec: string, result = 'OK'): WireOutcome {
  const [group = namespec, name = group] = namespec.split(':')
  return { group, name, namespec, result, code: 0, description: '' }
}

export function lost(target: string, kind: Missing['kind'] = 'process', suggestion: string | null = null): Missing {
  return { target, kind, suggestion }
}

/** A temp folder with a programs.yaml in it, and an environment whose instances live there. */
export function project(): { readonly folder: string; readonly config: string; readonly env: NodeJS.ProcessEnv; readonly remove: () => void } {
  const folder = mkdtempSync(join(tmpdir(), 'nsup-cli-'))
  const config = join(folder, 'programs.yaml')
  writeFileSync(config, 'programs:\n  web:\n    command: cat\n')
  return { folder, config, env: { NSUP_HOME: join(folder, 'home') }, remove: () => rmSync(folder, { recursive: true, force: true }) }
}
