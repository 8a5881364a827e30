import { execFile, spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readdirSync, rmSync, writeSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { CareSpec } from '../../../src/core/care.ts'
import type { Proc, ProcInput } from '../../../src/core/proc.ts'
import { Desk } from '../../../src/daemon/desk.ts'
import { FairTurns } from '../../../src/daemon/fair-turns.ts'
import type { VoicePorts } from '../../../src/daemon/voice-ports.ts'
import { voiceOf, voicePaths } from '../../../src/daemon/voice.ts'
import type { Voice } from '../../../src/daemon/voice.ts'
import { systemClock } from '../../../src/os/clock.ts'
import { fifoPorts } from '../../../src/os/fifo-ports.ts'
import { appendRecord, readRecord, removeFile, writeRecord } from '../../../src/os/records.ts'
import { whoIs } from '../../../src/os/proc.ts'
import { notifySockets } from '../../../src/os/notify-sockets.ts'
import { procIn } from '../core/procs.ts'

let dir = ''
const voices: Voice[] = []
const told: ProcInput[] = []
const warned: string[] = []
let wake = (): void => undefined

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'nsup-voice-'))
})
afterEach(() => {
  for (const voice of voices.splice(0)) voice.close()
  rmSync(dir, { recursive: true })
  told.length = 0
  warned.length = 0
})

function procWith(care: CareSpec): Proc {
  return procIn('RUNNING', { incarnation: 7 }, { care })
}

const speaking = (): Pick<VoicePorts, 'records' | 'desk' | 'turns'> => ({
  records: { append: appendRecord, write: writeRecord, read: readRecord, removeFile }, desk: new Desk(), turns: new FairTurns(),
})

function voiceFor(proc: Proc): Voice {
  const voice = voiceOf(proc, dir, {
    ...{ fifos: fifoPorts, notifySockets, clock: systemClock, runDir: dir, whoIs, ...speaking() },
    tell: (_proc, input) => { told.push(input); wake() },
    warn: (_proc, sentence) => { warned.push(sentence); wake() },
  })
  if (voice === undefined) throw new Error('this process is not asked to say anything')
  voices.push(voice)
  expect(fifoPorts.makeFifos(voicePaths(dir, proc.spec)).ok).toBe(true)
  return voice
}

/** A voice before its first spawn. */
function prepared(care: CareSpec): Voice {
  const voice = voiceFor(procWith(care))
  expect(voice.prepareSpawn()).toBeNull()
  return voice
}

async function until(holds: () => boolean): Promise<void> {
  await new Promise<void>((resolve) => {
    wake = () => { if (holds()) resolve() }
    wake()
  })
}

const writer = (voice: Voice, fd: number): number => voice.gifts.descriptors.get(fd) ?? -1
const say = (voice: Voice, text: string): number => writeSync(writer(voice, 3), text)
const ready: CareSpec = { ready: { by: { kind: 'report' }, timeout: 1000 } }

describe('the report channel', () => {
  it('makes inputs of what is said, and keeps the rest for people', async () => {
    const voice = prepared({ ...ready, watchdog: 5000 })
    expect(voice.gifts.environment).toEqual({ NSUP_REPORT_FD: '3', WATCHDOG_USEC: '5000000', NSUP_SILENCE_MS: '5000' })
    say(voice, '{"status":"warm"}\n{"ready":true}\n{"busy":{"job":"a"}}\n{"busy":{"job":"b","until_s":2}}\n{"extend_s":20}\n')
    await until(() => told.length === 4)
    expect(told).toEqual([
      { type: 'alive', incarnation: 7 }, { type: 'extend', incarnation: 7, time: 20_000 },
      { type: 'ready', incarnation: 7 }, { type: 'busy', incarnation: 7, job: 'b', lasts: 2000 },
    ])
    expect(voice.report).toMatchObject({ status: 'warm', rubbish: 0 })
    say(voice, '{"idle":true}\n')
    await until(() => told.length === 6)
    expect(told.at(-1)).toEqual({ type: 'busy', incarnation: 7, job: null, lasts: null })
    say(voice, '{"recycling":"after 10 jobs"}\n')
    await until(() => told.length === 8)
    expect(told.at(-1)).toEqual({ type: 'recycling', incarnation: 7, reason: 'after 10 jobs' })
  })

  it('tells of the pause between two jobs while a restart waits for one', async () => {
    const proc = procWith(ready)
    const voice = voiceFor(proc)
    expect(voice.prepareSpawn()).toBeNull()
    say(voice, '{"idle":true,"busy":{"job":"b"}}\n')
    await until(() => told.length === 1)
    proc.recycle = { reason: 'max_lifetime', by: 'max_lifetime', latest: 5000 }
    say(voice, '{"idle":true}\n{"busy":{"job":"c"}}\n')
    await until(() => told.length === 3)
    expect(told).toEqual(['b', null, 'c'].map((job) => ({ type: 'busy', incarnation: 7, job, lasts: null })))
  })

  it('tells the worker after which silence it is taken for dead: the shortest that is asked for', () => {
    const health = (maxAge: number): CareSpec => ({ health: { by: { kind: 'report', maxAge }, interval: 1000, timeout: 1000, retries: 1, startPeriod: 0, onUnhealthy: { kind: 'none' } } })
    expect(prepared({ ...health(2000), watchdog: 5000 }).gifts.environment['NSUP_SILENCE_MS']).toBe('2000')
    expect(prepared(health(2000)).gifts.environment).toEqual({ NSUP_REPORT_FD: '3', NSUP_SILENCE_MS: '2000' })
    expect(prepared(ready).gifts.environment).toEqual({ NSUP_REPORT_FD: '3' })
  })

  it('counts rubbish, warns once, and understands what follows', async () => {
    const voice = prepared(ready)
    say(voice, `nonsense\n${'x'.repeat(5000)}\n{"status":"${'y'.repeat(4090)}"}\n\n{"ready":true}\n`)
    await until(() => told.length === 1)
    expect(told).toEqual([{ type: 'ready', incarnation: 7 }])
    expect(voice.report.rubbish).toBe(3)
    expect(warned).toEqual([expect.stringContaining('"nonsense"')])
  })

  it('forgets with a new incarnation what the one before has said, also what nobody has read', async () => {
    const voice = prepared(ready)
    say(voice, '{"status":"old"}\nrubbish\n{"busy":true}\n')
    await until(() => told.length === 1)
    say(voice, '{"ready":true}\n{"status":"half')
    expect(voice.prepareSpawn()).toBeNull()
    expect(voice.report).toMatchObject({ at: 0, status: '', rubbish: 0 })
    say(voice, '{"status":"new"}\n{"idle":true}\n')
    await until(() => told.length === 2)
    expect(told.map(({ type }) => type)).toEqual(['busy', 'busy'])
    expect(voice.report).toMatchObject({ status: 'new', rubbish: 0 })
  })

  it('hears the last words of who has ended, also without a line end', () => {
    const voice = prepared(ready)
    say(voice, '{"ready":true}\n{"status":"goodbye"}')
    voice.drain(false)
    expect(told).toEqual([{ type: 'ready', incarnation: 7 }])
    expect(voice.report.status).toBe('goodbye')
  })

  it('tells who waits for an account of its health', async () => {
    const voice = prepared({ report: true })
    const got: unknown[] = []
    const leave = voice.onHealth((health) => { got.push(health); wake() })
    say(voice, '{"health":{"processed_count":1}}\n')
    await until(() => got.length === 1)
    leave()
    say(voice, '{"health":{"processed_count":2}}\n{"busy":true}\n')
    await until(() => told.length === 1)
    expect(got).toEqual([{ processed_count: 1 }])
    expect(voice.report.health).toEqual({ processed_count: 2 })
  })

  it('lets who floods it wait, and neither stops nor grows', async () => {
    const voice = prepared({ report: true, watchdog: 1000 })
    const flood = spawn('sh', ['-c', 'yes \'{"status":"busy with nothing"}\' >&3'], { stdio: ['ignore', 'ignore', 'ignore', writer(voice, 3)] })
    try {
      const before = process.memoryUsage().rss
      let turns = 0
      let idle = true
      const spin = (): void => {
        turns += 1
        if (idle) setImmediate(spin)
      }
      spin()
      await until(() => told.length >= 30)
      idle = false
      expect(turns).toBeGreaterThan(told.length)
      expect(process.memoryUsage().rss - before).toBeLessThan(64 * 1024 * 1024)
      expect(voice.report).toMatchObject({ status: 'busy with nothing' })
    } finally {
      await ended(flood)
    }
  })

  it('is heard again by the next master, with all that waits in it, also when its path is gone', async () => {
    const first = prepared(ready)
    const script = 'echo \'{"status":"meanwhile"}\' >&3; echo done; read line; echo \'{"ready":true}\' >&3; read line'
    const worker = spawn('sh', ['-c', script], { stdio: ['pipe', 'pipe', 'ignore', writer(first, 3)] })
    try {
      first.close()
      await once(worker.stdout as NonNullable<typeof worker.stdout>, 'data')
      for (const path of readdirSync(dir)) rmSync(join(dir, path))
      const second = voiceFor(procWith(ready))
      second.adopt(worker.pid ?? 0)
      worker.stdin?.write('go\n')
      await until(() => told.length === 1)
      expect(told).toEqual([{ type: 'ready', incarnation: 7 }])
      expect(second.report.status).toBe('meanwhile')
    } finally {
      await ended(worker)
    }
  })

  it('opens nothing for a process that is not asked to say anything', () => {
    expect(voiceOf(procIn('RUNNING'), dir, { fifos: fifoPorts, notifySockets, clock: systemClock, runDir: dir, whoIs, ...speaking(), tell: () => undefined, warn: () => undefined })).toBeUndefined()
    expect(voicePaths(dir, procIn('RUNNING').spec)).toEqual([])
  })
})

describe('the descriptor of s6', () => {
  it('makes ready by a newline', async () => {
    const voice = prepared({ ready: { by: { kind: 'notification_fd', fd: 5 }, timeout: 1000 } })
    expect(voice.gifts.environment).toEqual({})
    writeSync(writer(voice, 5), 'no newline yet')
    voice.drain(false)
    expect(told).toEqual([])
    writeSync(writer(voice, 5), '\n')
    await until(() => told.length === 1)
    expect(told).toEqual([{ type: 'ready', incarnation: 7 }])
  })
})

describe('systemd\'s protocol', () => {
  const care: CareSpec = { ready: { by: { kind: 'notify' }, timeout: 1000 }, watchdog: 2000 }

  it('is heard as it comes', async () => {
    const voice = prepared(care)
    const { NOTIFY_SOCKET: address = '', WATCHDOG_USEC: watchdog } = voice.gifts.environment
    expect(address).toMatch(/^@nsup\/[0-9a-f]{32}$/)
    expect(watchdog).toBe('2000000')
    await send(address, 'STATUS=loading\nREADY=1')
    await until(() => told.length === 2)
    expect(told.map(({ type }) => type)).toEqual(['alive', 'ready'])
    expect(voice.report.status).toBe('loading')
    await send(address, 'WATCHDOG=1')
    await until(() => told.length === 3)
    expect(told.at(-1)).toEqual({ type: 'alive', incarnation: 7 })
    await send(address, 'FDSTORE=1')
    await until(() => warned.length === 1)
    expect(warned).toEqual([expect.stringContaining('FDSTORE')])
  })

  it('names the process that goes on, which is taken if it lives and is of this incarnation; doubts are told once', async () => {
    const voice = prepared({ notify: true })
    const { NOTIFY_SOCKET: address = '' } = voice.gifts.environment
    const child = async (incarnation: string): Promise<ChildProcess & { readonly pid: number }> => {
      const one = spawn('sh', ['-c', 'echo; read line'], { stdio: ['pipe', 'pipe', 'ignore'], env: { ...process.env, NSUP_RUN: dir, NSUP_PROCESS: 'worker', NSUP_INCARNATION: incarnation } })
      children.push(one)
      await once(one.stdout, 'data') // it has its environment
      return Object.assign(one, { pid: one.pid ?? 0 })
    }
    const children: ChildProcess[] = []
    try {
      const [daemon, older] = [await child('7'), await child('6')]
      await send(address, 'MAINPID=4711\nEXTEND_TIMEOUT_USEC=1000')
      await until(() => told.length === 1)
      expect(warned).toEqual([])
      await send(address, `MAINPID=${String(older.pid)}\nEXTEND_TIMEOUT_USEC=1000`)
      await until(() => told.length === 2)
      expect(warned).toEqual([expect.stringContaining(`pid ${String(older.pid)} goes on in its place (MAINPID); nsup keeps to pid 4711: the other is not of this incarnation, its environment has no NSUP_INCARNATION=7`)])
      await send(address, `MAINPID=${String(daemon.pid)}\nREADY=1`)
      await until(() => told.length === 4)
      expect(told.slice(2)).toEqual([{ type: 'mainPid', incarnation: 7, id: whoIs(daemon.pid)?.id }, { type: 'ready', incarnation: 7 }])
      await ended(daemon)
      await send(address, `MAINPID=${String(daemon.pid)}\nREADY=1`)
      await until(() => told.length === 5)
      expect(warned).toHaveLength(1)
      expect(voice.prepareSpawn()).toBeNull()
      await send(address, `MAINPID=${String(daemon.pid)}`)
      await until(() => warned.length === 2)
      expect(warned[1]).toContain('there is no such process')
      expect(told.filter(({ type }) => type === 'mainPid')).toHaveLength(1)
    } finally {
      for (const one of children) if (one.exitCode === null && one.signalCode === null) await ended(one)
    }
  })

  it('has the same address with the next master', async () => {
    const first = prepared(care)
    const { NOTIFY_SOCKET: address = '' } = first.gifts.environment
    first.close()
    const second = voiceFor(procWith(care))
    second.adopt(process.pid)
    expect(second.gifts.environment['NOTIFY_SOCKET']).toBe(address)
    await send(address, 'READY=1')
    await until(() => told.some(({ type }) => type === 'ready'))
  })

  it('has another address when somebody has taken the old one', () => {
    const voice = prepared(care)
    const { NOTIFY_SOCKET: address = '' } = voice.gifts.environment
    const other = voiceFor(procWith(care)) // in the same folder: the name is in use
    expect(other.prepareSpawn()).toBeNull()
    expect(other.gifts.environment['NOTIFY_SOCKET']).toMatch(/^@nsup\/[0-9a-f]{32}$/)
    expect(other.gifts.environment['NOTIFY_SOCKET']).not.toBe(address)
  })
})

const sender = 'import socket, sys; socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM).sendto(sys.argv[2].encode(), "\\0" + sys.argv[1][1:])'

async function send(address: string, text: string): Promise<void> {
  await promisify(execFile)('python3', ['-c', sender, address, text])
}

async function ended(child: ChildProcess): Promise<void> {
  const end = once(child, 'exit')
  child.kill('SIGKILL')
  await end
}
