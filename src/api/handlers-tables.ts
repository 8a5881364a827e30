/** Carries out the methods of methods-tables.ts. What goes wrong with a table becomes a fault with its sentence. */
import type { ProcessView } from '../core/model.ts'
import { TableProblem } from '../core/table-problem.ts'
import type { TableAnswer, TableRequest, WirePage } from '../core/table-request.ts'
import { keyMax, typeWords } from '../core/table-spec.ts'
import type { Values } from '../core/table-spec.ts'
import { Fault } from '../lib/fault.ts'
import { didYouMean } from '../lib/suggest.ts'
import type { Handler } from './handler.ts'
import type { Master } from './master.ts'
import type { tableMethods } from './methods-tables.ts'
import type { ResultOf } from './results.ts'

export const tableHandlers: { readonly [M in keyof typeof tableMethods]: Handler<M> } = {
  tables: (master) => {
    const processes = master.processes()
    return { tables: master.tables.list().map(({ spec, rows, problem }) => ({
      name: spec.name,
      columns: spec.columns.map(({ name, type }) => ({ name, type: typeWords(type) })),
      rows,
      rows_max: spec.rowsMax,
      persist: spec.persist,
      programs: usersOf(spec.name, processes),
      problem,
    })) }
  },
  rows: (master, { table, ...words }) => {
    const page = operate(master, table, { op: 'scan', ...words }) as WirePage
    return pageOf(page)
  },
  row: (master, { table, key }) => {
    const row = operate(master, table, { op: 'get', key }) as Values | null
    if (row === null) throw new Fault('NO_ROW', `'${key.slice(0, keyMax)}' in the table ${table}`)
    return { key, row: { ...row } }
  },
  operate: (master, { table, ...words }) => ({ value: wireOf(operate(master, table, words)) }),
}

function wireOf(answer: TableAnswer): ResultOf<'operate'>['value'] {
  if (typeof answer !== 'object' || answer === null) return answer
  return isPage(answer) ? pageOf(answer) : { ...answer }
}

/** No row holds a list. */
function isPage(answer: Values | WirePage): answer is WirePage {
  return Array.isArray(answer['rows'])
}

/** Does what the words say; those that were not given are left out. */
function operate(master: Master, table: string, words: TableRequest): TableAnswer {
  const given = Object.fromEntries(Object.entries(words).filter(([, value]) => value !== undefined))
  const answer = master.tables.operate(table, given)
  if (!(answer instanceof TableProblem)) return answer
  if (answer.code === 'NO_TABLE') throw noTable(master, table)
  if (answer.code === 'TABLE_FULL' || answer.code === 'TABLE_UNREADABLE') throw new Fault(answer.code, answer.message)
  throw new Fault('BAD_ARGUMENTS', `${answer.code} in the table ${table}: ${answer.message}`)
}

function noTable(master: Master, name: string): Fault {
  const known = master.tables.list().map(({ spec }) => spec.name)
  const given = name.slice(0, 80)
  return new Fault('NO_TABLE', `'${given}' (${didYouMean(given, known) ?? (known.length === 0 ? 'the config has none' : `there are ${known.join(', ')}`)})`)
}

function pageOf({ rows, cursor }: WirePage): ResultOf<'rows'> {
  return { rows: rows.map(({ key, row, ttl_s: left }) => ({ key, row: { ...row }, ttl_s: left })), cursor }
}

function usersOf(table: string, processes: readonly ProcessView[]): string[] {
  return [...new Set(processes.filter(({ spec }) => spec.care?.tables?.includes(table)).map(({ program }) => program))].sort()
}
