/**
 * Seeded lives of one pool of listeners: programs that read events as Python's childutils do, that are slow, refuse,
 * write rubbish, die while they are busy; and masters that die between any two acts. The daemon's own Listeners run on
 * FIFOs, files and a clock in memory. At the end everything calms down, and no event may be missing.
 */
import { newFleet } from '../../src/core/roster.ts'
import type { Clock } from '../../src/core/ports.ts'
import { newProc } from '../../src/core/proc.ts'
import type { Proc } from '../../src/core/proc.ts'
import { Bus } from '../../src/daemon/bus.ts'
import { ListenerRecords } from '../../src/daemon/listener-records.ts'
import { Listeners } from '../../src/daemon/listeners.ts'
import { MasterLog } from '../../src/daemon/master-log.ts'
import type { RecordStore } from '../../src/daemon/snapshot.ts'
import type { ProcStreams, StreamsOf } from '../../src/daemon/streams.ts'
import type { Random } from './random-world.ts'
import { specOf } from './random-world.ts'

/** A listener program, with the FIFOs that outlive masters. */
class Program {
  readonly name: string
  incarnation = 1
  alive = true
  stdin = ''
  stdout = ''
  /** What it does next. */
  private phase: 'begin' | 'wait' | 'answer' | 'lost' = 'begin'
  private serial = -1

  constructor(name: string) {
    this.name = name
  }

  /** One act. `mood` decides what becomes of an event; `got` and `done` are told what it has read, and accepted. */
  act(mood: 'well' | 'refuse' | 'rubbish' | 'die', got: (serial: number, payload: string) => void, done: (serial: number) => void): void {
    if (!this.alive) return
    switch (this.phase) {
      case 'begin':
        this.stdout += mood === 'rubbish' ? 'hello world\n' : 'READY\n'
        this.phase = mood === 'rubbish' ? 'lost' : 'wait'
        return
      case 'wait': {
        const read = /^ver:3\.0 server:sim serial:(\d+) pool:p poolserial:\d+ eventname:\w+ len:(\d+)\n/.exec(this.stdin)
        if (read === null) return
        const [head, serial, length] = [read[0], Number(read[1]), Number(read[2])]
        got(serial, this.stdin.slice(head.length, head.length + length))
        this.stdin = this.stdin.slice(head.length + length)
        this.serial = serial
        this.phase = 'answer'
        return
      }
      case 'answer':
        if (mood === 'die') this.alive = false
        else if (mood === 'rubbish') this.phase = 'lost'
        else this.phase = 'begin'
        if (mood === 'well') done(this.serial)
        this.stdout += mood === 'well' ? 'RESULT 2\nOK' : mood === 'refuse' ? 'RESULT 4\nFAIL' : mood === 'rubbish' ? 'Traceback\n' : ''
        return
      case 'lost':
    }
  }

  get isLost(): boolean {
    return this.phase === 'lost'
  }

  respawn(): void {
    this.incarnation += 1
    this.alive = true
    this.stdin = ''
    this.stdout = ''
    this.phase = 'begin'
  }
}

interface Master {
  readonly bus: Bus
  readonly listeners: Listeners
  readonly procs: ReadonlyMap<string, Proc>
  dead: boolean
}

export class ListenerLife {
  readonly history: string[] = []
  private readonly random: Random
  private readonly programs: readonly Program[]
  private readonly files = new Map<string, string>()
  private readonly alarms: { at: number; run: () => void }[] = []
  private master: Master | null = null
  private now = 0
  private published = 0
  /** Writes and sends that the master will live to do. */
  private actsLeft = Infinity
  private readonly expected = new Set<string>()
  private readonly accepted = new Set<string>()
  private readonly payloads = new Map<number, string>()
  private readonly first: number[] = []

  constructor(random: Random) {
    this.random = random
    this.programs = Array.from({ length: random.pick([1, 1, 2, 3]) }, (_, i) => new Program(`l${String(i)}`))
  }

  async live(turns: number): Promise<void> {
    for (let turn = 0; turn < turns; turn++) {
      if (this.master === null) await this.boot()
      await this.happen()
      await this.settle()
    }
    this.actsLeft = Infinity
    for (let round = 0; round < 40; round++) {
      if (this.master === null) await this.boot()
      for (let turn = 0; turn < 60; turn++) {
        for (const program of this.programs) this.act(program, 'well')
        await this.read(Infinity)
      }
      for (const program of this.programs) if (program.isLost) await this.kill(program)
      await this.advance(10_000)
    }
    const missing = [...this.expected].filter((payload) => !this.accepted.has(payload))
    this.expect(missing.length === 0, `every event that was taken is accepted: ${missing.join(', ')}`)
  }

  private async happen(): Promise<void> {
    const { random } = this
    const what = random.pick(['event', 'event', 'act', 'act', 'act', 'act', 'read', 'read', 'read', 'kill', 'die', 'die-soon', 'hand-over', 'time'])
    this.history.push(what)
    switch (what) {
      case 'event':
        return this.publish()
      case 'act':
        return this.act(this.some(), random.chance(0.8) ? 'well' : random.pick(['refuse', 'rubbish', 'die']))
      case 'read':
        return this.read(random.pick([1, 3, 8, 100]))
      case 'kill':
        return random.chance(0.3) ? this.kill(this.some()) : undefined
      case 'die':
        return random.chance(0.3) ? this.die() : undefined
      case 'die-soon':
        this.actsLeft = random.below(5)
        return
      case 'hand-over':
        this.actsLeft = Infinity
        this.master?.listeners.close('keep-workers')
        return this.die()
      case 'time':
        // Nobody is slower than a next master is patient.
        for (let turn = 0; turn < 6; turn++) for (const program of this.programs) this.act(program, 'well')
        await this.read(Infinity)
        return this.advance(11_000)
    }
  }

  private some(): Program {
    return this.programs[this.random.below(this.programs.length)] as Program
  }

  private async publish(): Promise<void> {
    const when = (this.published += 1) * 5
    this.master?.bus.publish({ type: 'tick.5', when })
    await this.settle()
    if (this.master !== null) this.expected.add(`when:${String(when)}`)
  }

  private act(program: Program, mood: Parameters<Program['act']>[0]): void {
    const got = (serial: number, payload: string): void => {
      const known = this.payloads.get(serial)
      this.expect(known === undefined || known === payload, `serial ${String(serial)} is one event: ${known ?? ''} and ${payload}`)
      if (known === undefined) this.first.push(serial)
      this.payloads.set(serial, payload)
      const inOrder = this.first.length < 2 || serial !== this.first.at(-1) || serial > (this.first.at(-2) ?? -1)
      this.expect(this.programs.length > 1 || inOrder, `events come in order: ${this.first.join(' ')}`)
    }
    const wasAlive = program.alive
    program.act(mood, got, (serial) => this.accepted.add(this.payloads.get(serial) ?? ''))
    if (wasAlive && !program.alive) this.ended(program)
  }

  /** The master reads what waits, at most `size` bytes of each; what it has read is gone from the FIFO, come what may. */
  private async read(size: number): Promise<void> {
    for (const program of this.programs) {
      const chunk = program.stdout.slice(0, size)
      if (chunk === '' || this.master === null) continue
      program.stdout = program.stdout.slice(chunk.length)
      if (this.actsLeft <= 0) return this.die()
      const proc = this.master.procs.get(program.name)
      if (proc !== undefined) this.master.listeners.hear(proc, Buffer.from(chunk))
      await this.settle()
    }
  }

  private async kill(program: Program): Promise<void> {
    program.alive = false
    this.ended(program)
    await this.settle()
  }

  /** As the loop does it: what is left in the FIFO is read, the end is told, and it starts again. */
  private ended(program: Program): void {
    const { master } = this
    const proc = master?.procs.get(program.name)
    if (master === null || proc === undefined) return
    if (program.stdout !== '') master.listeners.hear(proc, Buffer.from(program.stdout))
    this.restart(program, proc, master.bus)
  }

  private restart(program: Program, proc: Proc, bus: Bus): void {
    const tell = (from: Proc['state'], to: Proc['state']): void => {
      proc.state = to
      proc.incarnation = program.incarnation
      proc.id = to === 'EXITED' ? null : { pid: program.incarnation, startTime: '' }
      bus.publish({ type: 'process.state', group: 'p', name: proc.name, from, to, pid: 0, tries: 0, expected: true, reason: '', by: null })
    }
    tell('RUNNING', 'EXITED')
    program.respawn()
    tell('EXITED', 'STARTING')
    tell('STARTING', 'RUNNING')
  }

  private async advance(milliseconds: number): Promise<void> {
    this.now += milliseconds
    for (const alarm of this.alarms.splice(0).sort((a, b) => a.at - b.at)) {
      if (alarm.at <= this.now) alarm.run()
      else this.alarms.push(alarm)
    }
    await this.settle()
  }

  private async settle(): Promise<void> {
    for (let i = 0; i < 6; i++) await Promise.resolve()
    if (this.actsLeft <= 0 || this.master?.dead === true) this.die()
  }

  private die(): void {
    this.history.push('the master dies')
    if (this.master !== null) this.master.dead = true
    this.master = null
    this.actsLeft = Infinity
  }

  private async boot(): Promise<void> {
    const fleet = newFleet()
    const procs = new Map(this.programs.map((program) => {
      const spec = specOf({ group: 'p', name: program.name, listener: { events: ['TICK'], bufferSize: 1000 } })
      const proc = newProc(spec, 'up', 'sim', 0)
      Object.assign(proc, { state: 'RUNNING', incarnation: program.incarnation, id: program.alive ? { pid: program.incarnation, startTime: '' } : null })
      return [program.name, proc] as const
    }))
    fleet.groups.set('p', { name: 'p', priority: -1, procs })
    const life = { dead: false }
    const clock: Clock = { monotonic: () => this.now, wall: () => this.now, after: (delay, callback) => this.after(delay, () => (life.dead ? undefined : callback())) }
    const bus = new Bus(clock, (error) => {
      throw error
    })
    const records = new ListenerRecords({ runDir: '/run', bootId: 'boot' }, this.store(life))
    const log = new MasterLog((_level, message) => this.history.push(`  ${message}`))
    const listeners = new Listeners({ fleet, clock, bus, log, records, streams: this.streams(life), identifier: 'sim' })
    this.master = Object.assign(life, { bus, listeners, procs })
    this.history.push('a master starts')
    for (const program of this.programs) {
      const proc = procs.get(program.name)
      if (!program.alive && proc !== undefined) this.restart(program, proc, bus)
    }
    bus.publish({ type: 'master.running', by: null })
    await this.settle()
  }

  private after(delay: number, run: () => void): () => void {
    const alarm = { at: this.now + delay, run }
    this.alarms.push(alarm)
    return () => void (alarm.run = (): void => undefined)
  }

  /** True if the master does not live to do this. */
  private fails(life: { dead: boolean }): boolean {
    if (this.actsLeft <= 0) life.dead = true
    this.actsLeft -= 1
    return life.dead
  }

  private store(life: { dead: boolean }): RecordStore {
    const remove = (path: string): void => {
      if (this.fails(life)) return
      for (const name of this.files.keys()) if (name === path || name.startsWith(`${path}/`)) this.files.delete(name)
    }
    return {
      write: (path, text) => {
        if (!this.fails(life)) this.files.set(path, typeof text === 'string' ? text : [...text].join(''))
        return null
      },
      append: () => null,
      read: (path) => this.files.get(path),
      list: (folder) => [...new Set([...this.files.keys()].filter((path) => path.startsWith(`${folder}/`)).map((path) => path.slice(folder.length + 1).split('/')[0] ?? ''))],
      remove,
      removeFile: remove,
    }
  }

  private streams(life: { dead: boolean }): StreamsOf {
    const of = (proc: Proc): ProcStreams => ({
      sendStdin: (text: string) => {
        const program = this.programs.find(({ name }) => name === proc.name)
        if (!this.fails(life) && program !== undefined) program.stdin += text
        return Promise.resolve()
      },
    }) as ProcStreams
    return { get: of } as unknown as StreamsOf
  }

  private expect(holds: boolean, what: string): void {
    if (!holds) throw new Error(`${what}\n${this.history.slice(-60).join('\n')}`)
  }
}
