/**
 * The lines in which a table is kept: a head with its columns, then what rows have become or that they are gone, each
 * with its checksum. A line says the whole row, never a difference, so that reading one twice or over a newer state that
 * later lines make again does no harm. What does not check is no line.
 */
import { crc32 } from 'node:zlib'
import type { Row } from './table.ts'
import type { Column, Value } from './table-spec.ts'

/** The first line of a file. `from`: the number of the first journal that goes on from this snapshot. */
export interface Head {
  readonly columns: readonly Column[]
  readonly from: number
}

export type TableRecord =
  | { readonly kind: 'head'; readonly head: Head }
  | { readonly kind: 'put'; readonly key: string; readonly values: readonly Value[]; readonly expires: number }
  | { readonly kind: 'removed'; readonly key: string }
  | { readonly kind: 'cleared' }

export function headLine(head: Head): string {
  return lineOf(JSON.stringify(head))
}

export function putLine({ key, values, expires }: Row): string {
  return lineOf(JSON.stringify(expires === Infinity ? [key, values] : [key, values, expires]))
}

export function removedLine(key: string): string {
  return lineOf(JSON.stringify([key]))
}

export function clearedLine(): string {
  return lineOf('[]')
}

/** Reads one line, without its end; `null`: it is damaged. */
export function readRecord(line: Uint8Array): TableRecord | null {
  const bytes = Buffer.from(line.buffer, line.byteOffset, line.length)
  if (bytes[8] !== 0x20 || bytes.toString('latin1', 0, 8) !== sumOf(bytes.subarray(9))) return null
  // Who has the right checksum was written by nsup: what it says is believed.
  const said = JSON.parse(bytes.toString('utf8', 9)) as Head | [string?, Value[]?, number?]
  if (!Array.isArray(said)) return { kind: 'head', head: said }
  const [key, values, expires = Infinity] = said
  if (key === undefined) return { kind: 'cleared' }
  return values === undefined ? { kind: 'removed', key } : { kind: 'put', key, values, expires }
}

function lineOf(text: string): string {
  return `${sumOf(Buffer.from(text))} ${text}\n`
}

function sumOf(bytes: Uint8Array): string {
  return crc32(bytes).toString(16).padStart(8, '0')
}
