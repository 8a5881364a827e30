/** The types of the options that say which files restart a program, as text, and the spec that they make. */
import { resolve } from 'node:path'
import type { WatchSpec } from '../core/watch.ts'
import { parseBoolean } from '../lib/units.ts'
import { absolute } from './context.ts'
import type { Context } from './context.ts'
import { kind, quote, Refusal } from './kinds.ts'
import type { JsonShape, Kind } from './kinds.ts'

const texts: JsonShape = { type: 'array', items: { type: 'string' } }

/** What is watched: paths and patterns; none: not at all. */
export const watched: Kind<readonly string[]> = kind('true, or paths and patterns such as src, config/*.json or lib/**/*.js', {
  anyOf: [{ type: 'boolean' }, { type: 'string' }, texts],
}, (value) => {
  const all = parseBoolean(value.trim())
  return all === undefined ? readPatterns(value) : all ? ['.'] : []
})

/** What is left out. */
export const unwatched: Kind<readonly string[]> = kind('names and patterns such as dist, *.tmp or src/generated/**', {
  anyOf: [{ type: 'string' }, texts],
}, readPatterns)

function readPatterns(value: string): readonly string[] | Refusal {
  const all = value.split(',').map((one) => one.trim()).filter((one) => one !== '')
  const strange = all.find((one) => /[{}!]/.test(one))
  if (strange === undefined) return all
  return new Refusal(`${quote(strange)} is no pattern: there are *, ?, [..] and **; write src/*.ts, src/*.js for src/*.{ts,js}, and what is left out into watch_ignore`)
}

/** How long it must be quiet until the restart; less than the least would miss the second of two changes. */
export const watchDelay = 300
const leastDelay = 100

interface WatchValues {
  readonly watch: readonly string[] | null
  readonly watch_ignore: readonly string[] | null
  readonly watch_delay: number | null
}

/** What is to be watched, if anything; relative to the program's directory, or else the folder of the config. */
export function watchOf({ watch, watch_ignore: ignore, watch_delay: delay }: WatchValues, directory: string | null, context: Context): WatchSpec | null {
  if (watch === null || watch.length === 0) return null
  const base = directory === null || directory === '' ? context.here : absolute(directory, context)
  const place = (path: string): string => (path.startsWith('~') ? absolute(path, context) : resolve(base, path))
  return {
    base, paths: watch.map(place),
    ignore: (ignore ?? []).map((one) => one.replace(/\/+$/, '')).map((one) => (one.includes('/') || one.startsWith('~') ? place(one) : one)),
    delay: Math.max(leastDelay, delay ?? watchDelay),
  }
}
