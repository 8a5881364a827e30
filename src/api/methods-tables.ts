/** Methods about shared tables: declared as the others in methods.ts, which takes them in. */
import type { MethodDeclaration } from './declare.ts'

const table = { kind: 'string', required: true, doc: 'Name of a table.' } as const
const prefix = { kind: 'string', doc: 'Only rows whose keys begin so.' } as const
const limit = { kind: 'integer', min: 1, max: 1000, doc: 'Rows of one page at most (100).' } as const
const cursor = { kind: 'integer', min: 0, doc: 'Where the page before has ended; null there: it was the last.' } as const

export const tableMethods = {
  tables: { summary: 'Lists the shared tables', verb: 'GET', path: '/tables', params: {}, answer: 'value' },
  rows: {
    summary: 'Reads rows of a shared table, in no order, page by page',
    verb: 'GET',
    path: '/tables/:table',
    params: { table, prefix, limit, cursor },
    answer: 'value',
  },
  row: {
    summary: 'Reads one row of a shared table',
    verb: 'GET',
    path: '/tables/:table/rows/:key',
    params: { table, key: { kind: 'string', required: true, doc: 'Key of the row.' } },
    answer: 'value',
  },
  operate: {
    summary: 'Does an operation on a shared table, with the words of the line protocol',
    verb: 'POST',
    path: '/tables/:table',
    params: {
      table,
      op: { kind: 'string', required: true, doc: 'get, set, incr, decr, del, exists, cas, count, scan or clear.' },
      key: { kind: 'string', doc: 'Key of the row.' },
      column: { kind: 'string', doc: 'get: only its value; incr, decr: which, where there are several of numbers.' },
      by: { kind: 'number', doc: 'incr, decr: how much (1).' },
      row: { kind: 'json', doc: 'set, cas: values by their columns.' },
      expect: { kind: 'json', doc: 'cas, del: values that the row must have; null: there must be none.' },
      ttl_s: { kind: 'json', doc: 'set, cas: seconds until the row expires, null: never. incr, decr: only when they make the row.' },
      prefix,
      limit,
      cursor,
    },
    answer: 'value',
  },
} as const satisfies Record<string, MethodDeclaration>
