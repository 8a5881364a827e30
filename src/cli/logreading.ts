/** What tail, logs and maintail share: how much is asked for, reading one or several logs, following them. */
import { setMaxListeners } from 'node:events'
import type { Client } from '../api/client.ts'
import { declarationOf } from '../api/methods.ts'
import type { ProcessStatus } from '../api/results.ts'
import { Fault, faultRow } from '../lib/fault.ts'
import { sleepUntil } from '../worker/waiting.ts'
import type { Context } from './command.ts'
import { CliError } from './clierror.ts'
import { follow } from './follow.ts'
import { labelledLog } from './lines.ts'

export type Channel = 'stdout' | 'stderr'

/** One log of one process. */
export interface Source {
  readonly process: ProcessStatus
  readonly channel: Channel
  readonly label: string
}

/** How much of the end is wanted. */
export type Amount = { readonly lines: number } | { readonly bytes: number }

/** Takes `-N` out of the words and reads `-n`. Throws {@link CliError} in supervisorctl's words for nonsense. */
export function readAmount(context: Context, standard: Amount): { readonly amount: Amount; readonly words: string[] } {
  const numbers = context.words.filter((word) => /^-\d/.test(word))
  const words = context.words.filter((word) => !/^-\d/.test(word))
  const given = context.options.lines
  const number = numbers[0]
  if (numbers.length > 1 || (given !== undefined && number !== undefined)) {
    throw new CliError('Error: too many arguments: give one of -n LINES and -BYTES', 1, 'stdout')
  }
  if (number !== undefined && !/^-\d+$/.test(number)) throw new CliError(`Error: bad argument ${number}`, 1, 'stdout')
  if (given !== undefined && !/^\d+$/.test(String(given))) {
    throw new CliError(`Error: bad argument -n ${String(given)}: not a number of lines`, 1, 'stdout')
  }
  if (given !== undefined) return { amount: { lines: clamp(context, 'lines', Number(given)) }, words }
  if (number !== undefined) return { amount: { bytes: clamp(context, 'bytes', Number(number.slice(1))) }, words }
  return { amount: standard, words }
}

function clamp(context: Context, kind: 'lines' | 'bytes', wanted: number): number {
  const declared = declarationOf('tail').params[kind]
  const max = declared?.kind === 'integer' ? declared.max : undefined
  if (max === undefined || wanted <= max) return wanted
  context.err.line(`nsup: showing the last ${max} ${kind}; the log file has the rest`)
  return max
}

/** Reads each source once. Returns the exit code. */
export async function readOnce(context: Context, client: Client, sources: readonly Source[], amount: Amount): Promise<number> {
  const width = widest(sources)
  const read: object[] = []
  let exit = 0
  for (const [index, { process, channel, label }] of sources.entries()) {
    try {
      const result = await client.call('tail', { target: process.namespec, channel, ...amount })
      read.push({ namespec: process.namespec, ...result })
      if (context.style === 'json') continue
      if (sources.length === 1) {
        printTail(context, result.text, amount)
        continue
      }
      const log = labelledLog(context.out, label, index, width)
      log.text(result.text)
      log.end()
    } catch (error) {
      if (!(error instanceof Fault)) throw error
      exit = 1
      read.push({ namespec: process.namespec, channel, fault: error.fault })
      if (context.style !== 'json') context.out.line(`${process.namespec}: ERROR (${logFault(error)})`)
    }
  }
  if (context.style === 'json') context.out.line(JSON.stringify(read, null, 2))
  return exit
}

/** supervisorctl ends what it shows with a newline, whether the log has one or not. A person needs no empty line. */
export function printTail(context: Context, text: string, amount: Amount): void {
  if (context.style === 'plain' && 'bytes' in amount) return context.out.line(text)
  if (text !== '') context.out.write(text.endsWith('\n') ? text : `${text}\n`)
}

/** supervisorctl's words for a log that cannot be read. */
export function logFault(fault: Fault): string {
  if (fault.fault === 'NO_FILE') return 'no log file'
  if (fault.fault === 'BAD_NAME') return 'no such process name'
  return fault.fault === 'FAILED' ? 'unknown error reading log' : faultRow(fault.fault).text
}

/** Follows all sources until Ctrl-C. Returns the exit code. */
export async function followAll(context: Context, client: Client, sources: readonly Source[], amount: Amount): Promise<number> {
  const signal = context.interruptible()
  setMaxListeners(0, signal) // two and more for each log: Node would warn of a leak
  const { endpoint } = await context.server()
  const width = widest(sources)
  banner(context)
  let told = false
  const onLost = (): void => {
    if (!told) context.err.line('nsup: the master went away; waiting for the next one')
    told = true
  }
  const exits = await Promise.all(sources.map(async ({ process, channel, label }, index) => {
    const target = process.namespec
    const log = labelledLog(context.out, label, index, width)
    const onText = (text: string): void => {
      told = false
      if (context.style === 'json') context.out.line(JSON.stringify({ namespec: target, channel, text }))
      else if (sources.length === 1) context.out.write(text)
      else log.text(text)
    }
    const followed = (part: Amount): Promise<void> => follow({
      endpoint, signal, onText, onLost,
      open: (from, options) => client.stream('follow', { target, channel, ...part, from }, options),
    })
    try {
      if (context.command.name === 'logs') await whenThere(followed, amount, signal)
      else await followed(amount)
      return 0
    } catch (error) {
      if (!(error instanceof Fault)) throw error
      log.end()
      context.out.line(`${target}: ERROR (${logFault(error)})`)
      return 1
    } finally {
      log.end()
    }
  }))
  return Math.max(0, ...exits)
}

/** A job that has never run has no log yet, and is followed from its first line on. */
async function whenThere(followed: (part: Amount) => Promise<void>, amount: Amount, signal: AbortSignal): Promise<void> {
  for (let part = amount; ; part = { bytes: fromItsBeginning }) {
    try {
      return await followed(part)
    } catch (error) {
      if (!(error instanceof Fault) || error.fault !== 'NO_FILE') throw error
      if (!(await sleepUntil(lookEvery, signal))) return
    }
  }
}

/** Milliseconds between two looks for a log, and how much of it is shown that may have been written between them. */
const lookEvery = 500
const fromItsBeginning = 1024 * 1024

/** supervisorctl's line above what is followed. */
export function banner(context: Context): void {
  if (context.style !== 'json') context.out.line('==> Press Ctrl-C to exit <==')
}

function widest(sources: readonly Source[]): number {
  return Math.max(0, ...sources.map(({ label }) => label.length))
}
