/**
 * What is watched for a program, and which paths count: folders and files by name, patterns with `**`, what the config
 * leaves out, and what nobody wants a restart for. Pure; who looks at the disk is behind the port below.
 */
import { matchesTokens, shellTokens } from '../lib/wildcard.ts'
import type { Token } from '../lib/wildcard.ts'

/** Which files restart a program when they change. */
export interface WatchSpec {
  /** The folder that the words of the config are relative to. */
  readonly base: string
  /** Absolute; `*`, `?`, `[..]` and `**` make a pattern. */
  readonly paths: readonly string[]
  /** Names, which count in every folder, and absolute paths; both may be patterns. */
  readonly ignore: readonly string[]
  /** Milliseconds without a change until the restart. */
  readonly delay: number
}

/** What is to be looked at on the disk. */
export interface WatchOrder extends Pick<WatchSpec, 'paths' | 'ignore'> {
  /** Files and folders that the master writes to itself, with their rotated namesakes. */
  readonly own: readonly string[]
}

/** What a watcher tells. */
export type WatchNews =
  | { readonly kind: 'changed'; /** Absolute. */ readonly path: string }
  /** It is not watched, or not all of it; `again`: it tries again by itself. */
  | { readonly kind: 'problem'; readonly reason: string; readonly again: boolean }
  /** So many files and folders that it costs. */
  | { readonly kind: 'many'; readonly entries: number }

/** Looks at the disk; the returned function ends it. `since`: what has changed after that counts, epoch milliseconds; now when left out. */
export type WatchFiles = (order: WatchOrder, tell: (news: WatchNews) => void, since?: number) => () => void

/** Names that never count, in any folder below what is watched: what is installed, written by running, or by editors. */
const neverWatched: readonly string[] = ['.*', 'node_modules', '__pycache__', '*.pyc', '*.log', '*.log.*', '*.pid', '*~', '#*#', '4913']

/** Which paths a watcher has to look at. */
export interface WatchPlan {
  /** Where it begins; they need not exist. */
  readonly roots: readonly string[]
  /** The change of this file counts. */
  readonly counts: (path: string) => boolean
  /** Something that counts may be in this folder. */
  readonly enters: (folder: string) => boolean
}

interface Entry {
  readonly root: string
  /** What comes below the root; `null`: everything. */
  readonly below: readonly Segment[] | null
  /** Names that the config has written out below the root: they count whatever else is said. */
  readonly named: ReadonlySet<string>
}

/** One folder's part of a pattern; `null` is `**`: any number of folders. */
type Segment = readonly Token[] | null

/** The plan of an order. */
export function watchPlan({ paths, ignore, own }: WatchOrder): WatchPlan {
  const entries = paths.map(entryOf)
  const names = [...ignore.filter((one) => !one.startsWith('/')), ...neverWatched].map((one) => shellTokens(one))
  const places = ignore.filter((one) => one.startsWith('/')).map((one) => segmentsOf(one))
  const isLeftOut = (path: string, below: readonly string[], named: ReadonlySet<string>): boolean =>
    below.some((name) => !named.has(name) && names.some((pattern) => matchesTokens(pattern, name)))
    || own.some((mine) => path === mine || path.startsWith(`${mine}/`) || path.startsWith(`${mine}.`))
    || places.some((place) => matchesBeginning(place, partsOf(path)))
  return {
    roots: [...new Set(entries.map(({ root }) => root))],
    counts: (path) => entries.some(({ root, below, named }) => {
      const rest = restBelow(root, path)
      if (rest === null || isLeftOut(path, rest, named)) return false
      return below === null || matchesSegments(below, rest, false)
    }),
    enters: (folder) => entries.some(({ root, below, named }) => {
      if (restBelow(folder, root) !== null) return true // on the way to what is watched
      const rest = restBelow(root, folder)
      if (rest === null || isLeftOut(folder, rest, named)) return false
      return below === null || matchesSegments(below, rest, true)
    }),
  }
}

/** The path as people read it: below `base` without it. */
export function shortPath(path: string, base: string): string {
  const rest = restBelow(base, path)
  return rest === null || rest.length === 0 ? path : rest.join('/')
}

/** True if the text is a pattern and not just a path. */
function isPattern(text: string): boolean {
  return /[*?[]/.test(text)
}

function entryOf(path: string): Entry {
  const parts = partsOf(path)
  const at = parts.findIndex(isPattern)
  if (at < 0) return { root: path, below: null, named: new Set() }
  const below = parts.slice(at)
  return { root: `/${parts.slice(0, at).join('/')}`, below: below.map(segmentOf), named: new Set(below.filter((part) => !isPattern(part))) }
}

function segmentOf(part: string): Segment {
  return part === '**' ? null : shellTokens(part)
}

function segmentsOf(path: string): readonly Segment[] {
  return partsOf(path).map(segmentOf)
}

function partsOf(path: string): string[] {
  return path.split('/').filter((part) => part !== '')
}

/** The names that lead from a folder to a path in it; none for the folder itself, `null` for what is not in it. */
function restBelow(folder: string, path: string): string[] | null {
  if (path === folder) return []
  const from = folder === '/' ? '/' : `${folder}/`
  return path.startsWith(from) ? partsOf(path.slice(from.length)) : null
}

/** True if the pattern matches; `partly`: or what is below the path may match. */
function matchesSegments(pattern: readonly Segment[], path: readonly string[], partly: boolean): boolean {
  const [first, ...rest] = pattern
  if (path.length === 0 && partly) return true
  if (first === undefined) return path.length === 0
  if (first === null) return matchesSegments(rest, path, partly) || (path.length > 0 && matchesSegments(pattern, path.slice(1), partly))
  const [name, ...others] = path
  return name !== undefined && matchesTokens(first, name) && matchesSegments(rest, others, partly)
}

/** True if the path, or a folder on the way to it, matches. */
function matchesBeginning(pattern: readonly Segment[], path: readonly string[]): boolean {
  return path.some((_, at) => matchesSegments(pattern, path.slice(0, at + 1), false))
}
