/** `send NAME DATA`: sends a message to workers, and says to whom it went. */
import { Fault, faultRow } from '../../lib/fault.ts'
import type { Context } from '../command.ts'
import { CliError } from '../clierror.ts'
import { faultSentence } from '../failure.ts'
import { printJson } from '../outcomes.ts'

/** Bytes of a whole request. */
const requestMax = 1024 * 1024

export async function run(context: Context): Promise<number> {
  const { as, all } = context.options
  const [to = '', ...words] = context.words
  if (words.length === 0) throw new CliError('Error: send requires a name and what to say', 2, 'stdout')
  if (words.length > 1) throw new CliError(`Error: send takes one message; quote it: nsup send ${to} '${words.join(' ')}'`, 2, 'stdout')
  if (as !== undefined && as !== 'json' && as !== 'text') throw new CliError(`Error: --as is json or text, not '${String(as)}'`, 2, 'stdout')
  const text = words[0] === '-' ? await standardInput(context) : (words[0] ?? '')
  const request = { to, data: read(text, as), ...(all === true ? { mode: 'all' as const } : {}) }
  if (Buffer.byteLength(JSON.stringify(request)) > requestMax) throw tooLong()
  const client = await context.connect()
  const sent = await client.call('send', request).catch(refused)
  if (context.style === 'json') printJson(context, sent)
  else {
    for (const name of sent.to) context.out.line(`${name}: sent (message ${String(sent.n)})`)
    for (const { to: name, code, message } of sent.refused) context.err.line(`${name}: refused: ${message} (${code})`)
  }
  return sent.refused.length > 0 ? 7 : 0
}

/** JSON if it can be read as JSON, unless it is said what it is. */
function read(text: string, as: 'json' | 'text' | undefined): unknown {
  if (as === 'text') return text
  try {
    return JSON.parse(text)
  } catch (error) {
    if (as === 'json') throw new CliError(`Error: this is no JSON: ${(error as Error).message}`, 2, 'stdout')
    return text
  }
}

/** All of it, without the newline at its end; typed into the shell, lines. */
async function standardInput(context: Context): Promise<string> {
  const pieces: Buffer[] = []
  let size = 0
  const typed = context.ask !== undefined
  for await (const piece of typed ? context.input(context.interruptible()) : context.terminal().source) {
    const bytes = Buffer.from(typed ? `${piece as string}\n` : piece)
    pieces.push(bytes)
    size += bytes.length
    if (size > requestMax) throw tooLong()
  }
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(Buffer.concat(pieces)).replace(/\r?\n$/, '')
  } catch {
    throw new CliError('Error: this is no text in UTF-8, and a message is JSON or text: send base64, or the name of a file', 2, 'stdout')
  }
}

function tooLong(): CliError {
  return new CliError(`Error: a message takes at most ${String(requestMax)} bytes: write it to a file, and send the name of that`, 2, 'stdout')
}

/** Who cannot take it now, may later: that has a code of its own. */
function refused(error: unknown): never {
  if (error instanceof Fault && (error.fault === 'INBOX_FULL' || error.fault === 'NOT_RUNNING')) throw new CliError(faultSentence(error), faultRow(error.fault).exit, 'stdout')
  throw error
}
