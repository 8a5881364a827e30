/**
 * Under which user a worker or a file of this master is to be. Decides only; who exists is read in lib/passwd, and
 * exec-chain.ts makes the words that change the user.
 */
import { lookupGroup, lookupUser } from '../lib/passwd.ts'

/** A user to change to. */
export interface Identity {
  readonly uid: number
  readonly gid: number
}

export type UserChange = { readonly ok: true; readonly to: Identity | null } | { readonly ok: false; readonly reason: string }

/** What a worker's `user` asks for: nothing to do (`to: null`), a change, or why it cannot be. Only root can change. */
export function userChange(user: string | null, own = process.getuid?.() ?? 0): UserChange {
  if (user === null) return { ok: true, to: null }
  const found = lookupUser(user)
  if (found === undefined) return { ok: false, reason: `couldn't setuid to ${user}: no such user` }
  if (found.uid === own) return { ok: true, to: null }
  if (own !== 0) return { ok: false, reason: `couldn't setuid to ${user}: only a master that runs as root can change users` }
  return { ok: true, to: { uid: found.uid, gid: found.gid } }
}

/** Owner of a file from `user`, `user:` or `user:group`; without a group the user's primary one. A string is what is wrong. */
export function ownerOf(text: string): Identity | string {
  const [userWord = '', groupWord] = text.split(':', 2)
  const user = lookupUser(userWord)
  if (user === undefined) return `no such user: ${userWord}`
  if (groupWord === undefined || groupWord === '') return { uid: user.uid, gid: user.gid }
  const group = lookupGroup(groupWord)
  return group === undefined ? `no such group: ${groupWord}` : { uid: user.uid, gid: group.gid }
}
