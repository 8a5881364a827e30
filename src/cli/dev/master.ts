/**
 * The master that `nsup dev` runs for itself: a process in a session of its own, so that the Ctrl-C of the terminal does
 * not reach it, tied to this one by a pipe. When this process is gone, in whatever way, the pipe ends and it stops all.
 */
import { spawn } from 'node:child_process'
import type { Socket } from 'node:net'
import type { DevWishes } from '../../config/development.ts'
import { masterFlags, nsupd, openFilesBefore } from '../launch.ts'

export interface DevOrder {
  readonly configFile: string
  readonly home: string
  readonly env: NodeJS.ProcessEnv
  readonly wishes: DevWishes
}

export interface DevMaster {
  readonly pid: number
  /** Resolves with what it said when it could not start, or `null` when it runs. */
  readonly started: Promise<string | null>
  /** Resolves when it has ended: its exit code, or the name of the signal. */
  readonly ended: Promise<number | string>
  /** Asks it to stop all and end; `now`: without any grace. */
  stop(how: 'stop' | 'now'): void
}

interface Report {
  readonly text: string
  readonly exit?: number
}

/** Starts it. */
export function startMaster({ configFile, home, env, wishes }: DevOrder): DevMaster {
  const child = spawn(process.execPath, [...masterFlags, nsupd(), '-c', configFile], {
    detached: true,
    stdio: ['ignore', 'ignore', 'ignore', 'pipe', 'pipe'],
    env: { ...env, ...openFilesBefore(), NSUP_HOME: home, NSUP_DEV: JSON.stringify({ ...wishes, home }), NSUP_DAEMONIZED: '1', NSUP_BACKGROUND: undefined },
  })
  const [, , , reports, lifeline] = child.stdio as unknown as readonly [null, null, null, Socket, Socket]
  lifeline.on('error', () => undefined) // it has gone, which `ended` tells
  return {
    pid: child.pid ?? 0,
    started: startOf(reports),
    ended: new Promise((resolve) => {
      child.once('exit', (code, signal) => { resolve(code ?? signal ?? 1) })
      child.once('error', () => { resolve(1) })
    }),
    stop: (how) => void lifeline.write(`${how}\n`),
  }
}

/** What came over the pipe on which a master tells how its start went. */
function startOf(reports: Socket): Promise<string | null> {
  return new Promise((resolve) => {
    let said = ''
    let pending = ''
    let exit: number | undefined
    reports.setEncoding('utf8').on('data', (chunk: string) => {
      const lines = (pending + chunk).split('\n')
      pending = lines.pop() ?? ''
      for (const line of lines) {
        const report = JSON.parse(line) as Report
        said += report.text
        exit = report.exit ?? exit
      }
    })
    reports.on('error', () => undefined) // `close` comes after it
    reports.once('close', () => { resolve(exit === 0 ? null : said || 'the master ended before it could say why\n') })
  })
}
