/**
 * Puts a server on its address. A unix socket appears at its path whole (bound under another name, given its mode
 * and owner, then linked into place), never takes the place of a live one, and is removed only while it is still ours.
 */
import { chmodSync, chownSync, existsSync, linkSync, lstatSync, unlinkSync } from 'node:fs'
import { lookup } from 'node:dns/promises'
import { createConnection, isIP } from 'node:net'
import type { AddressInfo, ListenOptions, Server } from 'node:net'
import { dirname, join } from 'node:path'
import { lookupGroup, lookupUser } from '../lib/passwd.ts'

/** Why a server could not be put on its address: a sentence for the operator. supervisord exits with 2. */
export class ServerError extends Error {
  constructor(message: string) {
    super(message)
    this.name = 'ServerError'
  }
}

const occupied = 'Another program is already listening on a port that one of our HTTP servers is configured to use.  '
  + 'Shut this program down first before starting supervisord.'

/** What fits into a socket address beside the final NUL. */
const pathMax = process.platform === 'darwin' ? 103 : 107

/** How long an existing socket may take to show that somebody listens. */
const probeTime = 2_000

export interface UnixAddress {
  readonly path: string
  readonly chmod: number
  /** `user` or `user:group`. */
  readonly chown: string | null
}

/** Binds to a unix socket; returns what takes the path away again. Throws {@link ServerError}. */
export async function bindUnix(server: Server, address: UnixAddress, onStale: (message: string) => void): Promise<() => void> {
  const { path } = address
  if (Buffer.byteLength(path) > pathMax) throw new ServerError(`the path of the socket ${path} is longer than ${pathMax} bytes`)
  // Node reports a missing folder as a lack of permission.
  if (!existsSync(dirname(path))) throw new ServerError(`cannot create the socket ${path}: no such folder`)
  const owner = ownerOf(address)
  const temporary = join(dirname(path), `.${process.pid.toString(36)}`)
  removeQuietly(temporary)
  // The umask covers the moment between bind and chmod, in which a socket would be open to all.
  const umask = process.umask(0o177)
  const bound = listening(server, { path: temporary })
  process.umask(umask)
  try {
    await bound
    if (owner !== null) chownSync(temporary, owner.uid, owner.gid)
    chmodSync(temporary, address.chmod)
    await linkInto(temporary, path, onStale)
  } catch (error) {
    server.close()
    throw error instanceof ServerError ? error : new ServerError(`cannot create the socket ${path}: ${reasonOf(error)}`)
  } finally {
    removeQuietly(temporary)
  }
  const ours = lstatSync(path)
  return () => {
    const found = lstatSync(path, { throwIfNoEntry: false })
    if (found?.ino === ours.ino && found.dev === ours.dev) removeQuietly(path)
  }
}

/** Binds to a TCP port; returns `http://host:port`. Throws {@link ServerError}. */
export async function bindInet(server: Server, host: string, port: number): Promise<string> {
  const address = await addressOf(host)
  try {
    await listening(server, { host: address, port })
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EADDRINUSE') throw new ServerError(occupied)
    throw new ServerError(`cannot listen on ${host || '*'}:${port}: ${reasonOf(error)}`)
  }
  const { address: actual, port: actualPort, family } = server.address() as AddressInfo
  return `http://${family === 'IPv6' ? `[${actual}]` : actual}:${actualPort}`
}

async function linkInto(temporary: string, path: string, onStale: (message: string) => void): Promise<void> {
  for (let attempt = 0; attempt < 3; attempt++) {
    try {
      linkSync(temporary, path)
      return
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
    }
    const found = lstatSync(path, { throwIfNoEntry: false })
    if (found === undefined) continue
    if (!found.isSocket()) throw new ServerError(`cannot create the socket ${path}: there is something else at that path, which is left alone`)
    if (await isAnswered(path)) throw new ServerError(occupied)
    // Only what was asked is removed: another master may have replaced it meanwhile.
    if (lstatSync(path, { throwIfNoEntry: false })?.ino !== found.ino) continue
    onStale(`Unlinking stale socket ${path}`)
    unlinkSync(path)
  }
  throw new ServerError(occupied)
}

/** True unless it is certain that nobody listens. */
function isAnswered(path: string): Promise<boolean> {
  return new Promise(resolve => {
    const socket = createConnection({ path })
    const answer = (answered: boolean): void => {
      socket.destroy()
      resolve(answered)
    }
    socket.setTimeout(probeTime, () => answer(true))
    socket.once('connect', () => answer(true))
    socket.once('error', (error: NodeJS.ErrnoException) => answer(error.code !== 'ECONNREFUSED' && error.code !== 'ENOENT'))
  })
}

function listening(server: Server, options: ListenOptions): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(options, () => {
      server.off('error', reject)
      resolve()
    })
  })
}

/** supervisord knows only IPv4, so a name means its IPv4 address where it has one. */
async function addressOf(host: string): Promise<string> {
  if (host === '' || host === '*') return '0.0.0.0'
  const bare = host.replace(/^\[(.*)\]$/, '$1')
  if (isIP(bare) !== 0) return bare
  try {
    const found = await lookup(bare, { all: true })
    return (found.find(one => one.family === 4) ?? found[0])?.address ?? bare
  } catch (error) {
    throw new ServerError(`cannot listen on ${host}: ${reasonOf(error)}`)
  }
}

function ownerOf(address: UnixAddress): { uid: number; gid: number } | null {
  if (address.chown === null) return null
  const [userName = '', groupName] = address.chown.split(':', 2)
  const user = lookupUser(userName)
  if (user === undefined) throw new ServerError(`cannot give the socket ${address.path} to ${userName}: there is no such user`)
  if (groupName === undefined) return { uid: user.uid, gid: -1 }
  const group = lookupGroup(groupName)
  if (group === undefined) throw new ServerError(`cannot give the socket ${address.path} to the group ${groupName}: there is no such group`)
  return { uid: user.uid, gid: group.gid }
}

function removeQuietly(path: string): void {
  try {
    unlinkSync(path)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
  }
}

function reasonOf(error: unknown): string {
  const { code, message } = error as NodeJS.ErrnoException
  return { ENOENT: 'no such folder', EACCES: 'permission denied', EPERM: 'not permitted', ENOTFOUND: 'no such host', EADDRNOTAVAIL: 'no such address on this machine' }[code ?? ''] ?? message
}
