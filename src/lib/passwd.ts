/**
 * Who a user or a group is: reads /etc/passwd and /etc/group afresh at each call (they are small, and an answer
 * that went stale would be wrong). Accounts that live elsewhere (LDAP, macOS's directory) are asked of `getent` or `id`.
 */
import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'

export interface User {
  readonly uid: number
  /** Primary group. */
  readonly gid: number
  readonly name: string
  readonly home: string
}

export interface Group {
  readonly gid: number
  readonly name: string
}

/** Where the accounts are read; tests name other files and switch the fallback off. */
export interface AccountFiles {
  readonly passwd: string
  readonly group: string
  /** Ask `getent` and `id` for what the files do not hold. */
  readonly fallback: boolean
}

const systemFiles: AccountFiles = { passwd: '/etc/passwd', group: '/etc/group', fallback: true }

/** The longest that a directory service may keep the caller waiting, in milliseconds. */
const fallbackTimeout = 2_000

/** The user of a name, or of a numeric id written in digits; `undefined` when there is none. */
export function lookupUser(nameOrId: string, files: AccountFiles = systemFiles): User | undefined {
  if (!isAccountName(nameOrId)) return undefined
  const found = findUser(readLines(files.passwd), nameOrId)
  if (found !== undefined || !files.fallback) return found
  return findUser(ask('getent', ['passwd', nameOrId]), nameOrId) ?? userById(nameOrId)
}

/** The group of a name, or of a numeric id written in digits; `undefined` when there is none. */
export function lookupGroup(nameOrId: string, files: AccountFiles = systemFiles): Group | undefined {
  if (!isAccountName(nameOrId)) return undefined
  const found = findGroup(readLines(files.group), nameOrId)
  if (found !== undefined || !files.fallback) return found
  return findGroup(ask('getent', ['group', nameOrId]), nameOrId)
}

function isAccountName(text: string): boolean {
  return text !== '' && !text.startsWith('-') && !/[:\0\n]/.test(text)
}

function findUser(lines: readonly string[], wanted: string): User | undefined {
  const fields = findEntry(lines, wanted)
  const uid = Number(fields?.[2])
  const gid = Number(fields?.[3])
  if (fields === undefined || !isId(uid) || !isId(gid)) return undefined
  return { uid, gid, name: fields[0] ?? '', home: fields[5] ?? '' }
}

function findGroup(lines: readonly string[], wanted: string): Group | undefined {
  const fields = findEntry(lines, wanted)
  const gid = Number(fields?.[2])
  if (fields === undefined || !isId(gid)) return undefined
  return { gid, name: fields[0] ?? '' }
}

/** Both files have the name in the first field and the id in the third; digits always mean the id. */
function findEntry(lines: readonly string[], wanted: string): string[] | undefined {
  const column = /^\d+$/.test(wanted) ? 2 : 0
  const key = column === 2 ? String(Number(wanted)) : wanted
  for (const line of lines) {
    const fields = line.split(':')
    if (fields.length >= 3 && /^\d+$/.test(fields[2] ?? '') && fields[column] === key) return fields
  }
  return undefined
}

function isId(id: number): boolean {
  return Number.isInteger(id) && id >= 0
}

/** macOS has no getent; `id` knows everybody, but no home. */
function userById(nameOrId: string): User | undefined {
  const number = (flag: string): number => {
    const word = ask('id', [flag, nameOrId])[0]
    return word !== undefined && /^\d+$/.test(word) ? Number(word) : -1
  }
  const uid = number('-u')
  if (!isId(uid)) return undefined
  const gid = number('-g')
  const name = ask('id', ['-un', nameOrId])[0]
  return isId(gid) && name !== undefined && name !== '' ? { uid, gid, name, home: '' } : undefined
}

function readLines(file: string): string[] {
  try {
    return readFileSync(file, 'utf8').split('\n')
  } catch {
    return [] // a machine without the file keeps its accounts elsewhere
  }
}

function ask(command: string, words: readonly string[]): string[] {
  const answer = spawnSync(command, words, { encoding: 'utf8', timeout: fallbackTimeout, stdio: ['ignore', 'pipe', 'ignore'] })
  return answer.status === 0 ? answer.stdout.split('\n') : []
}
