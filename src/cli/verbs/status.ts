/** `status`: supervisorctl's lines, a table for a person, or JSON; the exit code tells whether something is stopped. */
import type { BriefStatus, Missing } from '../../api/results.ts'
import type { Context } from '../command.ts'
import { printMissing } from '../outcomes.ts'

const stopped: ReadonlySet<string> = new Set(['STOPPED', 'EXITED', 'FATAL', 'UNKNOWN'])

export async function run(context: Context): Promise<number> {
  const client = await context.connect()
  const targets = context.words.length > 0 ? context.words : ['all']
  if (context.style === 'plain') {
    const { processes, missing } = await client.call('brief', { targets }, callOptions(context))
    for (const one of missing) printMissing(context, one)
    context.out.write(plainLines(processes))
    return exitCode(processes, missing)
  }
  const params = { targets, usage: true, exits: context.style === 'json' }
  const { processes, missing } = await client.call('status', params, callOptions(context))
  if (context.style === 'json') {
    context.out.line(JSON.stringify({ processes, missing }, null, 2))
    return exitCode(processes, missing)
  }
  for (const one of missing) printMissing(context, one)
  if (processes.length > 0) context.out.line((await import('../table.ts')).statusTable(processes, context.out))
  else if (missing.length === 0) context.out.line('the list of programs is empty: nsup start FILE --name NAME adds one')
  return exitCode(processes, missing)
}

function exitCode(processes: readonly BriefStatus[], missing: readonly Missing[]): number {
  return processes.some(({ state, resting }) => stopped.has(state) && resting !== true) ? 3 : missing.length > 0 ? 4 : 0
}

/** supervisorctl's lines: the name padded to the widest plus 3, at least 33; the state to 10. */
export function plainLines(processes: readonly BriefStatus[]): string {
  let widest = 30
  for (const { namespec } of processes) widest = Math.max(widest, namespec.length)
  let text = ''
  for (const { namespec, state, description } of processes) {
    text += `${namespec.padEnd(widest + 3)}${state.padEnd(10)}${description}\n`
  }
  return text
}

function callOptions(context: Context): { readonly timeout?: number } {
  return context.timeout === undefined ? {} : { timeout: context.timeout }
}
