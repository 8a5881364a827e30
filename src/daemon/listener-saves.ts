/** Which pools have to be written, and the writing of them: what fails is tried again with the next change. */
import type { Fleet } from '../core/roster.ts'
import type { Pool } from '../core/pool.ts'
import type { ListenerRecords } from './listener-records.ts'
import type { MasterLog } from './master-log.ts'

export class ListenerSaves {
  private readonly unsaved = new Set<Pool>()
  private readonly records: ListenerRecords
  private readonly fleet: Fleet
  private readonly log: MasterLog
  private failing = false

  constructor(records: ListenerRecords, fleet: Fleet, log: MasterLog) {
    this.records = records
    this.fleet = fleet
    this.log = log
  }

  mark(pool: Pool): void {
    this.unsaved.add(pool)
  }

  forget(pool: Pool): void {
    this.unsaved.delete(pool)
    this.records.forget(pool.name)
  }

  /** Writes what is marked. `serial`: the next one of all pools; `orderly`: this is the last thing that the master does. */
  flush(serial: number, orderly = false): void {
    if (this.unsaved.size === 0) return
    let failure: string | null = null
    for (const pool of this.unsaved) {
      const errno = this.write(pool, serial, orderly)
      if (errno === null) this.unsaved.delete(pool)
      else failure = errno
    }
    if ((failure !== null) === this.failing) return
    this.failing = failure !== null
    if (failure === null) this.log.info('records of event listeners can be written again')
    else this.log.error(`cannot write records of event listeners: ${failure}; a next master would not know what waits for them`)
  }

  private write(pool: Pool, serial: number, orderly: boolean): string | null {
    const procs = this.fleet.groups.get(pool.name)?.procs
    const listeners = [...pool.listeners].map(([name, listener]) => {
      return { name, incarnation: procs?.get(name)?.incarnation ?? 0, ...listener.record() }
    })
    const busy = [...pool.listeners.values()].flatMap((listener) => listener.event ?? [])
    const buffer = pool.buffer.map((event) => event.poolSerial)
    return this.records.save(pool.name, { orderly, serial, nextSerial: pool.nextSerial, buffer, listeners }, [...pool.buffer, ...busy])
  }
}
