/**
 * Writes the value of an INI option as YAML that reads back as the same: what INI takes literally is escaped, plain
 * numbers, booleans and lists become what they are. Pure; `%(...)` names stay, but for `here` in another folder.
 */
import { Pair, Scalar, YAMLMap, YAMLSeq } from 'yaml'
import { parseBoolean, parseInteger } from '../lib/units.ts'
import { expand } from './expand.ts'
import { autorestart, boolean, seconds } from './kinds.ts'
import { parseEnvironment } from './words.ts'
import type { Row } from './rows.ts'

/** The folders that `%(here)s` stands for. */
export interface Folders {
  /** Of the file that the option is in. */
  readonly from: string
  /** Of the file that is written. */
  readonly to: string
}

export type ValueNode = Scalar | YAMLSeq | YAMLMap

/** The node of a value. */
export function valueNode(key: string, text: string, row: Row, folders: Folders): ValueNode {
  if (key === 'env_file') return listNode(text.split(/[,\n]/).map((path) => moved(path.trim(), folders)).filter((path) => path !== ''), folders)
  if (row.shape === 'map') return environmentNode(text) ?? textNode(text, folders)
  if (text.includes('%')) return textNode(text, folders)
  if (row.shape === 'list') {
    const items = text.split(',').map((item) => item.trim())
    return items.includes('') ? textNode(text, folders) : listNode(items, folders)
  }
  if (row.type === boolean || row.type === autorestart) {
    const value = parseBoolean(text)
    if (value !== undefined) return new Scalar(value)
  }
  const whole = row.iniType === seconds ? parseInteger(text) : undefined
  if (whole !== undefined) return new Scalar(whole)
  return row.type.meta()?.accepts === 'text' ? textNode(text, folders) : plainNode(text, folders)
}

/** Text as it is to stand in YAML. */
function escaped(text: string, { from, to }: Folders): string {
  const placed = from === to ? text : text.replace(/%%|%\(here\)[-+ #0]*\d*(?:\.\d*)?[hlL]?[a-zA-Z]/g, (piece) => {
    if (piece === '%%') return piece
    const folder = expand(piece, { plain: { here: from }, env: [] }, 'ini')
    return folder.ok ? folder.text.replaceAll('%', '%%') : piece
  })
  return placed.replaceAll('${', () => '$${')
}

function textNode(text: string, folders: Folders): Scalar {
  return new Scalar(escaped(text, folders))
}

/** Numbers in the one spelling that a number has; all else is text. */
function plainNode(text: string, folders: Folders): Scalar {
  return /^(?:0|-?[1-9]\d{0,14})$/.test(text) ? new Scalar(Number(text)) : textNode(text, folders)
}

function listNode(items: readonly string[], folders: Folders): YAMLSeq {
  const list = new YAMLSeq()
  list.flow = true
  for (const item of items) list.add(plainNode(item, folders))
  return list
}

/**
 * A mapping, where the text says the same before and after its names are expanded; otherwise nothing, and the text
 * itself does, which YAML takes too.
 */
function environmentNode(text: string): YAMLMap | undefined {
  const plain = expand(text, { plain: {}, env: [] }, 'ini')
  const read = plain.ok ? parseEnvironment(plain.text) : { ok: false as const }
  if (!read.ok || read.pairs.has('<<')) return undefined
  const map = new YAMLMap()
  for (const [name, value] of read.pairs) {
    map.add(new Pair(new Scalar(name), new Scalar(value.replaceAll('%', '%%').replaceAll('${', () => '$${'))))
  }
  return map
}

/** A path that is relative to the folder of its file, from the folder of another one. */
function moved(path: string, { from, to }: Folders): string {
  if (from === to || path === '' || /^[~/]|^%\((?:here|ENV_)/.test(path)) return path
  return `${from.replaceAll('%', '%%')}/${path}`
}
