/** What `ps` tells about processes, for machines without /proc (macOS). Slow: a process per question. */
import { spawnSync } from 'node:child_process'
import type { Seen } from '../core/family.ts'
import { parsePsLine } from './stat-line.ts'
import type { ProcessStat } from './stat-line.ts'

const columns = ['pid=', 'pgid=', 'sess=', 'stat=', 'lstart=', 'comm='].flatMap((name) => ['-o', name])

/** All processes, or the one with this pid, if it is there. */
export function psList(pid?: number): ProcessStat[] {
  const which = pid === undefined ? ['-ax'] : ['-p', String(pid)]
  return ps([...which, ...columns]).map(parsePsLine).filter((stat) => stat !== undefined)
}

/** Words of the environment of a process; values with blanks come apart, which a marker does not have. */
export function psEnvironments(pid: number): string[] {
  const words = process.platform === 'darwin' ? ['-wwE', '-o', 'command=', '-p', String(pid)] : ['eww', '-o', 'command=', '-p', String(pid)]
  return ps(words).flatMap((line) => line.split(' ')).filter((word) => word.includes('='))
}

/** All processes with their parents, as a tree needs them. */
export function psFamily(lines = ps(['-axww', ...['pid=', 'ppid=', 'user=', 'etime=', 'command='].flatMap((name) => ['-o', name])])): Map<number, Seen> {
  const found = new Map<number, Seen>()
  for (const line of lines) {
    const [, pid, parent, user = '', elapsed = '', command = ''] = /^\s*(\d+)\s+(\d+)\s+(\S+)\s+(\S+)\s+(.*)$/.exec(line) ?? []
    if (pid !== undefined) found.set(Number(pid), { parent: Number(parent), session: 0, tell: () => ({ user, uptime: elapsedOf(elapsed), command: command.slice(0, 1000) }) })
  }
  return found
}

/** `[[days-]hours:]minutes:seconds` in milliseconds. */
function elapsedOf(text: string): number | null {
  const [, days = '0', hours = '0', minutes, seconds] = /^(?:(?:(\d+)-)?(\d+):)?(\d+):(\d+)$/.exec(text) ?? []
  return minutes === undefined ? null : (((Number(days) * 24 + Number(hours)) * 60 + Number(minutes)) * 60 + Number(seconds)) * 1000
}

function ps(words: readonly string[]): string[] {
  const answer = spawnSync('ps', words, { encoding: 'utf8', env: { ...process.env, LC_ALL: 'C' }, stdio: ['ignore', 'pipe', 'ignore'] })
  return (answer.stdout ?? '').split('\n').filter((line) => line !== '')
}
