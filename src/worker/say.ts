/** The worker's own log: one JSON object a line on stdout. What makes it end early is said on stderr too, where nsup looks for reasons. */

export type Fields = Readonly<Record<string, unknown>>

/** Writes one line. What JSON cannot express is named instead of thrown. */
export function say(message: string, fields: Fields = {}): void {
  process.stdout.write(`${line({ message, ...fields })}\n`)
}

/** Says why the worker ends although nobody asked for it, or without having done all. */
export function complain(message: string, fields: Fields): void {
  say(message, fields)
  const { error } = fields
  process.stderr.write(`${message}${typeof error === 'string' ? `: ${error}` : ''}\n`)
}

/** An error as fields of a line. */
export function errorFields(error: unknown): Fields {
  return error instanceof Error ? { error: `${error.name}: ${error.message}`, stack: error.stack } : { error: String(error) }
}

function line(fields: Fields): string {
  try {
    return JSON.stringify(fields)
  } catch (error) {
    return JSON.stringify({ message: fields['message'], fields_error: String(error) })
  }
}
