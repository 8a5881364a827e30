/** Rules about single expressions: what may not be written, in the product, in tests, or anywhere. */
import ts from 'typescript'
import type { Source } from './source.ts'
import { at, importsOf, walk } from './source.ts'

/** The only files that may end the process; the last one does so inside the user's worker. */
const mains = ['src/cli/main.ts', 'src/daemon/main.ts', 'src/worker/leave.ts']

type Complain = (node: ts.Node, source: Source) => string | null

function complaints(sources: readonly Source[], complain: Complain): string[] {
  return sources.flatMap((source) => {
    const found: string[] = []
    walk(source.tree, (node) => {
      const complaint = complain(node, source)
      if (complaint !== null) found.push(`${at(source, node)}: ${complaint}`)
    })
    return found
  })
}

/** `process.exit` and its like outside the two mains. */
export function exits(sources: readonly Source[]): string[] {
  return complaints(sources, (node, { path }) => {
    if (mains.includes(path) || !ts.isPropertyAccessExpression(node)) return null
    const text = node.getText()
    return /^process\.(exit|reallyExit|abort)$/.test(text) ? `${text} belongs into ${mains.join(' or ')}` : null
  })
}

/** The type `any`. */
export function anys(sources: readonly Source[]): string[] {
  return complaints(sources, (node) => (node.kind === ts.SyntaxKind.AnyKeyword ? 'any' : null))
}

/** Errors that are swallowed: a catch without a statement, a `.catch` that does nothing. */
export function emptyCatches(sources: readonly Source[]): string[] {
  return complaints(sources, (node) => {
    if (ts.isCatchClause(node)) return node.block.statements.length === 0 ? 'empty catch' : null
    if (!ts.isCallExpression(node) || !ts.isPropertyAccessExpression(node.expression)) return null
    if (node.expression.name.text !== 'catch') return null
    const [handler] = node.arguments
    const idle = handler !== undefined && ts.isArrowFunction(handler) && ts.isBlock(handler.body) && handler.body.statements.length === 0
    return idle ? 'a catch that does nothing' : null
  })
}

/** Comments that switch a check off. */
export function mutedChecks(sources: readonly Source[]): string[] {
  const muting = new RegExp(['@ts-' + 'ignore', '@ts-' + 'nocheck', 'eslint-' + 'disable'].join('|'))
  return sources.flatMap(({ path, text }) =>
    text.split('\n').flatMap((line, index) => {
      const found = muting.exec(line)?.[0]
      return found === undefined ? [] : [`${path}:${index + 1}: ${found}`]
    }),
  )
}

/** Tests that do not run, or that keep others from running. */
export function idleTests(sources: readonly Source[]): string[] {
  return complaints(sources, (node) => {
    if (ts.isCallExpression(node) && ts.isIdentifier(node.expression)) {
      return /^(xit|xtest|xdescribe|fit|fdescribe)$/.test(node.expression.text) ? `${node.expression.text}()` : null
    }
    if (!ts.isPropertyAccessExpression(node) || !/^(only|skip|todo|skipIf|runIf|fails)$/.test(node.name.text)) return null
    return /^(it|test|describe|suite|bench)\b/.test(node.getText()) ? `.${node.name.text}` : null
  })
}

/** Waits for time: a promise that a timer resolves, and the timers that are promises. */
export function sleeps(sources: readonly Source[]): string[] {
  const imported = sources.flatMap((source) =>
    importsOf(source)
      .filter(({ specifier, node }) => specifier === 'node:timers/promises' && !onlyTurns(node))
      .map(({ node }) => `${at(source, node)}: node:timers/promises waits for time`),
  )
  return [...imported, ...timers(sources)]
}

/** `setImmediate` lets everything else have its turn; it waits for no time. */
function onlyTurns(node: ts.Node): boolean {
  return /^import \{ setImmediate( as \w+)? \} from/.test(node.getText())
}

function timers(sources: readonly Source[]): string[] {
  return complaints(sources, (node) => {
    if (!ts.isCallExpression(node)) return null
    if (node.expression.getText() === 'Atomics.wait') return 'Atomics.wait waits for time'
    if (!/(^|\.)setTimeout$/.test(node.expression.getText())) return null
    const resolve = resolverAround(node)
    const [callback] = node.arguments
    return resolve !== null && callback !== undefined && mentions(callback, resolve) ? 'a timer resolves the promise: wait for an event' : null
  })
}

/** Name of the resolve function of the promise that a node helps to make. */
function resolverAround(node: ts.Node): string | null {
  for (let each = node; !ts.isSourceFile(each); each = each.parent) {
    if (!ts.isFunctionLike(each) || !ts.isNewExpression(each.parent) || each.parent.expression.getText() !== 'Promise') continue
    return each.parameters[0]?.name.getText() ?? null
  }
  return null
}

function mentions(node: ts.Node, name: string): boolean {
  let found = false
  walk(node, (each) => (found ||= ts.isIdentifier(each) && each.text === name))
  return found
}
