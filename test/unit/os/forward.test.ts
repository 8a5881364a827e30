import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { forwardToPipe, ownStream } from '../../../src/os/forward.ts'
import { collect, makeFifo } from './fifo-ends.ts'
import { watcher } from './sink-watcher.ts'

let dir: string
beforeEach(() => { dir = mkdtempSync(join(tmpdir(), 'nsup-forward-')) })
afterEach(() => { rmSync(dir, { recursive: true, force: true }) })

test.each([
  ['/dev/stdout', 1],
  ['/dev/fd/1', 1],
  ['/dev/stderr', 2],
  ['/dev/fd/2', 2],
  ['/dev/fd/3', null],
  ['/var/log/dev/stdout', null],
])('%s means the own stream %s', (path, stream) => {
  expect(ownStream(path)).toBe(stream)
})

test('a pipe that nobody reads makes its writers wait, and all of them go on when it is read', async () => {
  const path = makeFifo(join(dir, 'pipe'))
  const first = watcher()
  const second = watcher()
  const a = forwardToPipe(path, first)
  const b = forwardToPipe(path, second)
  if (!a.ok || !b.ok) throw new Error('the pipe cannot be opened')
  b.sink.write(Buffer.from('b'))
  let sent = 1
  while (!first.said.includes('full')) {
    a.sink.write(Buffer.alloc(10_000, 'a'))
    sent += 10_000
    expect(sent).toBeLessThan(300_000)
  }
  expect(second.said).toEqual(['full'])
  const drained = Promise.all([first.drained(), second.drained()])
  const got = collect(path)
  await drained
  await got.until((text) => text.length === sent)
  expect(got.text()).toBe(`b${'a'.repeat(sent - 1)}`)
  expect(a.sink.dropped).toBe(0)
  got.close()
})

test('the own stdout, a full pipe, stops the writer but not the process; then every byte arrives', async () => {
  const program = join(dir, 'program.mjs')
  const source = fileURLToPath(new URL('../../../src/os/forward.ts', import.meta.url))
  await build({
    stdin: {
      contents: `
        import { forwardToOwn } from ${JSON.stringify(source)}
        let stopped = false, left = 100
        const opened = forwardToOwn(1, {
          onFull: () => { stopped = true; process.stderr.write('full\\n') },
          onDrain: () => { stopped = false; write() },
          onDropping: (bytes, reason) => process.stderr.write('dropping ' + reason + '\\n'),
          onRecovered() {}, onProblem() {},
        })
        function write() {
          while (!stopped && left > 0) opened.sink.write(Buffer.alloc(10000, 48 + (left-- % 10)))
          if (left === 0) keep.unref()
        }
        const keep = setInterval(() => {}, 1000)
        write()`,
      resolveDir: dir,
    },
    outfile: program,
    bundle: true,
    platform: 'node',
    format: 'esm',
  })
  const child = spawn('sh', ['-c', `exec 3>&2; ${process.execPath} ${program} 2>&3 | { read go < ${makeFifo(join(dir, 'go'))}; cat; }`], { stdio: ['ignore', 'pipe', 'pipe'] })
  let out = ''
  child.stdout.setEncoding('latin1').on('data', (text: string) => (out += text))
  const [first] = (await once(child.stderr, 'data')) as [Buffer]
  expect(first.toString()).toMatch(/^full\n/)
  expect(out).toBe('')
  const go = spawn('sh', ['-c', `echo > ${join(dir, 'go')}`])
  await Promise.all([once(child, 'close'), once(go, 'exit')])
  expect(out).toBe(Array.from({ length: 100 }, (_, index) => String((100 - index) % 10).repeat(10_000)).join(''))
})
