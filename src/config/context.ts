/** What one reading of a config knows of the world around it, and its lookups on this machine, each made once. */
import { statSync } from 'node:fs'
import { homedir, hostname } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import type { Capability } from '../core/ports.ts'
import { errorCode } from '../lib/errno.ts'
import { lookupGroup, lookupUser } from '../lib/passwd.ts'
import type { Findings } from './findings.ts'
import type { Format } from './raw.ts'
import type { Place } from './rows.ts'

export interface Context {
  readonly env: NodeJS.ProcessEnv
  readonly cwd: string
  /** Where YAML's AUTO logs go. */
  readonly logDir: string
  /** Format of the main file. */
  readonly format: Format
  /** Absolute folder of the main file. */
  readonly here: string
  readonly hostName: string
  readonly findings: Findings
  /** What this machine can do. */
  readonly capabilities: readonly Capability[]
  readonly lookups: Map<string, string | null>
  /** Files and patterns that are read for it, absolute; also those that are not there. */
  readonly sources: Set<string>
}

/** A fresh context of a main file. */
export function newContext(from: Omit<Context, 'hostName' | 'lookups' | 'sources'>): Context {
  return { ...from, hostName: hostname(), lookups: new Map(), sources: new Set() }
}

export type Settled = { readonly ok: true; readonly value: string } | { readonly ok: false; readonly reason: string; readonly hint?: string }

/** Makes a path absolute, or looks a user up, as the option's row asks. */
export function settle(value: string, place: Place, context: Context): Settled {
  switch (place) {
    case 'user':
      return checked(value, once(context, `user ${value}`, () => lookupUser(value) === undefined ? `there is no user '${value}'` : null))
    case 'owner':
      return checked(value, once(context, `owner ${value}`, () => ownerProblem(value)))
    case 'path':
      return { ok: true, value: absolute(value, context) }
    case 'directory': {
      const folder = absolute(value, context)
      return checked(folder, folderProblem(folder, context))
    }
    case 'file':
    case 'logfile': {
      if (place === 'logfile' && value.toLowerCase() === 'syslog') return { ok: true, value: 'syslog' }
      const path = absolute(value, context)
      const problem = folderProblem(dirname(path), context)
      if (problem === null) return { ok: true, value: path }
      return { ok: false, reason: `the folder of '${value}' cannot be used: ${problem}`, hint: 'create the folder or name another' }
    }
  }
}

/** The path with `~` and `~user` expanded, made absolute. */
export function absolute(path: string, context: Context): string {
  const match = /^~([^/]*)(.*)$/s.exec(path)
  if (match === null) return resolve(context.cwd, path)
  const [, user = '', rest = ''] = match
  const home = user === '' ? (context.env['HOME'] || homedir()) : lookupUser(user)?.home
  return home === undefined ? resolve(context.cwd, path) : join(resolve(context.cwd, home), rest)
}

function checked(value: string, problem: string | null): Settled {
  return problem === null ? { ok: true, value } : { ok: false, reason: problem }
}

function folderProblem(folder: string, context: Context): string | null {
  return once(context, `folder ${folder}`, () => {
    try {
      const stat = statSync(folder, { throwIfNoEntry: false })
      if (stat === undefined) return `'${folder}' does not exist`
      return stat.isDirectory() ? null : `'${folder}' is not a folder`
    } catch (error) {
      return `'${folder}' cannot be looked at (${errorCode(error)})`
    }
  })
}

function ownerProblem(value: string): string | null {
  const [user = '', group, ...rest] = value.split(':')
  if (rest.length > 0) return `'${value}' is not user or user:group`
  if (lookupUser(user) === undefined) return `there is no user '${user}'`
  return group !== undefined && lookupGroup(group) === undefined ? `there is no group '${group}'` : null
}

function once(context: Context, key: string, find: () => string | null): string | null {
  const known = context.lookups.get(key)
  if (known !== undefined) return known
  const found = find()
  context.lookups.set(key, found)
  return found
}

