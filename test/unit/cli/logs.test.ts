import { expect, test } from 'vitest'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { ConnectionError } from '../../../src/api/client.ts'
import type { LogItem } from '../../../src/api/results.ts'
import { worthTrying } from '../../../src/cli/comeback.ts'
import { follow } from '../../../src/cli/follow.ts'
import { Fault } from '../../../src/lib/fault.ts'
import { command, lines, lost, status } from './harness.ts'

const one = { status: () => ({ processes: [status('web')], missing: [] }) }
const two = { status: () => ({ processes: [status('web'), status('shop:checkin')], missing: [] }) }

test('tail asks for 1600 bytes and ends them with a newline, as supervisorctl does', async () => {
  const { out, code, asked } = await command(['tail', 'web'], { ...one, tail: () => ({ text: 'a\nb\n' }) })
  expect(asked.at(-1)).toEqual({ method: 'tail', params: { target: 'web', channel: 'stdout', bytes: 1600 } })
  expect({ out, code }).toEqual({ out: 'a\nb\n\n', code: 0 })
})

test('-N means bytes, -n lines, and the last word may be the channel', async () => {
  const answers = { ...one, tail: () => ({ text: 'x' }) }
  expect((await command(['tail', '-100', 'web', 'stderr'], answers)).asked.at(-1)?.params).toEqual({ target: 'web', channel: 'stderr', bytes: 100 })
  const byLines = await command(['tail', '-n', '3', 'web'], answers)
  expect(byLines.asked.at(-1)?.params).toEqual({ target: 'web', channel: 'stdout', lines: 3 })
  expect(byLines.out).toBe('x\n')
})

test.each([
  [['tail', '-n', '-5', 'web'], 'Error: bad argument -n -5: not a number of lines\n'],
  [['tail', '-1.5', 'web'], 'Error: bad argument -1.5\n'],
  [['tail', '-x', 'web'], 'Error: bad argument -x\n'],
  [['maintail', 'web'], 'Error: bad argument web\n'],
])('%j is refused with a sentence and exit code 1', async (words, out) => {
  expect(await command(words, one)).toMatchObject({ code: 1, out, asked: [] })
})

test('tail without a name says so, a bad channel and an unknown name too', async () => {
  expect((await command(['tail'], {})).out).toMatch(/^Error: too few arguments\n/)
  const bad = { status: () => ({ processes: [status('web')], missing: [lost('stdin')] }) }
  expect(await command(['tail', 'web', 'stdin'], bad)).toMatchObject({ code: 1, out: "Error: bad channel 'stdin'\n" })
  const unknown = { status: () => ({ processes: [], missing: [lost('nochkin', 'process', 'checkin')] }) }
  expect(await command(['tail', 'nochkin'], unknown))
    .toMatchObject({ code: 1, out: 'nochkin: ERROR (no such process name)\n', err: 'did you mean checkin?\n' })
})

test('a log that is not there is an error of its own process only', async () => {
  const tail = ({ target }: Record<string, unknown>): unknown => {
    if (target === 'web') throw new Fault('NO_FILE', 'web')
    return { text: 'hello\nworld' }
  }
  expect(await command(['tail', 'web', 'shop:checkin'], { ...two, tail })).toMatchObject({
    code: 1, out: 'web: ERROR (no log file)\nshop:checkin | hello\nshop:checkin | world\n',
  })
})

test('a tail beyond what one answer may carry is shortened and said to be', async () => {
  const { err, asked } = await command(['tail', '-99999999999', 'web'], { ...one, tail: () => ({ text: '' }) })
  expect(asked.at(-1)?.params).toMatchObject({ bytes: 16 * 1024 * 1024 })
  expect(err).toContain('the last 16777216 bytes')
})

test('logs shows both channels of all that have one', async () => {
  const processes = [status('web', { stdout_logfile: '/o', stderr_logfile: '/e' }), status('mute')]
  const tail = ({ channel }: Record<string, unknown>): unknown => ({ text: `${String(channel)}\n` })
  expect(await command(['logs'], { status: () => ({ processes, missing: [] }), tail }))
    .toMatchObject({ code: 0, out: 'web          | stdout\nweb (stderr) | stderr\n' })
})

test('tail -f shows the banner and the stream, until Ctrl-C ends it with 0', async () => {
  let interrupt: () => void = () => undefined
  const { out, code } = await command(['tail', '-f', 'web'], one, {
    onInterrupt: (found) => (interrupt = found),
    async *streams() {
      yield { type: 'text', text: 'a\nb', position: '1' }
      yield { type: 'rotated' }
      yield { type: 'text', text: 'c\n', position: '2' }
      interrupt()
      await Promise.resolve()
    },
  })
  expect({ out, code }).toEqual({ out: '==> Press Ctrl-C to exit <==\na\nbc\n', code: 0 })
})

test('several logs are followed in whole lines, the unfinished last one too', async () => {
  const { out } = await command(['tail', '-f', 'web', 'shop:checkin'], two, {
    streams(_method, { target }) {
      if (target === 'web') throw new Fault('NO_FILE', 'web')
      return gone(['one\ntw', 'o\nthree'])
    },
  })
  expect(out).toBe('==> Press Ctrl-C to exit <==\nweb: ERROR (no log file)\nshop:checkin | one\nshop:checkin | two\nshop:checkin | three\n'
    + 'shop:checkin: ERROR (no such process name)\n')

  async function* gone(texts: string[]): AsyncGenerator<unknown> {
    for (const text of texts) yield { type: 'text', text, position: 'p' }
    await Promise.resolve()
    throw new Fault('BAD_NAME', 'shop:checkin')
  }
})

test('following goes on after the last position when the socket comes back, and not before', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'nsup-follow-'))
  const socketPath = join(folder, 'run', 'nsup.sock') // its folder is not there yet, either
  const ending = new AbortController()
  const asked: (string | undefined)[] = []
  let text = ''
  let losses = 0
  let up = true
  await follow({
    endpoint: { socketPath },
    signal: ending.signal,
    async *open(from, options): AsyncGenerator<LogItem> {
      await Promise.resolve()
      if (!up) throw new ConnectionError('unix://x', 'ENOENT', 'no such file')
      asked.push(from)
      options.onOpen?.()
      if (asked.length === 1) {
        yield { type: 'text', text: 'before ', position: '7' }
        up = false
        throw new ConnectionError('unix://x', 'ECONNRESET', 'closed the connection')
      }
      yield { type: 'text', text: 'after', position: '9' }
      ending.abort()
    },
    onText: (piece) => (text += piece),
    onLost() {
      losses += 1
      up = true
      writeFileSync(join(folder, 'run'), '') // something changes in the nearest folder that is there
    },
  })
  rmSync(folder, { recursive: true })
  expect({ asked, text, losses }).toEqual({ asked: [undefined, '7'], text: 'before after', losses: 1 })
})

test('the first stream that cannot be opened is an error, not a wait', async () => {
  const refused = new ConnectionError('unix://x', 'ECONNREFUSED', 'refused connection')
  await expect(follow({
    endpoint: { socketPath: '/nowhere/at/all.sock' }, signal: new AbortController().signal,
    open: () => { throw refused }, onText: () => undefined, onLost: () => undefined,
  })).rejects.toBe(refused)
})

test('worth trying ends at once when aborted while it waits', async () => {
  const ending = new AbortController()
  const chances = worthTrying({ socketPath: join(tmpdir(), 'none', 'nsup.sock') }, ending.signal)
  expect((await chances.next()).done).toBe(false)
  const next = chances.next()
  ending.abort()
  expect((await next).done).toBe(true)
})

test('what goes on until Ctrl-C ends with --timeout too, and many logs together give no warning of a leak', async () => {
  const warnings: Error[] = []
  const note = (warning: Error): void => void warnings.push(warning)
  process.on('warning', note)
  const streams = async function* (_method: string, _params: object, signal: AbortSignal | undefined): AsyncGenerator<LogItem> {
    yield { type: 'text', text: 'a\n', position: '2' }
    if (signal?.aborted === false) await once(signal, 'abort')
  }
  const processes = Array.from({ length: 12 }, (_, index) => status(`web${String(index)}`, { stdout_logfile: '/web.log' }))
  for (const words of [['logs', '-f'], ['events', '-f'], ['maintail', '-f']]) {
    expect(await command([...words, '--timeout', '20ms'], { status: () => ({ processes, missing: [] }) }, { streams })).toMatchObject({ code: 124, err: '' })
  }
  process.off('warning', note)
  expect(warnings).toEqual([])
})

test('logs -f waits for the log of a program that has written nothing yet, and tail -f says that there is none', async () => {
  let looks = 0
  const streams = async function* (): AsyncGenerator<LogItem> {
    looks += 1
    if (looks === 1) throw new Fault('NO_FILE', 'job')
    yield await Promise.resolve({ type: 'text', text: 'first line\n', position: '11' })
    for (const interrupt of interrupts) interrupt()
  }
  const interrupts: (() => void)[] = []
  const settings = { streams, onInterrupt: (interrupt: () => void) => void interrupts.push(interrupt) }
  const job = { status: () => ({ processes: [status('job', { stdout_logfile: '/job.log' })], missing: [] }) }
  expect(await command(['logs', '-f', 'job'], job, settings)).toMatchObject({ code: 0, out: '==> Press Ctrl-C to exit <==\nfirst line\n' })
  looks = 0
  expect(await command(['tail', '-f', 'job'], job, settings)).toMatchObject({ code: 1, out: expect.stringContaining('job: ERROR (no log file)') as string })
})

test('maintail names the lack of a log as supervisorctl does', async () => {
  const maintail = (): never => { throw new Fault('NO_FILE', 'supervisord') }
  expect(await command(['maintail'], { maintail })).toMatchObject({ code: 1, out: 'supervisord: ERROR (no log file)\n' })
})

test('fg wants one running process by name', async () => {
  expect(await command(['fg'], {})).toMatchObject({ code: 1, out: 'ERROR: no process name supplied\n' })
  expect(await command(['fg', 'a', 'b'], {})).toMatchObject({ code: 1, out: 'ERROR: too many process names supplied\n' })
  expect(await command(['fg', 'no'], { status: () => ({ processes: [], missing: [lost('no')] }) }))
    .toMatchObject({ code: 1, out: 'ERROR: bad process name supplied\n' })
  expect(await command(['fg', 'web'], { status: () => ({ processes: [status('web', { state: 'FATAL' })], missing: [] }) }))
    .toMatchObject({ code: 1, out: 'ERROR: process not running\n' })
  const ended = await command(['fg', 'web'], one, { streams: () => lines([]) })
  expect(ended).toMatchObject({ code: 0, out: '==> Press Ctrl-C to exit <==\nExiting foreground\n' })
})
