/**
 * Watches a master over time and says whether it stays as it is: the last third of the samples beside the middle
 * third, by medians; descriptors by minima, since those of a spawn that is going on only ever add.
 */
import { descriptorsOf, memoryOf } from './proc.mjs'
import { round } from './results.mjs'
import { median } from './stats.mjs'

/** @typedef {{ done: number, rss: number, anonymous: number, descriptors: number }} Sample memory in MB */

/** @param {number} done how far the soak is @param {number[]} pids @returns {Sample} */
export function sampleOf(done, pids) {
  const { rss, anonymous } = memoryOf(pids)
  return { done, rss: rss / 1000, anonymous: anonymous / 1000, descriptors: pids.reduce((sum, pid) => sum + descriptorsOf(pid), 0) }
}

/** @param {Sample[]} samples @param {'rss' | 'anonymous' | 'descriptors'} key */
export function growthOf(samples, key) {
  const third = Math.floor(samples.length / 3)
  /** @param {Sample[]} some */
  const level = (some) => {
    const figures = some.map((sample) => sample[key])
    return key === 'descriptors' ? Math.min(...figures) : median(figures)
  }
  return level(samples.slice(2 * third)) - level(samples.slice(third, 2 * third))
}

/** Prints about ten of the samples and the verdict. @param {string} title @param {Sample[]} samples @returns {boolean} */
export function tellFlat(title, samples) {
  const step = Math.max(1, Math.floor(samples.length / 10))
  console.log(`\n${title.padEnd(28)} RSS MB  anonymous MB  descriptors`)
  for (const [i, { done, rss, anonymous, descriptors }] of samples.entries()) {
    if (i % step !== 0 && i !== samples.length - 1) continue
    console.log(`${round(done).padStart(28)} ${round(rss).padStart(6)} ${round(anonymous).padStart(13)} ${String(descriptors).padStart(12)}`)
  }
  const grown = { rss: growthOf(samples, 'rss'), anonymous: growthOf(samples, 'anonymous'), descriptors: growthOf(samples, 'descriptors') }
  const flat = samples.length >= 6 && grown.rss <= 2 && grown.anonymous <= 2 && grown.descriptors <= 0
  const figures = `RSS ${round(grown.rss)} MB, anonymous ${round(grown.anonymous)} MB, descriptors ${grown.descriptors}`
  console.log(`last third beside the middle third: ${figures}: ${flat ? 'PASS, flat' : 'FAIL, not flat'}`)
  return flat
}
