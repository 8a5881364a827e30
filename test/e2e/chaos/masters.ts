/** One master after another on the same place: starts them, waits until a log has grown, ends them. */
import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { readdirSync, readFileSync, statSync, watch } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { root } from '../root.ts'
import type { Place } from '../harness.ts'

/** The worker that counts. */
export const counts = fileURLToPath(new URL('counts.mjs', import.meta.url))

/** Starts a master; it may be killed at any moment from now on, also before it serves. */
export function startMaster(place: Place): ChildProcess {
  return spawn(process.execPath, [join(root, 'bin', 'nsupd'), '-n', '-s', '-c', place.config], {
    cwd: place.dir,
    env: { ...process.env, ...place.env },
    stdio: ['ignore', 'ignore', 'inherit'],
  })
}

/** Resolves with the signal or the code when the master has ended. */
export function ended(master: ChildProcess): Promise<string> {
  return new Promise((resolve) => {
    if (master.exitCode !== null || master.signalCode !== null) resolve(String(master.signalCode ?? master.exitCode))
    else master.once('exit', (code, signal) => resolve(String(signal ?? code)))
  })
}

/** Resolves when the log is `bytes` longer than `from`; rejects when the master ends before. */
export function grownBy(log: string, from: number, bytes: number, master: ChildProcess): Promise<void> {
  return new Promise((resolve, reject) => {
    const finish = (how: () => void): void => {
      watcher.close()
      master.off('exit', gone)
      how()
    }
    const gone = (): void => finish(() => reject(new Error(`the master ended by itself: ${String(master.signalCode ?? master.exitCode)}`)))
    const look = (): void => {
      if ((statSync(log, { throwIfNoEntry: false })?.size ?? 0) >= from + bytes) finish(resolve)
    }
    const watcher = watch(dirname(log), (_, name) => {
      if (name === basename(log)) look()
    })
    master.once('exit', gone)
    look()
  })
}

/** A worker of the test's own, so that moments can be drawn as numbers of lines, whatever the masters do. */
export class Metronome {
  readonly #worker = spawn(process.execPath, [counts], { stdio: ['ignore', 'pipe', 'inherit'] })

  /** Resolves when so many more lines have been written. */
  lines(count: number): Promise<void> {
    return new Promise((resolve) => {
      let seen = 0
      const take = (chunk: Buffer): void => {
        seen += chunk.toString('latin1').split('\n').length - 1
        if (seen < count) return
        this.#worker.stdout.off('data', take)
        resolve()
      }
      this.#worker.stdout.on('data', take)
    })
  }

  close(): void {
    this.#worker.kill('SIGKILL')
  }
}

/** Pids by process name of everything alive that was spawned by a master of this run folder. */
export function marked(runDir: string): Map<string, number[]> {
  const found = new Map<string, number[]>()
  for (const pid of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
    const words = environOf(pid)
    if (!words.includes(`NSUP_RUN=${runDir}`)) continue
    const name = words.find((word) => word.startsWith('NSUP_PROCESS='))?.slice('NSUP_PROCESS='.length) ?? ''
    found.set(name, [...(found.get(name) ?? []), Number(pid)])
  }
  return found
}

function environOf(pid: string): string[] {
  try {
    return readFileSync(`/proc/${pid}/environ`, 'utf8').split('\0')
  } catch {
    return [] // gone meanwhile, or somebody else's
  }
}
