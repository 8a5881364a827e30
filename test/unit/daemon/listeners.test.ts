/** Listeners wired to processes: who gets what when, what is held for the beginning, records, full FIFOs, endings. */
import { describe, expect, it } from 'vitest'
import type { EventBody } from '../../../src/core/events.ts'
import { newFleet } from '../../../src/core/roster.ts'
import { newProc } from '../../../src/core/proc.ts'
import type { Proc } from '../../../src/core/proc.ts'
import { Fault } from '../../../src/lib/fault.ts'
import { Bus } from '../../../src/daemon/bus.ts'
import { ListenerRecords } from '../../../src/daemon/listener-records.ts'
import { Listeners } from '../../../src/daemon/listeners.ts'
import { MasterLog } from '../../../src/daemon/master-log.ts'
import type { RecordStore } from '../../../src/daemon/snapshot.ts'
import type { StreamsOf } from '../../../src/daemon/streams.ts'
import { specOf } from '../../sim/random-world.ts'

class Desk {
  readonly fleet = newFleet()
  readonly sent: string[] = []
  readonly said: string[] = []
  readonly files: Map<string, string>
  full = false
  disk: string | null = null
  readonly bus: Bus
  readonly listeners: Listeners
  readonly alarms: (() => void)[] = []

  constructor(files = new Map<string, string>()) {
    this.files = files
    const clock = { monotonic: () => 0, wall: () => 0, after: (_delay: number, run: () => void) => (this.alarms.push(run), () => undefined) }
    this.bus = new Bus(clock, (error) => {
      throw error
    })
    const log = new MasterLog((level, message) => void (level === 'debug' ? 0 : this.said.push(`${level} ${message}`)))
    const records = new ListenerRecords({ runDir: '/run', bootId: 'b' }, this.store())
    this.listeners = new Listeners({ fleet: this.fleet, clock, bus: this.bus, log, records, streams: this.streams(), identifier: 's' })
  }

  /** A group in the fleet; a pool as soon as it is told. */
  group(name: string, events: readonly string[] | null, members: readonly string[] = [name]): Proc[] {
    const listener = events === null ? {} : { listener: { events, bufferSize: 2 } }
    const procs = members.map((member) => newProc(specOf({ group: name, name: member, ...listener }), 'up', 'test', 0))
    this.fleet.groups.set(name, { name, priority: -1, procs: new Map(procs.map((proc) => [proc.name, proc])) })
    return procs
  }

  state(proc: Proc, ...states: Proc['state'][]): void {
    for (const to of states) {
      const from = proc.state
      proc.state = to
      if (to === 'STARTING') Object.assign(proc, { incarnation: proc.incarnation + 1, id: { pid: 7, startTime: 'x' } })
      if (to === 'EXITED' || to === 'BACKOFF') proc.id = null
      this.bus.publish({ type: 'process.state', group: proc.group, name: proc.name, from, to, pid: 7, tries: 0, expected: true, reason: '', by: null })
    }
  }

  async hear(proc: Proc, text: string): Promise<void> {
    this.listeners.hear(proc, Buffer.from(text))
    await this.pumped()
  }

  async publish(...bodies: EventBody[]): Promise<void> {
    for (const body of bodies) this.bus.publish(body)
    await this.pumped()
  }

  async pumped(): Promise<void> {
    for (let i = 0; i < 6; i++) await Promise.resolve()
  }

  private streams(): StreamsOf {
    const of = (proc: Proc): unknown => ({
      sendStdin: (text: string) => {
        if (this.full) return Promise.reject(new Fault('FAILED', 'it does not read its stdin'))
        this.sent.push(`${proc.name}: ${/ serial:(\d+)/.exec(text)?.[1] ?? ''} ${/eventname:(\w+)/.exec(text)?.[1] ?? ''} ${text.slice(text.indexOf('\n') + 1).trim()}`)
        return Promise.resolve()
      },
    })
    return { get: of } as unknown as StreamsOf
  }

  private store(): RecordStore {
    const remove = (path: string): void => {
      for (const name of this.files.keys()) if (name === path || name.startsWith(`${path}/`)) this.files.delete(name)
    }
    return {
      write: (path, text) => {
        if (this.disk === null) this.files.set(path, typeof text === 'string' ? text : [...text].join(''))
        return this.disk
      },
      append: () => null,
      read: (path) => this.files.get(path),
      list: (folder) => [...new Set([...this.files.keys()].flatMap((path) => (path.startsWith(`${folder}/`) ? [path.slice(folder.length + 1).split('/')[0] ?? ''] : [])))],
      remove,
      removeFile: remove,
    }
  }
}

const running: EventBody = { type: 'master.running', by: null }
const tick: EventBody = { type: 'tick.5', when: 5 }

/** One listener that is RUNNING and READY. */
async function ready(events: readonly string[] = ['TICK_5'], files?: Map<string, string>): Promise<{ desk: Desk; ear: Proc }> {
  const desk = new Desk(files)
  const [ear] = desk.group('ear', events) as [Proc]
  await desk.publish({ type: 'group.added', group: 'ear' }, running)
  desk.state(ear, 'STARTING', 'RUNNING')
  await desk.hear(ear, 'READY\n')
  return { desk, ear }
}

describe('listeners', () => {
  it('are told of groups first, then that the master is RUNNING, and only then of programs', async () => {
    const desk = new Desk()
    const [ear] = desk.group('ear', ['EVENT'], ['ear']) as [Proc]
    desk.bus.publish({ type: 'group.added', group: 'ear' })
    desk.state(ear, 'STARTING')
    await desk.publish(running)
    desk.state(ear, 'RUNNING')
    for (let turn = 0; turn < 2; turn++) await desk.hear(ear, turn === 0 ? 'READY\n' : 'RESULT 2\nOKREADY\n')
    expect(desk.sent.map((one) => one.split(' ')[2])).toEqual(['PROCESS_STATE_STARTING', 'PROCESS_STATE_RUNNING'])
    expect(desk.said).toEqual([0, 1].map((serial) => `error pool ear event buffer overflowed, discarding event ${String(serial)}`))
  })

  it('get an event only while they are RUNNING and READY', async () => {
    const desk = new Desk()
    const [ear] = desk.group('ear', ['TICK_5']) as [Proc]
    await desk.publish({ type: 'group.added', group: 'ear' }, running, tick)
    desk.state(ear, 'STARTING')
    await desk.hear(ear, 'READY\n')
    expect(desk.sent).toEqual([])
    desk.state(ear, 'RUNNING')
    await desk.pumped()
    expect(desk.sent).toEqual(['ear: 0 TICK_5 when:5'])
    await desk.publish(tick)
    desk.state(ear, 'STOPPING')
    await desk.hear(ear, 'RESULT 2\nOKREADY\n')
    expect(desk.sent).toHaveLength(1)
  })

  it('of several pools share the serial, and count for themselves', async () => {
    const { desk } = await ready()
    const [other] = desk.group('other', ['PROCESS_GROUP', 'TICK']) as [Proc]
    await desk.publish({ type: 'group.added', group: 'other' })
    desk.state(other, 'STARTING', 'RUNNING')
    await desk.hear(other, 'READY\n')
    await desk.publish(tick)
    await desk.hear(other, 'RESULT 2\nOKREADY\n')
    expect(desk.sent).toEqual(['other: 0 PROCESS_GROUP_ADDED groupname:other', 'ear: 1 TICK_5 when:5', 'other: 1 TICK_5 when:5'])
  })

  it('are asked for before costly events are made', async () => {
    const { desk } = await ready(['TICK_60', 'PROCESS_LOG_STDERR'])
    expect((['tick.5', 'tick.60', 'process.log', 'process.communication'] as const).map((type) => desk.bus.isWanted(type))).toEqual([false, true, true, false])
    desk.fleet.groups.delete('ear')
    await desk.publish({ type: 'group.removed', group: 'ear' })
    expect(desk.bus.isWanted('tick.60')).toBe(false)
    expect([...desk.files.keys()]).toEqual([])
  })

  it('that die of an event have it sent again to the next incarnation', async () => {
    const { desk, ear } = await ready()
    await desk.publish(tick)
    desk.state(ear, 'EXITED', 'STARTING', 'RUNNING')
    await desk.hear(ear, 'READY\n')
    expect(desk.sent).toEqual(['ear: 0 TICK_5 when:5', 'ear: 0 TICK_5 when:5'])
  })

  it('that do not read their stdin are UNKNOWN, and the event waits for another', async () => {
    const { desk, ear } = await ready()
    desk.full = true
    await desk.publish(tick)
    expect(desk.said).toEqual(['warn ear: its event could not be sent: FAILED: it does not read its stdin', 'warn ear: has entered the UNKNOWN state and will no longer receive events, this usually indicates the process violated the eventlistener protocol'])
    desk.full = false
    desk.state(ear, 'EXITED', 'STARTING', 'RUNNING')
    await desk.hear(ear, 'READY\n')
    expect(desk.sent).toEqual(['ear: 0 TICK_5 when:5'])
  })

  it('that refuse an event, or answer it with rubbish, are told in the words of supervisord', async () => {
    const { desk, ear } = await ready()
    await desk.publish(tick)
    await desk.hear(ear, 'RESULT 4\nFAILREADY\n')
    await desk.hear(ear, 'RESULT: \u00e9\n')
    expect(desk.said.slice(0, 2)).toEqual(['warn ear: event was rejected', "warn ear: bad result line: 'RESULT: \u00e9'"])
    expect(desk.said[2]).toContain('UNKNOWN state')
  })

  it('get what waits before a shutdown can ask them to stop', async () => {
    const { desk, ear } = await ready(['SUPERVISOR_STATE_CHANGE'])
    await desk.hear(ear, 'RESULT 2\nOKREADY\n')
    desk.bus.publish({ type: 'master.stopping', by: null })
    expect(desk.sent.at(-1)).toContain('SUPERVISOR_STATE_CHANGE_STOPPING')
  })

  it('have what waits on disk before it is sent, and a full disk is told once', async () => {
    const { desk, ear } = await ready()
    desk.disk = 'ENOSPC'
    await desk.publish(tick)
    await desk.publish(tick)
    expect(desk.said).toEqual(['error cannot write records of event listeners: ENOSPC; a next master would not know what waits for them'])
    desk.disk = null
    await desk.hear(ear, 'RESULT 2\nOK')
    expect(desk.said.at(-1)).toBe('info records of event listeners can be written again')
    expect([...desk.files.keys()].sort()).toEqual(['/run/e/ear/event-1.json', '/run/e/ear/pool.json'])
  })
})

describe('the next master', () => {
  /** A new master over the same files, in which the listener still runs. */
  async function next(files: Map<string, string>, alive = true): Promise<{ desk: Desk; ear: Proc }> {
    const desk = new Desk(files)
    const [ear] = desk.group('ear', ['TICK_5']) as [Proc]
    Object.assign(ear, { state: 'RUNNING', incarnation: 1, id: alive ? { pid: 7, startTime: 'x' } : null })
    await desk.publish(running)
    return { desk, ear }
  }

  it('serves a listener that waits, and goes on counting', async () => {
    const { desk, ear } = await ready()
    await desk.publish(tick)
    await desk.hear(ear, 'RESULT 2\nOKREADY\n')
    const { desk: second } = await next(desk.files)
    await second.publish(tick)
    expect(second.sent).toEqual(['ear: 1 TICK_5 when:5'])
  })

  it('waits for the answer of a busy one, and sends once more what stays unanswered', async () => {
    const { desk } = await ready()
    await desk.publish(tick)
    const { desk: second } = await next(desk.files)
    expect(second.sent).toEqual([])
    second.alarms.forEach((run) => run())
    expect(second.sent).toEqual(['ear: 0 TICK_5 when:5'])
  })

  it('does not doubt what an orderly end has left', async () => {
    const { desk, ear } = await ready()
    await desk.publish(tick, tick)
    desk.listeners.close('keep-workers')
    const { desk: second, ear: again } = await next(desk.files)
    expect(second.alarms).toEqual([])
    expect(ear.incarnation).toBe(again.incarnation)
    await second.hear(again, 'RESULT 2\nOKREADY\n')
    expect(second.sent).toEqual(['ear: 1 TICK_5 when:5'])
  })

  it('gives the event of one that died meanwhile to its next incarnation', async () => {
    const { desk } = await ready()
    await desk.publish(tick)
    const { desk: second, ear } = await next(desk.files, false)
    second.state(ear, 'EXITED', 'STARTING', 'RUNNING')
    await second.hear(ear, 'READY\n')
    expect(second.sent).toEqual(['ear: 0 TICK_5 when:5'])
  })

  it('believes no records of another life of the kernel, nor cut ones', async () => {
    const { desk } = await ready()
    await desk.publish(tick)
    for (const spoil of [(text: string): string => text.replace('"b"', '"other"'), (text: string): string => text.slice(0, -9)]) {
      const files = new Map([...desk.files].map(([path, text]) => [path, path.endsWith('pool.json') ? spoil(text) : text] as const))
      const { desk: second } = await next(files)
      await second.pumped()
      second.alarms.forEach((run) => run())
      await second.publish(tick)
      expect(second.sent).toEqual(['ear: 0 TICK_5 when:5'])
    }
  })

  it('finds nothing after a shutdown, and only the count after a restart', async () => {
    for (const [how, serial] of [['shutdown', 0], ['restart', 1]] as const) {
      const { desk } = await ready()
      await desk.publish(tick)
      desk.listeners.close(how)
      const { desk: second } = await ready(['TICK_5'], desk.files)
      await second.publish(tick)
      expect(second.sent).toEqual([`ear: ${String(serial)} TICK_5 when:5`])
    }
  })
})
