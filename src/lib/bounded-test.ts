/**
 * Tries a regular expression of somebody else's on a text of somebody else's, for a bounded time. Patterns that need
 * exponential time are refused with the config; what grows as a power of the text can still take seconds on a long one.
 */
import { createContext, Script } from 'node:vm'
import type { Context } from 'node:vm'

/** Milliseconds. */
const patience = 50
/** So short a text takes no time that matters, and the watch over it would cost more than the look. */
const shortText = 200

const compiled = new Map<string, RegExp>()
const compiledMax = 1000
let room: { readonly context: Context; readonly script: Script } | null = null

/** True if the pattern is found in the text. The pattern must compile. */
export function boundedTest(pattern: string, text: string): boolean | 'too slow' {
  const regex = compile(pattern)
  if (text.length <= shortText) return regex.test(text)
  room ??= { context: createContext({}), script: new Script('regex.test(text)') }
  Object.assign(room.context, { regex, text })
  try {
    return room.script.runInContext(room.context, { timeout: patience }) === true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ERR_SCRIPT_EXECUTION_TIMEOUT') return 'too slow'
    throw error
  } finally {
    room.context['text'] = ''
  }
}

function compile(pattern: string): RegExp {
  const known = compiled.get(pattern)
  if (known !== undefined) return known
  if (compiled.size >= compiledMax) compiled.clear() // of configs that are long gone
  const regex = new RegExp(pattern)
  compiled.set(pattern, regex)
  return regex
}
