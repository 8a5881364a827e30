/** What a worker makes of the descriptors that its environment names, with /proc and without it. */
import { execFileSync } from 'node:child_process'
import { closeSync, constants, mkdirSync, mkdtempSync, openSync, rmSync, writeSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { processFolder } from '../../../src/daemon/snapshot.ts'
import { openOwn } from '../../../src/worker/own-descriptor.ts'

let dir: string
let open: number[]
let env: NodeJS.ProcessEnv

/** A process of a group with a name that has to be encoded, and another one. */
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'nsup-own-'))
  open = []
  env = { NSUP_RUN: dir, SUPERVISOR_GROUP_NAME: 'the shop', SUPERVISOR_PROCESS_NAME: 'a:0' }
  for (const name of ['a:0', 'b']) mkdirSync(processFolder(dir, 'the shop', name), { recursive: true })
  execFileSync('mkfifo', [path('a:0', 'report'), path('a:0', 'inbox'), path('b', 'report')])
})

afterEach(() => {
  for (const fd of new Set(open)) closeSync(fd)
  rmSync(dir, { recursive: true })
})

const path = (name: string, fifo: string): string => join(processFolder(dir, 'the shop', name), `${fifo}.fifo`)

/** As the master hands it over: it waits when it is full. */
function handedOver(name: string, fifo: string): number {
  const fd = openSync(path(name, fifo), constants.O_RDWR)
  open.push(fd)
  return fd
}

function own(fd: number | string, mode: number, links?: string): number {
  const opened = openOwn(String(fd), mode, { env, ...(links !== undefined && { links }) })
  if (opened >= 0) open.push(opened)
  return opened
}

function doesNotWait(fd: number): boolean {
  try {
    for (;;) writeSync(fd, 'x'.repeat(4096))
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EAGAIN'
  }
}

describe.each([['with /proc', undefined], ['without /proc', '/nonexistent']])('%s', (_, links) => {
  it('a FIFO of its own is opened a second time, and does not wait', () => {
    const [report, inbox] = [handedOver('a:0', 'report'), handedOver('a:0', 'inbox')]
    const mine = own(report, constants.O_WRONLY, links)
    expect([-1, report]).not.toContain(mine)
    expect(doesNotWait(mine)).toBe(true)
    expect([-1, inbox]).not.toContain(own(inbox, constants.O_RDONLY, links))
  })

  it('what is no FIFO is left alone', () => {
    const file = openSync(join(dir, 'file'), 'w')
    open.push(file)
    for (const named of [file, 99_999, '', 'three', 1]) expect(own(named, constants.O_WRONLY, links), String(named)).toBe(-1)
  })
})

describe('without /proc', () => {
  it('the FIFO of somebody else, whose name was inherited, is left alone', () => {
    expect(own(handedOver('b', 'report'), constants.O_WRONLY, '/nonexistent')).toBe(-1)
  })

  it('a FIFO that cannot be found is used as it was handed over', () => {
    const report = handedOver('a:0', 'report')
    env = { ...env, NSUP_RUN: '/nonexistent' }
    expect(own(report, constants.O_WRONLY, '/nonexistent')).toBe(report)
    env = {}
    expect(own(report, constants.O_WRONLY, '/nonexistent')).toBe(report)
  })
})
