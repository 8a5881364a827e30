/** `nsup events`: what it asks for, and how an event looks to a person and to a program. */
import { expect, it } from 'vitest'
import { command, lines } from './harness.ts'

const at = new Date(2026, 10, 22, 3, 48, 5).getTime()
const events = [
  { type: 'group.added', serial: 1, at, group: 'web' },
  { type: 'process.state', serial: 2, at, group: 'shop', name: 'a', from: 'RUNNING', to: 'EXITED', pid: 12, tries: 0, expected: false, reason: 'exit status 3, not expected', by: null },
  { type: 'process.state', serial: 3, at, group: 'web', name: 'web', from: 'STOPPED', to: 'STARTING', pid: 0, tries: 0, expected: false, reason: '', by: 'cli me' },
  { type: 'process.log', serial: 4, at, group: 'web', name: 'web', pid: 3, channel: 'stdout', text: 'one\ntwo \u001b[31m' },
]
const streams = (): AsyncIterable<unknown> => lines(events)

it('is one line each, whatever is in it', async () => {
  const { out, code, asked } = await command(['events'], {}, { streams })
  expect(out.split('\n')).toEqual([
    '2026-11-22 03:48:05 group.added web',
    '2026-11-22 03:48:05 process.state shop:a RUNNING -> EXITED pid=12 expected=false reason="exit status 3, not expected"',
    '2026-11-22 03:48:05 process.state web STOPPED -> STARTING by="cli me"',
    '2026-11-22 03:48:05 process.log web pid=3 channel=stdout text="one\\ntwo \\u001b[31m"',
    '',
  ])
  expect([code, asked]).toEqual([0, [{ method: 'events', params: { last: 20, follow: false } }]])
})

it('is JSON where that is asked for, and asks for what is wanted', async () => {
  const { out, asked } = await command(['events', '--json', '-n', '999', '--type', 'process.*,tick.5'], {}, { streams })
  expect(out.trim().split('\n').map((line) => JSON.parse(line) as unknown)).toEqual(events)
  expect(asked).toEqual([{ method: 'events', params: { last: 200, type: ['process.*', 'tick.5'], follow: false } }])
})

it('refuses a number that is none', async () => {
  expect(await command(['events', '-n', 'many'], {}, { streams })).toMatchObject({ code: 1, out: 'Error: bad argument -n many: not a number of lines\n' })
})
