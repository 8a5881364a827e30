/** Rules about who may import whom: directions between the rooms, circles, barrels, names of files and specifiers. */
import { builtinModules } from 'node:module'
import { basename } from 'node:path'
import ts from 'typescript'
import { entryPoints } from './exports.ts'
import type { Source } from './source.ts'
import { at, importsOf } from './source.ts'

/** A room may import itself and rooms of a lower floor, never a neighbour on the same one. */
const floors: Readonly<Record<string, number>> = {
  lib: 0,
  core: 1,
  config: 2,
  os: 2,
  worker: 2,
  api: 3,
  http: 4,
  cli: 4,
  daemon: 5,
}

/** Inside the daemon these rooms are taken in hand by the composition root alone; the rest gets ports. */
const onlyForMain = ['os', 'http']
const compositionRoot = 'src/daemon/main.ts'

const forbiddenWords = ['types', 'utils', 'util', 'helpers', 'helper', 'common', 'manager', 'index']

const roomOf = (path: string): string => /^src\/([^/]+)\//.exec(path)?.[1] ?? ''

/** Imports that go up, sideways, or to a room that only the composition root may touch. */
export function wrongDirections(sources: readonly Source[]): string[] {
  return sources.flatMap((source) =>
    importsOf(source).flatMap(({ node, target }) => {
      if (target === null || target === 'package.json') return []
      const [from, to] = [roomOf(source.path), roomOf(target)]
      const complaint = complain(source.path, from, to)
      return complaint === null ? [] : [`${at(source, node)}: ${complaint}`]
    }),
  )
}

function complain(path: string, from: string, to: string): string | null {
  const [low, high] = [floors[to], floors[from]]
  if (high === undefined) return `src/${from} is no room; the rooms are ${Object.keys(floors).join(', ')}`
  if (low === undefined) return `imports from outside the rooms (${to || 'not in src/'})`
  if (from === to) return null
  if (low >= high) return `${from} must not import ${to}`
  if (from === 'daemon' && onlyForMain.includes(to) && path !== compositionRoot) {
    return `only ${compositionRoot} may import ${to}; the rest of the daemon receives ports`
  }
  return null
}

/** Circles of imports, each once as `a -> b -> a`; types count. */
export function circles(sources: readonly Source[]): string[] {
  const edges = new Map(
    sources.map((source) => [source.path, importsOf(source).flatMap(({ target }) => (target === null ? [] : [target]))]),
  )
  const found: string[] = []
  const finished = new Set<string>()
  const path: string[] = []
  const visit = (file: string): void => {
    const start = path.indexOf(file)
    if (start >= 0) found.push([...path.slice(start), file].join(' -> '))
    if (start >= 0 || finished.has(file)) return
    path.push(file)
    for (const next of edges.get(file) ?? []) visit(next)
    path.pop()
    finished.add(file)
  }
  for (const file of edges.keys()) visit(file)
  return found
}

/** Files that only pass on what others export, and every `export *`. What users import by the package's name is a face, and no barrel. */
export function barrels(sources: readonly Source[]): string[] {
  return sources.flatMap((source) => {
    const statements = source.tree.statements
    const passes = (node: ts.Statement): boolean => ts.isExportDeclaration(node) && node.moduleSpecifier !== undefined
    const stars = statements.filter((node) => ts.isExportDeclaration(node) && node.exportClause === undefined)
    const barrel = !entryPoints.includes(source.path) && statements.some(passes) && statements.every((node) => passes(node) || ts.isImportDeclaration(node))
    return [...stars.map((node) => `${at(source, node)}: export *`), ...(barrel ? [`${source.path}: only re-exports`] : [])]
  })
}

/** Files whose name says nothing about what is in them. */
export function emptyNames(paths: readonly string[]): string[] {
  return paths.filter((path) => basename(path, '.ts').toLowerCase().split(/[-_.]/).some((word) => forbiddenWords.includes(word)))
}

/** Node's own modules without `node:`, and relative imports without their extension. */
export function sloppySpecifiers(sources: readonly Source[]): string[] {
  return sources.flatMap((source) =>
    importsOf(source).flatMap(({ node, specifier, target }) => {
      if (target === null && builtinModules.includes(specifier)) return [`${at(source, node)}: write node:${specifier}`]
      if (target !== null && !/\.(ts|mjs|js|json)$/.test(specifier)) return [`${at(source, node)}: ${specifier} lacks its extension`]
      return []
    }),
  )
}

/** Packages that nothing imports, and packages that are imported without being named in package.json. */
export function packageProblems(sources: readonly Source[], named: readonly string[]): string[] {
  const imported = new Set(
    sources.flatMap((source) => importsOf(source)).flatMap(({ specifier, target }) => {
      if (target !== null || specifier.startsWith('node:')) return []
      return [specifier.split('/').slice(0, specifier.startsWith('@') ? 2 : 1).join('/')]
    }),
  )
  return [
    ...named.filter((name) => !imported.has(name)).map((name) => `${name} is in package.json, and nothing imports it`),
    ...[...imported].filter((name) => !named.includes(name)).map((name) => `${name} is imported, and not in package.json`),
  ]
}
