/** What `ps` tells about processes, for machines without /proc (macOS). Slow: a process per question. */
import { spawnSync } from 'node:child_process'
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

function ps(words: readonly string[]): string[] {
  const answer = spawnSync('ps', words, { encoding: 'utf8', env: { ...process.env, LC_ALL: 'C' }, stdio: ['ignore', 'pipe', 'ignore'] })
  return (answer.stdout ?? '').split('\n').filter((line) => line !== '')
}
