/** The files that the house rules are about, read and parsed once; and small questions about syntax trees. */
import { readFileSync, readdirSync } from 'node:fs'
import { dirname, join, posix, relative, sep } from 'node:path'
import ts from 'typescript'

/** The folder of the checkout. */
export const root = join(import.meta.dirname, '../..')

/** One TypeScript file; `path` is relative to the checkout, with slashes. */
export interface Source {
  readonly path: string
  readonly text: string
  readonly tree: ts.SourceFile
}

/** Parses a text as the file of that path. */
export function parse(path: string, text: string): Source {
  return { path, text, tree: ts.createSourceFile(path, text, ts.ScriptTarget.ES2023, true) }
}

/** Every file with this ending below a folder, as it is on disk. */
export function readSources(folder: string, ending: '.ts' | '.mjs' = '.ts'): Source[] {
  return readdirSync(join(root, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith(ending))
    .map((entry) => join(entry.parentPath, entry.name))
    .sort()
    .map((file) => parse(relative(root, file).split(sep).join('/'), readFileSync(file, 'utf8')))
}

/** `path:line`, for a person to click on. */
export function at(source: Source, node: ts.Node): string {
  return `${source.path}:${source.tree.getLineAndCharacterOfPosition(node.getStart()).line + 1}`
}

/** Calls back for a node and all below it. */
export function walk(node: ts.Node, visit: (node: ts.Node) => void): void {
  visit(node)
  ts.forEachChild(node, (child) => walk(child, visit))
}

/** One import of a file: static, type-only, re-export, `import()` or `import('x').T`. */
export interface Import {
  readonly node: ts.Node
  readonly specifier: string
  /** Path of the imported file for a relative specifier, `null` for a package. */
  readonly target: string | null
  /** The names taken, `'*'` for all or unknown. */
  readonly names: readonly string[] | '*'
}

/** All imports of a file, in order. */
export function importsOf(source: Source): Import[] {
  const found: Import[] = []
  const add = (node: ts.Node, specifier: ts.Node | undefined, names: Import['names']): void => {
    if (specifier === undefined || !ts.isStringLiteralLike(specifier)) return
    const relativeTo = specifier.text.startsWith('.') ? posix.join(dirname(source.path), specifier.text) : null
    found.push({ node, specifier: specifier.text, target: relativeTo, names })
  }
  walk(source.tree, (node) => {
    if (ts.isImportDeclaration(node)) add(node, node.moduleSpecifier, importedNames(node))
    else if (ts.isExportDeclaration(node)) add(node, node.moduleSpecifier, reexportedNames(node))
    else if (ts.isImportTypeNode(node) && ts.isLiteralTypeNode(node.argument)) add(node, node.argument.literal, typeName(node))
    else if (ts.isCallExpression(node) && node.expression.kind === ts.SyntaxKind.ImportKeyword) add(node, node.arguments[0], '*')
  })
  return found
}

function importedNames(node: ts.ImportDeclaration): Import['names'] {
  const clause = node.importClause
  if (clause === undefined) return []
  const names = clause.name === undefined ? [] : ['default']
  const bindings = clause.namedBindings
  if (bindings === undefined) return names
  if (ts.isNamespaceImport(bindings)) return '*'
  return [...names, ...bindings.elements.map((element) => (element.propertyName ?? element.name).text)]
}

function reexportedNames(node: ts.ExportDeclaration): Import['names'] {
  if (node.exportClause === undefined || ts.isNamespaceExport(node.exportClause)) return '*'
  return node.exportClause.elements.map((element) => (element.propertyName ?? element.name).text)
}

function typeName(node: ts.ImportTypeNode): Import['names'] {
  return node.qualifier !== undefined && ts.isIdentifier(node.qualifier) ? [node.qualifier.text] : '*'
}
