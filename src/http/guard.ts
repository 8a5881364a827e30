/**
 * Who may ask: the user name and password of each server, and no web page of somebody else. Applies to every path,
 * before anything else is looked at.
 */
import { createHash, timingSafeEqual } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import type { Credentials } from '../config/config.ts'
import { Refusal } from './answer.ts'

/** What a server demands of those who ask. */
export interface Access {
  readonly credentials: Credentials | null
  /** The configured host of an inet server, `null` for a unix socket, which no web page can reach. */
  readonly host: string | null
  /** `/health` and `/ready` are for everybody. */
  readonly healthOpen: boolean
  /** The private socket of the master, which only its own user and root reach. */
  readonly isPrivate: boolean
}

/** Throws Refusal 403: who has been let in to start and stop programs may not therefore run any command. */
export function checkPrivate(method: string, access: Access): void {
  if (!access.isPrivate) throw new Refusal(403, `${method} is answered only on the private socket of the master, since it can run any command (leave out -s)`)
}

/** Throws Refusal 400, 401 or 403 unless the request may pass. */
export function checkAccess(request: IncomingMessage, access: Access): void {
  if (access.credentials !== null) checkCredentials(request.headers.authorization, access.credentials)
  if (access.host === null) return
  const { host, origin } = request.headers
  // Without a password only the name in the Host header tells a page that had its own name point here (DNS rebinding).
  if (access.credentials === null && !isLocalName(hostName(host ?? 'localhost'), access.host)) {
    throw new Refusal(403, `this server does not answer for the host ${host}`)
  }
  if (request.method === 'GET' || request.method === 'HEAD') return
  const crossSite = origin !== undefined && originHost(origin) !== host?.toLowerCase()
  if (crossSite || request.headers['sec-fetch-site'] === 'cross-site') {
    throw new Refusal(403, 'requests that change something must not come from another site')
  }
}

/** True if what this server tells everybody about its health may be told in full: who asks may also ask all else. */
export function mayPass(request: IncomingMessage, access: Access): boolean {
  try {
    checkAccess(request, access)
    return true
  } catch (error) {
    if (error instanceof Refusal) return false
    throw error
  }
}

/** True if nobody outside this machine reaches a server bound to this host. */
export function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || host === '[::1]' || /^127\.\d{1,3}\.\d{1,3}\.\d{1,3}$/.test(host)
}

function checkCredentials(header: string | undefined, wanted: Credentials): void {
  const given = header === undefined ? undefined : basicCredentials(header)
  // Both are always compared, so that the time tells nothing about which of them was wrong.
  const nameFits = sameText(given?.username ?? '', wanted.username)
  const passwordFits = passwordMatches(given?.password ?? '', wanted.password)
  if (given !== undefined && nameFits && passwordFits) return
  throw new Refusal(401, 'this server requires a user name and a password', { 'www-authenticate': 'Basic realm="default"' })
}

/** `undefined` for another scheme. Throws Refusal 400 for what is no base64 or has no colon. */
function basicCredentials(header: string): { username: string; password: string } | undefined {
  const token = /^basic +(.*)$/i.exec(header.trim())?.[1]
  if (token === undefined) return undefined
  const text = /^[A-Za-z0-9+/]+={0,2}$/.test(token) && token.replace(/=+$/, '').length % 4 !== 1
    ? Buffer.from(token, 'base64').toString('utf8')
    : ''
  const colon = text.indexOf(':')
  if (colon < 0) throw new Refusal(400, 'the Authorization header is malformed')
  return { username: text.slice(0, colon), password: text.slice(colon + 1) }
}

function passwordMatches(given: string, wanted: string): boolean {
  if (!wanted.startsWith('{SHA}')) return sameText(given, wanted)
  return sameText(createHash('sha1').update(given).digest('hex'), wanted.slice('{SHA}'.length).toLowerCase())
}

/** Compares hashes, so that neither length nor content shows in the time. */
function sameText(a: string, b: string): boolean {
  const hash = (text: string): Buffer => createHash('sha256').update(text).digest()
  return timingSafeEqual(hash(a), hash(b))
}

function isLocalName(name: string, configured: string): boolean {
  return isLoopback(name) || name.endsWith('.localhost') || name === configured.toLowerCase()
}

function hostName(host: string): string {
  const lower = host.toLowerCase()
  if (lower.startsWith('[')) return lower.slice(1, Math.max(1, lower.indexOf(']')))
  return lower.replace(/:\d*$/, '')
}

function originHost(origin: string): string | undefined {
  try {
    return new URL(origin).host
  } catch {
    return undefined // `null` and the like: an origin that hides itself is another site
  }
}
