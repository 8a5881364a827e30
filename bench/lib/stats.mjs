/** Small arithmetic over samples. */

/** @param {number[]} values @returns {number} NaN for none */
export function median(values) {
  if (values.length === 0) return NaN
  const sorted = [...values].sort((a, b) => a - b)
  const middle = sorted.length >> 1
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2
}

/** Milliseconds on the monotonic clock that the C programs announce too. */
export function now() {
  return Number(process.hrtime.bigint()) / 1e6
}

/** @param {number} ms */
export function sleep(ms) {
  return new Promise((resolve) => setTimeout(resolve, ms))
}
