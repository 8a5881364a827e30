/** Reads the resource limits of a process as Linux writes them down. */

export interface Limit {
  /** Infinity: unlimited. */
  readonly soft: number
  readonly hard: number
}

export const openFilesRow = 'Max open files'

/** Reads one row of /proc/PID/limits. */
export function parseLimit(text: string, row: string): Limit | undefined {
  const line = text.split('\n').find((candidate) => candidate.startsWith(`${row} `))
  const [soft, hard] = line?.slice(row.length).trim().split(/\s+/) ?? []
  return soft === undefined || hard === undefined ? undefined : { soft: amount(soft), hard: amount(hard) }
}

function amount(word: string): number {
  return word === 'unlimited' ? Infinity : Number(word)
}
