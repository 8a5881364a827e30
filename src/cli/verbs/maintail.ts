/** `maintail [-f] [-n LINES | -BYTES]`: the master's own log. */
import type { Context } from '../command.ts'
import { Fault } from '../../lib/fault.ts'
import { CliError } from '../clierror.ts'
import { follow } from '../follow.ts'
import { banner, logFault, printTail, readAmount } from '../logreading.ts'
import { printJson } from '../outcomes.ts'

export async function run(context: Context): Promise<number> {
  const { amount, words } = readAmount(context, { bytes: context.options.follow ? 1024 : 1600 })
  if (words.length > 0) throw new CliError(`Error: bad argument ${words.join(' ')}`, 1, 'stdout')
  const client = await context.connect()
  try {
    if (!context.options.follow) {
      const result = await client.call('maintail', amount)
      if (context.style === 'json') printJson(context, result)
      else printTail(context, result.text, amount)
      return 0
    }
    const { endpoint } = await context.server()
    banner(context)
    await follow({
      endpoint,
      signal: context.interruptible(),
      open: (from, options) => client.stream('mainfollow', { ...amount, from }, options),
      onText: (text) => (context.style === 'json' ? context.out.line(JSON.stringify({ text })) : context.out.write(text)),
      onLost: () => context.err.line('nsup: the master went away; waiting for the next one'),
    })
    return 0
  } catch (error) {
    if (!(error instanceof Fault)) throw error
    throw new CliError(`supervisord: ERROR (${logFault(error)})`, 1, 'stdout')
  }
}
