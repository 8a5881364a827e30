/** Drops privileges: all groups of the user, then its group, then its id. Only root can. */
import { chownSync } from 'node:fs'
import { lookupUser } from '../lib/passwd.ts'

/**
 * Becomes `user` (name or id), who also gets the folders that were made for it. Nothing happens when the process is
 * that user already. Throws an Error with a sentence when it cannot be done.
 */
export function becomeUser(user: string, folders: readonly string[]): void {
  const entry = lookupUser(user)
  if (entry === undefined) throw new Error(`Invalid user name ${user}`)
  const own = process.getuid?.() ?? 0
  if (own === entry.uid) return
  if (own !== 0) throw new Error('Can\'t drop privilege as nonroot user')
  for (const folder of folders) chownSync(folder, entry.uid, entry.gid)
  const { initgroups } = process as { initgroups?: (user: string, group: number) => void } // not in the types of Node 20
  initgroups?.(entry.name, entry.gid)
  process.setgid?.(entry.gid)
  process.setuid?.(entry.uid)
}
