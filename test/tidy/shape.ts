/** Rules about the shape of a file: its length, the length of its functions, its head comment. */
import ts from 'typescript'
import type { Source } from './source.ts'
import { at, walk } from './source.ts'

export const maxFileLines = 250
export const maxFunctionLines = 60
const maxHeadLines = 6

/** These open with the essay that is their spec. */
const essays = ['src/core/process.ts', 'src/core/fleet.ts']

/** Files longer than the limit, with their length; an essay does not count. */
export function longFiles(sources: readonly Source[]): string[] {
  return sources.flatMap(({ path, text }) => {
    const essay = essays.includes(path) ? (headOf(text)?.length ?? 0) : 0
    const lines = text.trimEnd().split('\n').length - essay
    return lines > maxFileLines ? [`${path}: ${lines} lines, ${maxFileLines} are enough`] : []
  })
}

/** Functions, methods and arrows longer than the limit, with their length. */
export function longFunctions(sources: readonly Source[]): string[] {
  return sources.flatMap((source) => {
    const found: string[] = []
    walk(source.tree, (node) => {
      if (!ts.isFunctionLike(node) || !('body' in node) || node.body === undefined) return
      const line = (position: number): number => source.tree.getLineAndCharacterOfPosition(position).line
      const lines = line(node.getEnd()) - line(node.getStart()) + 1
      if (lines > maxFunctionLines) found.push(`${at(source, node)}: ${nameOf(node)} has ${lines} lines, ${maxFunctionLines} are enough`)
    })
    return found
  })
}

function nameOf(node: ts.SignatureDeclaration): string {
  const named = node.name ?? (ts.isVariableDeclaration(node.parent) ? node.parent.name : undefined)
  return named === undefined ? 'a function' : named.getText()
}

/** Files that do not begin with a comment on what they are responsible for, or with too long a one. */
export function badHeads(sources: readonly Source[]): string[] {
  return sources.flatMap(({ path, text }) => {
    const head = headOf(text)
    if (head === null) return [`${path}: begins without a comment on what it is responsible for`]
    if (head.length > maxHeadLines && !essays.includes(path)) return [`${path}: its head comment has ${head.length} lines, at most ${maxHeadLines}`]
    return []
  })
}

/** The lines of text in the comment that opens a file. */
function headOf(text: string): string[] | null {
  const body = text.replace(/^#!.*\n/, '')
  const block = /^\/\*\*?([\s\S]*?)\*\//.exec(body)?.[1]
  const lines = block ?? /^(?:\/\/.*\n)+/.exec(body)?.[0]
  const words = lines?.split('\n').map((line) => line.replace(/^\s*(?:\*|\/\/)?/, '').trim()).filter((line) => line !== '')
  return words === undefined || words.length === 0 ? null : words
}
