/**
 * Asks by a command: run without a shell, as the process's user and with its environment, in a group of its own that
 * is killed when it takes too long. Its last words are kept for the reason, and go nowhere else.
 */
import type { ChildProcess } from 'node:child_process'
import type { Probe } from '../core/care.ts'
import type { ProbeOrder } from '../core/probing.ts'
import { LastBytes } from '../lib/last-bytes.ts'
import { errorWords } from './error-words.ts'
import { sideChain, killBeside, spawnBeside } from './side-process.ts'

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
    // It may be gone in this moment, or have become another user's, whom only root could kill.
    if (alive && started.pid !== undefined) killBeside(started.pid)
    for (const stream of [started.stdout, started.stderr]) stream?.destroy()
  }
}

function launch(argv: readonly string[], order: ProbeOrder): ChildProcess | string {
  const command = { argv, ...order.asProcess() }
  const chain = sideChain(command)
  if (typeof chain === 'string') return chain
  try {
    return spawnBeside(chain, command, ['ignore', 'pipe', 'pipe'])
  } catch (error) {
    return errorWords(error as Error, argv[0] ?? '')
  }
}
