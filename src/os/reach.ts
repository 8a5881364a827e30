/** A look whether somebody answers at an address: connects, and closes at once. What is wrong is said for people. */
import { connect } from 'node:net'
import type { Outside } from '../core/outside.ts'
import { bareErrorWords } from './error-words.ts'

type Place = { readonly path: string } | { readonly host: string; readonly port: number }

export const reach: Outside['reach'] = (address, timeout, onAnswer) => {
  const where = placeOf(address)
  if (where === null) {
    setImmediate(onAnswer, 'not an address')
    return () => undefined
  }
  let answered = false
  const answer = (problem: string | null): void => {
    if (answered) return
    end()
    onAnswer(problem)
  }
  const leave = knock(where, (error) => { answer(error === null ? null : bareErrorWords(error)) })
  const alarm = setTimeout(() => { answer('no answer') }, timeout)
  const end = (): void => {
    answered = true
    clearTimeout(alarm)
    leave()
  }
  return end
}

/** Connects; who accepts has answered. The returned function closes the connection, and may be called at any time. */
export function knock(where: Place, onAnswer: (error: Error | null) => void): () => void {
  const socket = connect(where)
  socket.once('connect', () => { onAnswer(null) })
  socket.on('error', onAnswer)
  return () => { socket.destroy() }
}

function placeOf(address: string): Place | null {
  if (address.startsWith('unix://')) return { path: address.slice('unix://'.length) }
  const match = /^tcp:\/\/(?:\[([^\]]+)\]|([^:/[\]]+)):(\d+)$/.exec(address)
  if (match === null) return null
  return { host: match[1] ?? match[2] ?? '', port: Number(match[3]) }
}
