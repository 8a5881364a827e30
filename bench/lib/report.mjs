/** The table that a person reads at the end: medians, ratios, PASS or FAIL. */
import { round } from './results.mjs'

/**
 * @param {import('./results.mjs').Row[]} rows
 * @param {import('./results.mjs').Results} results
 * @param {string[]} contenders
 */
export function toTable(rows, results, contenders) {
  const others = contenders.filter((id) => id !== 'nsup')
  const head = ['', ...contenders, ...others.map((id) => `nsup/${id}`), 'limit', '']
  const lines = rows.filter((row) => results.samples[row.id]).map((row) => {
    const mine = results.median(row.id, 'nsup')
    const verdicts = results.judge(row)
    return [
      `${row.title}, ${row.unit}`,
      ...contenders.map((id) => round(results.median(row.id, id))),
      ...others.map((id) => round(mine / results.median(row.id, id))),
      verdicts.map(({ text }) => text).join(', '),
      word(verdicts),
    ]
  })
  return align([head, ...lines])
}

/** @param {import('./results.mjs').Verdict[]} verdicts */
function word(verdicts) {
  if (verdicts.length === 0) return ''
  if (verdicts.some(({ ok }) => ok === false)) return 'FAIL'
  return verdicts.every(({ ok }) => ok) ? 'PASS' : verdicts.some(({ ok }) => ok) ? 'PASS (in part: a peer is missing)' : '?'
}

/** @param {string[][]} table */
function align(table) {
  const widths = table[0].map((_, i) => Math.max(...table.map((cells) => (cells[i] ?? '').length)))
  const words = new Set([0, widths.length - 1, widths.length - 2])
  /** @param {string} cell @param {number} i */
  const fit = (cell, i) => (words.has(i) ? cell.padEnd(widths[i] ?? 0) : cell.padStart(widths[i] ?? 0))
  return table.map((cells) => cells.map(fit).join('  ').trimEnd()).join('\n')
}
