/**
 * What a target means: from the words of a request to processes, in the order in which they are acted on. Strict
 * resolution is supervisord's (`p`, `group:p`, `group:*`, `group:`); otherwise a bare name may also be a group, a
 * process name that only one group has, a program, or what the numbered processes of one program have in common
 * (`checkin` of `checkin_00` and `checkin_01`), and `*` and `?` match.
 */
import { Fault } from '../lib/fault.ts'
import { suggest } from '../lib/suggest.ts'
import type { ProcessView } from '../core/model.ts'
import { compare } from '../core/order.ts'
import { globMatches, isGlob } from './glob.ts'
import type { Missing } from './results.ts'

export interface Resolved {
  /** Each process once, by group priority, process priority, then name. */
  readonly matched: readonly ProcessView[]
  readonly missing: readonly Missing[]
}

export interface ResolveOptions {
  /** Only what supervisord understands. */
  readonly strict?: boolean
  /** Names of active groups, so that an empty one is known. */
  readonly groups?: Iterable<string>
}

/** Resolves targets over all processes of a master. */
export function resolveTargets(
  views: readonly ProcessView[],
  targets: readonly string[],
  options: ResolveOptions = {},
): Resolved {
  const index = new Index(views, options.groups ?? [])
  const matched = new Set<ProcessView>()
  const missing: Missing[] = []
  for (const target of targets) {
    const found = options.strict ? index.strict(target) : index.kind(target)
    if (found === undefined) missing.push(index.missing(target))
    else for (const view of found) matched.add(view)
  }
  return { matched: inActingOrder([...matched]), missing }
}

/** The one process that a target means. Throws Fault BAD_NAME where it means none or several. */
export function resolveOne(views: readonly ProcessView[], target: string, options: ResolveOptions = {}): ProcessView {
  const { matched, missing } = resolveTargets(views, [target], options)
  const [first, ...others] = matched
  if (first === undefined) {
    const suggestion = missing[0]?.suggestion
    throw new Fault('BAD_NAME', suggestion ? `${target} (did you mean ${suggestion}?)` : target)
  }
  if (others.length > 0) {
    const shown = matched.slice(0, 5).map(view => view.namespec).join(', ')
    throw new Fault('BAD_NAME', `${target} means ${matched.length} processes (${shown}${matched.length > 5 ? ', ...' : ''}); name one`)
  }
  return first
}

/** By group priority, process priority, group and name: the order of starts. */
export function inActingOrder(views: readonly ProcessView[]): ProcessView[] {
  return [...views].sort((a, b) =>
    a.groupPriority - b.groupPriority
    || compare(a.group, b.group)
    || a.spec.priority - b.spec.priority
    || compare(a.name, b.name))
}

type Found = readonly ProcessView[] | undefined

/** The processes by what they can be named after. `undefined` of a lookup: no such thing. */
class Index {
  readonly #views: readonly ProcessView[]
  readonly #groups: ReadonlySet<string>

  constructor(views: readonly ProcessView[], groups: Iterable<string>) {
    this.#views = views
    this.#groups = new Set([...groups, ...views.map(view => view.group)])
  }

  strict(target: string): Found {
    const { group, name } = splitTarget(target)
    return name === null ? this.#members(group) : this.#exact(group, name)
  }

  kind(target: string): Found {
    if (target === 'all') return this.#views
    const strict = this.strict(target)
    if (strict !== undefined) return strict
    if (isGlob(target)) return this.#matching(target)
    const { group, name } = splitTarget(target)
    if (name === null) return undefined
    if (target.includes(':')) return nonEmpty(this.#views.filter(view => view.group === group && view.program === name))
    return this.#members(target) ?? this.#bare(target)
  }

  missing(target: string): Missing {
    const { group, name } = splitTarget(target)
    if (name === null) {
      const close = suggest(group, this.#groups)
      return { target, kind: 'group', suggestion: close === undefined ? null : `${close}:*` }
    }
    const several = target.includes(':') ? [] : this.#views.filter(view => view.name === target)
    return { target, kind: 'process', suggestion: several.length > 0 ? oneOf(several) : this.#suggestion(target) }
  }

  #exact(group: string, name: string): Found {
    return nonEmpty(this.#views.filter(view => view.group === group && view.name === name))
  }

  #members(group: string): Found {
    return this.#groups.has(group) ? this.#views.filter(view => view.group === group) : undefined
  }

  /** A process name that one group has, else a program; a name that several groups have is left to the caller. */
  #bare(word: string): Found {
    const named = this.#views.filter(view => view.name === word)
    if (named.length > 1) return undefined
    return nonEmpty(named) ?? nonEmpty(this.#views.filter(view => view.program === word)) ?? this.#numbered(word)
  }

  /** All processes of a program, where `process_name` is the word and a number; `worker_1` is never worker_10. */
  #numbered(word: string): Found {
    const isNumbered = (view: ProcessView): boolean => view.name.startsWith(word) && /^[_-]\d+$/.test(view.name.slice(word.length))
    const first = this.#views.find(isNumbered)
    if (first === undefined) return undefined
    const program = this.#views.filter(view => view.program === first.program && view.group === first.group)
    return program.every(isNumbered) && this.#views.filter(isNumbered).length === program.length ? program : undefined
  }

  #matching(target: string): Found {
    const pattern = target.endsWith(':') ? `${target}*` : target
    const wholeOnly = pattern.includes(':')
    return nonEmpty(this.#views.filter(view =>
      globMatches(pattern, `${view.group}:${view.name}`)
      || (!wholeOnly && (globMatches(pattern, view.name) || globMatches(pattern, view.group)))))
  }

  #suggestion(target: string): string | null {
    const words = new Set<string>()
    for (const view of this.#views) {
      words.add(view.namespec).add(view.name).add(view.program).add(view.group)
      if (words.size > suggestionCandidates) break
    }
    const ofFile = target.replace(/^.*\//, '').replace(/\.\w+$/, '') // who has started app.js may call it so
    return words.has(ofFile) ? ofFile : suggest(target, words) ?? null
  }
}

/** More words than this are not compared: a typo is answered in milliseconds, also with thousands of processes. */
const suggestionCandidates = 2000

/** The names of a few, as the end of a question. */
function oneOf(views: readonly ProcessView[]): string {
  const names = views.slice(0, 5).map(view => view.namespec)
  return [...names, ...(views.length > names.length ? ['another'] : [])].join(' or ')
}

function nonEmpty(views: readonly ProcessView[]): Found {
  return views.length > 0 ? views : undefined
}

/** supervisord's reading of a name: `p` is p of group p, `g:` and `g:*` are all of g (`name` is null). */
export function splitTarget(target: string): { group: string; name: string | null } {
  const colon = target.indexOf(':')
  if (colon < 0) return { group: target, name: target }
  const name = target.slice(colon + 1)
  return { group: target.slice(0, colon), name: name === '' || name === '*' ? null : name }
}
