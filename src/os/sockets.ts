/**
 * Listening sockets that workers accept on, for {@link Sockets}: bound here and held open, never accepted on here. Node
 * binds without listening only through a handle of its own (`net._createServerHandle`), and whatever listens in this
 * process would also accept; so a short-lived node calls listen(2) on the same socket. What comes out blocks and can be
 * handed to any number of children as any descriptor. Who needs a socket is not decided here; see also socket-taking.ts.
 */
import { spawnSync } from 'node:child_process'
import { chmodSync, chownSync, existsSync, lstatSync, renameSync, rmSync } from 'node:fs'
import * as net from 'node:net'
import { basename, dirname, join } from 'node:path'
import { getSystemErrorName } from 'node:util'
import type { ListeningSocket, Sockets } from '../core/ports.ts'
import { socketUrl } from '../core/spec.ts'
import type { SocketSpec } from '../core/spec.ts'
import { errorCode } from '../lib/errno.ts'
import { takeListening } from './socket-taking.ts'
import type { Handle } from './socket-taking.ts'
import { ownerOf } from './users.ts'

type UnixSpec = Extract<SocketSpec, { kind: 'unix' }>
type TcpSpec = Extract<SocketSpec, { kind: 'tcp' }>

interface Server extends Handle {
  /** Of TCP only: fills in the address, or returns a negative errno, that of a failed bind included. */
  getsockname?(out: object): number
}
type CreateHandle = (address: string, port: number, addressType: number) => Server | number

/** What fits into a socket address beside the final NUL. */
const pathMax = process.platform === 'darwin' ? 103 : 107

/** How long a helper may take, milliseconds; the master waits for it. */
const helperPatience = 5_000

/** Beside an fd node takes no backlog from the options, but as an argument of its own. */
const listenScript = `const s = require('node:net').createServer()
s.on('error', (e) => { process.stderr.write(e.code); process.exit(1) })
s.listen({ fd: 0 }, Number(process.argv[1]), () => process.exit(0))`

const lookupScript = `require('node:dns').lookup(process.argv[1], { family: 4 }, (e, address) => {
  process[e ? 'stderr' : 'stdout'].write(e ? e.code : address)
  process.exitCode = e ? 1 : 0
})`

/** The sockets of this machine. */
export const systemSockets: Sockets = {
  listen(spec) {
    try {
      const handle = spec.kind === 'unix' ? bindUnix(spec) : bindTcp(spec)
      try {
        listenOn(handle.fd, spec.backlog)
      } catch (error) {
        handle.close()
        throw error
      }
      return { ok: true, socket: held(handle) }
    } catch (error) {
      return { ok: false, reason: refusal(spec, error) }
    }
  },
  async takeFrom(pid, spec) {
    const taken = await takeListening(pid, spec, spec.kind === 'unix' ? pathBeside(spec.path) : '')
    return typeof taken === 'string' ? { ok: false, reason: taken } : { ok: true, socket: held(taken) }
  },
}

function held(handle: Handle): ListeningSocket {
  return {
    fd: handle.fd,
    adjust(spec) {
      try {
        if (spec.kind === 'unix') give(spec, spec.path)
        listenOn(handle.fd, spec.backlog) // a second listen(2) changes the backlog and nothing else
        return null
      } catch (error) {
        return refusal(spec, error)
      }
    },
    close: () => handle.close(),
  }
}

/**
 * Appears at its path whole: bound beside it, given its owner and mode, then moved over whatever is in the way. The
 * kernel goes on calling it by the first name; libuv removes that name at the close, and so never the path itself,
 * at which another socket may be by then.
 */
function bindUnix(spec: UnixSpec): Handle {
  const beside = pathBeside(spec.path)
  if (Buffer.byteLength(beside) > pathMax) throw new Error(`its path is longer than ${String(pathMax - 1)} bytes`)
  // libuv calls a missing folder a lack of permission.
  if (!existsSync(dirname(spec.path))) throw new Error('no such folder')
  if (lstatSync(beside, { throwIfNoEntry: false })?.isSocket() === true) rmSync(beside)
  const umask = process.umask(0o177)
  let handle: Server
  try {
    handle = create(beside, -1, -1)
  } finally {
    process.umask(umask)
  }
  try {
    give(spec, beside)
    renameSync(beside, spec.path)
    return handle
  } catch (error) {
    handle.close()
    throw error
  }
}

function pathBeside(path: string): string {
  return join(dirname(path), `.${basename(path)}`)
}

function give(spec: UnixSpec, path: string): void {
  if (spec.owner !== null) {
    const owner = ownerOf(spec.owner)
    if (typeof owner === 'string') throw new Error(owner)
    chownSync(path, owner.uid, spec.owner.includes(':') ? owner.gid : -1)
  }
  chmodSync(path, spec.mode)
}

function bindTcp({ host, port }: TcpSpec): Handle {
  const handle = create(net.isIPv4(host) ? host : addressOf(host), port, 4)
  // libuv keeps EADDRINUSE to itself until it is asked something.
  const error = handle.getsockname?.({}) ?? 0
  if (error === 0) return handle
  handle.close()
  throw new Error(words(getSystemErrorName(error)))
}

/** supervisord knows only IPv4. */
function addressOf(host: string): string {
  return host.toLowerCase() === 'localhost' ? '127.0.0.1' : helper(lookupScript, host, 'ignore')
}

function create(address: string, port: number, type: number): Server {
  const make = Reflect.get(net, '_createServerHandle') as CreateHandle | undefined
  if (typeof make !== 'function') throw new Error(`node ${process.version} has no way to bind without accepting`)
  const handle = make(address, port, type)
  if (typeof handle === 'number') throw new Error(words(getSystemErrorName(handle)))
  return handle
}

function listenOn(fd: number, backlog: number): void {
  helper(listenScript, String(backlog), fd)
  // Both nodes have made it non-blocking; whoever gets a descriptor below 3 from libuv gets it blocking, for all who share it.
  spawnSync('true', { stdio: [fd, 'ignore', 'ignore'] })
}

/** What a short-lived node prints. Throws its error. */
function helper(script: string, argument: string, stdin: number | 'ignore'): string {
  const { status, stdout, stderr, error } = spawnSync(process.execPath, ['-e', script, argument], {
    stdio: [stdin, 'pipe', 'pipe'], env: {}, encoding: 'utf8', timeout: helperPatience,
  })
  if (error !== undefined) throw error
  if (status !== 0) throw new Error(words(stderr === '' ? 'a helper process was killed' : stderr))
  return stdout
}

function refusal(spec: SocketSpec, error: unknown): string {
  return `couldn't create the socket ${socketUrl(spec)}: ${words(errorCode(error))}`
}

function words(code: string): string {
  return {
    EADDRINUSE: 'the address is in use (EADDRINUSE)',
    EADDRNOTAVAIL: 'no such address on this machine (EADDRNOTAVAIL)',
    EACCES: 'permission denied (EACCES)',
    EPERM: 'not permitted (EPERM)',
    EISDIR: 'a folder is in the way (EISDIR)',
    ENOTFOUND: 'no such host (ENOTFOUND)',
  }[code] ?? code
}
