/** `history [target...] [--since 24h]`: the entries of the ledger, and how each process fared. */
import type { ResultOf } from '../../api/results.ts'
import { parseDuration } from '../../lib/units.ts'
import { CliError } from '../clierror.ts'
import type { Context } from '../command.ts'
import { duration, time } from '../humane.ts'
import { printJson, printMissing } from '../outcomes.ts'
import { paint } from '../output.ts'
import { textTable } from '../text-table.ts'

type History = ResultOf<'history'>
type Entry = History['entries'][number]

const entriesShown = 50

export async function run(context: Context): Promise<number> {
  const { since = '24h', lines } = context.options
  const period = parseDuration(String(since))
  if (period === undefined || period <= 0) throw new CliError(`--since needs a time as 30m, 24h or 7d, not '${String(since)}'`, 2)
  if (lines !== undefined && !/^\d+$/.test(String(lines))) throw new CliError(`-n needs a number of lines, not '${String(lines)}'`, 2)
  const limit = lines === undefined ? (context.style === 'json' ? undefined : entriesShown) : Number(lines)
  const client = await context.connect()
  const history = await client.call('history', { targets: context.words.length > 0 ? context.words : ['all'], since: period, limit })
  if (context.style === 'json') printJson(context, history)
  else show(context, history)
  return history.missing.length > 0 ? 1 : 0
}

function show(context: Context, { entries, earlier, accounts, since, missing }: History): void {
  for (const one of missing) printMissing(context, one)
  if (earlier > 0) context.out.line(paint(context.out, 'dim', `${earlier} earlier ones are not shown (-n)`))
  for (const entry of entries) context.out.line(line(context, entry))
  if (entries.length === 0) context.out.line(`nothing has happened since ${time(since)}`)
  if (accounts.length === 0) return
  const percent = (part: number | null): string => (part === null ? '' : `${(part * 100).toFixed(part > 0.999 && part < 1 ? 3 : 1)}%`)
  context.out.line('')
  context.out.line(textTable(context.out, ['process', 'available', 'up', 'down', 'starts', 'failures', 'mtbf'], accounts.map((one) => [
    one.process, percent(one.availability), duration(one.up), duration(one.down), String(one.starts), String(one.failures),
    one.mtbf === null ? '' : duration(one.mtbf),
  ])))
}

function line(context: Context, entry: Entry): string {
  const words = [...(entry.process === undefined ? [] : [entry.process]), paint(context.out, entry.failure === true || entry.type === 'gave up' ? 'red' : 'cyan', nameOf(entry))]
  if (entry.signal !== undefined && entry.type === 'signal') words.push(entry.signal)
  if (entry.pid !== undefined) words.push(`pid ${entry.pid}`)
  // How it ended, after how long, and what more is known of it.
  const [end = '', ...more] = entry.uptime === undefined ? [entry.reason] : (entry.reason ?? '').split(/(?=, )/)
  const said = [end, entry.uptime === undefined ? '' : `after ${duration(entry.uptime)}${more.join('')}`, entry.oom === true ? 'no memory was left' : '']
  const why = said.filter((word) => word !== '').join(' ')
  return `${paint(context.out, 'dim', time(entry.at))}  ${words.join('  ')}${why === '' ? '' : `  ${why}`}${entry.by === undefined ? '' : `  (${entry.by})`}`
}

function nameOf({ type, healthy, failure }: Entry): string {
  if (type === 'health') return healthy === true ? 'healthy' : 'unhealthy'
  return type === 'exit' && failure === true ? 'failure' : type
}
