/** `send NAME DATA`: sends a message to workers, and says to whom it went. */
import type { Context } from '../command.ts'
import { CliError } from '../clierror.ts'
import { printJson } from '../outcomes.ts'

export async function run(context: Context): Promise<number> {
  const { as, all } = context.options
  const [to = '', ...words] = context.words
  if (words.length === 0) throw new CliError('Error: send requires a name and what to say', 2, 'stdout')
  if (words.length > 1) throw new CliError(`Error: send takes one message; quote it: nsup send ${to} '${words.join(' ')}'`, 2, 'stdout')
  if (as !== undefined && as !== 'json' && as !== 'text') throw new CliError(`Error: --as is json or text, not '${String(as)}'`, 2, 'stdout')
  const text = words[0] === '-' ? await standardInput(context) : (words[0] ?? '')
  const data = read(text, as)
  const client = await context.connect()
  const sent = await client.call('send', { to, data, ...(all === true ? { mode: 'all' } : {}) })
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

async function standardInput(context: Context): Promise<string> {
  const lines: string[] = []
  for await (const line of context.input(context.interruptible())) lines.push(line)
  return lines.join('\n')
}
