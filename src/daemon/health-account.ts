/** Tells whether what a worker has written is an account of its health, whoever taught it to write that. */

export type Account = Readonly<Record<string, unknown>>

/** What workers that answer to a signal tell of themselves. */
const accountKeys = ['processed_count', 'is_processing', 'last_activity', 'uptime', 'status', 'healthy', 'memory_usage']
/** Loggers put the fields of a line into one of these. */
const fieldKeys = ['context', 'health', 'data', 'fields', 'extra']
/** One of them may stand in any line of JSON. */
const keysNeeded = 2

/** A line of output: an object with two of what such accounts hold, at its top or in the fields of a logger; with text before it or after it. */
export function readAccount(line: string): Account | null {
  const [from, to] = [line.indexOf('{'), line.lastIndexOf('}')]
  if (from < 0 || to < from || !accountKeys.some((key) => line.includes(key))) return null
  const said = parse(line.slice(from, to + 1))
  if (said === null) return null
  return [said, ...fieldKeys.map((key) => said[key])].filter(isObject).find(isAccount) ?? null
}

/** A block between the tokens of PROCESS_COMMUNICATION: it is meant for the master, so any object counts. */
export function readBlock(text: string): Account | null {
  return readAccount(text.replace(/\s+/g, ' ')) ?? parse(text)
}

function isAccount(value: Account): boolean {
  return accountKeys.filter((key) => key in value).length >= keysNeeded
}

function parse(text: string): Account | null {
  try {
    const value: unknown = JSON.parse(text)
    return isObject(value) ? value : null
  } catch {
    return null
  }
}

function isObject(value: unknown): value is Account {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
