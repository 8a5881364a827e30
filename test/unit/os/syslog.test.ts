import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { Syslog } from '../../../src/os/syslog.ts'
import { collect, makeFifo } from './fifo-ends.ts'
import { watcher } from './sink-watcher.ts'

let dir: string
beforeEach(() => { dir = mkdtempSync(join(tmpdir(), 'nsup-syslog-')) })
afterEach(() => { rmSync(dir, { recursive: true, force: true }) })

/** Stands for `logger`: runs the script with the FIFO as $1. */
const loggerOf = (script: string, fifo: string): { file: string; arguments: string[] } => ({ file: 'sh', arguments: ['-c', script, 'logger', fifo] })

test('sends whole lines with the tag, also those whose pieces come apart', async () => {
  const fifo = makeFifo(join(dir, 'log'))
  const got = collect(fifo)
  const syslog = new Syslog(loggerOf('cat > "$1"', fifo))
  const one = syslog.sink('one', watcher())
  const two = syslog.sink('two', watcher())
  one.write(Buffer.from('hel'))
  two.write(Buffer.from('x\n\ny\n'))
  one.write(Buffer.from('lo\nrest'))
  one.close()
  await got.until((text) => text.split('\n').length > 4)
  expect(got.text()).toBe('two x\ntwo y\none hello\none rest\n')
  syslog.close()
  got.close()
})

test('starts logger again when it died, and says so once', async () => {
  const fifo = makeFifo(join(dir, 'log'))
  const got = collect(fifo)
  let died: () => void
  const death = new Promise<void>((resolve) => (died = resolve))
  const told = watcher()
  const syslog = new Syslog(loggerOf('read line; echo "$line" > "$1"; exit 3', fifo), 0)
  const sink = syslog.sink('p', { ...told, onProblem: (sentence) => { told.onProblem(sentence); died() } })
  sink.write(Buffer.from('first\n'))
  await death
  sink.write(Buffer.from('second\n'))
  await got.until((text) => text.includes('second'))
  expect(got.text()).toBe('p first\np second\n')
  expect(told.said[0]).toMatch(/^problem: syslog: .*exit code 3/)
  syslog.close()
  got.close()
})

test('drops and counts what logger does not take, instead of growing', async () => {
  const fifo = makeFifo(join(dir, 'log'))
  const told = watcher()
  const got = collect(fifo)
  const syslog = new Syslog(loggerOf('echo ready > "$1"; exec sleep 1000', fifo))
  const sink = syslog.sink('p', told)
  sink.write(Buffer.from('start\n'))
  await got.until((text) => text === 'ready\n')
  for (let line = 0; line < 100; line++) sink.write(Buffer.from(`${'x'.repeat(10_000)}\n`))
  expect(told.said.filter((said) => said.startsWith('dropping'))).toHaveLength(1)
  expect(sink.dropped).toBeGreaterThan(500_000)
  syslog.kill()
  got.close()
})
