/** What went wrong with a connection, in words for people: `connection refused on 127.0.0.1:8080`. */
import { errorCode } from '../lib/errno.ts'

const words: Readonly<Record<string, (place: string) => string>> = {
  ECONNREFUSED: (place) => `connection refused on ${place}`,
  ECONNRESET: (place) => `connection reset by ${place}`,
  EPIPE: (place) => `connection closed by ${place}`,
  ENOTFOUND: (place) => `the host of ${place} is not known`,
  EAI_AGAIN: (place) => `the host of ${place} cannot be looked up now`,
  EHOSTUNREACH: (place) => `no way to ${place}`,
  ENETUNREACH: (place) => `no way to the network of ${place}`,
  ETIMEDOUT: (place) => `no answer from ${place}`,
  ENOENT: (place) => `there is no ${place}`,
  ENOTSOCK: (place) => `${place} is not a socket`,
  EACCES: (place) => `${place} may not be used: permission denied`,
}

/** `place`: what was asked, without secrets. */
export function errorWords(error: Error, place: string): string {
  const code = connectionCode(error)
  if (code.startsWith('HPE_')) return `no HTTP answer from ${place} (${code})`
  return words[code]?.(place) ?? `${place}: ${code}`
}

/** A host with several addresses fails with the errors of all: the first one's. */
export function connectionCode(error: Error): string {
  return errorCode(error instanceof AggregateError ? (error.errors[0] as unknown) : error)
}
