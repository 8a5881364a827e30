/** `events [-f] [-n LINES] [--type GLOB]`: what has happened lately, and with -f what happens, also under the next master. */
import { ConnectionError } from '../../api/client.ts'
import type { ParamsOf } from '../../api/methods.ts'
import type { ItemOf } from '../../api/results.ts'
import { CliError } from '../clierror.ts'
import type { Context } from '../command.ts'
import { worthTrying } from '../comeback.ts'
import { time } from '../humane.ts'
import { banner } from '../logreading.ts'
import { paint } from '../output.ts'

type Event = ItemOf<'events'>

const lastShown = 20
/** As many as a master keeps. */
const lastMax = 200

export async function run(context: Context): Promise<number> {
  const { follow: follows, type, lines } = context.options
  if (lines !== undefined && !/^\d+$/.test(String(lines))) throw new CliError(`Error: bad argument -n ${String(lines)}: not a number of lines`, 1, 'stdout')
  const last = Math.min(Number(lines ?? lastShown), lastMax)
  const params = type === undefined ? { last } : { last, type: String(type).split(',') }
  if (follows) return followEvents(context, params)
  const client = await context.connect()
  for await (const event of client.stream('events', { ...params, follow: false }, {})) show(context, event)
  return 0
}

async function followEvents(context: Context, params: ParamsOf<'events'>): Promise<number> {
  const signal = context.interruptible()
  const client = await context.connect()
  const { endpoint } = await context.server()
  banner(context)
  let seen: Event | undefined
  let opened = false
  const once = async (): Promise<void> => {
    // Of what a next master has seen already, only that is shown which is newer.
    const asked = seen === undefined ? params : { ...params, last: lastMax }
    const before = seen
    for await (const event of client.stream('events', asked, { signal, onOpen: () => (opened = true) })) {
      if (before !== undefined && (event.at < before.at || (event.at === before.at && event.serial <= before.serial))) continue
      seen = event
      show(context, event)
    }
  }
  const chances = worthTrying(endpoint, signal)
  let told = false
  while (!(await chances.next()).done) {
    const count: number = seen?.serial ?? 0
    try {
      await once()
    } catch (error) {
      if (signal.aborted) return 0
      if (!opened || !(error instanceof ConnectionError)) throw error
    }
    if (signal.aborted) return 0
    if ((seen?.serial ?? 0) !== count) told = false
    if (!told) context.err.line('nsup: the master went away; waiting for the next one')
    told = true
  }
  return 0
}

function show(context: Context, event: Event): void {
  if (context.style === 'json') return context.out.line(JSON.stringify(event))
  const when = paint(context.out, 'dim', time(event.at))
  context.out.line(`${when} ${paint(context.out, 'cyan', event.type)} ${sentence(event)}`.trimEnd())
}

/** Members that are told by their place in the line. */
const named = new Set(['type', 'serial', 'at', 'group', 'name', 'from', 'to'])

/** The members of an event that say something, the name of the process first. */
function sentence(event: Event): string {
  const { group, name, from, to } = event
  const words: string[] = []
  if (group !== undefined) words.push(name === undefined || name === group ? word(group) : `${word(group)}:${word(name)}`)
  if (to !== undefined) words.push(`${word(from)} -> ${word(to)}`)
  for (const [key, value] of Object.entries(event)) {
    if (named.has(key)) continue
    const idle = value === null || value === '' || value === 0 || (key === 'expected' && to !== 'EXITED')
    if (!idle) words.push(`${key}=${word(value)}`)
  }
  return words.join(' ')
}

/** One line for every value, whatever is in it. */
function word(value: unknown): string {
  const text = typeof value === 'string' ? value : JSON.stringify(value)
  return /^[^\s"\p{C}]+$/u.test(text) ? text : typeof value === 'string' ? JSON.stringify(value) : text
}
