/**
 * Runs helper commands: each in a session of its own, without a shell, its output through a FIFO that outlives the
 * master as those of workers do, its whole group killed when its time is up. Knows nothing of what the commands are for.
 */
import type { ChildProcess } from 'node:child_process'
import { closeSync } from 'node:fs'
import type { CommandOrder, Outside } from '../core/outside.ts'
import type { ChunkReader } from '../core/sinks.ts'
import { errorCode } from '../lib/errno.ts'
import { LineSplitter } from '../lib/line-splitter.ts'
import type { Chain } from './exec-chain.ts'
import { fifoPorts } from './fifo-ports.ts'
import { sideChain, killBeside, spawnBeside } from './side-process.ts'

/** Of what a command leaves in its FIFO at its end. */
const drainMax = 128 * 1024
/** Lines of one run; a command that floods must not fill the log of somebody else. */
const linesMax = 1000

export const runCommand: Outside['run'] = (order, onEnd) => {
  const chain = sideChain(order)
  const child = typeof chain === 'string' ? chain : launch(order, chain)
  if (typeof child === 'string') {
    setImmediate(onEnd, child)
    return { kill: () => undefined }
  }
  const { process: started, output } = child
  let ended = false
  let gone = false
  let late = false
  const kill = (): void => {
    if (gone || started.pid === undefined) return
    const errno = killBeside(started.pid)
    if (errno !== null && errno !== 'ESRCH') process.emitWarning(`a helper command could not be killed: ${errno}`)
  }
  const alarm = setTimeout(() => {
    late = true
    kill()
  }, order.timeout)
  const finish = (problem: string | null): void => {
    if (ended) return
    ended = true
    clearTimeout(alarm)
    output?.close()
    onEnd(problem)
  }
  started.once('error', (error) => { finish(`it cannot be run: ${errorCode(error)}`) })
  started.once('exit', (code, signal) => {
    // Its pid is free now, so nobody may be killed by it. Not in libuv's handling of SIGCHLD: see processes.ts.
    clearTimeout(alarm)
    gone = true
    setImmediate(() => {
      if (late) finish(`it was killed: it did not end within ${String(order.timeout / 1000)} s`)
      else if (signal !== null) finish(`it was terminated by ${signal}`)
      else finish(code === 0 ? null : `exit status ${String(code)}`)
    })
  })
  return { kill }
}

interface Output {
  readonly writer: number
  close(): void
}

function launch(order: CommandOrder, chain: Chain): { readonly process: ChildProcess; readonly output: Output | null } | string {
  const { umask } = order
  const output = openOutput(order)
  const before = umask === null ? null : process.umask(umask)
  try {
    const stdout = output?.writer ?? 'ignore'
    return { process: spawnBeside(chain, order, ['ignore', stdout, stdout]), output }
  } catch (error) {
    output?.close()
    return `it cannot be run: ${errorCode(error)}`
  } finally {
    if (before !== null) process.umask(before)
  }
}

/** A command runs also where its output cannot be had: no descriptor is left, or no room for a FIFO. */
function openOutput({ output: path, user, onLine }: CommandOrder): Output | null {
  let writer = -1
  try {
    const made = fifoPorts.makeFifos([path])
    if (!made.ok) throw new Error(made.reason)
    if (user !== null) fifoPorts.give([path], user)
    const fd = fifoPorts.openReader(path)
    try {
      writer = fifoPorts.openWriter(path)
    } catch (error) {
      closeSync(fd)
      throw error
    }
    return reading(fd, writer, onLine)
  } catch (error) {
    onLine(`(its output is lost: ${errorCode(error)})`)
    return null
  }
}

function reading(fd: number, writer: number, onLine: (line: string) => void): Output {
  let lines = 0
  const splitter = new LineSplitter((line) => {
    lines += 1
    if (lines <= linesMax) onLine(Buffer.from(line).toString('utf8').replace(/\r$/, ''))
    else if (lines === linesMax + 1) onLine(`(more than ${String(linesMax)} lines: the rest is left out)`)
  })
  const reader: ChunkReader = fifoPorts.read(fd, (chunk) => { splitter.push(chunk) }, (reason) => { onLine(`(its output is lost: ${reason})`) })
  return {
    writer,
    close: () => {
      reader.drain(drainMax, false)
      splitter.flush()
      reader.close()
      closeSync(writer)
    },
  }
}
