/** Keeps hostile YAML in bounds: nesting that would overflow the parser's stack, and aliases that would be looked up again and again. */
import { visit } from 'yaml'
import type { Alias, Document, Node } from 'yaml'

/** The most brackets that may be open at once, and half the columns that a line may be indented. */
const depthLimit = 200

/**
 * The first line that nests deeper than a config could mean to. The parser descends once per level, and a stack that
 * overflows inside the engine ends the process: this has to be known before.
 */
export function lineTooDeep(text: string): number | undefined {
  let brackets = 0
  let line = 1
  for (const match of text.matchAll(/\n|[[{]|[\]}]|^[ \t]*(?:[-?:][ \t]+)*/gm)) {
    const found = match[0]
    if (found === '\n') line++
    else if (found === '[' || found === '{') brackets++
    else if (found === ']' || found === '}') brackets = Math.max(0, brackets - 1)
    if (brackets > depthLimit || found.length > 2 * depthLimit) return line
  }
  return undefined
}

/** What each alias stands for: the nearest anchor of its name before it. One walk, where a lookup each would be many. */
export function aliasTargets(document: Document.Parsed): Map<Alias, Node> {
  const anchors = new Map<string, Node>()
  const targets = new Map<Alias, Node>()
  visit(document, {
    Alias: (_key, alias) => {
      const target = anchors.get(alias.source)
      if (target !== undefined) targets.set(alias, target)
    },
    Value: (_key, node) => {
      if (node.anchor !== undefined) anchors.set(node.anchor, node)
    },
  })
  return targets
}
