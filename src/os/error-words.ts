/** What went wrong with a connection, in words for people: `connection refused on 127.0.0.1:8080`. */
import { errorCode } from '../lib/errno.ts'

/** What is wrong, and the same with the place that it is wrong with. */
type Words = readonly [bare: string, at: (place: string) => string]

const words: Readonly<Record<string, Words>> = {
  ECONNREFUSED: ['connection refused', (place) => `connection refused on ${place}`],
  ECONNRESET: ['connection reset', (place) => `connection reset by ${place}`],
  EPIPE: ['connection closed', (place) => `connection closed by ${place}`],
  ENOTFOUND: ['no such host', (place) => `the host of ${place} is not known`],
  EAI_AGAIN: ['the name of the host cannot be looked up now', (place) => `the host of ${place} cannot be looked up now`],
  EHOSTUNREACH: ['no way to the host', (place) => `no way to ${place}`],
  ENETUNREACH: ['no way to its network', (place) => `no way to the network of ${place}`],
  ETIMEDOUT: ['no answer', (place) => `no answer from ${place}`],
  ENOENT: ['no such socket', (place) => `there is no ${place}`],
  ENOTSOCK: ['not a socket', (place) => `${place} is not a socket`],
  EACCES: ['permission denied', (place) => `${place} may not be used: permission denied`],
}

/** `place`: what was asked, without secrets. */
export function errorWords(error: Error, place: string): string {
  const code = connectionCode(error)
  if (code.startsWith('HPE_')) return `no HTTP answer from ${place} (${code})`
  return words[code]?.[1](place) ?? `${place}: ${code}`
}

/** For who has named the place already. */
export function bareErrorWords(error: Error): string {
  const code = connectionCode(error)
  return words[code]?.[0] ?? code
}

/** A host with several addresses fails with the errors of all: the first one's. */
function connectionCode(error: Error): string {
  return errorCode(error instanceof AggregateError ? (error.errors[0] as unknown) : error)
}
