/** `pid [target...]`: the master's pid, or one pid a line; 0 for what does not run. */
import type { Context } from '../command.ts'
import { printJson } from '../outcomes.ts'

export async function run(context: Context): Promise<number> {
  const client = await context.connect()
  if (context.words.length === 0) {
    const { pid } = await client.call('info', {})
    if (context.style === 'json') printJson(context, { pid })
    else context.out.line(String(pid))
    return 0
  }
  const { processes, missing } = await client.call('status', { targets: context.words })
  const running = processes.every(({ pid }) => pid > 0) || context.words.includes('all')
  const exit = missing.length > 0 ? 1 : running ? 0 : 7
  if (context.style === 'json') {
    printJson(context, { processes: processes.map(({ namespec, pid }) => ({ namespec, pid })), missing })
    return exit
  }
  const left = new Map(processes.map((process) => [process.namespec, process]))
  for (const word of context.words) {
    const lost = missing.find(({ target }) => target === word)
    if (lost !== undefined) {
      context.out.line(`No such process ${word}`)
      if (lost.suggestion !== null) context.err.line(`did you mean ${lost.suggestion}?`)
      continue
    }
    const exact = left.get(word)
    for (const { namespec, pid } of exact === undefined && context.words.length === 1 ? processes : exact ? [exact] : []) {
      context.out.line(String(pid))
      left.delete(namespec)
    }
  }
  if (context.words.length > 1) for (const { pid } of left.values()) context.out.line(String(pid))
  return exit
}
