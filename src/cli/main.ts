/** The entry of `nsup`: joins the command line with this process. Nothing else in the room touches `process`'s streams. */
import { userInfo } from 'node:os'
import { connect } from '../api/client.ts'
import { outputTo } from './output.ts'
import { run } from './run.ts'

function endOnBrokenPipe(error: NodeJS.ErrnoException): void {
  if (error.code === 'EPIPE') process.exit(0) // the reader has seen enough: `nsup status | head -1`
  process.stderr.write(`nsup: cannot write: ${error.message}\n`)
  process.exit(1)
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
  const reader = createInterface({ input: process.stdin, signal })
  yield* reader
}

process.stdout.on('error', endOnBrokenPipe)
const exitCode = await run(process.argv.slice(2), {
  out: outputTo(process.stdout, process.env),
  err: outputTo(process.stderr, process.env),
  env: process.env,
  user: userName,
  connect,
  input: inputLines,
  onInterrupt: (listener) => process.on('SIGINT', listener),
})
process.exit(exitCode)
