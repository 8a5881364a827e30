/** Checks parameters against their declarations with zod and fills in defaults; errors are sentences for people. */
import * as z from 'zod'
import { Fault } from '../lib/fault.ts'
import { suggest } from '../lib/suggest.ts'
import { declarationOf } from '../api/methods.ts'
import type { MethodName, TakenOf } from '../api/methods.ts'
import type { ParamDeclaration } from '../api/declare.ts'

const stringMax = 4096
const stringsMax = 10_000

/** Built at the first request for a method: most masters are never asked most things. */
const schemas = new Map<MethodName, z.ZodType>()

/** Checked parameters, defaults filled in. Throws Fault INCORRECT_PARAMETERS with every problem. */
export function checkParams<M extends MethodName>(method: M, given: Readonly<Record<string, unknown>>): TakenOf<M> {
  const { params } = declarationOf(method)
  const unknown = Object.keys(given).filter(name => !Object.hasOwn(params, name))
  const checked = schemaOf(method).safeParse(given)
  if (checked.success && unknown.length === 0) return checked.data as TakenOf<M>
  const problems = unknown.map(name => unknownParam(name, Object.keys(params)))
  for (const issue of checked.error?.issues ?? []) problems.push(`${issue.path.join('.')}: ${issue.message}`)
  throw new Fault('INCORRECT_PARAMETERS', problems.join('; '))
}

/** The schema of a method's parameters, also for the OpenAPI document. */
function schemaOf(method: MethodName): z.ZodType {
  let schema = schemas.get(method)
  if (schema === undefined) {
    const { params } = declarationOf(method)
    schema = z.object(Object.fromEntries(Object.entries(params).map(([name, param]) => [name, paramSchema(param)])))
    schemas.set(method, schema)
  }
  return schema
}

/** The schema of one parameter. */
export function paramSchema(param: ParamDeclaration): z.ZodType {
  const schema = bareSchema(param).meta({ description: param.doc })
  if (param.default !== undefined) return schema.default(param.default)
  return param.required ? schema : schema.optional()
}

function bareSchema(param: ParamDeclaration): z.ZodType {
  switch (param.kind) {
    case 'string':
      return z.string({ error: must('be a string') }).max(param.max ?? stringMax, { error: `must have at most ${param.max ?? stringMax} characters` })
    case 'strings': {
      const one = z.string({ error: must('be a string') }).min(1, { error: 'must not be empty' }).max(stringMax, { error: `must have at most ${stringMax} characters` })
      const list = z.array(one, { error: must('be a list of strings') })
      return (param.required ? list.min(1, { error: 'must not be empty' }) : list).max(stringsMax, { error: `must have at most ${stringsMax} entries` })
    }
    case 'integer':
      return bounded(z.int({ error: must('be a whole number') }), param)
    case 'number':
      return bounded(z.number({ error: must('be a number') }), param)
    case 'boolean':
      return z.boolean({ error: must('be true or false') })
    case 'json':
      return z.unknown().refine(value => value !== undefined, { error: 'is required' })
    case 'enum':
      return z.enum(param.values as [string, ...string[]], { error: must(`be one of ${param.values.join(', ')}`) })
  }
}

function bounded(schema: z.ZodNumber, bounds: { readonly min?: number; readonly max?: number }): z.ZodNumber {
  let result = schema
  if (bounds.min !== undefined) result = result.min(bounds.min, { error: `must be at least ${bounds.min}` })
  if (bounds.max !== undefined) result = result.max(bounds.max, { error: `must be at most ${bounds.max}` })
  return result
}

function must(be: string): (issue: { readonly input?: unknown }) => string {
  return issue => (issue.input === undefined ? 'is required' : `must ${be}`)
}

function unknownParam(name: string, known: readonly string[]): string {
  const meant = suggest(name, known)
  return `${name}: no such parameter${meant === undefined ? '' : `, did you mean ${meant}?`}`
}

/**
 * Gives the words of a path and a query the types of their parameters; what does not fit stays a string, and
 * `checkParams` says so.
 */
export function fromWords(method: MethodName, path: Readonly<Record<string, string>>, query: URLSearchParams): Record<string, unknown> {
  const { params } = declarationOf(method)
  const given: Record<string, unknown> = {}
  for (const name of new Set(query.keys())) {
    const words = query.getAll(name)
    given[name] = Object.hasOwn(params, name) && params[name] !== undefined ? typed(params[name], words) : words
  }
  for (const [name, word] of Object.entries(path)) given[name] = params[name] === undefined ? word : typed(params[name], [word])
  return given
}

function typed(param: ParamDeclaration, words: readonly string[]): unknown {
  if (param.kind === 'strings') return words
  if (words.length !== 1) return words
  const word = words[0] ?? ''
  if (param.kind === 'integer' || param.kind === 'number') return /^-?\d+(\.\d+)?$/.test(word) ? Number(word) : word
  if (param.kind === 'boolean') {
    if (word === 'true' || word === '1' || word === '') return true
    if (word === 'false' || word === '0') return false
  }
  return word
}
