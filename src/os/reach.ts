/** A look whether somebody answers at an address: connects, and closes at once. What is wrong is said for people. */
import { connect } from 'node:net'
import type { Outside } from '../core/outside.ts'
import { errorCode } from './paths.ts'

const words: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'connection refused',
  ECONNRESET: 'connection reset',
  ENOTFOUND: 'no such host',
  EAI_AGAIN: 'the name of the host cannot be looked up now',
  EHOSTUNREACH: 'no way to the host',
  ENETUNREACH: 'no way to its network',
  ETIMEDOUT: 'no answer',
  ENOENT: 'no such socket',
  ENOTSOCK: 'not a socket',
  EACCES: 'permission denied',
}

export const reach: Outside['reach'] = (address, timeout, onAnswer) => {
  const where = placeOf(address)
  if (where === null) {
    setImmediate(onAnswer, 'not an address')
    return () => undefined
  }
  let answered = false
  const socket = connect(where)
  const answer = (problem: string | null): void => {
    if (answered) return
    answered = true
    clearTimeout(alarm)
    socket.destroy()
    onAnswer(problem)
  }
  const alarm = setTimeout(() => { answer('no answer') }, timeout)
  socket.once('connect', () => { answer(null) })
  socket.on('error', (error) => { answer(wordsOf(error)) })
  return () => {
    answered = true
    clearTimeout(alarm)
    socket.destroy()
  }
}

/** A host with several addresses fails with all of their errors in one. */
function wordsOf(error: Error): string {
  const first: unknown = error instanceof AggregateError ? error.errors[0] : error
  const code = errorCode(first)
  return words[code] ?? code
}

function placeOf(address: string): { readonly path: string } | { readonly host: string; readonly port: number } | null {
  if (address.startsWith('unix://')) return { path: address.slice('unix://'.length) }
  const match = /^tcp:\/\/(?:\[([^\]]+)\]|([^:/[\]]+)):(\d+)$/.exec(address)
  if (match === null) return null
  return { host: match[1] ?? match[2] ?? '', port: Number(match[3]) }
}
