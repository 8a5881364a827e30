/** A real child of a test: its lines as they come, its signals, its exit. Not for the supervisor under test. */
import { spawn } from 'node:child_process'
import { createInterface } from 'node:readline'

/** One line of a shop program, parsed. */
export type Line = Readonly<Record<string, unknown>> & { readonly message: string }

export interface Child {
  readonly pid: number
  /** Every line so far. */
  readonly lines: readonly Line[]
  /** Resolves with the first line of that message not yet given out; rejects when the child ends before. */
  next(message: string): Promise<Line>
  /** Calls back at every further line and at the end. */
  onLine(callback: () => void): void
  signal(name: NodeJS.Signals): void
  readonly ended: Promise<{ readonly code: number | null; readonly signal: string | null; readonly stderr: string }>
}

/** Starts a program with these variables beside the test's own. */
export function start(argv: readonly string[], env: Readonly<Record<string, string>>): Child {
  const [command = '', ...args] = argv
  const child = spawn(command, args, { env: { ...process.env, ...env }, stdio: ['ignore', 'pipe', 'pipe'] })
  const lines: Line[] = []
  const given = new Set<Line>()
  let stderr = ''
  let over = false
  const waiting = new Set<() => void>()
  const wakeAll = () => {
    for (const wake of waiting) wake()
  }
  child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()))
  createInterface({ input: child.stdout }).on('line', (text) => {
    lines.push(JSON.parse(text) as Line)
    wakeAll()
  })
  const ended = new Promise<Awaited<Child['ended']>>((resolve, reject) => {
    child.once('error', reject)
    child.once('close', (code, signal) => {
      over = true
      wakeAll()
      resolve({ code, signal, stderr })
    })
  })
  return {
    pid: child.pid ?? 0,
    lines,
    ended,
    onLine: (callback) => void waiting.add(callback),
    signal: (name) => void child.kill(name),
    next: (message) =>
      new Promise((resolve, reject) => {
        const look = () => {
          const line = lines.find((each) => each.message === message && !given.has(each))
          if (line === undefined && !over) return
          waiting.delete(look)
          if (line === undefined) return reject(new Error(`ended without "${message}": ${JSON.stringify(lines)} ${stderr}`))
          given.add(line)
          resolve(line)
        }
        waiting.add(look)
        look()
      }),
  }
}
