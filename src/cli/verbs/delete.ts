/** `delete program...`: stops programs and takes them out of the list, and out of the config where they stand there. */
import type { Client } from '../../api/client.ts'
import type { Context } from '../command.ts'
import { agrees } from '../confirm.ts'
import { Fault } from '../../lib/fault.ts'
import { printJson } from '../outcomes.ts'

interface Done {
  readonly program: string
  readonly result: string
  readonly file: string | null
}

export async function run(context: Context): Promise<number> {
  const client = await context.connect()
  const all: Done[] = []
  for (const program of await programsOf(client, context.words)) all.push(await deleteOne(context, client, program))
  if (context.style === 'json') printJson(context, { results: all })
  return all.every(({ result }) => result === 'deleted') ? 0 : 1
}

/** all and patterns mean programs here, once each; a word that means none stays, and is told so. */
async function programsOf(client: Client, words: readonly string[]): Promise<Set<string>> {
  const programs = new Set<string>()
  for (const word of words) {
    const many = word === 'all' || /[*?]/.test(word)
    const meant = many ? (await client.call('status', { targets: [word] })).processes.map(({ program }) => program) : []
    for (const program of meant.length > 0 ? meant : [word]) programs.add(program)
  }
  return programs
}

async function deleteOne(context: Context, client: Client, program: string): Promise<Done> {
  const say = (line: string): void => {
    if (context.style !== 'json') context.out.line(line)
  }
  try {
    const first = await client.call('delete', { program, sure: context.options.yes === true })
    const sure = first.result === 'unsure' && (await agrees(context, `${program} was written into ${String(first.file)} by somebody. Remove it from there y/N? `))
    const { result, file } = sure ? await client.call('delete', { program, sure }) : first
    if (result === 'deleted') say(`${program}: deleted${file === null ? '' : `, also from ${file}`}`)
    else context.err.line(`nsup: ${program} was written into ${String(file)} by somebody, so it is left alone: nsup delete ${program} --yes removes it from there too, nsup stop ${program} only stops it`)
    return { program, result, file }
  } catch (error) {
    if (!(error instanceof Fault)) throw error
    say(`${program}: ERROR (${error.fault === 'BAD_NAME' ? 'no such program' : 'not deleted'})`)
    const more = error.fault === 'BAD_NAME' ? /\((.*)\)$/.exec(error.detail ?? '')?.[1] : error.detail
    if (more !== undefined) context.err.line(more.startsWith('did you mean') ? more : `nsup: ${more}`)
    return { program, result: error.fault, file: null }
  }
}
