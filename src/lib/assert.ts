/** Assertions for what the programmer promised; a failed one is a bug, never bad input. */

export class AssertionError extends Error {
  override readonly name = 'AssertionError'
}

/** Throws {@link AssertionError} unless `condition` holds. */
export function assert(condition: unknown, message: string): asserts condition {
  if (!condition) throw new AssertionError(message)
}

/** For the branch that the types say cannot be reached. */
export function never(value: never, what: string): never {
  throw new AssertionError(`${what}: ${JSON.stringify(value)}`)
}
