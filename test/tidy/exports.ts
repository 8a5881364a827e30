/** The rule that what is exported is used: a dead export is dead code that looks alive. */
import ts from 'typescript'
import type { Source } from './source.ts'
import { importsOf, walk } from './source.ts'

/** Their exports are for the world outside. */
export const entryPoints = ['src/cli/main.ts', 'src/daemon/main.ts', 'src/worker/main.ts', 'src/worker/preload.ts']

interface Exported {
  readonly name: string
  readonly node: ts.Node
  readonly isType: boolean
}

/**
 * Exports of `product` that no file of `users` imports. A type that the signature of another export names is used:
 * who calls that one has the type in hand.
 */
export function deadExports(product: readonly Source[], users: readonly Source[]): string[] {
  const taken = new Map<string, Set<string>>()
  for (const source of users) {
    for (const { target, names } of importsOf(source)) {
      if (target === null) continue
      const set = taken.get(target) ?? new Set()
      taken.set(target, set)
      for (const name of names === '*' ? ['*'] : names) set.add(name)
    }
  }
  return product.flatMap((source) => {
    const set = taken.get(source.path) ?? new Set<string>()
    if (entryPoints.includes(source.path) || set.has('*')) return []
    const all = exportsOf(source)
    const dead = all.filter(({ name, isType }) => !set.has(name) && !(isType && isNamedByOthers(name, all)))
    return dead.map(({ name }) => `${source.path}: ${name} is exported, and nothing imports it`)
  })
}

function exportsOf(source: Source): Exported[] {
  return source.tree.statements.flatMap((node): Exported[] => {
    if (ts.isExportDeclaration(node) && node.exportClause !== undefined && ts.isNamedExports(node.exportClause)) {
      return node.exportClause.elements.map((each) => ({ name: each.name.text, node: each, isType: false }))
    }
    if (ts.isExportAssignment(node)) return [{ name: 'default', node, isType: false }]
    const exported = ts.canHaveModifiers(node) && ts.getModifiers(node)?.some(({ kind }) => kind === ts.SyntaxKind.ExportKeyword)
    if (!exported) return []
    if (ts.isVariableStatement(node)) {
      return node.declarationList.declarations.map((each) => ({ name: each.name.getText(), node: each, isType: false }))
    }
    const isType = ts.isInterfaceDeclaration(node) || ts.isTypeAliasDeclaration(node)
    if (!isType && !ts.isFunctionDeclaration(node) && !ts.isClassDeclaration(node)) return []
    return [{ name: node.name?.text ?? 'default', node, isType }]
  })
}

function isNamedByOthers(name: string, all: readonly Exported[]): boolean {
  return all.some((other) => {
    if (other.name === name) return false
    let named = false
    walk(other.node, (node) => (named ||= ts.isTypeReferenceNode(node) && node.typeName.getText() === name))
    return named
  })
}
