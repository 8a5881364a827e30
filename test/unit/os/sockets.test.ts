/** Listening sockets as a master holds them: bound here, accepted on elsewhere. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { connect, createServer } from 'node:net'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it, onTestFinished } from 'vitest'
import type { ListeningSocket } from '../../../src/core/ports.ts'
import type { SocketSpec } from '../../../src/core/spec.ts'
import { systemSockets } from '../../../src/os/sockets.ts'

const folder = mkdtempSync(join(tmpdir(), 'nsup-sockets-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const unix = (name: string, more: Partial<Extract<SocketSpec, { kind: 'unix' }>> = {}): Extract<SocketSpec, { kind: 'unix' }> =>
  ({ kind: 'unix', path: join(folder, name), owner: null, mode: 0o700, backlog: 16, ...more })

function listen(spec: SocketSpec): ListeningSocket {
  const made = systemSockets.listen(spec)
  if (!made.ok) throw new Error(made.reason)
  onTestFinished(() => made.socket.close())
  return made.socket
}

function refusal(spec: SocketSpec): string {
  const made = systemSockets.listen(spec)
  if (made.ok) made.socket.close()
  return made.ok ? 'it listens' : made.reason.replaceAll(folder, '')
}

/** What somebody who accepts on the descriptor answers, in a process of its own that waits for it. */
async function answerOf(socket: ListeningSocket, where: string | number): Promise<string> {
  const script = "import socket, os; s = socket.socket(fileno=0); c, _ = s.accept(); c.sendall(b'blocking' if os.get_blocking(0) else b'not blocking')"
  const client = (typeof where === 'string' ? connect(where) : connect(where, '127.0.0.1')).setEncoding('utf8')
  await once(client, 'connect')
  const child = spawn('python3', ['-c', script], { stdio: [socket.fd, 'ignore', 'inherit'] })
  const [[text]] = await Promise.all([once(client, 'data') as Promise<[string]>, once(child, 'exit')])
  client.destroy()
  return text
}

describe('a unix socket', () => {
  it('takes connections before anybody accepts, and blocks in the child', async () => {
    const socket = listen(unix('a.sock'))
    expect(await answerOf(socket, join(folder, 'a.sock'))).toBe('blocking')
    expect(await answerOf(socket, join(folder, 'a.sock'))).toBe('blocking')
  })

  it('takes the place of a file, of a link and of an older socket, and its path stays when it closes', () => {
    const target = join(folder, 'target')
    writeFileSync(target, 'kept')
    symlinkSync(target, join(folder, 'b.sock'))
    listen(unix('b.sock')).close()
    expect(statSync(join(folder, 'b.sock')).isSocket()).toBe(true)
    const newer = listen(unix('b.sock', { mode: 0o640 }))
    expect(statSync(join(folder, 'b.sock')).mode & 0o777).toBe(0o640)
    newer.close()
    expect(readFileSync(target, 'utf8')).toBe('kept')
    expect(readdirSync(folder).filter((name) => name.startsWith('.'))).toEqual([])
  })

  it('that closes late leaves alone the one that has its path by then', async () => {
    const older = listen(unix('c.sock'))
    const newer = listen(unix('c.sock'))
    older.close()
    expect(await answerOf(newer, join(folder, 'c.sock'))).toBe('blocking')
  })

  it('gets another mode and backlog without being made anew', async () => {
    const socket = listen(unix('d.sock'))
    expect(socket.adjust(unix('d.sock', { mode: 0o600, backlog: 3 }))).toBeNull()
    expect(statSync(join(folder, 'd.sock')).mode & 0o777).toBe(0o600)
    expect(await answerOf(socket, join(folder, 'd.sock'))).toBe('blocking')
    expect(socket.adjust(unix('d.sock', { owner: 'nobody-here' }))).toBe(`couldn't create the socket unix://${folder}/d.sock: no such user: nobody-here`)
  })

  it('belongs to its owner, whom only root can name', () => {
    if (process.getuid?.() === 0) {
      listen(unix('e.sock', { owner: 'nobody' }))
      expect(statSync(join(folder, 'e.sock')).uid).not.toBe(0)
    } else {
      expect(refusal(unix('e.sock', { owner: 'root' }))).toBe("couldn't create the socket unix:///e.sock: not permitted (EPERM)")
    }
  })

  it('says why it cannot be', () => {
    mkdirSync(join(folder, 'f.sock'))
    expect(refusal(unix('f.sock'))).toBe("couldn't create the socket unix:///f.sock: a folder is in the way (EISDIR)")
    expect(refusal(unix('none/g.sock'))).toBe("couldn't create the socket unix:///none/g.sock: no such folder")
    expect(refusal(unix('x'.repeat(100)))).toMatch(/: its path is longer than 10[26] bytes$/)
    expect(refusal(unix('h.sock', { owner: 'nobody-here' }))).toBe("couldn't create the socket unix:///h.sock: no such user: nobody-here")
    expect(readdirSync(folder).filter((name) => name.startsWith('.') || name === 'h.sock')).toEqual([])
  })
})

describe('a tcp socket', () => {
  const tcp = (port: number, host = 'localhost'): SocketSpec => ({ kind: 'tcp', host, port, backlog: 16 })

  it('is had again at once after it was closed, and by nobody else meanwhile', async () => {
    const server = createServer().listen(0, '127.0.0.1')
    await once(server, 'listening')
    const { port } = server.address() as AddressInfo
    const inUse = `couldn't create the socket tcp://localhost:${String(port)}: the address is in use (EADDRINUSE)`
    expect(refusal(tcp(port))).toBe(inUse)
    server.close()
    await once(server, 'close')
    const socket = listen(tcp(port))
    expect(refusal(tcp(port))).toBe(inUse)
    expect(await answerOf(socket, port)).toBe('blocking')
    socket.close()
    expect(await answerOf(listen(tcp(port)), port)).toBe('blocking')
  })

  it('says why it cannot be', () => {
    expect(refusal(tcp(9, '192.0.2.1'))).toBe("couldn't create the socket tcp://192.0.2.1:9: no such address on this machine (EADDRNOTAVAIL)")
    expect(refusal(tcp(9, 'no.such.host.invalid'))).toMatch(/^couldn't create the socket tcp:\/\/no\.such\.host\.invalid:9: (no such host \(ENOTFOUND\)|EAI_AGAIN)$/)
  })
})
