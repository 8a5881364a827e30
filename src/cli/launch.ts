/** Starts a master in the background: runs nsupd, which returns when its daemon answers or says why it cannot. */
import { spawn } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { openFilesRow, parseLimit } from '../lib/limits.ts'

/** As in bin/nsupd: a master makes little garbage. */
export const masterFlags = ['--max-semi-space-size=1', '--v8-pool-size=1']

export interface Launched {
  readonly ok: boolean
  /** What nsupd wrote while it started. */
  readonly said: string
}

/** The master's command, beside this one; from the source tree one folder further up. */
export function nsupd(): string {
  const bundled = fileURLToPath(new URL('../bin/nsupd', import.meta.url))
  return existsSync(bundled) ? bundled : fileURLToPath(new URL('../../bin/nsupd', import.meta.url))
}

/**
 * The soft limit of open files of whoever runs this command, which is what its workers should get: Node has raised that
 * of this process. Nothing where the two have not the same hard limit, since then somebody between them has set it.
 */
export function openFilesBefore(): { readonly NSUP_NOFILE?: string } {
  const [before, own] = [process.ppid, process.pid].map((pid) => {
    try {
      return parseLimit(readFileSync(`/proc/${pid}/limits`, 'utf8'), openFilesRow)
    } catch {
      return undefined // no /proc, or not ours to look at
    }
  })
  return before === undefined || before.hard !== own?.hard || before.soft === Infinity ? {} : { NSUP_NOFILE: String(before.soft) }
}

/** Resolves when nsupd has returned: exit code 0 means that a master answers. */
export function launchMaster(configFile: string, env: NodeJS.ProcessEnv, command = nsupd()): Promise<Launched> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [...masterFlags, command, '-c', configFile], { env: { ...env, ...openFilesBefore(), NSUP_BACKGROUND: '1' }, stdio: ['ignore', 'pipe', 'pipe'] })
    let said = ''
    const listen = (chunk: string): void => void (said += chunk)
    child.stdout.setEncoding('utf8').on('data', listen)
    child.stderr.setEncoding('utf8').on('data', listen)
    child.once('error', reject)
    // `exit`, not `close`: a daemon that kept our pipes open would make us wait for its whole life
    child.once('exit', (code) => {
      child.stdout.destroy()
      child.stderr.destroy()
      resolve({ ok: code === 0, said })
    })
  })
}
