/** Lists in sentences that must not grow with what they list. */

/** `a, b and 3 more`: the first of these, at most so many. */
export function firstOf(names: readonly string[], max: number): string {
  const more = names.length - max
  return `${names.slice(0, max).join(', ')}${more > 0 ? ` and ${String(more)} more` : ''}`
}
