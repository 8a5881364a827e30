/**
 * Asks by a command: run without a shell, as the process's user and with its environment, in a group of its own that
 * is killed when it takes too long. Its last words are kept for the reason, and go nowhere else.
 */
import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import type { Probe } from '../core/care.ts'
import type { ProbeOrder } from '../core/probing.ts'
import { LastBytes } from '../lib/last-bytes.ts'
import { errorWords } from './error-words.ts'
import { changeUser } from './exec-chain.ts'
import { directoryProblem, findCommand } from './paths.ts'
import { userChange } from './users.ts'

type Answer = (problem: string | null) => void

/** What is left in its pipe is waited for so long after its end: somebody else may hold the pipe. Milliseconds. */
const lastWordsMax = 100
const shownMax = 300

/** The returned function kills what still runs of it. */
export function runProbeCommand(probe: Extract<Probe, { kind: 'exec' }>, order: ProbeOrder, answer: Answer): () => void {
  const started = launch(probe.argv, order)
  if (typeof started === 'string') {
    setImmediate(answer, started)
    return () => undefined
  }
  const said = new LastBytes()
  let alive = true
  let grace: NodeJS.Timeout | undefined
  for (const stream of [started.stdout, started.stderr]) stream?.on('data', (chunk: Buffer) => { said.push(chunk) })
  started.once('error', (error) => {
    alive = false
    answer(errorWords(error, probe.argv[0] ?? ''))
  })
  started.once('exit', (code, signal) => {
    alive = false
    // Not in libuv's handling of SIGCHLD, as in processes.ts: what follows may be a spawn.
    if (code === 0) return void setImmediate(answer, null)
    const how = signal === null ? `exit status ${String(code)}` : `terminated by ${signal}`
    const tell = (): void => {
      const line = said.lines(1)[0] ?? ''
      answer(line === '' ? how : `${how}: ${line.slice(0, shownMax)}`)
    }
    started.once('close', () => { setImmediate(tell) })
    grace = setTimeout(tell, lastWordsMax)
  })
  return () => {
    clearTimeout(grace)
    if (alive && started.pid !== undefined) killGroup(started.pid)
    for (const stream of [started.stdout, started.stderr]) stream?.destroy()
  }
}

function launch(argv: readonly string[], order: ProbeOrder): ChildProcess | string {
  const { environment, user, directory } = order.asProcess()
  const command = findCommand({ argv, commandProblem: null }, environment)
  if (!command.ok) return command.reason
  const folder = directoryProblem(directory)
  if (folder !== null) return folder.reason
  const change = userChange(user)
  if (!change.ok) return change.reason
  const chain = change.to === null ? { file: command.path, argv } : changeUser(change.to, command.path, argv, environment['PATH'])
  if (chain === null) return `couldn't setuid to ${user ?? ''}: the command setpriv is not installed`
  try {
    return spawn(chain.file, chain.argv.slice(1), {
      argv0: chain.argv[0] ?? chain.file,
      detached: true,
      env: environment,
      stdio: ['ignore', 'pipe', 'pipe'],
      ...(directory === null ? {} : { cwd: directory }),
    })
  } catch (error) {
    return errorWords(error as Error, argv[0] ?? '')
  }
}

/** Its end has not been seen, so nobody else can have its pid. */
function killGroup(leader: number): void {
  try {
    process.kill(-leader, 'SIGKILL')
  } catch {
    return // gone in this moment, or it has become another user's, whom only root could kill
  }
}
