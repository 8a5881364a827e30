/** `table`, `table NAME`, `table NAME get|set|... KEY`: lists the shared tables, shows the rows of one, or does an operation on it. */
import type { Client } from '../../api/client.ts'
import type { ResultOf } from '../../api/results.ts'
import { didYouMean } from '../../lib/suggest.ts'
import { parseBoolean, parseDuration } from '../../lib/units.ts'
import { CliError } from '../clierror.ts'
import type { Context } from '../command.ts'
import { duration } from '../humane.ts'
import { printJson } from '../outcomes.ts'
import { paint } from '../output.ts'
import { textTable } from '../text-table.ts'

type TableInfo = ResultOf<'tables'>['tables'][number]
type Row = ResultOf<'rows'>['rows'][number]
type Words = Readonly<Record<string, unknown>>

const rowsShown = 1000
const pageRows = 1000

/** How many words follow an operation: at least, at most; and what they are. */
const operations: Readonly<Record<string, { readonly least: number; readonly most: number; readonly usage: string }>> = {
  get: { least: 1, most: 2, usage: 'KEY [COLUMN]' },
  set: { least: 2, most: Infinity, usage: 'KEY COLUMN=VALUE...' },
  incr: { least: 1, most: 3, usage: 'KEY [COLUMN] [BY]' },
  decr: { least: 1, most: 3, usage: 'KEY [COLUMN] [BY]' },
  del: { least: 1, most: 1, usage: 'KEY' },
  exists: { least: 1, most: 1, usage: 'KEY' },
  scan: { least: 0, most: 1, usage: '[PREFIX]' },
  count: { least: 0, most: 0, usage: '' },
  clear: { least: 0, most: 0, usage: '' },
}

export async function run(context: Context): Promise<number> {
  const [name, op, ...words] = context.words
  if (op !== undefined) checkWords(op, words)
  const ttl = ttlOf(context, op)
  const client = await context.connect()
  if (name === undefined) return list(context, client)
  const info = await infoOf(client, name)
  if (op === undefined || op === 'scan') return show(context, client, info, words[0] ?? '')
  const asked = op === 'set' ? setWords(info, words) : wordsOf(op, words)
  const { value } = await client.call('operate', { table: name, op, ...asked, ...ttl })
  return answered(context, info, op, words[0] ?? '', value)
}

async function list(context: Context, client: Client): Promise<number> {
  const { tables } = await client.call('tables', {})
  if (context.style === 'json') printJson(context, { tables })
  else if (tables.length === 0) context.out.line('the config has no tables')
  else {
    context.out.line(textTable(context.out, ['table', 'rows', 'columns', 'kept', 'programs'], tables.map((one) => [
      one.name, `${one.rows ?? '?'} of ${one.rows_max}`, one.columns.map(({ name, type }) => `${name}:${type}`).join(', '), one.persist ? 'on disk' : 'no', one.programs.join(', ') || '-',
    ])))
    for (const { name, problem } of tables) if (problem !== null) context.out.line(`${name}: ${problem}`)
  }
  return tables.some(({ problem }) => problem !== null) ? 3 : 0
}

async function show(context: Context, client: Client, info: TableInfo, prefix: string): Promise<number> {
  const most = linesOf(context)
  const rows: Row[] = []
  for (let cursor: number | null = 0; cursor !== null && rows.length <= most;) {
    const page: ResultOf<'rows'> = await client.call('rows', { table: info.name, prefix, cursor, limit: pageRows })
    rows.push(...page.rows)
    cursor = page.cursor
  }
  const shown = rows.slice(0, most).sort((a, b) => (a.key < b.key ? -1 : 1))
  if (context.style === 'json') {
    printJson(context, { table: info, rows: shown })
    return 0
  }
  if (shown.length === 0) context.out.line(prefix === '' ? `${info.name} has no rows` : `${info.name} has no rows that begin with ${plainText(prefix)}`)
  else {
    const head = ['key', ...info.columns.map(({ name }) => name), 'expires in']
    context.out.line(textTable(context.out, head, shown.map(({ key, row, ttl_s: left }) => [
      plainText(key), ...info.columns.map(({ name }) => plainText(row[name] ?? '')), left === null ? '' : left < 1 ? '<1s' : duration(left * 1000),
    ])))
  }
  if (rows.length > most) context.out.line(paint(context.out, 'dim', `there are more rows than these ${most} (-n)`))
  if (info.problem !== null) context.out.line(`${info.name}: ${info.problem}`)
  return 0
}

function answered(context: Context, { name, columns }: TableInfo, op: string, key: string, value: ResultOf<'operate'>['value']): number {
  const missed = (op === 'get' && value === null) || ((op === 'del' || op === 'exists') && value === false)
  if (context.style === 'json') printJson(context, { value })
  else if (op === 'del' || (op === 'get' && value === null)) context.out.line(missed ? `${name} has no row ${plainText(key)}` : `${plainText(key)}: removed`)
  else if (op === 'set') context.out.line(`${plainText(key)}: set`)
  else if (op === 'clear') context.out.line(`${name}: all rows removed`)
  else if (typeof value === 'object') for (const column of columns) context.out.line(`${column.name}: ${plainText((value as Row['row'])[column.name] ?? '')}`)
  else context.out.line(plainText(value))
  return missed ? 1 : 0
}

async function infoOf(client: Client, name: string): Promise<TableInfo> {
  const { tables } = await client.call('tables', {})
  const found = tables.find((one) => one.name === name)
  if (found !== undefined) return found
  const known = tables.map((one) => one.name)
  throw new CliError(`there is no table '${name}': ${didYouMean(name, known) ?? (known.length === 0 ? 'the config has none' : `the tables are ${known.join(', ')}`)}`, 1)
}

function checkWords(op: string, words: readonly string[]): void {
  const known = Object.hasOwn(operations, op) ? operations[op] : undefined
  if (known === undefined) throw new CliError(`a table has no operation '${op}': ${didYouMean(op, Object.keys(operations)) ?? `there are ${Object.keys(operations).join(', ')}`}`, 2)
  if (words.length < known.least || words.length > known.most) throw new CliError(`it is: nsup table NAME ${`${op} ${known.usage}`.trim()}`, 2)
}

function wordsOf(op: string, [key, ...rest]: readonly string[]): Words {
  if (op === 'get') return { key, ...(rest[0] !== undefined && { column: rest[0] }) }
  if (op !== 'incr' && op !== 'decr') return key === undefined ? {} : { key }
  const last = rest.at(-1)
  const by = last !== undefined && /^[+-]?(\d+\.?\d*|\.\d+)$/.test(last) ? Number(last) : undefined
  const [column, more] = by === undefined ? rest : rest.slice(0, -1)
  if (more !== undefined) throw new CliError(`how much must be a number, not '${more}'`, 2)
  return { key, ...(column !== undefined && { column }), ...(by !== undefined && { by }) }
}

/** `value=3 note=hello`, by the types of the columns. */
function setWords({ name, columns }: TableInfo, [key, ...pairs]: readonly string[]): Words {
  const row = pairs.map((pair) => {
    const sign = pair.indexOf('=')
    const [column, text] = [pair.slice(0, Math.max(0, sign)), pair.slice(sign + 1)]
    if (sign <= 0) throw new CliError(`'${pair}' is not COLUMN=VALUE`, 2)
    const type = columns.find((one) => one.name === column)?.type
    if (type === undefined) throw new CliError(`${name} has no column '${column}': ${didYouMean(column, columns.map((one) => one.name)) ?? `it has ${columns.map((one) => one.name).join(', ')}`}`, 1)
    return [column, valueOf(column, type, text)]
  })
  return { key, row: Object.fromEntries(row) as unknown }
}

function valueOf(column: string, type: string, text: string): number | boolean | string {
  if (type.startsWith('string')) return text
  const value = type === 'bool' ? parseBoolean(text) : text.trim() === '' ? NaN : Number(text)
  if (value === undefined || Number.isNaN(value)) throw new CliError(`${column} takes ${type === 'bool' ? 'true or false' : type === 'int' ? 'a whole number' : 'a number'}, not '${text}'`, 2)
  return value
}

function ttlOf({ options }: Context, op: string | undefined): Words {
  if (options.ttl === undefined) return {}
  const time = parseDuration(String(options.ttl))
  if (time === undefined || time <= 0) throw new CliError(`--ttl needs a time as 30s, 5m or 1h, not '${String(options.ttl)}'`, 2)
  if (op !== 'set' && op !== 'incr' && op !== 'decr') throw new CliError('--ttl is for set, incr and decr', 2)
  return { ttl_s: time / 1000 }
}

function linesOf({ options, style }: Context): number {
  if (options.lines === undefined) return style === 'json' ? Infinity : rowsShown
  if (!/^[1-9]\d*$/.test(String(options.lines))) throw new CliError(`-n needs a number of rows, not '${String(options.lines)}'`, 2)
  return Number(options.lines)
}

/** What workers have stored must not steer a terminal. */
function plainText(value: number | boolean | string): string {
  return typeof value === 'string' && /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/u.test(value) ? JSON.stringify(value).replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, '?') : String(value)
}
