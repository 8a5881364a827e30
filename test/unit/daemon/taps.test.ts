/** Events that are made of output: through real FIFOs and files, and only while somebody wants them. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { MasterEvent, OutputEvent } from '../../../src/core/events.ts'
import { newProc } from '../../../src/core/proc.ts'
import type { Proc } from '../../../src/core/proc.ts'
import type { LogSpec, ProcessSpec } from '../../../src/core/spec.ts'
import { Bus } from '../../../src/daemon/bus.ts'
import { ProcessOutput } from '../../../src/daemon/output.ts'
import { tapsOf } from '../../../src/daemon/taps.ts'
import { systemClock } from '../../../src/os/clock.ts'
import { fifoPorts } from '../../../src/os/fifo-ports.ts'
import { createSinks } from '../../../src/os/sinks.ts'
import { specOf } from '../../sim/random-world.ts'

const begin = '<!--XSUPERVISOR:BEGIN-->'
const end = '<!--XSUPERVISOR:END-->'

let dir: string
beforeEach(() => { dir = mkdtempSync(join(tmpdir(), 'nsup-taps-')) })
afterEach(() => rmSync(dir, { recursive: true, force: true }))

const log = (name: string, more: Partial<LogSpec> = {}): LogSpec => ({ ...specOf({}).stdout, file: join(dir, name), ...more })

/** What a script's output becomes: in the logs, as events, and for a listener's protocol. */
async function run(script: string, changes: Partial<ProcessSpec>, wants: (type: MasterEvent['type']) => boolean = () => true): Promise<{ out: string; err: string; events: string[]; heard: string }> {
  const spec = specOf({ group: 'g', name: 'p', stdout: log('out'), stderr: log('err'), ...changes })
  const proc: Proc = { ...newProc(spec, 'up', 'test', 0), id: { pid: 42, startTime: 'x' } }
  const bus = new Bus(systemClock, (error) => {
    throw error
  })
  const events: string[] = []
  bus.subscribe((event) => {
    const { type, channel, pid, text } = event as OutputEvent
    events.push(`${type} ${channel} ${String(pid)} ${JSON.stringify(text)}`)
  }, wants)
  let heard = ''
  const hooks = { onDropping: () => undefined, onRecovered: () => undefined, onProblem: () => undefined }
  const taps = (channel: 'stdout' | 'stderr'): ReturnType<typeof tapsOf> => tapsOf(proc, channel, bus, (_, chunk) => (heard += Buffer.from(chunk).toString()), () => undefined)
  const output = new ProcessOutput({ dir, spec, ports: { fifos: fifoPorts, sinks: createSinks() }, hooks, taps })
  expect(output.prepareSpawn()).toBeNull()
  const child = spawn('sh', ['-c', script], { stdio: [output.stdin, output.stdout, output.stderr] })
  await once(child, 'exit')
  output.drain(false)
  output.close()
  return { out: readFileSync(join(dir, 'out'), 'utf8'), err: readFileSync(join(dir, 'err'), 'utf8'), events, heard }
}

describe('output', () => {
  it('is an event where events are enabled, and goes to the log as ever', async () => {
    const { out, events } = await run('printf "h\\303\\251"', { stdout: log('out', { events: true }) })
    expect([out, events]).toEqual(['hé', ['process.log stdout 42 "hé"']])
  })

  it('between the capture tokens is an event, and is not in the log', async () => {
    const { err, events } = await run(`printf 'a${begin}b${end}c' >&2`, { stderr: log('err', { captureMaxBytes: 100 }) })
    expect([err, events]).toEqual(['ac', ['process.communication stderr 42 "b"']])
  })

  it('that is captured is an event of output too, where those are enabled', async () => {
    const { events } = await run(`printf 'a${begin}b${end}'`, { stdout: log('out', { captureMaxBytes: 100, events: true }) })
    expect(events).toEqual(['process.log stdout 42 "a"', 'process.log stdout 42 "b"', 'process.communication stdout 42 "b"'])
  })

  it('that may be the beginning of a token is in the log at the latest when the process has ended', async () => {
    expect((await run("printf 'a<!--XSUPER'", { stdout: log('out', { captureMaxBytes: 100 }) })).out).toBe('a<!--XSUPER')
    expect((await run(`printf 'a${begin}b'`, { stdout: log('out', { captureMaxBytes: 100 }) })).out).toBe('a<!--XSUPERab')
  })

  it('makes no events while nobody wants them', async () => {
    const { events } = await run(`printf 'a${begin}b${end}'`, { stdout: log('out', { captureMaxBytes: 100, events: true }) }, () => false)
    expect(events).toEqual([])
  })

  it('of a listener is heard as it comes, and logged', async () => {
    const { out, heard, err } = await run('echo READY; echo oops >&2', { listener: { events: ['EVENT'], bufferSize: 10 } })
    expect([out, heard, err]).toEqual(['READY\n', 'READY\n', 'oops\n'])
  })
})
