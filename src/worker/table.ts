/** Shared tables for who runs inside a worker: each call is one request to the master, which does it for all workers in turn. */
import { inbox } from './inbox.ts'

/** A row: a value for each column of the table. */
export type TableRow = Record<string, number | boolean | string>

export interface TtlOptions {
  /** Milliseconds until the row expires; `null`: never. */
  readonly ttl?: number | null
}

export interface CountOptions extends TtlOptions {
  /** Which column, where the table has several of numbers. */
  readonly column?: string
}

export interface ScannedRow<R> {
  readonly key: string
  readonly row: R
  /** Milliseconds until it expires; `null`: never. */
  readonly ttl: number | null
}

/**
 * One shared table. Every call rejects with a {@link RequestError} when it cannot be done, and has then changed nothing:
 * TABLE_FULL, TABLE_UNREADABLE, TOO_LONG, OVERFLOW, WRONG_TYPE, NO_COLUMN, BAD_KEY, NO_TABLE, NOT_ALLOWED, BAD_REQUEST, BAD_ARGUMENTS, BUSY;
 * NO_MASTER outside of nsup, and MASTER_CHANGED when nobody knows whether it was done.
 */
export interface SharedTable<R extends TableRow> {
  /** The row; `null`: there is none. With a column: only its value. */
  get(key: string): Promise<R | null>
  get<C extends keyof R & string>(key: string, column: C): Promise<R[C] | null>
  /** Sets these columns; in a new row the others are 0, false or ''. Without `ttl` the end of a row stays as it was. */
  set(key: string, row: Partial<R>, options?: TtlOptions): Promise<void>
  /** Adds to a number and gives the sum. A row that is not there is made; only then `ttl` counts. */
  incr(key: string, by?: number, options?: CountOptions): Promise<number>
  /** As `incr`, the other way. */
  decr(key: string, by?: number, options?: CountOptions): Promise<number>
  /** False: there was no such row, or it is not as `expected`. */
  del(key: string, expected?: Partial<R>): Promise<boolean>
  exists(key: string): Promise<boolean>
  /** Sets these columns if the row has those of `expected`, or is not there where that is `null`. False: it was not so. */
  compareAndSet(key: string, expected: Partial<R> | null, row: Partial<R>, options?: TtlOptions): Promise<boolean>
  /** How many rows there are. */
  count(): Promise<number>
  /** Rows in no order; each that is there from beginning to end exactly once. */
  scan(options?: { readonly prefix?: string }): AsyncIterable<ScannedRow<R>>
  /** Removes all rows. */
  clear(): Promise<void>
}

interface Page<R> {
  readonly rows: readonly { readonly key: string; readonly row: R; readonly ttl_s: number | null }[]
  readonly cursor: number | null
}

/** Rows of one page of a scan. */
const pageRows = 500

/**
 * The shared table of this name; the config says which there are, and the program which of them it uses.
 * @example const hits = await table('counters').incr('hits')
 * @example const sessions = table<{ user: string; seen: number }>('sessions')
 */
export function table<R extends TableRow = TableRow>(name: string): SharedTable<R> {
  const ask = (words: object): Promise<unknown> => inbox.request('table', words)
  const done = (): void => undefined
  return {
    get: ((key: string, column?: string) => ask({ name, op: 'get', key, column })) as SharedTable<R>['get'],
    set: (key, row, options) => ask({ name, op: 'set', key, row, ttl_s: seconds(options) }).then(done),
    incr: (key, by = 1, options) => ask({ name, op: 'incr', key, by, column: options?.column, ttl_s: seconds(options) }) as Promise<number>,
    decr: (key, by = 1, options) => ask({ name, op: 'decr', key, by, column: options?.column, ttl_s: seconds(options) }) as Promise<number>,
    del: (key, expect) => ask({ name, op: 'del', key, expect }) as Promise<boolean>,
    exists: (key) => ask({ name, op: 'exists', key }) as Promise<boolean>,
    compareAndSet: (key, expect, row, options) => ask({ name, op: 'cas', key, expect, row, ttl_s: seconds(options) }) as Promise<boolean>,
    count: () => ask({ name, op: 'count' }) as Promise<number>,
    async *scan({ prefix = '' } = {}) {
      for (let cursor: number | null = 0; cursor !== null;) {
        const page = await ask({ name, op: 'scan', prefix, cursor, limit: pageRows }) as Page<R>
        for (const { key, row, ttl_s: left } of page.rows) yield { key, row, ttl: left === null ? null : left * 1000 }
        cursor = page.cursor
      }
    },
    clear: () => ask({ name, op: 'clear' }).then(done),
  }
}

/** The protocol counts seconds; what is not there is not written. */
function seconds(options: TtlOptions | undefined): number | null | undefined {
  const ttl = options?.ttl
  return typeof ttl === 'number' ? ttl / 1000 : ttl
}
