/**
 * The few calls of the C library that Node lacks, through koffi: an optional dependency with prebuilt binaries, which
 * takes 50 ms and 4 MB and is loaded only when somebody needs a call.
 */
import { closeSync } from 'node:fs'
import { createRequire } from 'node:module'
import { constants, endianness } from 'node:os'
import type * as Koffi from 'koffi'

export interface Datagram {
  readonly text: string
  /** Of the process that has sent it, as the kernel says. */
  readonly uid: number
}

export interface Libc {
  /** A non-blocking datagram socket with an abstract name that tells who sends; a sentence when it cannot be had. */
  bindDatagram(name: string): number | string
  /** SIGIO comes to this process when something can be read. */
  announce(fd: number): void
  /** The next datagram; `null`: none waits. Descriptors that came with it are closed. */
  receive(fd: number): Datagram | null
  /** Takes away a child of this process that has ended; false: it is none. */
  reap(pid: number): boolean
}

let loaded: Libc | string | null = null

/** Loads the library, once; a sentence why it cannot be. */
export function loadLibc(): Libc | string {
  return (loaded ??= load())
}

function load(): Libc | string {
  if (process.platform !== 'linux' || endianness() !== 'LE') return `there is no way on ${process.platform} ${process.arch}`
  try {
    const koffi = createRequire(import.meta.url)('koffi') as typeof Koffi
    return libcOf(koffi)
  } catch (error) {
    const [reason = ''] = (error as Error).message.split('\n')
    return `the package koffi cannot be loaded (npm install koffi): ${reason}`
  }
}

const AF_UNIX = 1
const SOCK_DGRAM = 2
const SOCK_NONBLOCK = 0o4000
const SOCK_CLOEXEC = 0o2000000
const SOL_SOCKET = 1
const SO_PASSCRED = 16
const SCM_CREDENTIALS = 2
const F_SETFL = 4
const F_SETOWN = 8
const O_ASYNC = 0o20000
const MSG_CMSG_CLOEXEC = 0x40000000
const WNOHANG = 1
/** struct cmsghdr with a struct ucred, and no room for anything else: descriptors that come too are closed by the kernel. */
const controlSize = 32
/** Longer datagrams are cut: systemd reads no more of one. */
const datagramMax = 4096

function libcOf(koffi: typeof Koffi): Libc {
  const library = koffi.load(null)
  const socket = library.func('int socket(int, int, int)') as (family: number, type: number, protocol: number) => number
  const bind = library.func('int bind(int, const uint8_t *, uint32_t)') as (fd: number, address: Buffer, length: number) => number
  const setOption = library.func('int setsockopt(int, int, int, const uint8_t *, uint32_t)') as (fd: number, level: number, name: number, value: Buffer, length: number) => number
  const control = library.func('int fcntl(int, int, int)') as (fd: number, command: number, value: number) => number
  const receive = library.func('long recvmsg(int, uint8_t *, int)') as (fd: number, message: Buffer, flags: number) => number
  const wait = library.func('int waitpid(int, void *, int)') as (pid: number, status: null, options: number) => number
  const inbox = makeInbox(koffi.address)
  const failure = (call: string): string => `${call}: ${errnoName(koffi.errno())}`

  return {
    bindDatagram(name) {
      const fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0)
      if (fd < 0) return failure('socket')
      const address = Buffer.concat([Buffer.from(Uint16Array.of(AF_UNIX).buffer), Buffer.from(`\0${name}`)])
      const done = setOption(fd, SOL_SOCKET, SO_PASSCRED, Buffer.from(Int32Array.of(1).buffer), 4) === 0 ? (bind(fd, address, address.length) === 0 ? null : 'bind') : 'setsockopt'
      if (done === null) return fd
      const reason = failure(done)
      closeSync(fd)
      return reason
    },
    announce(fd) {
      control(fd, F_SETOWN, process.pid)
      control(fd, F_SETFL, O_ASYNC | SOCK_NONBLOCK)
    },
    receive(fd) {
      inbox.prepare()
      const length = receive(fd, inbox.message, MSG_CMSG_CLOEXEC)
      return length < 0 ? null : { text: inbox.data.toString('utf8', 0, length), uid: inbox.uid() }
    },
    reap: (pid) => wait(pid, null, WNOHANG) === pid,
  }
}

/** A struct msghdr of a 64-bit Linux with its parts, used for every call. */
function makeInbox(addressOf: (buffer: Buffer) => bigint): { message: Buffer; data: Buffer; prepare(): void; uid(): number } {
  const data = Buffer.alloc(datagramMax)
  const credentials = Buffer.alloc(controlSize)
  const vector = Buffer.alloc(16)
  const message = Buffer.alloc(56)
  vector.writeBigUInt64LE(addressOf(data), 0)
  vector.writeBigUInt64LE(BigInt(data.length), 8)
  return {
    message,
    data,
    prepare() {
      message.fill(0)
      message.writeBigUInt64LE(addressOf(vector), 16)
      message.writeBigUInt64LE(1n, 24)
      message.writeBigUInt64LE(addressOf(credentials), 32)
      message.writeBigUInt64LE(BigInt(controlSize), 40)
      credentials.fill(0)
    },
    /** Nobody's number where the kernel has said nothing. */
    uid: () => (credentials.readInt32LE(12) === SCM_CREDENTIALS ? credentials.readUInt32LE(20) : 0xffffffff),
  }
}

function errnoName(errno: number): string {
  return Object.entries(constants.errno).find(([, number]) => number === errno)?.[0] ?? `errno ${String(errno)}`
}
