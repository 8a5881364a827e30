/** The stream of events: what came before, whether it goes on, and that ticks come only to who asks for them by name. */
import { once } from 'node:events'
import { request } from 'node:http'
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { MasterEvent } from '../../../src/core/events.ts'
import { FakeMaster } from '../../fixtures/fake-master.ts'
import { House, ask, optionsFor } from './harness.ts'

let house: House
let master: FakeMaster
beforeEach(async () => {
  house = new House()
  master = new FakeMaster()
  master.recent = ['a', 'b', 'c'].map((group, index) => ({ type: 'group.added', serial: index + 1, at: 1, group }))
  await house.open(master)
})
afterEach(() => house.close())

const groups = (body: string): string[] => [...body.matchAll(/"group":"(\w+)"/g)].map(([, group]) => group ?? '')

test('begins with the last events and ends after them where that is asked for', async () => {
  expect(groups((await ask(house.socketPath, '/api/v1/events?last=2&follow=false')).text)).toEqual(['b', 'c'])
  expect(groups((await ask(house.socketPath, '/api/v1/events?last=200&follow=false&type=process.*')).text)).toEqual([])
  expect((await ask(house.socketPath, '/api/v1/events?last=201')).status).toBe(400)
})

test.each([['tick.7', 'tick.5'], ['proces.*', 'process.*'], ['PROCESS_STAT', undefined], ['[', undefined]])('refuses %s, which no event can be', async (type, near) => {
  const { status, json } = await ask(house.socketPath, `/api/v1/events?follow=false&type=process.*&type=${encodeURIComponent(type)}`)
  expect([status, json['message']]).toEqual([400, expect.stringContaining(`no event is of type ${type}${near === undefined ? '' : `, did you mean ${near}?`}`)])
})

test.each([
  ['', ['group.added', 'process.log']],
  ['&type=tick.5', ['tick.5']],
  ['&type=*.added&type=t*', ['group.added', 'tick.5']],
  ['&type=PROCESS_LOG&type=tick_5', ['tick.5', 'process.log']],
  ['&type=process_group_added', ['group.added']],
])('goes on with what is wanted: %j', async (query, types) => {
  const stream = request({ ...optionsFor(house.socketPath), path: `/api/v1/events?last=0${query}`, agent: false })
  const subscribed = new Promise<void>((resolve) => {
    master.onSubscribe = resolve
  })
  stream.end()
  const [response] = await once(stream, 'response') as [NodeJS.ReadableStream]
  await subscribed
  let body = ''
  const done = new Promise<void>((resolve) => response.on('data', (chunk: Buffer) => {
    body += chunk.toString()
    if ([...body.matchAll(/^event: /gm)].length >= types.length) resolve()
  }))
  const about = { serial: 9, at: 1 }
  const events: MasterEvent[] = [
    { ...about, type: 'group.added', group: 'd' },
    { ...about, type: 'tick.5', when: 5 },
    { ...about, type: 'process.log', group: 'd', name: 'd', pid: 1, channel: 'stdout', text: 'x' },
  ]
  for (const event of events) master.emit(event)
  await done
  stream.destroy()
  expect([...body.matchAll(/^event: (\S+)$/gm)].map(([, type]) => type)).toEqual(types)
})
