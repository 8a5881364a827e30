/** Finds the method for a verb and a path, from the declarations alone. */
import { apiRoot, declarationOf, methodNames } from '../api/methods.ts'
import type { MethodName } from '../api/methods.ts'

interface Route {
  readonly method: MethodName
  readonly verb: string
  /** Words, or `:name` for a parameter. */
  readonly segments: readonly string[]
}

export type Match =
  | { readonly kind: 'found'; readonly method: MethodName; readonly params: Readonly<Record<string, string>> }
  | { readonly kind: 'wrong verb'; readonly allow: string }
  | { readonly kind: 'unknown' }

const routes: readonly Route[] = methodNames().map(method => {
  const { verb, path } = declarationOf(method)
  return { method, verb, segments: path.slice(1).split('/') }
})

/** Matches a path without its query. HEAD is answered where GET is. */
export function findRoute(verb: string, pathname: string): Match {
  if (!pathname.startsWith(`${apiRoot}/`)) return { kind: 'unknown' }
  const given = pathname.slice(apiRoot.length + 1).split('/').map(decoded)
  const wanted = verb === 'HEAD' ? 'GET' : verb
  const allow = new Set<string>()
  for (const route of routes) {
    const params = matchSegments(route.segments, given)
    if (params === undefined) continue
    if (route.verb === wanted) return { kind: 'found', method: route.method, params }
    allow.add(route.verb)
  }
  return allow.size > 0 ? { kind: 'wrong verb', allow: [...allow].join(', ') } : { kind: 'unknown' }
}

function matchSegments(pattern: readonly string[], given: readonly (string | undefined)[]): Record<string, string> | undefined {
  if (pattern.length !== given.length) return undefined
  const params: Record<string, string> = {}
  for (const [i, segment] of pattern.entries()) {
    const word = given[i]
    if (word === undefined) return undefined
    if (segment.startsWith(':')) params[segment.slice(1)] = word
    else if (segment !== word) return undefined
  }
  return params
}

function decoded(segment: string): string | undefined {
  try {
    return decodeURIComponent(segment)
  } catch {
    return undefined // a broken escape names nothing
  }
}
