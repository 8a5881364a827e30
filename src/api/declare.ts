/**
 * The grammar in which methods are declared, and the types that follow from a declaration. Plain data and types:
 * the command line loads this, so nothing here imports a library.
 */

interface ParamBase {
  /** One sentence for help, OpenAPI and errors. */
  readonly doc: string
  /** Must be given. Without it and without a default the parameter may be absent. */
  readonly required?: true
}

export interface StringParam extends ParamBase {
  readonly kind: 'string'
  readonly default?: string
  /** Characters, at most; 4096 when not given. */
  readonly max?: number
}

/** Several strings; in a query the name is repeated. */
export interface StringsParam extends ParamBase {
  readonly kind: 'strings'
  readonly default?: readonly string[]
}

export interface NumberParam extends ParamBase {
  readonly kind: 'integer' | 'number'
  readonly default?: number
  readonly min?: number
  readonly max?: number
}

export interface BooleanParam extends ParamBase {
  readonly kind: 'boolean'
  readonly default?: boolean
}

export interface EnumParam extends ParamBase {
  readonly kind: 'enum'
  readonly values: readonly string[]
  readonly default?: string
}

/** Any JSON; only in the body of a request. */
export interface JsonParam extends ParamBase {
  readonly kind: 'json'
  readonly default?: string
}

export type ParamDeclaration = StringParam | StringsParam | NumberParam | BooleanParam | EnumParam | JsonParam

export interface MethodDeclaration {
  readonly summary: string
  readonly verb: 'GET' | 'POST' | 'DELETE'
  /** Below `/api/v1`; `:name` stands for the parameter of that name. */
  readonly path: string
  readonly params: Readonly<Record<string, ParamDeclaration>>
  /** `stream`: answers with server-sent events until one side ends it. */
  readonly answer: 'value' | 'stream'
  /** True if the answer may rightly take as long as programs take to start or stop. */
  readonly waits?: true
  /** Only for who may use the private socket of the master: nobody else, whatever a server of the config lets them do. */
  readonly private?: true
}

type ValueOf<P> = P extends { readonly kind: 'string' } ? string
  : P extends { readonly kind: 'json' } ? unknown
  : P extends { readonly kind: 'strings' } ? readonly string[]
    : P extends { readonly kind: 'integer' | 'number' } ? number
      : P extends { readonly kind: 'boolean' } ? boolean
        : P extends { readonly kind: 'enum'; readonly values: readonly (infer V)[] } ? V
          : never

type RequiredKeys<P> = { [K in keyof P]: P[K] extends { readonly required: true } ? K : never }[keyof P]
type CertainKeys<P> = {
  [K in keyof P]: P[K] extends { readonly required: true } | { readonly default: unknown } ? K : never
}[keyof P]

/** What a caller passes: defaults may be left out. */
export type Given<P> = { readonly [K in RequiredKeys<P>]: ValueOf<P[K]> } & {
  readonly [K in Exclude<keyof P, RequiredKeys<P>>]?: ValueOf<P[K]> | undefined
}

/** What a handler gets: defaults are filled in. */
export type Taken<P> = { readonly [K in CertainKeys<P>]: ValueOf<P[K]> } & {
  readonly [K in Exclude<keyof P, CertainKeys<P>>]?: ValueOf<P[K]> | undefined
}
