/**
 * `node --import nsup/preload app.js`: an unmodified program is ready when it listens, shows that its event loop turns, and may
 * speak as PM2 has taught it: `process.send('ready')`, and the message `shutdown`. Asked for its health it says what can be said of
 * any process. Nothing else of the program is changed, and nothing here keeps it alive.
 */
import { Server } from 'node:net'
import { isMainThread } from 'node:worker_threads'
import { processBasics } from './account.ts'
import { report } from './main.ts'

const asking = ['SIGTERM', 'SIGINT'] as const

// Node loads this into each thread of the program; one that turns says nothing of the one that hangs.
if (isMainThread) {
  report.heartbeat()
  answerHealth()
}
readyAtListen()
hearReady()
passShutdownOn()

/** http, https, http2 and whatever is built on them listen by this method. */
function readyAtListen(): void {
  const { listen } = Server.prototype as { listen: (this: Server, ...args: unknown[]) => Server }
  Server.prototype.listen = function (this: Server, ...args: unknown[]): Server {
    Server.prototype.listen = listen
    this.once('listening', () => { report.ready() })
    return listen.apply(this, args)
  }
}

/** Else the question (SIGUSR1) would make Node open its debugger. Who has an answer of its own gives that one. */
function answerHealth(): void {
  if (!report.isOpen) return
  process.on('SIGUSR1', () => {
    if (process.listenerCount('SIGUSR1') === 1) report.health(processBasics())
  })
}

/** Without PM2 (and without a parent that is Node) a program has no `process.send`. */
function hearReady(): void {
  const { send: toParent } = process as { send?: (this: NodeJS.Process, ...args: unknown[]) => boolean }
  const send = (...args: unknown[]): boolean => {
    if (args[0] === 'ready') report.ready()
    if (toParent !== undefined) return toParent.apply(process, args)
    const done = args.findLast((arg) => typeof arg === 'function')
    if (done !== undefined) process.nextTick(done, null)
    return true
  }
  process.send = send
}

/** Only for who listens to messages and has no parent that sends them: a signal that somebody handles ends nobody. */
function passShutdownOn(): void {
  if (process.channel !== undefined && process.channel !== null) return
  const pass = (): void => { process.emit('message', 'shutdown', undefined) }
  process.on('newListener', (event) => {
    if (event !== 'message' || process.listenerCount('message') > 0) return
    for (const signal of asking) process.on(signal, pass)
  })
  process.on('removeListener', (event) => {
    if (event !== 'message' || process.listenerCount('message') > 0) return
    for (const signal of asking) process.off(signal, pass)
  })
}
