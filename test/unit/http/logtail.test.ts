/** The log streams of supervisorctl: what they begin with, what they follow, and when they end. */
import { appendFileSync, renameSync, truncateSync, writeFileSync } from 'node:fs'
import { request } from 'node:http'
import type { IncomingMessage } from 'node:http'
import { createServer } from 'node:http'
import { createConnection } from 'node:net'
import { once } from 'node:events'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { answerLogtail } from '../../../src/http/logtail.ts'
import { FakeMaster, fakeView } from '../../fixtures/fake-master.ts'
import { ask, House } from './harness.ts'

let house: House
let master: FakeMaster
let log: string
beforeEach(async () => {
  house = new House()
  log = join(house.folder, 'out.log')
  master = new FakeMaster([fakeView('pool', 'w:1', { stdoutLogfile: log }), fakeView('web', 'web', { stdoutLogfile: join(house.folder, 'none') })])
  await house.open(master)
})
afterEach(() => house.close())

/** A stream as it is read; `until` resolves when the text has come. */
interface Stream {
  readonly response: IncomingMessage
  until(text: string): Promise<string>
  close(): void
}

function open(path: string): Promise<Stream> {
  return new Promise((resolve, reject) => {
    const sent = request({ socketPath: house.socketPath, path, agent: false }, response => {
      let said = ''
      response.on('error', () => undefined) // our own closing
      response.on('data', (chunk: Buffer) => {
        said += chunk.toString('latin1')
        response.emit('said')
      })
      resolve({
        response,
        async until(text) {
          while (!said.includes(text)) await once(response, 'said')
          return said
        },
        close: () => sent.destroy(),
      })
    })
    sent.on('error', reject)
    sent.end()
  })
}

it('begins with the last 1024 bytes, as they are, and goes on with what comes', async () => {
  writeFileSync(log, Buffer.concat([Buffer.alloc(2000, 0x61), Buffer.from([0xff, 0x0a])]))
  const stream = await open('/logtail/pool%3Aw:1/stdout')
  expect(stream.response.headers).toMatchObject({ 'content-type': 'text/plain;charset=utf-8', 'transfer-encoding': 'chunked', 'x-accel-buffering': 'no' })
  expect(stream.response.headers['last-modified']).toMatch(/ GMT$/)
  expect(await stream.until('\n')).toBe(`${'a'.repeat(1022)}\xff\n`)
  appendFileSync(log, 'more\n')
  await stream.until('more\n')
  stream.close()
})
it('follows a rotation from the start of the new file, and says when the file was truncated', async () => {
  writeFileSync(log, 'old\n')
  const stream = await open('/logtail/pool:w:1')
  await stream.until('old\n')
  renameSync(log, `${log}.1`)
  writeFileSync(log, 'new\n')
  await stream.until('new\n')
  truncateSync(log)
  await stream.until('==> File truncated <==\n')
  appendFileSync(log, 'x\n')
  expect(await stream.until('x\n')).toBe('old\nnew\n==> File truncated <==\nx\n')
  stream.close()
})
it('streams the log of the master', async () => {
  writeFileSync(log, 'started\n')
  master.logfile = log
  const stream = await open('/mainlogtail')
  await stream.until('started\n')
  expect(stream.response.headers['x-accel-buffering']).toBeUndefined()
  stream.close()
})
it.each(['/logtail', '/logtail/', '/logtail/no', '/logtail/pool:*', '/logtail/pool:w:1/nope', '/logtail/pool:w:1/stderr', '/logtail/web', '/logtail/%ff', '/mainlogtail'])('%s is 404', async path => {
  writeFileSync(log, 'x')
  expect((await ask(house.socketPath, path)).status).toBe(404)
})
it('takes GET only', async () => {
  expect((await ask(house.socketPath, '/logtail/web', { method: 'POST' })).status).toBe(400)
  expect((await ask(house.socketPath, '/mainlogtail', { method: 'HEAD' })).status).toBe(400)
})
it('ends when the servers close', async () => {
  writeFileSync(log, 'x\n')
  const stream = await open('/logtail/pool:w:1')
  await stream.until('x\n')
  const ended = once(stream.response, 'close')
  await Promise.all([house.close(), ended])
})
it('drops a reader that does not read, and holds no more of the log than what waits for it', async () => {
  const big = 64 * 1024 * 1024
  writeFileSync(log, 'x\n')
  let waiting = 0
  const closing = new AbortController()
  const dropped = new Promise<void>((resolve, reject) => {
    const server = createServer((asked, response) => {
      response.once('close', () => {
        waiting = response.writableLength
        server.close()
        resolve()
      })
      answerLogtail(master, { verb: 'GET', pathname: '/logtail/pool:w:1' }, response, closing.signal, { patience: 50 }).catch(reject)
    })
    server.listen(join(house.folder, 'own.sock'), () => {
      const reader = createConnection(join(house.folder, 'own.sock'))
      reader.on('error', () => undefined) // being dropped is what it is here for
      reader.write('GET / HTTP/1.1\r\nHost: x\r\n\r\n')
      reader.once('data', () => {
        reader.pause()
        appendFileSync(log, Buffer.alloc(big, 0x62))
      })
    })
  })
  await dropped
  expect(waiting).toBeLessThan(1024 * 1024)
})
