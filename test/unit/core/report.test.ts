import { describe, expect, it } from 'vitest'
import { channelsOf } from '../../../src/core/channels.ts'
import type { CareSpec } from '../../../src/core/care.ts'
import { heard, readNotify, readReport, silence } from '../../../src/core/report.ts'
import { specOf } from '../../sim/random-world.ts'

describe('a line of the report channel', () => {
  it.each([
    ['{"ready":true}', { ready: true }],
    ['{"status":"loading\\nthe map"}', { status: 'loading the map' }],
    ['{"watchdog":true}', {}],
    ['{"health":{"processed_count":3}}', { health: { processed_count: 3 } }],
    ['{"busy":{"job":"12345","until_s":30}}', { busy: { job: '12345', lasts: 30_000 } }],
    ['{"busy":{"job":7}}', { busy: { job: '7', lasts: null } }],
    ['{"busy":true}', { busy: { job: '', lasts: null } }],
    ['{"busy":false}', { busy: null, done: true }],
    ['{"idle":true}', { busy: null, done: true }],
    ['{"stopping":true}', { stopping: true }],
    ['{"extend_s":1.5}', { extend: 1500 }],
    ['{"recycling":"after 1000 jobs"}', { recycling: 'after 1000 jobs' }],
    ['{"recycling":true}', { recycling: '' }],
    ['  {"ready":true,"status":"up","from the future":[1]}\r', { ready: true, status: 'up' }],
  ])('%s is understood', (line, word) => {
    expect(readReport(line)).toEqual(word)
  })

  it.each([
    'ready', '', '[]', 'null', '7', '{}', '{"from the future":1}', '{"ready":false}', '{"ready":"true"}', '{"status":7}', '{"health":7}', '{"health":[1]}',
    '{"busy":{"job":{}}}', '{"busy":{"job":"1","until_s":"soon"}}', '{"busy":"1"}', '{"idle":1}', '{"recycling":1}', '{"recycling":false}', '{"extend_s":-1}', '{"extend_s":1e9}', '{"extend_s":"1"}',
    '{"ready":true', '{"__proto__":{"ready":true}}', '{"constructor":1}', '{"toString":1}',
  ])('%j is rubbish', (line) => {
    expect(readReport(line)).toBeNull()
  })

  it('keeps a long status short', () => {
    expect(readReport(JSON.stringify({ status: 'x'.repeat(3000) }))?.status).toHaveLength(1000)
  })
})

describe('a datagram of systemd', () => {
  it('is read assignment by assignment, and what is unknown means nothing', () => {
    expect(readNotify('READY=1\nSTATUS=Serving = well\nMAINPID=4711\nX_OWN=1\nrubbish\n')).toEqual({ ready: true, status: 'Serving = well', mainPid: 4711 })
    expect(readNotify('STOPPING=1\nEXTEND_TIMEOUT_USEC=2500000')).toEqual({ stopping: true, extend: 2500 })
    expect(readNotify('RELOADING=1')).toEqual({ status: 'reloading' })
    expect(readNotify('READY=0\nMAINPID=-1\nEXTEND_TIMEOUT_USEC=soon\nWATCHDOG=1\nBARRIER=1\nconstructor=1\n__proto__=1')).toEqual({})
    expect(readNotify('=1\n')).toEqual({})
  })

  it('is told what cannot be had', () => {
    expect(readNotify('FDSTORE=1\nFDNAME=a').refused).toContain('FDSTORE')
  })
})

it('the last words of a worker are kept beside those before', () => {
  const first = heard(silence, { status: 'loading', health: { a: 1 } }, 1000)
  expect(first).toEqual({ at: 1000, status: 'loading', health: { a: 1 }, healthAt: 1000, stopping: false, rubbish: 0 })
  expect(heard(first, { stopping: true }, 2000)).toEqual({ ...first, at: 2000, stopping: true })
})

describe('the channels of a process', () => {
  const probe = { timeout: 1000 }
  it.each<[string, CareSpec, ReturnType<typeof channelsOf>]>([
    ['nothing', {}, null],
    ['report', { report: true }, { report: 3, inbox: null, notify: false, notificationFd: null }],
    ['ready by report', { ready: { by: { kind: 'report' }, ...probe } }, { report: 3, inbox: null, notify: false, notificationFd: null }],
    ['a watchdog', { watchdog: 1000 }, { report: 3, inbox: null, notify: false, notificationFd: null }],
    ['notify with a watchdog', { notify: true, watchdog: 1000 }, { report: null, inbox: null, notify: true, notificationFd: null }],
    ['ready by notify', { ready: { by: { kind: 'notify' }, ...probe } }, { report: null, inbox: null, notify: true, notificationFd: null }],
    ['a descriptor', { ready: { by: { kind: 'notification_fd', fd: 5 }, ...probe } }, { report: null, inbox: null, notify: false, notificationFd: 5 }],
    ['the descriptor that a report would have', { report: true, ready: { by: { kind: 'notification_fd', fd: 3 }, ...probe } }, { report: 4, inbox: null, notify: false, notificationFd: 3 }],
    ['messages', { messages: true }, { report: 3, inbox: 4, notify: false, notificationFd: null }],
    ['tables beside a descriptor', { tables: ['counters'], ready: { by: { kind: 'notification_fd', fd: 4 }, ...probe } }, { report: 3, inbox: 5, notify: false, notificationFd: 4 }],
    ['messages beside the first descriptor', { messages: true, ready: { by: { kind: 'notification_fd', fd: 3 }, ...probe } }, { report: 4, inbox: 5, notify: false, notificationFd: 3 }],
  ])('follow from what it asks for: %s', (_what, care, channels) => {
    expect(channelsOf(specOf({ care }))).toEqual(channels)
  })

  it('are none without care', () => {
    expect(channelsOf(specOf({}))).toBeNull()
  })
})
