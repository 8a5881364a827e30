/** `signal SIGNAL target...`: sends a signal to processes. */
import type { Context } from '../command.ts'
import { CliError } from '../clierror.ts'
import { parseSignal, signalNames } from '../../lib/signals.ts'
import { conclude } from '../outcomes.ts'
import type { Outcomes } from '../outcomes.ts'

const wording = { done: 'signalled', skipped: 'NOT_RUNNING', missingGroup: 1 } as const

export async function run(context: Context): Promise<number> {
  const [signal = '', ...targets] = context.words
  if (targets.length === 0) throw new CliError('Error: signal requires a signal name and a process name', 1, 'stdout')
  const client = await context.connect()
  if (parseSignal(signal) === undefined) return badSignal(context, signal, targets)
  return conclude(context, targets, await client.call('signal', { targets, signal }), wording)
}

/** A name that does not exist comes first, then the signal: the order of supervisord's checks. */
async function badSignal(context: Context, signal: string, targets: readonly string[]): Promise<number> {
  const client = await context.connect()
  const { processes, missing } = await client.call('status', { targets })
  const result: Outcomes = {
    outcomes: processes.map(({ group, name, namespec }) => ({
      group, name, namespec, result: 'BAD_SIGNAL', code: 11, description: `there is no signal ${signal}`,
    })),
    missing,
  }
  const exit = conclude(context, targets, result, wording)
  const { suggest } = await import('../../lib/suggest.ts')
  const word = signal.toUpperCase().replace(/^SIG/, '')
  const found = suggest(word, signalNames().map((name) => name.slice('SIG'.length)))
  if (found !== undefined) context.err.line(`did you mean ${found}?`)
  return exit
}
