/** Reads one process out of the lines in which the kernel or `ps` show it. Pure text. */

/** One process as the kernel shows it. */
export interface ProcessStat {
  readonly pid: number
  readonly name: string
  /** One letter; `Z` is a zombie. */
  readonly state: string
  /** 0: none, or not known. */
  readonly parent: number
  readonly group: number
  readonly session: number
  /** Opaque: compared for equality. */
  readonly startTime: string
}

/** Reads one line of /proc/PID/stat. The name stands in parentheses and may itself hold any of `) (`. */
export function parseStat(line: string): ProcessStat | undefined {
  const open = line.indexOf('(')
  const close = line.lastIndexOf(')')
  if (open < 1 || close < open) return undefined
  const fields = line.slice(close + 2).split(' ')
  const [state, parent, group, session] = fields
  const startTime = fields[19]
  if (state === undefined || startTime === undefined) return undefined
  const name = Buffer.from(line.slice(open + 1, close), 'latin1').toString('utf8')
  return { pid: Number(line.slice(0, open)), name, state, parent: Number(parent), group: Number(group), session: Number(session), startTime }
}

/** `lstart` is five words (`Tue Nov 22 03:48:00 2022`); the command is what remains of the line. */
export function parsePsLine(line: string): ProcessStat | undefined {
  const match = /^\s*(\d+)\s+(\d+)\s+(\S+)\s+(\S+)\s+(\S+\s+\S+\s+\S+\s+\S+\s+\d+)\s+(.*)$/.exec(line)
  if (match === null) return undefined
  const [, pid, group, session, state = '', startTime = '', command = ''] = match
  return {
    pid: Number(pid),
    parent: 0,
    group: Number(group),
    // macOS shows no usable session number; a group is all that can be known there
    session: /^[1-9]\d*$/.test(session ?? '') ? Number(session) : Number(group),
    state: state.slice(0, 1),
    startTime: startTime.replace(/\s+/g, ' '),
    name: command.trim().replace(/^.*\//, ''),
  }
}
