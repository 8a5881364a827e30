import { expect, test } from 'vitest'
import type { OpenedSink } from '../../../src/core/sinks.ts'
import { LateSink } from '../../../src/daemon/late-sink.ts'

function setting() {
  const said: string[] = []
  const written: string[] = []
  let time = 0
  let tries = 0
  let answer: OpenedSink = { ok: false, code: 'ENOENT' }
  const sink = new LateSink({
    path: '/x/a.log',
    code: 'ENOENT',
    now: () => new Date(time),
    open: () => (tries++, answer),
    watcher: {
      onDropping: (bytes, reason) => said.push(`dropping ${String(bytes)} ${reason}`), onRecovered: (bytes) => said.push(`recovered ${String(bytes)}`),
      onProblem: () => undefined, onFull: () => undefined, onDrain: () => undefined,
    },
  })
  const inner = {
    path: '/x/a.log', dropped: 5, write: (chunk: Uint8Array) => void written.push(Buffer.from(chunk).toString()),
    reopen: () => void said.push('reopened'), clear: () => void said.push('cleared'), close: () => void said.push('closed'),
  }
  return {
    ...{ sink, said, written },
    tries: () => tries,
    mend: () => { answer = { ok: true, sink: inner } },
    write: (text: string, at: number) => {
      time = at
      sink.write(Buffer.from(text))
    },
  }
}

test('counts what it drops, says so once, and tries again at most once a second', () => {
  const { sink, said, written, write, tries, mend } = setting()
  for (const at of [1, 500, 999]) write('four', at)
  expect([tries(), sink.dropped]).toEqual([0, 12])
  write('four', 1000)
  write('four', 1999)
  expect([tries(), sink.dropped]).toEqual([1, 20])
  mend()
  write('five5', 2000)
  write('more', 2001)
  expect(written).toEqual(['five5', 'more'])
  expect(said).toEqual(['dropping 4 ENOENT on /x/a.log', 'recovered 20'])
  expect([tries(), sink.dropped]).toEqual([2, 25])
})

test('tries when somebody asks for the logs to be opened again, and passes on what comes then', () => {
  const { sink, said, tries, mend } = setting()
  sink.reopen()
  sink.clear()
  mend()
  sink.reopen()
  sink.reopen()
  sink.clear()
  sink.close()
  sink.reopen()
  sink.write(Buffer.from('late'))
  expect(said).toEqual(['reopened', 'cleared', 'closed'])
  expect(tries()).toBe(2)
})
