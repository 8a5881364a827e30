/**
 * Datagram sockets for systemd's protocol. Node has none for AF_UNIX; koffi calls the C library, and is loaded when a
 * program asks first. Nothing polls: the kernel announces what has come by SIGIO. The name is abstract, so that workers
 * of any user reach it and no path is too long; it is random, and who sends is told by the kernel.
 */
import { randomBytes } from 'node:crypto'
import { closeSync } from 'node:fs'
import type { NotifySocket, NotifySockets } from '../core/ports.ts'
import { loadLibc } from './libc.ts'
import type { Libc } from './libc.ts'
import { readRecord, writeRecord } from './records.ts'
import { ownerOf } from './users.ts'

/** Datagrams that are read in a row. */
const portion = 256
const open = new Set<DatagramSocket>()
let listens = false

export const notifySockets: NotifySockets = {
  open(file, user, onDatagram) {
    const libc = loadLibc()
    if (typeof libc === 'string') return { ok: false, reason: libc }
    const owner = user === null ? undefined : ownerOf(user)
    if (typeof owner === 'string') return { ok: false, reason: owner }
    listen()
    const trusted = new Set([0, process.getuid?.() ?? 0, ...(owner === undefined ? [] : [owner.uid])])
    const bound = bind(libc, file)
    if (typeof bound === 'string') return { ok: false, reason: bound }
    const socket = new DatagramSocket(libc, bound, ({ text, uid }) => {
      if (trusted.has(uid)) onDatagram(text)
    })
    return { ok: true, socket }
  },
}

interface Bound {
  readonly fd: number
  readonly name: string
}

/** The name of before, so that a worker that runs is heard again; another one if somebody has taken it meanwhile. */
function bind(libc: Libc, file: string): Bound | string {
  const before = (readRecord(file) ?? '').trim()
  const known = /^nsup\/[0-9a-f]{32}$/.test(before) ? libc.bindDatagram(before) : null
  if (typeof known === 'number') return { fd: known, name: before }
  const name = `nsup/${randomBytes(16).toString('hex')}`
  const fd = libc.bindDatagram(name)
  if (typeof fd === 'string') return fd
  const errno = writeRecord(file, `${name}\n`)
  if (errno === null) return { fd, name }
  closeSync(fd)
  return `${file} cannot be written: ${errno}`
}

/** Before the first socket is there: without a handler SIGIO ends the process. */
function listen(): void {
  if (listens) return
  listens = true
  process.on('SIGIO', readAll)
}

function readAll(): void {
  for (const socket of open) socket.drain()
}

class DatagramSocket implements NotifySocket {
  readonly address: string
  readonly #libc: Libc
  readonly #fd: number
  readonly #onDatagram: (datagram: { text: string; uid: number }) => void
  #closed = false

  constructor(libc: Libc, { fd, name }: Bound, onDatagram: (datagram: { text: string; uid: number }) => void) {
    this.#libc = libc
    this.#fd = fd
    this.address = `@${name}`
    this.#onDatagram = onDatagram
    open.add(this)
    libc.announce(fd)
  }

  /** The kernel announces what comes to an empty socket and what comes later, but nothing that was there: the rest is for the next turn. */
  drain(): void {
    for (let count = 0; count < portion && !this.#closed; count += 1) {
      const datagram = this.#libc.receive(this.#fd)
      if (datagram === null) return
      this.#onDatagram(datagram)
    }
    setImmediate(() => { this.drain() })
  }

  close(): void {
    if (this.#closed) return
    this.#closed = true
    open.delete(this)
    closeSync(this.#fd)
  }
}
