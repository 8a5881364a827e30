/** Errors that are expected and at once forgotten: taking the stack of one costs more than the call that failed. */

/** Calls `act`; an error that it throws has no stack. Only for what is synchronous. */
export function quietly<T>(act: () => T): T {
  const { stackTraceLimit } = Error
  Error.stackTraceLimit = 0
  try {
    return act()
  } finally {
    Error.stackTraceLimit = stackTraceLimit
  }
}
