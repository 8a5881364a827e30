/**
 * When changes of files become a restart: after a moment without further ones, and not again and again for ever. A
 * program that writes into the folder that is watched for it would otherwise restart itself as fast as it can. Pure;
 * times are milliseconds of the monotonic clock.
 */

/** So many restarts within `period` are a developer at work; more are a storm, and each next one waits longer. */
const usual = 10
const period = 60_000
/** How long after the last restart the first one of a storm waits, and the longest such wait. */
const firstWait = 10_000
const longestWait = 60_000
/** Changes that never cease are not waited for longer than this many delays, and 10 s. */
const patienceFactor = 20
const patienceMax = 10_000
/** Files that are counted; who changes most is among the first. */
const countedMax = 100

/** What is remembered of the changes for one program. */
export interface Pace {
  /** The first and the last change for which there was no restart yet; `null`: none. */
  first: number | null
  last: number
  /** The file of the first of them, and how many other files there were. */
  file: string
  others: Set<string>
  /** The restarts within the last period, oldest first. */
  restarts: number[]
  /** What the next restart of a storm waits; 0: there is none. */
  wait: number
  /** How often each file has changed since it was last calm. */
  counts: Map<string, number>
}

export function newPace(): Pace {
  return { first: null, last: 0, file: '', others: new Set(), restarts: [], wait: 0, counts: new Map() }
}

/** A file has changed. */
export function noteChange(pace: Pace, file: string, now: number): void {
  if (pace.first === null) {
    pace.first = now
    pace.file = file
  } else if (file !== pace.file && pace.others.size < countedMax) pace.others.add(file)
  pace.last = now
  const count = pace.counts.get(file) ?? (pace.counts.size < countedMax ? 0 : null)
  if (count !== null) pace.counts.set(file, count + 1)
}

/** When the restart is due; `null`: nothing has changed. */
export function restartDue(pace: Pace, delay: number): number | null {
  const quiet = quietAt(pace, delay)
  return quiet === null ? null : Math.max(quiet, earliest(pace))
}

function quietAt({ first, last }: Pace, delay: number): number | null {
  if (first === null) return null
  return Math.min(last + delay, first + Math.max(delay, Math.min(delay * patienceFactor, patienceMax)))
}

function earliest({ restarts, wait }: Pace): number {
  return (restarts.at(-1) ?? -Infinity) + wait
}

/** What a restart is for. */
export interface Restart {
  /** `src/app.js changed (watch)`. */
  readonly reason: string
  /** A storm has begun with it: a sentence about that, once. */
  readonly storm: string | null
}

/** The restart is made now; `counts` is false where nobody was there to be restarted. */
export function takeRestart(pace: Pace, delay: number, now: number, counts: boolean): Restart {
  const held = (quietAt(pace, delay) ?? now) < earliest(pace)
  const more = pace.others.size
  const others = more === 1 ? '1 other' : `${more < countedMax ? '' : 'at least '}${String(more)} others`
  const reason = `${pace.file}${more === 0 ? '' : ` and ${others}`} changed (watch)`
  pace.first = null
  pace.others = new Set()
  return { reason, storm: counts ? countRestart(pace, now, held) : null }
}

function countRestart(pace: Pace, now: number, held: boolean): string | null {
  pace.restarts = [...pace.restarts.filter((at) => at > now - period), now]
  if (pace.wait > 0 && held) {
    pace.wait = Math.min(longestWait, pace.wait * 2)
  } else if (pace.wait > 0 || pace.restarts.length === 1) { // nothing had changed for longer than the wait: it is over
    pace.wait = 0
    pace.restarts = [now]
    pace.counts = new Map([[pace.file, 1]])
  } else if (pace.restarts.length >= usual) {
    pace.wait = firstWait
    return stormWords(pace)
  }
  return null
}

function stormWords(pace: Pace): string {
  const [file, count] = [...pace.counts].reduce((most, one) => (one[1] > most[1] ? one : most), ['', 0])
  return `${String(usual)} restarts by watch within ${String(period / 1000)} s: the next ones wait ${String(firstWait / 1000)} s and more; `
    + `${file} changed most (${String(count)} times). If the program writes it itself, name it in watch_ignore`
}
