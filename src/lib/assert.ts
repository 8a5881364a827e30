/** Assertions for what the programmer promised; a failed one is a bug, never bad input. */

class AssertionError extends Error {
  override readonly name = 'AssertionError'
}

/** Throws unless `condition` holds. */
export function assert(condition: unknown, message: string): asserts condition {
  if (!condition) throw new AssertionError(message)
}
