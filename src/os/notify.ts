/**
 * Tells the service manager that started this process how it is, by the protocol of sd_notify. Node cannot send to a
 * datagram socket, so systemd's own program does; it may take its time, nobody waits for it.
 */
import { spawn } from 'node:child_process'

/** `READY=1` and its like; a sentence to `onProblem` where it cannot be told. */
export type Notify = (state: 'READY=1' | 'RELOADING=1' | 'STOPPING=1', onProblem: (sentence: string) => void) => void

/** Takes the address out of the environment, so that no worker speaks in the name of the service. */
export function takeNotify(env: NodeJS.ProcessEnv): Notify {
  const socket = env['NOTIFY_SOCKET']
  delete env['NOTIFY_SOCKET']
  if (socket === undefined || socket === '') return () => undefined
  return (state, onProblem) => {
    const complain = (why: string): void => {
      onProblem(`the service manager is not told ${state}: ${why}`)
    }
    const child = spawn('systemd-notify', [state], { env: { ...env, NOTIFY_SOCKET: socket }, stdio: 'ignore' })
    child.once('error', ({ message }) => {
      complain(message)
    })
    child.once('exit', (code, signal) => {
      if (code !== 0) complain(`systemd-notify ended with ${String(code ?? signal)}`)
    })
  }
}
