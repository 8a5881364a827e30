import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { createServer } from 'node:http'
import type { RequestListener } from 'node:http'
import { createServer as createTcpServer } from 'node:net'
import type { AddressInfo, Server } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import type { Probe } from '../../../src/core/care.ts'
import { systemProbes } from '../../../src/os/probes.ts'

/** Longer than any answer takes on a loaded machine. */
const enough = 30_000

function ask(probe: Probe, timeout = enough, environment: Readonly<Record<string, string>> = { PATH: process.env['PATH'] ?? '' }, directory: string | null = null): Promise<string | null> {
  return new Promise((resolve) => {
    systemProbes.run(probe, { timeout, asProcess: () => ({ environment, user: null, directory }) }, resolve)
  })
}

async function listening(server: Server, path?: string): Promise<number> {
  await new Promise<void>((resolve) => {
    if (path === undefined) server.listen(0, '127.0.0.1', resolve)
    else server.listen(path, resolve)
  })
  onTestFinished(async () => {
    await new Promise((resolve) => server.close(resolve))
  })
  return path === undefined ? (server.address() as AddressInfo).port : 0
}

const serve = (listener: RequestListener): Promise<number> => listening(createServer(listener))
const http = (url: string, more: Partial<Extract<Probe, { kind: 'http' }>> = {}): Probe => ({ kind: 'http', url, status: [], headers: {}, body: null, ...more })
const exec = (...argv: readonly string[]): Probe => ({ kind: 'exec', command: argv.join(' '), argv })

function folder(): string {
  const path = mkdtempSync(join(tmpdir(), 'nsup-probes-'))
  onTestFinished(() => { rmSync(path, { recursive: true, force: true }) })
  return path
}

describe('An http probe', () => {
  it('takes 200 to 399, or the statuses that it is told, and follows no redirect', async () => {
    const seen: string[] = []
    const port = await serve((request, response) => {
      seen.push(request.url ?? '')
      response.writeHead(Number(request.url?.slice(1)), { location: '/500' }).end()
    })
    const url = (status: number): string => `http://127.0.0.1:${port}/${status}`
    expect(await ask(http(url(204)))).toBeNull()
    expect(await ask(http(url(302)))).toBeNull()
    expect(await ask(http(url(503)))).toBe(`HTTP 503 from http://127.0.0.1:${port}/503`)
    expect(await ask(http(url(503), { status: [503] }))).toBeNull()
    expect(await ask(http(url(200), { status: [204] }))).toBe(`HTTP 200 from http://127.0.0.1:${port}/200`)
    expect(seen).toEqual(['/204', '/302', '/503', '/503', '/200'])
  })

  it('sends its headers over a connection of its own, and matches the beginning of the body', async () => {
    const connections: (string | undefined)[] = []
    const port = await serve((request, response) => {
      connections.push(request.headers.connection)
      response.end(`hello ${String(request.headers['x-who'])}${'.'.repeat(200_000)}the end`)
    })
    const url = `http://127.0.0.1:${port}/?secret=1`
    expect(await ask(http(url, { headers: { 'X-Who': 'ann' }, body: '^hello ann' }))).toBeNull()
    expect(await ask(http(url, { body: 'the end' }))).toBe(`the body from http://127.0.0.1:${port} does not match the end`)
    expect(connections).toEqual(['close', 'close'])
  })

  it('gives up a server that accepts and never answers, or answers something else', async () => {
    const silent = createTcpServer()
    const port = await listening(silent)
    silent.on('connection', (socket) => socket.on('error', () => undefined).resume())
    expect(await ask(http(`http://user:word@127.0.0.1:${port}/a`), 50)).toBe(`no answer from http://127.0.0.1:${port}/a within 0.05 s`)
    const other = createTcpServer((socket) => socket.on('error', () => undefined).resume().end('220 mail.example ESMTP\r\n'))
    const where = `http://127.0.0.1:${await listening(other)}`
    expect(await ask(http(where))).toBe(`no HTTP answer from ${where}`)
    expect(await ask(http(where, { body: 'a' }))).toMatch(/^no HTTP answer from .* \(HPE_/)
    expect(await ask(http(`http://127.0.0.1:${await listening(createTcpServer((socket) => socket.on('error', () => undefined).resume().end()))}`))).toMatch(/^no HTTP answer/)
  })

  it('reads a status that comes in pieces, after answers before the answer, with the name of the URL', async () => {
    let asked = ''
    const server = createTcpServer((socket) => {
      socket.setNoDelay().on('error', () => undefined).once('data', (text) => {
        asked = text.toString()
        const pieces = ['HTTP/1.1 103 Early', ' Hints\r\nlink: </a>\r\n', '\r\nHTTP/1.1 20', '4 No', ' Content\r\n\r\n']
        const say = (): void => {
          const piece = pieces.shift()
          if (piece !== undefined && !socket.destroyed) socket.write(piece, () => setImmediate(say))
        }
        say()
      })
    })
    const port = await listening(server)
    expect(await ask(http(`http://ann:a%20b@127.0.0.1:${port}/x?y=1`, { status: [204], headers: { 'X-A': 'b' } }))).toBeNull()
    expect(asked).toBe(`GET /x?y=1 HTTP/1.1\r\nhost: 127.0.0.1:${port}\r\nauthorization: Basic ${Buffer.from('ann:a b').toString('base64')}\r\nuser-agent: nsup\r\naccept: */*\r\nX-A: b\r\nconnection: close\r\n\r\n`)
  })
})

describe('A tcp or unix probe', () => {
  it('finds who accepts, and says who does not', async () => {
    const server = createTcpServer()
    const port = await listening(server)
    expect(await ask({ kind: 'tcp', host: '127.0.0.1', port })).toBeNull()
    const path = join(folder(), 's')
    expect(await ask({ kind: 'unix', path })).toBe(`there is no ${path}`)
    await listening(createTcpServer(), path)
    expect(await ask({ kind: 'unix', path })).toBeNull()
  })

  it('says that the connection was refused, and where', async () => {
    const server = createTcpServer()
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const { port } = server.address() as AddressInfo
    await new Promise((resolve) => server.close(resolve))
    expect(await ask({ kind: 'tcp', host: '127.0.0.1', port })).toBe(`connection refused on 127.0.0.1:${port}`)
  })
})

describe('An exec probe', () => {
  it('is well when it exits with 0, and otherwise says its last line', async () => {
    expect(await ask(exec('true'))).toBeNull()
    expect(await ask(exec('sh', '-c', 'echo first; echo "not yet" >&2; exit 3'))).toBe('exit status 3: not yet')
    expect(await ask(exec('sh', '-c', 'kill -TERM $$'))).toBe('terminated by SIGTERM')
    expect(await ask(exec('nsup-no-such-command'))).toBe("can't find command 'nsup-no-such-command'")
  })

  it('has the environment and the folder of the process', async () => {
    const dir = folder()
    expect(await ask(exec('sh', '-c', 'test "$WHO" = ann && test "$(pwd -P)" = "$(cd "$DIR" && pwd -P)"'), enough, { PATH: process.env['PATH'] ?? '', WHO: 'ann', DIR: dir }, dir)).toBeNull()
    expect(await ask(exec('true'), enough, {}, join(dir, 'none'))).toBe(`couldn't chdir to ${join(dir, 'none')}: ENOENT`)
  })

  it('is killed with all its group when its time is up, however much it writes', async () => {
    const pidfile = join(folder(), 'pid')
    const probe = exec('sh', '-c', `sleep 1000 & echo $! > ${pidfile}; yes`)
    let end = (): void => undefined
    const answer = new Promise<string | null>((resolve) => {
      end = systemProbes.run(probe, { timeout: enough, asProcess: () => ({ environment: { PATH: process.env['PATH'] ?? '' }, user: null, directory: null }) }, resolve)
    })
    const child = await new Promise<number>((resolve) => {
      const look = (): void => {
        let text = ''
        try {
          text = readFileSync(pidfile, 'utf8')
        } catch {
          text = '' // not written yet
        }
        if (text.endsWith('\n')) resolve(Number(text))
        else setImmediate(look)
      }
      look()
    })
    end()
    await new Promise<void>((resolve) => {
      const look = (): void => {
        if (runs(child)) setImmediate(look)
        else resolve()
      }
      look()
    })
    expect(await Promise.race([answer, Promise.resolve('nothing was told')])).toBe('nothing was told')
    expect(await ask(exec('sleep', '1000'), 50)).toBe('no answer from sleep within 0.05 s')
  })
})

function runs(pid: number): boolean {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    return !stat.slice(stat.lastIndexOf(')')).startsWith(') Z')
  } catch {
    return false // no such process
  }
}
