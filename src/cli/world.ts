/** Joins the command line with this process. Nothing else in the room touches the process's streams. */
import { userInfo } from 'node:os'
import { connect } from '../api/client.ts'
import { outputTo } from './output.ts'
import type { Sink } from './output.ts'
import type { World } from './run.ts'

/** The world of this process; `exit` ends it. */
export function processWorld(exit: (code: number) => void): World {
  let listening = false
  const onError = (error: NodeJS.ErrnoException): void => {
    if (error.code === 'EPIPE') return exit(0) // the reader has seen enough: `nsup status | head -1`
    process.stderr.write(`nsup: cannot write: ${error.message}\n`)
    exit(1)
  }
  const stdout = (): Sink => {
    if (!listening) process.stdout.on('error', onError)
    listening = true
    return process.stdout
  }
  return {
    out: outputTo(stdout, process.env),
    err: outputTo(() => process.stderr, process.env),
    env: process.env,
    user: userName,
    connect,
    input: inputLines,
    terminal: () => ({ source: process.stdin, screen: stdout() }),
    onInterrupt: (listener) => process.on('SIGINT', listener),
  }
}

function userName(): string {
  try {
    return userInfo().username
  } catch {
    return String(process.getuid?.() ?? 'unknown') // a user without an entry in passwd
  }
}

async function* inputLines(signal: AbortSignal): AsyncGenerator<string> {
  const { createInterface } = await import('node:readline')
  yield* createInterface({ input: process.stdin, signal })
}
