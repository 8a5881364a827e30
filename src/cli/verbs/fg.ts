/** `fg name`: lines go to the stdin of a process, both of its outputs come back, Ctrl-C leaves. */
import type { Context } from '../command.ts'
import type { Client } from '../../api/client.ts'
import type { LogItem } from '../../api/results.ts'
import { CliError } from '../clierror.ts'
import { Fault } from '../../lib/fault.ts'
import { banner } from '../logreading.ts'
import { watchStates } from '../progress.ts'

export async function run(context: Context): Promise<number> {
  const target = await requireRunning(context)
  const client = await context.connect()
  const interrupted = context.interruptible()
  const ending = new AbortController()
  interrupted.addEventListener('abort', () => ending.abort(), { once: true })
  let killed = false
  const watch = watchStates(client, (namespec, state) => {
    if (namespec !== target || state === 'RUNNING') return
    killed = true
    ending.abort()
  })
  try {
    await watch.opened
    const outputs = (['stdout', 'stderr'] as const).map((channel) => show(context, client, target, channel, ending.signal))
    await Promise.all(outputs.map(({ opened }) => opened)) // else the answer to a quick line would be missed
    banner(context)
    const sent = await send(context, client, target, ending.signal)
    killed ||= sent === 'not running'
    ending.abort()
    await Promise.all(outputs.map(({ ended }) => ended))
  } finally {
    watch.close()
  }
  if (killed) context.out.line('Process got killed')
  context.out.line('Exiting foreground')
  return killed ? 1 : 0
}

async function requireRunning(context: Context): Promise<string> {
  const [word] = context.words
  if (word === undefined) throw new CliError('ERROR: no process name supplied', 1, 'stdout')
  if (context.words.length > 1) throw new CliError('ERROR: too many process names supplied', 1, 'stdout')
  const client = await context.connect()
  const { processes, missing } = await client.call('status', { targets: [word] })
  const [process] = processes
  if (process === undefined) {
    const suggestion = missing[0]?.suggestion
    if (suggestion) context.err.line(`did you mean ${suggestion}?`)
    throw new CliError('ERROR: bad process name supplied', 1, 'stdout')
  }
  if (processes.length > 1) throw new CliError('ERROR: too many process names supplied', 1, 'stdout')
  if (process.state !== 'RUNNING') throw new CliError('ERROR: process not running', 1, 'stdout')
  return process.namespec
}

interface Shown {
  /** Resolves when what is written from now on will be shown, or nothing will. */
  readonly opened: Promise<void>
  readonly ended: Promise<void>
}

function show(context: Context, client: Client, target: string, channel: 'stdout' | 'stderr', signal: AbortSignal): Shown {
  let onOpen: () => void = () => undefined
  const opening = new Promise<void>((resolve) => (onOpen = resolve))
  const ended = copy(context, client.stream('follow', { target, channel, bytes: 0 }, { signal, onOpen }), signal)
  return { opened: Promise.race([opening, ended]), ended }
}

async function copy(context: Context, items: AsyncIterable<LogItem>, signal: AbortSignal): Promise<void> {
  try {
    for await (const item of items) {
      if (item.type === 'text') context.out.write(item.text)
    }
  } catch (error) {
    if (signal.aborted) return
    if (!(error instanceof Fault) || error.fault !== 'NO_FILE') throw error // a stream that is not logged shows nothing
  }
}

async function send(context: Context, client: Client, target: string, signal: AbortSignal): Promise<'left' | 'not running'> {
  for await (const line of context.input(signal)) {
    try {
      await client.call('stdin', { target, text: `${line}\n` }, { signal })
    } catch (error) {
      if (signal.aborted) return 'left'
      if (error instanceof Fault && error.fault === 'NOT_RUNNING') return 'not running'
      throw error
    }
  }
  return 'left'
}
