import { spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { createServer } from 'node:http'
import type { IncomingHttpHeaders, RequestListener } from 'node:http'
import { createServer as createTcpServer } from 'node:net'
import type { AddressInfo, Server } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import type { CommandOrder, Posted } from '../../../src/core/outside.ts'
import { systemOutside } from '../../../src/os/outside.ts'

let dir: string
beforeAll(() => { dir = mkdtempSync(join(tmpdir(), 'nsup-outside-')) })
afterAll(() => { rmSync(dir, { recursive: true, force: true }) })

let runs = 0

async function ran(argv: readonly string[], change: Partial<CommandOrder> = {}, begun?: (line: string, kill: () => void) => void): Promise<{ problem: string | null; lines: string[] }> {
  const lines: string[] = []
  runs += 1
  const problem = await new Promise<string | null>((resolve) => {
    const running = systemOutside.run({
      ...{ argv, environment: { PATH: process.env['PATH'] ?? '' }, user: null, directory: null, umask: null, timeout: 60_000, output: join(dir, `${String(runs)}.fifo`) },
      onLine: (line) => {
        lines.push(line)
        begun?.(line, () => { running.kill() })
      },
      ...change,
    }, resolve)
  })
  return { problem, lines }
}

async function listening(server: Server, where: { readonly port: number; readonly host: string } | string): Promise<number> {
  await new Promise<void>((resolve) => { server.listen(where, resolve) })
  onTestFinished(() => { server.close() })
  const address = server.address() as AddressInfo | string
  return typeof address === 'string' ? 0 : address.port
}

const loopback = { port: 0, host: '127.0.0.1' }

describe('A helper command', () => {
  it('runs with its environment, folder and umask, and its lines come before its end', async () => {
    const script = 'echo "$WORD in $(pwd) $(umask)"; echo complaint >/dev/stderr; printf "no line end"'
    const { problem, lines } = await ran(['sh', '-c', script], { environment: { PATH: process.env['PATH'] ?? '', WORD: 'hello' }, directory: '/', umask: 0o27 })
    expect(problem).toBeNull()
    expect(lines).toEqual(['hello in / 0027', 'complaint', 'no line end'])
  })

  it('says how it failed', async () => {
    expect((await ran(['sh', '-c', 'exit 7'])).problem).toBe('exit status 7')
    expect((await ran(['sh', '-c', 'kill -9 $$'])).problem).toBe('it was terminated by SIGKILL')
    expect((await ran(['no-such-command-anywhere'])).problem).toBe("can't find command 'no-such-command-anywhere'")
    expect((await ran(['true'], { user: 'nobody-at-all' })).problem).toBe("couldn't setuid to nobody-at-all: no such user")
    expect((await ran(['true'], { directory: '/no/such/folder' })).problem).toBe("couldn't chdir to /no/such/folder: ENOENT")
  })

  it('is killed with its whole group when its time is up', async () => {
    const pidFile = join(dir, 'child.pid')
    const { problem } = await ran(['sh', '-c', `sleep 1000 & echo $! > ${pidFile}; wait`], { timeout: 2000 })
    expect(problem).toBe('it was killed: it did not end within 2 s')
    const pid = readFileSync(pidFile, 'utf8').trim()
    expect(spawnSync('ps', ['-o', 'stat=', '-p', pid], { encoding: 'utf8' }).stdout.trim()).toMatch(/^(Z.*)?$/)
  })

  it('is killed when nobody wants it any more', async () => {
    const { problem } = await ran(['sh', '-c', 'echo up; exec sleep 1000'], {}, (line, kill) => { if (line === 'up') kill() })
    expect(problem).toBe('it was terminated by SIGKILL')
  })

  it('may flood without filling the log of anybody', async () => {
    const { problem, lines } = await ran(['sh', '-c', 'i=0; while [ $i -lt 3000 ]; do echo $i; i=$((i+1)); done'])
    expect(problem).toBeNull()
    expect(lines).toHaveLength(1001)
    expect(lines.slice(-2)).toEqual(['999', '(more than 1000 lines: the rest is left out)'])
  })

  it('runs also where its output cannot be had', async () => {
    const witness = join(dir, 'witness')
    const { problem, lines } = await ran(['touch', witness], { output: '/no/such/folder/x.fifo' })
    expect(problem).toBeNull()
    expect(lines).toEqual([expect.stringMatching(/^\(its output is lost: /)])
    expect(existsSync(witness)).toBe(true)
  })

  it('leaves what it has started in the background alone', async () => {
    const { problem, lines } = await ran(['sh', '-c', 'sleep 1000 >/dev/null 2>&1 & echo $!'])
    expect(problem).toBeNull()
    const pid = Number(lines[0])
    expect(process.kill(pid, 0)).toBe(true)
    process.kill(pid, 'SIGKILL')
  })
})

describe('An address', () => {
  const reached = (address: string): Promise<string | null> => new Promise((resolve) => { systemOutside.reach(address, 10_000, resolve) })

  it('answers, or it is said why not', async () => {
    const server = createTcpServer((socket) => socket.on('error', () => undefined).end())
    const port = await listening(server, loopback)
    expect(await reached(`tcp://127.0.0.1:${String(port)}`)).toBeNull()
    const path = join(dir, 'there.sock')
    await listening(createTcpServer((socket) => socket.end()), path)
    expect(await reached(`unix://${path}`)).toBeNull()
    expect(await reached(`unix://${dir}/nowhere.sock`)).toBe('no such socket')
    const closed = createTcpServer()
    const free = await listening(closed, loopback)
    await new Promise((resolve) => closed.close(resolve))
    expect(await reached(`tcp://127.0.0.1:${String(free)}`)).toBe('connection refused')
    expect(await reached('nonsense')).toBe('not an address')
  })
})

describe('A message', () => {
  interface Got {
    readonly url: string
    readonly headers: IncomingHttpHeaders
    readonly body: string
  }

  async function receiver(answer: RequestListener): Promise<{ readonly port: number; readonly got: Got[] }> {
    const got: Got[] = []
    const server = createServer((request, response) => {
      let body = ''
      request.setEncoding('utf8').on('data', (chunk: string) => (body += chunk)).on('end', () => {
        got.push({ url: request.url ?? '', headers: request.headers, body })
        answer(request, response)
      })
    })
    return { port: await listening(server, loopback), got }
  }

  const posted = (url: string, timeout = 30_000): Promise<Posted> =>
    new Promise((resolve) => { systemOutside.post({ url, contentType: 'application/json', body: '{"text":"é"}', timeout }, resolve) })

  it('arrives whole, with the password of its URL as a header', async () => {
    const { port, got } = await receiver((_request, response) => response.end('ok'))
    expect(await posted(`http://ann:s3cret@127.0.0.1:${String(port)}/hook?key=1`)).toEqual({ ok: true })
    expect(got).toMatchObject([{ url: '/hook?key=1', body: '{"text":"é"}', headers: { 'content-type': 'application/json', authorization: `Basic ${Buffer.from('ann:s3cret').toString('base64')}` } }])
  })

  it('is worth another try where the receiver is in trouble, and not where it refuses', async () => {
    const answers = [[500, {}], [429, { 'retry-after': '7' }], [503, { 'retry-after': '86400' }], [404, {}], [302, { location: '/elsewhere' }]] as const
    let at = 0
    const { port, got } = await receiver((_request, response) => {
      const [status, headers] = answers[at++] ?? [200, {}]
      response.writeHead(status, headers).end()
    })
    const all: Posted[] = []
    for (let i = 0; i < answers.length; i += 1) all.push(await posted(`http://127.0.0.1:${String(port)}/`))
    expect(all).toEqual([
      { ok: false, reason: 'HTTP 500', retry: 0 },
      { ok: false, reason: 'HTTP 429', retry: 7000 },
      { ok: false, reason: 'HTTP 503', retry: 300_000 },
      { ok: false, reason: 'HTTP 404', retry: null },
      { ok: false, reason: 'HTTP 302', retry: null },
    ])
    expect(got.every(({ url }) => url === '/')).toBe(true)
  })

  it('waits for no answer for ever', async () => {
    const { port, got } = await receiver(() => undefined)
    expect(await posted(`http://127.0.0.1:${String(port)}/`, 300)).toEqual({ ok: false, reason: 'no answer within 0.3 s', retry: 0 })
    expect(got.length).toBeLessThanOrEqual(1)
  })

  it('tells nothing secret when nobody is there', async () => {
    const closed = createTcpServer()
    const free = await listening(closed, loopback)
    await new Promise((resolve) => closed.close(resolve))
    const answer = await posted(`http://ann:s3cret@127.0.0.1:${String(free)}/path?key=1`)
    expect(answer).toEqual({ ok: false, reason: 'ECONNREFUSED', retry: 0 })
  })
})
