/** A small table of words: columns as wide as their widest cell, a bold head, nothing drawn. */
import type { Output } from './output.ts'
import { paint } from './output.ts'

export function textTable(output: Output, head: readonly string[], rows: readonly (readonly string[])[]): string {
  const widths = head.map((title, column) => Math.max(title.length, ...rows.map((row) => (row[column] ?? '').length)))
  const line = (cells: readonly string[]): string => cells.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join('  ').trimEnd()
  return [paint(output, 'bold', line(head)), ...rows.map(line)].join('\n')
}
