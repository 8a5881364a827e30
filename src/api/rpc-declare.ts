/**
 * The grammar in which XML-RPC methods are declared: parameters, result, help and handler in one place. From it come
 * the checks of arguments, the help and the signatures. Knows neither XML nor any particular method.
 */
import { Fault } from '../lib/fault.ts'
import type { Master } from './master.ts'

/** What can go over the wire. */
export type RpcValue = string | number | boolean | Date | Encoded | readonly RpcValue[] | RpcStruct

export interface RpcStruct {
  readonly [name: string]: RpcValue
}

/** A value that is in the form of the wire already. */
export class Encoded {
  readonly text: string

  constructor(text: string) {
    this.text = text
  }
}

/** How much one answer may still grow, so that no request costs more memory than that. */
export class Budget {
  #left: number
  readonly #limit: number

  constructor(bytes: number) {
    this.#left = bytes
    this.#limit = bytes
  }

  /** Takes `bytes` off. Throws Fault FAILED when there are not as many left. */
  spend(bytes: number): void {
    if (bytes > this.#left) throw new Fault('FAILED', `the answer would be larger than ${this.#limit} bytes; ask for less at once`)
    this.#left -= bytes
  }
}

export interface RpcCaller {
  /** Who asks, for people. */
  readonly by: string
  /** Aborted when the client has gone. */
  readonly signal: AbortSignal
  readonly budget: Budget
  /** Brings a value into the form of the wire. */
  readonly encode: (value: RpcValue) => string
}

/** Kinds of parameters, as `system.methodSignature` names them; `any` is declared and judged by its handler. */
interface Kinds {
  readonly string: string
  readonly int: number
  readonly boolean: boolean
  readonly array: readonly RpcValue[]
  readonly any: RpcValue
}

export interface RpcParam<K extends keyof Kinds = keyof Kinds> {
  readonly kind: K
  readonly doc: string
  readonly default?: Kinds[K]
  /** What the signature says, where that is not the kind. */
  readonly shown?: string
}

type Params = Readonly<Record<string, RpcParam>>
type Taken<P extends Params> = { readonly [N in keyof P]: Kinds[P[N]['kind']] }

interface Declaration<P extends Params> {
  readonly help: string
  /** In the order of the wire. */
  readonly params: P
  readonly returns: { readonly kind: 'string' | 'int' | 'boolean' | 'array' | 'struct'; readonly doc: string }
  /** Answered while the master is shutting down too. */
  readonly always?: true
  /** Other names for it. */
  readonly aliases?: readonly string[]
  readonly handle: (master: Master, args: Taken<P>, caller: RpcCaller) => RpcValue | Promise<RpcValue>
}

/** A declared method, with the types of its arguments forgotten. */
export interface RpcMethod {
  readonly help: string
  /** Result first, then the parameters. */
  readonly signature: readonly string[]
  readonly aliases: readonly string[]
  /** Checks the arguments in supervisord's order: number, state of the master, types; then acts. */
  readonly call: (master: Master, args: readonly RpcValue[], caller: RpcCaller) => Promise<RpcValue>
}

/** Declares a method. */
export function rpcMethod<const P extends Params>(declaration: Declaration<P>): RpcMethod {
  const params = Object.entries<RpcParam>(declaration.params)
  const needed = params.filter(([, param]) => param.default === undefined).length
  const { returns, aliases = [], always, handle } = declaration
  return {
    help: helpOf(declaration.help, params, returns),
    signature: [returns.kind, ...params.map(([, param]) => param.shown ?? param.kind)],
    aliases,
    call: async (master, args, caller) => {
      if (args.length < needed || args.length > params.length) throw new Fault('INCORRECT_PARAMETERS')
      if (always !== true && master.info().state !== 'RUNNING') throw new Fault('SHUTDOWN_STATE')
      const taken = params.map(([name, param], i) => [name, take(name, param, args[i])] as const)
      return handle(master, Object.fromEntries(taken) as Taken<P>, caller)
    },
  }
}

export const text = (doc: string): RpcParam<'string'> => ({ kind: 'string', doc })
export const int = (doc: string): RpcParam<'int'> => ({ kind: 'int', doc })
export const flag = (doc: string, byDefault: boolean): RpcParam<'boolean'> => ({ kind: 'boolean', doc, default: byDefault })
export const array = (doc: string): RpcParam<'array'> => ({ kind: 'array', doc })
/** Declared as `shown`, judged by the handler. */
export const any = (shown: string, doc: string): RpcParam<'any'> => ({ kind: 'any', shown, doc })

function helpOf(help: string, params: readonly (readonly [string, RpcParam])[], returns: { readonly kind: string; readonly doc: string }): string {
  const lines = params.map(([name, param]) => `@param ${param.shown ?? param.kind} ${name}  ${param.doc}`)
  return [help, '', ...lines, `@return ${returns.kind} result  ${returns.doc}`].join('\n')
}

/** Reads an argument as leniently as supervisord does: numbers also as text, truth of anything. */
function take(name: string, param: RpcParam, given: RpcValue | undefined): RpcValue {
  const value = given ?? param.default ?? ''
  switch (param.kind) {
    case 'any':
      return value
    case 'string':
      if (typeof value === 'string') return value
      throw new Fault('INCORRECT_PARAMETERS', `${name} must be a string`)
    case 'int': {
      const number = wholeNumber(value)
      if (number !== undefined) return number
      throw new Fault('INCORRECT_PARAMETERS', `${name} must be a whole number`)
    }
    case 'boolean':
      return isTrue(value)
    case 'array':
      if (isArray(value)) return value
      throw new Fault('INCORRECT_PARAMETERS')
  }
}

/** The whole number that a value stands for: a number loses its fraction, text may say it in digits. */
export function wholeNumber(value: RpcValue): number | undefined {
  if (typeof value === 'boolean') return value ? 1 : 0
  if (typeof value === 'number') return Number.isFinite(value) ? Math.trunc(value) : undefined
  if (typeof value === 'string' && /^\s*[+-]?\d+\s*$/.test(value)) return Number(value)
  return undefined
}

function isTrue(value: RpcValue): boolean {
  if (typeof value === 'boolean') return value
  if (typeof value === 'number') return value !== 0
  if (typeof value === 'string') return value !== ''
  if (value instanceof Date || value instanceof Encoded) return true
  return isArray(value) ? value.length > 0 : Object.keys(value).length > 0
}

export function isArray(value: RpcValue): value is readonly RpcValue[] {
  return Array.isArray(value)
}

export function isStruct(value: RpcValue): value is RpcStruct {
  return typeof value === 'object' && !isArray(value) && !(value instanceof Date) && !(value instanceof Encoded)
}
