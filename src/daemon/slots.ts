/**
 * Which slots have been dealt with, of jobs that catch up on what they have missed: in the state folder, so that it outlives
 * a shutdown and a restart of the machine, which the journal does not.
 */
import { join } from 'node:path'
import * as z from 'zod'
import type { Ranked } from '../core/order.ts'
import { newProc } from '../core/proc.ts'
import type { Proc } from '../core/proc.ts'
import { newRounds } from '../core/rounds.ts'
import { namespec } from '../core/spec.ts'
import type { GroupSpec, ProcessSpec } from '../core/spec.ts'
import type { MasterLog } from './master-log.ts'
import type { RecordStore } from './snapshot.ts'

const fileSchema = z.object({ version: z.literal(1), slots: z.record(z.string(), z.object({ timetable: z.string(), slot: z.number() })) })

type Kept = z.infer<typeof fileSchema>['slots']

interface SlotPorts {
  readonly stateDir: string
  readonly records: Pick<RecordStore, 'read' | 'write'>
  readonly log: Pick<MasterLog, 'warn' | 'error'>
}

function fileOf(stateDir: string): string {
  return join(stateDir, 'slots.json')
}

function isKept({ care }: ProcessSpec): boolean {
  return care?.job?.schedule != null && care.job.catchUp !== 'none'
}

/** Writes them when they have changed. */
export class Slots {
  private readonly ports: SlotPorts
  private readonly fleet: () => readonly Ranked[]
  private last = ''
  private failing = false

  constructor(ports: SlotPorts, fleet: () => readonly Ranked[]) {
    this.ports = ports
    this.fleet = fleet
  }

  /** To be called with what has changed, but not while everything is being stopped. */
  note(changed: readonly Proc[]): void {
    if (!changed.some(({ spec }) => isKept(spec))) return
    const slots: Kept = {}
    for (const { proc } of this.fleet()) {
      const { rounds, group, name } = proc
      if (isKept(proc.spec) && rounds?.armed === true) slots[namespec(group, name)] = { timetable: rounds.timetable, slot: rounds.slot }
    }
    const text = `${JSON.stringify({ version: 1, slots })}\n`
    if (text === this.last) return
    const errno = this.ports.records.write(fileOf(this.ports.stateDir), text)
    if (errno === null) this.last = text
    else if (!this.failing) this.ports.log.error(`cannot write ${fileOf(this.ports.stateDir)}: ${errno}; catch_up would not know after a restart what was run`)
    this.failing = errno !== null
  }
}

/** Jobs that the journal does not know any more, as far as they were when the last master was stopped. */
export function keptJobs(groups: readonly GroupSpec[], known: (group: string, name: string) => boolean, wall: number, ports: SlotPorts): readonly Ranked[] {
  const specs = groups.flatMap(({ priority, processes }) => processes.map((spec) => ({ spec, priority }))).filter(({ spec }) => isKept(spec) && spec.autostart && !known(spec.group, spec.name))
  if (specs.length === 0) return []
  const kept = read(ports)
  return specs.flatMap(({ spec, priority: groupPriority }) => {
    const one = kept[namespec(spec.group, spec.name)]
    if (one === undefined) return []
    return [{ proc: { ...newProc(spec, 'up', 'autostart, start of the master', wall), rounds: { ...newRounds(), ...one, armed: true } }, groupPriority }]
  })
}

function read({ stateDir, records, log }: SlotPorts): Kept {
  const text = records.read(fileOf(stateDir))
  if (text === undefined) return {}
  try {
    return fileSchema.parse(JSON.parse(text)).slots
  } catch (error) {
    log.warn(`${fileOf(stateDir)} cannot be read, so nothing is caught up on: ${error instanceof Error ? error.message.split('\n')[0] ?? '' : String(error)}`)
    return {}
  }
}
