/**
 * The workers that speak the plain protocol without an SDK, one suite for all languages: here the test is the master, so that
 * it can say what a real one says seldom. What they do under a real one is in test/e2e.
 */
import { closeSync, constants, mkdtempSync, openSync, rmSync, writeFileSync, writeSync } from 'node:fs'
import { Socket } from 'node:net'
import type { Readable } from 'node:stream'
import { spawn } from 'node:child_process'
import type { ChildProcessByStdio } from 'node:child_process'
import { createInterface } from 'node:readline'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { Assembly, linesOf } from '../../../src/lib/parts.ts'
import { makeFifos } from '../../../src/os/fifo.ts'

export const workers = join(import.meta.dirname, '../../../examples/workers')

type Said = Readonly<Record<string, unknown>>
type Asked = Readonly<Record<string, unknown>> & { readonly id: number | string }

/** A worker whose master is the test. */
interface Ward {
  /** Resolves with the value of the first such word that was not given out yet. */
  heard(word: string): Promise<unknown>
  /** Resolves when it has said once more that the job is done. */
  idle(): Promise<unknown>
  asked(word: string): Promise<Asked>
  logged(message: string): Promise<Said>
  /** `inParts`: in two of them, though it is short. */
  tell(words: object, inParts?: boolean): void
  write(text: string): void
  signal(name: NodeJS.Signals): void
  readonly ended: Promise<{ readonly code: number | null; readonly stderr: string }>
}

let dir = ''
let file = ''
const clean: (() => Promise<void>)[] = []

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'nsup-plain-'))
  file = join(dir, 'three-words')
  writeFileSync(file, 'one two\nthree\n')
})

afterEach(async () => {
  for (const each of clean.splice(0)) await each()
  rmSync(dir, { recursive: true })
})

/** What was said, taken out by whoever waits for it. */
class Words {
  readonly #said: Said[] = []
  readonly #waiting = new Set<() => void>()
  #over = ''

  add(said: Said): void {
    this.#said.push(said)
    for (const look of this.#waiting) look()
  }

  end(why: string): void {
    this.#over = why
    for (const look of this.#waiting) look()
  }

  async take(what: string, fits: (said: Said) => boolean): Promise<Said> {
    return new Promise((resolve, reject) => {
      const look = (): void => {
        const at = this.#said.findIndex(fits)
        if (at < 0 && this.#over === '') return
        this.#waiting.delete(look)
        if (at < 0) reject(new Error(`ended without ${what}: ${this.#over}; left: ${JSON.stringify(this.#said)}`))
        else for (const found of this.#said.splice(at, 1)) resolve(found)
      }
      this.#waiting.add(look)
      look()
    })
  }
}

function start(argv: readonly string[], env: Readonly<Record<string, string>>): Ward {
  const paths = ['report', 'inbox'].map((name) => join(dir, name))
  expect(makeFifos(paths)).toMatchObject({ ok: true })
  const [report = -1, inbox = -1] = paths.map((path) => openSync(path, constants.O_RDWR))
  const [command = '', ...args] = argv
  const child = spawn(command, args, {
    env: { ...process.env, NSUP_REPORT_FD: '3', NSUP_INBOX_FD: '4', PYTHONDONTWRITEBYTECODE: '1', ...env },
    stdio: ['ignore', 'pipe', 'pipe', report, inbox],
    detached: true, // sh starts others, which go with it
  }) as ChildProcessByStdio<null, Readable, Readable>
  const [said, logged] = [new Words(), new Words()]
  const assembly = new Assembly('id')
  const read = (line: string): void => {
    const words = JSON.parse(line) as Said
    const put = 'part' in words ? assembly.put(words['part']) : null
    if (put === null) said.add(words)
    else if ('whole' in put) read(put.whole)
  }
  const reader = new Socket({ fd: openSync(paths[0] ?? '', constants.O_RDONLY | constants.O_NONBLOCK) })
  createInterface({ input: reader }).on('line', read)
  createInterface({ input: child.stdout }).on('line', (line) => { logged.add(JSON.parse(line) as Said) })
  let stderr = ''
  child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()))
  const ended = new Promise<{ code: number | null; stderr: string }>((resolve, reject) => {
    child.once('error', reject)
    child.once('close', (code) => {
      for (const words of [said, logged]) words.end(`exit code ${String(code)} ${stderr}`)
      resolve({ code, stderr })
    })
  })
  clean.push(async () => {
    killGroup(child.pid ?? 0)
    await ended
    reader.destroy()
    for (const fd of [report, inbox]) closeSync(fd)
  })
  const heard = async (word: string): Promise<unknown> => (await said.take(word, (words) => word in words))[word]
  return {
    heard,
    idle: () => said.take('idle', (words) => words['idle'] === true || words['busy'] === false),
    asked: async (word) => await heard(word) as Asked,
    logged: (message) => logged.take(message, (line) => line['message'] === message),
    tell: (words, inParts = false) => {
      const json = JSON.stringify(words)
      const halves = [json.slice(0, 20), json.slice(20)].map((text, index) => ({ part: { of: 'r1', index, last: index === 1, text } }))
      for (const line of inParts ? halves.map((half) => `${JSON.stringify(half)}\n`) : linesOf(json, 'of', 'r2')) writeSync(inbox, line)
    },
    write: (text) => { writeSync(inbox, text) },
    signal: (name) => void child.kill(name),
    ended,
  }
}

function killGroup(pid: number): void {
  try {
    process.kill(-pid, 'SIGKILL')
  } catch (error) {
    expect(error).toMatchObject({ code: 'ESRCH' })
  }
}

const message = (n: number, more: object = {}): object => ({ message: { n, from: 'web', data: { file, reply_to: 'results', ...more } } })
const reply = ({ id }: Asked, value: unknown): object => ({ reply: { id, value } })

/** `long`: it understands messages of more than one line. */
export function plainWorkers(languages: readonly (readonly [language: string, argv: readonly string[], options: { readonly long: boolean }])[]): void {
  describe.each(languages)('the plain worker in %s', (_, argv, { long }) => {
    it('does each job once: counts in the table, answers by a message, says how it goes', async () => {
      const worker = start(argv, {})
      expect(await worker.heard('ready')).toBe(true)
      worker.tell(message(5))
      expect(await worker.heard('busy')).toEqual({ job: '5' })
      const counted = await worker.asked('table')
      expect(counted).toMatchObject({ name: 'counters', op: 'incr', key: 'words', by: 3 })
      worker.tell(reply(counted, 10))
      const sent = await worker.asked('send')
      expect(sent).toMatchObject({ to: 'results', data: { file, words: 3, total: 10 } })
      worker.tell(message(5)) // a master that was killed has not noted that it had told this
      worker.tell(reply(sent, { n: 6, to: ['results'] }))
      expect(await worker.logged('Job done')).toMatchObject({ job: '5' })
      await worker.idle()

      worker.tell(message(7))
      const again = await worker.asked('table')
      worker.tell({ reply: { id: again.id, error: { code: 'TABLE_FULL', message: 'counters has 1024 rows' } } })
      expect(await worker.logged('Job failed')).toMatchObject({ job: '7', reason: expect.stringContaining('TABLE_FULL') as string })
      await worker.idle()
      worker.signal('SIGUSR1')
      expect(await worker.heard('health')).toMatchObject({ processed_count: 1, failed_count: 1, is_processing: false })
      worker.signal('SIGTERM')
      expect(await worker.heard('stopping')).toBe(true)
      expect(await worker.ended).toEqual({ code: 0, stderr: '' })
      expect(await worker.logged('Worker received shutdown signal')).toMatchObject({ signal: 'SIGTERM', signal_number: 15, is_processing: false })
    })

    it('takes for lost what a new master has never heard, and no more', async () => {
      const worker = start(argv, {})
      worker.write('of a line that another incarnation had begun"}}\n')
      worker.tell({ part: { of: 'gone', index: 7, last: true, text: '"}}' } })
      worker.tell(message(1))
      await worker.asked('table')
      worker.tell({ master: { pid: 1 } })
      worker.tell(reply(await worker.asked('ping'), null))
      expect(await worker.logged('Job failed')).toMatchObject({ job: '1', reason: expect.stringContaining('MASTER_CHANGED') as string })

      worker.tell(message(2))
      const counted = await worker.asked('table')
      worker.tell({ master: { pid: 2 } })
      const ping = await worker.asked('ping')
      worker.tell(reply(counted, 3)) // this one had waited in the channel
      worker.tell(reply(ping, null))
      worker.tell(reply(await worker.asked('send'), { n: 3, to: ['results'] }))
      expect(await worker.logged('Job done')).toMatchObject({ job: '2' })
    })

    it('finishes the job in hand, gives back what it has not begun, and exits 0', async () => {
      const worker = start(argv, {})
      worker.tell(message(1))
      const counted = await worker.asked('table')
      worker.signal('SIGTERM')
      await worker.logged('Worker received shutdown signal')
      worker.signal('SIGQUIT')
      expect(await worker.logged('Worker ignored repeated signal')).toMatchObject({ signal: 'SIGQUIT', signal_number: 3, is_processing: true })
      const others = [message(2), message(3, long ? { note: '"é\\"'.repeat(3000) } : {}), message(4)]
      worker.tell(message(2))
      // An answer, in parts or not, comes between the parts of a message.
      const [first = '', ...rest] = linesOf(JSON.stringify(others[1]), 'of', 3)
      worker.write(first)
      worker.tell(reply(counted, 3), long)
      for (const line of [...rest, ...linesOf(JSON.stringify(others[2]), 'of', 4)]) worker.write(line)
      worker.tell(reply(await worker.asked('send'), { n: 9, to: ['results'] }))
      for (const other of others) expect({ message: await worker.heard('return') }).toEqual(other)
      expect(await worker.ended).toEqual({ code: 0, stderr: '' })
      expect(await worker.logged('Worker gracefully shutdown')).toMatchObject({ processed_count: 1 })
    })

    it('gives signs of life, and recycles itself after its jobs', async () => {
      const worker = start(argv, { NSUP_SILENCE_MS: '300', MAX_JOBS: '1' })
      await worker.heard('ready')
      expect(await worker.heard('watchdog')).toBe(true)
      worker.tell(message(1))
      worker.tell(reply(await worker.asked('table'), 3))
      worker.tell(reply(await worker.asked('send'), { n: 9, to: ['results'] }))
      expect(await worker.heard('recycling')).toBe('after 1 jobs')
      expect(await worker.ended).toEqual({ code: 0, stderr: '' })
    })
  })
}
