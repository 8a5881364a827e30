/** `restart target...`: all stop lines, then all start lines, with the codes of both. */
import type { Context } from '../command.ts'
import { patiently, startWording, stopWording, waiting } from '../act.ts'
import { tellHolds } from '../holds.ts'
import { exitOf, inOrder, printEntries, printJson } from '../outcomes.ts'

export async function run(context: Context): Promise<number> {
  const client = await context.connect()
  const { words } = context
  const holds = tellHolds(context, client, words)
  const result = await client.call('restart', { targets: words, ...waiting(context) }, { timeout: 0 }).finally(holds.close)
  const { stopped, started, missing } = result
  const stops = inOrder(words, { outcomes: stopped, missing }, stopWording)
  const starts = inOrder(words, { outcomes: started, missing }, startWording)
  if (context.style === 'json') {
    printJson(context, result)
  } else {
    printEntries(context, stops, stopWording)
    // The error output has had its word about unknown names.
    const err = context.options.wait === true ? context.err : { ...context.err, line: (): undefined => undefined }
    printEntries({ ...context, err }, starts, patiently(context, startWording))
  }
  return exitOf(starts, startWording) || exitOf(stops, stopWording)
}
