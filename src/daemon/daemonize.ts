/**
 * Goes into the background: Node cannot fork, so the master is started once more, in a session of its own, and
 * tells over descriptor 3 how its start went. The foreground process waits for that and passes it on.
 */
import { spawn } from 'node:child_process'
import { closeSync, writeSync } from 'node:fs'

/** Set in the environment of the background master. */
export const daemonMark = 'NSUP_DAEMONIZED'

/** Set by who starts a master that must go into the background, whatever the config says about `nodaemon`. */
export const forceDaemonMark = 'NSUP_BACKGROUND'

/** Descriptor over which the background master reports to the one that started it. */
const reportFd = 3

interface Report {
  /** For stderr. */
  readonly text: string
  /** Present in the last report: the exit status of the foreground process. */
  readonly exit?: number
}

/** Starts the master in the background; resolves with the exit status for this process. Texts go to `say` as they come. */
export function startInBackground(args: readonly string[], say: (text: string) => void): Promise<number> {
  const script = process.argv[1] ?? ''
  const child = spawn(process.execPath, [...process.execArgv, script, ...args], {
    detached: true,
    stdio: ['ignore', 'ignore', 'ignore', 'pipe'],
    env: { ...process.env, [daemonMark]: '1', [forceDaemonMark]: undefined },
  })
  return new Promise((resolve) => {
    let exit: number | undefined
    let pending = ''
    const reports = child.stdio[reportFd] as NodeJS.ReadableStream
    reports.setEncoding('utf8')
    reports.on('data', (chunk: string) => {
      const lines = (pending + chunk).split('\n')
      pending = lines.pop() ?? ''
      for (const line of lines) {
        const report = JSON.parse(line) as Report
        if (report.text !== '') say(report.text)
        exit = report.exit ?? exit
      }
    })
    reports.on('close', () => {
      child.unref()
      if (exit === undefined) say('Error: the master ended before it could say why\n')
      resolve(exit ?? 1)
    })
    child.on('error', (error) => {
      say(`Error: could not start the master in the background: ${error.message}\n`)
      resolve(1)
    })
  })
}

/** How a master tells its start: on stderr in the foreground, over the pipe in the background. */
export interface Reporter {
  /** Passes a text on. */
  say(text: string): void
  /** The start is over; later texts go nowhere but to the log. */
  done(exit: number): void
}

export function reporterOf(background: boolean): Reporter {
  if (!background) {
    return {
      say: (text) => {
        process.stderr.write(text)
      },
      done: () => undefined,
    }
  }
  let open = true
  const send = (report: Report): void => {
    if (!open) return
    try {
      writeSync(reportFd, `${JSON.stringify(report)}\n`)
    } catch {
      open = false // who started us has gone; the log has it all
    }
  }
  return {
    say: (text) => {
      send({ text })
    },
    done: (exit) => {
      send({ text: '', exit })
      if (open) closeSync(reportFd)
      open = false
    },
  }
}
