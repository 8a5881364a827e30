/** The short name of what went wrong in a call of the system. */

/** The errno name that an error of Node carries (`ENOENT`), or its message. */
export function errorCode(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  return 'code' in error && typeof error.code === 'string' ? error.code : error.message
}
