/** Finds the messages in what an earlier master, or this one, has left: in the journal of an inbox, and in its FIFO. */
import { Assembly } from '../lib/parts.ts'
import { readMessage } from './message.ts'
import type { Message } from './message.ts'

/** `torn`: so many cannot be read, since nobody has the whole of them. */
interface Found {
  readonly messages: readonly Message[]
  readonly torn: number
}

/** The line by which a journal says that all up to this number have been handed over. */
export function handedLine(n: number): string {
  return `{"handed":${String(n)}}\n`
}

/** What still waits, by a journal; what a crash has cut is at its end. */
export function messagesOfJournal(journal: string): Found {
  let torn = 0
  let kept = new Map<number, Message>()
  for (const line of journal.split('\n')) {
    if (line === '') continue
    const read = readMessage(line)
    const handed = read === null ? readHanded(line) : null
    if (read !== null) kept.set(read.n, read)
    else if (handed !== null) kept = new Map([...kept].filter(([n]) => n > handed))
    else torn += 1
  }
  return { messages: [...kept.values()], torn }
}

function readHanded(line: string): number | null {
  const [, digits] = /^\{"handed":(\d+)\}$/.exec(line) ?? []
  return digits === undefined ? null : Number(digits)
}

/** The messages in what an earlier master has written into a FIFO; what has been read of it may end within a line. */
export function messagesOfFifo(text: string): Found {
  const assembly = new Assembly('of')
  const messages: Message[] = []
  let torn = 0
  let cut = text.startsWith('\n') // all of a line but its end has been read
  for (const line of text.split('\n')) {
    if (line === '') continue
    const read = readMessage(line)
    if (read !== null) {
      messages.push(read)
      continue
    }
    const part = partOf(line)
    const put = part === null ? null : assembly.put(part)
    const whole = put !== null && 'whole' in put ? readMessage(put.whole) : null
    if (whole !== null) messages.push(whole)
    else if (put !== null && 'refused' in put) {
      if (isLast(part)) torn += 1 // without, the journal has it still
      cut = false // that was the part before
    } else if (part === null && messages.length === 0) cut ||= !/^\{"(reply|master)":/.test(line)
  }
  return { messages, torn: torn + (cut ? 1 : 0) }
}

function partOf(line: string): unknown {
  if (!line.startsWith('{"part":')) return null
  try {
    return (JSON.parse(line) as { readonly part: unknown }).part
  } catch {
    return null // cut; it counts as torn
  }
}

function isLast(part: unknown): boolean {
  return (part as { readonly last?: unknown }).last === true && typeof (part as { readonly of?: unknown }).of === 'number'
}
