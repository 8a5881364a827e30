/** What `add` and `remove` share: one request a group, supervisorctl's lines, the code of the last error. */
import type { Context } from './command.ts'
import { Fault } from '../lib/fault.ts'
import { faultSentence } from './failure.ts'
import { printJson } from './outcomes.ts'

/** Runs the method for each group named on the command line. */
export async function forEachGroup(context: Context, method: 'add' | 'remove', done: string): Promise<number> {
  const client = await context.connect()
  const results: { group: string; result: string }[] = []
  let exit = 0
  for (const group of context.words) {
    try {
      await client.call(method, { group })
      results.push({ group, result: 'OK' })
      if (context.style !== 'json') context.out.line(`${group}: ${done}`)
    } catch (error) {
      if (!(error instanceof Fault)) throw error
      results.push({ group, result: error.fault })
      if (error.fault !== 'ALREADY_ADDED') exit = 1
      if (context.style !== 'json') context.out.line(sentence(error, group))
    }
  }
  if (context.style === 'json') printJson(context, { results })
  return exit
}

function sentence(fault: Fault, group: string): string {
  if (fault.fault === 'ALREADY_ADDED') return 'ERROR: process group already active'
  if (fault.fault === 'STILL_RUNNING') return `ERROR: process/group still running: ${group}`
  if (fault.fault === 'BAD_NAME') return `ERROR: no such process/group: ${group}`
  return faultSentence(fault)
}
