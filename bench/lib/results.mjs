/** Samples by row and contender, one per round, and what is judged on their medians. */
import { median } from './stats.mjs'

/**
 * @typedef {{ atMost: number, of?: string } | { atLeast: number, of?: string }} Limit
 *   a factor of another contender's figure, or the figure itself where `of` is missing; always about nsup
 * @typedef {object} Row
 * @property {string} id
 * @property {string} title
 * @property {string} unit
 * @property {Limit[]} [limits] from the issue: these decide PASS or FAIL
 * @typedef {{ text: string, ok: boolean | null }} Verdict `ok` null: not to be said, a figure is missing
 */

export class Results {
  /** @type {Record<string, Record<string, number[]>>} */
  samples = {}

  /** @param {string} contender @param {Record<string, number>} figures by row id */
  add(contender, figures) {
    for (const [row, figure] of Object.entries(figures)) ((this.samples[row] ??= {})[contender] ??= []).push(figure)
  }

  /** @param {string} row @param {string} contender @returns {number} NaN if it was not measured */
  median(row, contender) {
    return median(this.samples[row]?.[contender] ?? [])
  }

  /** @param {Row} row @returns {Verdict[]} */
  judge(row) {
    const figure = this.median(row.id, 'nsup')
    return (row.limits ?? []).map((limit) => {
      const base = limit.of ? this.median(row.id, limit.of) : 1
      const least = 'atLeast' in limit
      const factor = least ? limit.atLeast : limit.atMost
      const text = `${least ? '≥' : '≤'} ${limit.of ? `${round(factor)} × ${limit.of}` : `${factor} ${row.unit}`}`
      const value = figure / base
      if (Number.isNaN(value)) return { text, ok: null }
      return { text, ok: least ? value >= factor : value <= factor }
    })
  }
}

/** Three digits that mean something. @param {number} value */
export function round(value) {
  if (Number.isNaN(value)) return '-'
  const size = Math.abs(value)
  if (size >= 100) return value.toFixed(0)
  return size >= 10 ? value.toFixed(1) : value.toFixed(2)
}
