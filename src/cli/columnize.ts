/** Lays short words out in columns that are filled downwards, with as few rows as the width allows. */

/** The rows, each ended by a newline; nothing for no words. */
export function columnize(words: readonly string[], width: number): string {
  for (let rows = 1; rows < words.length; rows++) {
    const columns = split(words, rows)
    const widths = columns.map((column) => Math.max(...column.map((word) => word.length)))
    if (widths.reduce((sum, each) => sum + each + 2, -2) > width) continue
    return Array.from({ length: rows }, (_, row) => {
      return `${columns.map((column, at) => (column[row] ?? '').padEnd(widths[at] ?? 0)).join('  ').trimEnd()}\n`
    }).join('')
  }
  return words.map((word) => `${word}\n`).join('')
}

function split(words: readonly string[], rows: number): string[][] {
  return Array.from({ length: Math.ceil(words.length / rows) }, (_, at) => words.slice(at * rows, (at + 1) * rows))
}
