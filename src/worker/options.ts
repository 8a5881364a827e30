/** Reads the options of the SDK: a wrong name or a wrong value is an error with a suggestion, before anything runs. */
import { didYouMean } from '../lib/suggest.ts'

/** What is allowed: a test, and how to say it. */
export interface Allowed {
  readonly what: string
  readonly fits: (value: unknown) => boolean
}

export const aBoolean: Allowed = { what: 'true or false', fits: (value) => typeof value === 'boolean' }
export const aFunction: Allowed = { what: 'a function', fits: (value) => typeof value === 'function' }
/** setTimeout knows no more than 2^31 ms. */
export const aTime: Allowed = { what: 'a time in milliseconds, from 0 to 2147483647', fits: (value) => isNumber(value) && value >= 0 && value <= 2_147_483_647 }
export const aCount: Allowed = { what: 'a whole number from 1 on', fits: (value) => Number.isInteger(value) && Number(value) >= 1 }
export const aShare: Allowed = { what: 'a number from 0 to 1', fits: (value) => isNumber(value) && value >= 0 && value <= 1 }
export const aPath: Allowed = { what: "a path such as '/ready', or null", fits: (value) => value === null || (typeof value === 'string' && value.startsWith('/')) }

/** Throws a TypeError that says what is wrong. `rows`: what there is; `needed`: what must be there. */
export function checkOptions(of: string, given: unknown, rows: Readonly<Record<string, Allowed>>, needed: readonly string[] = []): void {
  if (typeof given !== 'object' || given === null) throw new TypeError(`${of}: the options are an object, not ${String(given)}`)
  const names = Object.keys(rows)
  for (const [name, value] of Object.entries(given)) {
    const row = Object.hasOwn(rows, name) ? rows[name] : undefined
    if (row === undefined) throw new TypeError(`${of}: there is no option ${name}; ${didYouMean(name, names) ?? `there are ${names.join(', ')}`}`)
    if (value !== undefined && !row.fits(value)) throw new TypeError(`${of}: ${name} must be ${row.what}, not ${show(value)}`)
  }
  for (const name of needed) {
    if ((given as Record<string, unknown>)[name] === undefined) throw new TypeError(`${of}: ${name} is missing, ${rows[name]?.what ?? ''}`)
  }
}

function isNumber(value: unknown): value is number {
  return typeof value === 'number' && Number.isFinite(value)
}

function show(value: unknown): string {
  return typeof value === 'string' ? JSON.stringify(value.slice(0, 80)) : typeof value === 'object' && value !== null ? 'an object' : String(value)
}
