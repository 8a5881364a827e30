/** Finds what somebody probably meant by a word that is not known: "did you mean ...?". */

/** The nearest of `known` to `word`, or `undefined` when nothing is near enough to be worth a guess. */
export function suggest(word: string, known: Iterable<string>): string | undefined {
  const wanted = word.toLowerCase().slice(0, 64)
  // One letter for another has nothing in common with it.
  const edits = Math.min(wanted.length - 1, Math.max(1, Math.floor(wanted.length / 3)))
  return nearest(wanted, known, edits) ?? mostAlike(wanted, known)
}

/** The one of `known` that is the fewest letters off, `edits` of them at most. */
export function nearest(word: string, known: Iterable<string>, edits: number): string | undefined {
  const wanted = word.toLowerCase().slice(0, 64)
  let best: string | undefined
  let bestDistance = edits + 1
  for (const candidate of known) {
    const distance = editDistance(wanted, candidate.toLowerCase().slice(0, 64), bestDistance)
    if (distance < bestDistance) [best, bestDistance] = [candidate, distance]
  }
  return best
}

/** Of two words' letters this share must be common, in order, where they are too many edits apart (nochkin, checkin). */
const commonShare = 0.7

function mostAlike(wanted: string, known: Iterable<string>): string | undefined {
  let best: string | undefined
  let most = commonShare
  for (const candidate of known) {
    const both = wanted.length + candidate.length
    if (2 * Math.min(wanted.length, candidate.length) < most * both) continue
    const share = (2 * commonLetters(wanted, candidate.toLowerCase())) / both
    if (best === undefined ? share >= most : share > most) [best, most] = [candidate, share]
  }
  return best
}

/** Length of the longest common subsequence. */
function commonLetters(a: string, b: string): number {
  let above = new Array<number>(b.length + 1).fill(0)
  for (const letter of a) {
    const row = [0]
    for (let j = 1; j <= b.length; j++) {
      row.push(letter === b[j - 1] ? (above[j - 1] ?? 0) + 1 : Math.max(above[j] ?? 0, row[j - 1] ?? 0))
    }
    above = row
  }
  return above[b.length] ?? 0
}

/** `did you mean X?`, or `undefined`. */
export function didYouMean(word: string, known: Iterable<string>): string | undefined {
  const found = suggest(word, known)
  return found === undefined ? undefined : `did you mean ${found}?`
}

/** Insertions, deletions, replacements and swaps of neighbours; `limit` when it is at least that many. */
function editDistance(a: string, b: string, limit: number): number {
  if (Math.abs(a.length - b.length) >= limit) return limit
  let before: number[] = []
  let above = Array.from({ length: b.length + 1 }, (_, j) => j)
  for (let i = 1; i <= a.length; i++) {
    const row = [i]
    for (let j = 1; j <= b.length; j++) {
      const same = a[i - 1] === b[j - 1]
      let cost = Math.min((above[j] ?? 0) + 1, (row[j - 1] ?? 0) + 1, (above[j - 1] ?? 0) + (same ? 0 : 1))
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) cost = Math.min(cost, (before[j - 2] ?? 0) + 1)
      row.push(cost)
    }
    before = above
    above = row
  }
  return Math.min(above[b.length] ?? limit, limit)
}
