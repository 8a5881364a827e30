/** Listening sockets as a master holds them: bound here, accepted on elsewhere. */
import { spawn, spawnSync } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
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

/** A process that holds the socket as descriptor `fd` and answers each connection, and whether its accept blocks. */
async function serverOn(socket: ListeningSocket, fd: number): Promise<ChildProcess> {
  const script = `import socket, os, sys
s = socket.socket(fileno=int(sys.argv[1]))
print('ready', flush=True)
while True:
    c, _ = s.accept()
    c.sendall(b'blocking' if os.get_blocking(s.fileno()) else b'not blocking')
    c.close()`
  const stdio = Array.from({ length: fd + 1 }, (_, at) => (at === fd ? socket.fd : at === 1 ? 'pipe' : at === 2 ? 'inherit' : 'ignore'))
  const child = spawn('python3', ['-c', script, String(fd)], { stdio })
  onTestFinished(() => void child.kill('SIGKILL'))
  if (child.stdout === null) throw new Error('the server has no stdout')
  await once(child.stdout, 'data')
  return child
}

async function saidBy(where: string | number): Promise<string> {
  const client = (typeof where === 'string' ? connect(where) : connect(where, '127.0.0.1')).setEncoding('utf8')
  const [text] = await once(client, 'data') as [string]
  client.destroy()
  return text
}

/** How many connections a socket that nobody accepts on takes, as text. They are closed again, and wait to be accepted all the same. */
function waitingAt(path: string): string {
  const script = `import socket, sys
held = []
while True:
    one = socket.socket(socket.AF_UNIX)
    one.setblocking(False)
    try:
        one.connect(sys.argv[1])
    except BlockingIOError:
        break
    held.append(one)
print(len(held), end='')`
  return spawnSync('python3', ['-c', script, path], { encoding: 'utf8' }).stdout
}

describe('a unix socket', () => {
  it('can be had as any descriptor, by several', async () => {
    const socket = listen(unix('n.sock'))
    const [first, second] = await Promise.all([serverOn(socket, 0), serverOn(socket, 5)])
    expect([await saidBy(join(folder, 'n.sock')), await saidBy(join(folder, 'n.sock'))]).toEqual(['blocking', 'blocking'])
    first.kill('SIGKILL')
    await once(first, 'exit')
    expect(await saidBy(join(folder, 'n.sock'))).toBe('blocking')
    expect(second.exitCode).toBeNull()
  })

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
    const socket = listen(unix('d.sock', { backlog: 5 }))
    expect(waitingAt(join(folder, 'd.sock'))).toBe('6') // the kernel grants one more than asked for
    expect(socket.adjust(unix('d.sock', { mode: 0o600, backlog: 3 }))).toBeNull()
    expect(waitingAt(join(folder, 'd.sock'))).toBe('0') // those of before still wait
    spawnSync('python3', ['-c', 'import socket; s = socket.socket(fileno=0); [s.accept() for _ in range(6)]'], { stdio: [socket.fd, 'ignore', 'inherit'] })
    expect(waitingAt(join(folder, 'd.sock'))).toBe('4')
    spawnSync('python3', ['-c', 'import socket; s = socket.socket(fileno=0); [s.accept() for _ in range(4)]'], { stdio: [socket.fd, 'ignore', 'inherit'] })
    expect(statSync(join(folder, 'd.sock')).mode & 0o777).toBe(0o600)
    expect(await answerOf(socket, join(folder, 'd.sock'))).toBe('blocking')
    expect(socket.adjust(unix('d.sock', { owner: 'nobody-here' }))).toBe(`couldn't create the socket unix://${folder}/d.sock: no such user: nobody-here`)
  })

  it('belongs to its owner, whom only root can name', () => {
    if (process.getuid?.() === 0) {
      const given = ['daemon', 'daemon:', 'daemon:root'].map((owner) => {
        listen(unix('e.sock', { owner }))
        const { uid, gid } = statSync(join(folder, 'e.sock'))
        return [uid, gid]
      })
      expect(given).toEqual([[1, 0], [1, 1], [1, 0]])
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

describe('a socket that only a worker still has', () => {
  /** What may stand in the way in a container: the kernel's refusal, as a sentence. */
  const refused = /^pidfd_(open|getfd): (Operation not permitted|Function not implemented)$/

  it.each(['unix', 'tcp'] as const)('can be taken back, and waits for the next worker when this one dies (%s)', async (kind) => {
    const spec: SocketSpec = kind === 'unix' ? unix('t.sock') : { kind, host: '127.0.0.1', port: await portOf(createServer()), backlog: 16 }
    const where = spec.kind === 'unix' ? spec.path : spec.port
    const bound = listen(spec)
    const worker = await serverOn(bound, 4)
    bound.close()
    const taken = await systemSockets.takeFrom(worker.pid ?? 0, spec)
    if (!taken.ok) return expect(taken.reason).toMatch(refused)
    onTestFinished(() => taken.socket.close())
    expect([await saidBy(where), await saidBy(where)]).toEqual(['blocking', 'blocking'])
    worker.kill('SIGKILL')
    await once(worker, 'exit')
    const waiting = saidBy(where)
    await serverOn(taken.socket, 0)
    expect(await waiting).toBe('blocking')
  })

  it('can be taken from a worker of another user, by root', async () => {
    const bound = listen(unix('x.sock'))
    const worker = spawn('sleep', ['600'], { stdio: [bound.fd, 'ignore', 'ignore'], ...(process.getuid?.() === 0 ? { uid: 1, gid: 1 } : {}) })
    onTestFinished(() => void worker.kill('SIGKILL'))
    await once(worker, 'spawn')
    const taken = await systemSockets.takeFrom(worker.pid ?? 0, unix('x.sock'))
    if (!taken.ok) return expect(taken.reason).toMatch(refused)
    onTestFinished(() => taken.socket.close())
    expect(await answerOf(taken.socket, join(folder, 'x.sock'))).toBe('blocking')
  })

  it('cannot be had from who has another one, or who is gone', async () => {
    const worker = await serverOn(listen(unix('v.sock')), 0)
    expect(await systemSockets.takeFrom(worker.pid ?? 0, unix('w.sock'))).toEqual({ ok: false, reason: 'it does not hold it' })
    expect(await systemSockets.takeFrom(worker.pid ?? 0, { kind: 'tcp', host: '127.0.0.1', port: 9, backlog: 1 })).toEqual({ ok: false, reason: 'it does not hold it' })
    worker.kill('SIGKILL')
    await once(worker, 'exit')
    expect(await systemSockets.takeFrom(worker.pid ?? 0, unix('v.sock'))).toEqual({ ok: false, reason: 'ENOENT' })
  })
})

async function portOf(server: ReturnType<typeof createServer>): Promise<number> {
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  return port
}
