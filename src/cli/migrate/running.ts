/** Asks a supervisord that runs, or is installed: its version, its pid, and by that the config that it was started with. */
import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync, readlinkSync } from 'node:fs'
import { basename, resolve } from 'node:path'
import type { Endpoint } from '../../api/client.ts'
import { exchange } from '../../api/exchange.ts'
import type { Credentials } from '../../config/config.ts'

export interface RunningSupervisor {
  readonly version: string
  readonly pid: number
}

/** The pid of the supervisord that has written this pidfile, if it still runs. */
export function pidIn(pidfile: string): number | undefined {
  try {
    const pid = Number(readFileSync(pidfile, 'utf8').trim())
    const words = Number.isSafeInteger(pid) && pid > 0 ? readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0') : []
    return words.some((word) => basename(word) === 'supervisord') ? pid : undefined
  } catch {
    return undefined // no pidfile, or nobody behind it
  }
}

/** The version of the supervisord that is installed here. */
export function installedVersion(env: NodeJS.ProcessEnv): string | undefined {
  const { stdout } = spawnSync('supervisord', ['--version'], { env, encoding: 'utf8', timeout: 5000, stdio: ['ignore', 'pipe', 'ignore'] })
  return /^\d+(?:\.\w+)+/.exec(stdout ?? '')?.[0]
}

/** The longest answer that is read, in bytes. */
const answerMax = 64 * 1024

/** Who answers at the endpoint; `undefined` when nobody does, or nobody who speaks XML-RPC to us. */
export async function runningAt(endpoint: Endpoint, credentials: Credentials | null): Promise<RunningSupervisor | undefined> {
  const version = await ask(endpoint, credentials, 'supervisor.getSupervisorVersion')
  const pid = Number(await ask(endpoint, credentials, 'supervisor.getPID'))
  return version === undefined || !(pid > 0) ? undefined : { version, pid }
}

/** The config of a supervisord of this machine; `undefined` when its command line cannot be read or names none that is there. */
export function configOf(pid: number): string | undefined {
  try {
    const words = readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0')
    const folder = readlinkSync(`/proc/${pid}/cwd`)
    const named = words.flatMap((word, at) => {
      if (word === '-c' || word === '--configuration') return [words[at + 1] ?? '']
      return /^-c(.+)|^--configuration=(.+)/.exec(word)?.slice(1).filter(Boolean) ?? []
    })
    const usual = ['supervisord.conf', 'etc/supervisord.conf', '/etc/supervisord.conf', '/etc/supervisor/supervisord.conf']
    return (named.length > 0 ? named : usual).map((path) => resolve(folder, path)).find((path) => existsSync(path))
  } catch {
    return undefined // not of this machine, or not ours to look at
  }
}

async function ask(endpoint: Endpoint, credentials: Credentials | null, method: string): Promise<string | undefined> {
  const body = `<?xml version="1.0"?><methodCall><methodName>${method}</methodName><params/></methodCall>`
  const asked = exchange(endpoint, {
    verb: 'POST',
    path: '/RPC2',
    headers: { host: 'localhost', 'content-type': 'text/xml', 'content-length': String(body.length), ...authorization(credentials) },
    body,
  })
  const late = setTimeout(() => asked.close(new Error('no answer')), 2000)
  try {
    const answer = await asked.answer
    let text = ''
    for await (const chunk of answer.body) {
      text += chunk.toString('utf8')
      if (text.length > answerMax) return undefined
    }
    return /<methodResponse>.*?<value>\s*<(string|int|i4)>([^<]*)<\/\1>/s.exec(text)?.[2]
  } catch {
    return undefined // nobody there, or nobody who answers: then nothing is known of it
  } finally {
    clearTimeout(late)
  }
}

function authorization(credentials: Credentials | null): Record<string, string> {
  if (credentials === null || credentials.password.startsWith('{SHA}')) return {}
  return { authorization: `Basic ${Buffer.from(`${credentials.username}:${credentials.password}`).toString('base64')}` }
}
