/**
 * Finds who descends from a master and its workers: by parents, by the sessions that workers lead, and where /proc shows
 * environments by the marks in them, so that who has made a session of its own is found too. Signals nobody.
 */
import { closeSync, openSync, readSync, statSync } from 'node:fs'
import { setImmediate as breathe } from 'node:timers/promises'
import type { FamilyHead, FamilyQuestion, FindFamily, Relative, Seen } from '../core/family.ts'
import { lookupUser } from '../lib/passwd.ts'
import { ageOf, environmentOf, searchProcesses } from './proc.ts'
import { psFamily } from './ps.ts'
import type { ProcessStat } from './stat-line.ts'
import { usageOf } from './usage.ts'

/** Characters of a command line that are told. */
const commandMax = 1000

type Place = Pick<Relative, 'above' | 'fled'>

export const findFamily: FindFamily = async (question) => {
  const seen = process.platform === 'linux' ? await seenInProc() : psFamily()
  const places = await placesOf(question, seen)
  const usage = await usageOf([...places.keys()])
  return [...places].flatMap(([pid, { above, fled }]) => {
    const one = seen.get(pid)
    const used = usage.get(pid)
    return one === undefined ? [] : [{ pid, above, fled, ...one.tell(), cpu: used?.cpu ?? null, memory: used?.memory ?? null }]
  })
}

async function seenInProc(): Promise<Map<number, Seen>> {
  const steps = searchProcesses(() => true)
  let step = steps.next()
  for (; step.done !== true; step = steps.next()) await breathe()
  const users = new Map<number, string>()
  return new Map(step.value.map((stat) => [stat.pid, {
    parent: stat.parent,
    session: stat.session,
    tell: () => ({ user: userOf(stat.pid, users), uptime: wholeAge(stat.startTime), command: commandOf(stat) }),
  }]))
}

function wholeAge(startTime: string): number | null {
  const age = ageOf(startTime)
  return age === null ? null : Math.round(age)
}

/** Who is of the family, and below whom; the master first, then level by level. */
export async function placesOf({ own, heads, others, helpers }: FamilyQuestion, seen: ReadonlyMap<number, Pick<Seen, 'parent' | 'session'>>, environment = environmentOf): Promise<Map<number, Place>> {
  const leaders = new Set([...heads.map(({ pid }) => pid), ...others])
  const children = new Map<number, number[]>()
  for (const [pid, { parent, session }] of seen) {
    // Who has lost his parent but not his session still belongs to who leads that; workers stand below the master.
    const above = leaders.has(pid) ? own : parent <= 1 && leaders.has(session) ? session : parent
    children.set(above, [...(children.get(above) ?? []), pid])
  }
  const places = new Map<number, Place>([[own, { above: 0, fled: false }]])
  const descend = (from: readonly number[]): void => {
    const line = [...from]
    for (const above of line) {
      for (const pid of children.get(above) ?? []) {
        if (places.has(pid) || others.has(pid)) continue
        places.set(pid, { above, fled: false })
        line.push(pid)
      }
    }
  }
  for (const { pid } of heads) if (seen.has(pid)) places.set(pid, { above: own, fled: false })
  descend(heads.map(({ pid }) => pid))
  const fled = await marked(heads, [...seen].filter(([pid, { session }]) => session !== 0 && !places.has(pid) && !leaders.has(pid)).map(([pid]) => pid), environment)
  for (const [pid, head] of fled) if (!fled.has(seen.get(pid)?.parent ?? 0)) places.set(pid, { above: head, fled: true })
  descend([...fled.keys()].filter((pid) => places.has(pid)))
  if (helpers) descend([own])
  return places
}

/** So many environments are read in one go. */
const readsPerStep = 16

async function marked(heads: readonly FamilyHead[], candidates: readonly number[], environment: typeof environmentOf): Promise<Map<number, number>> {
  const found = new Map<number, number>()
  if (process.platform !== 'linux' && environment === environmentOf) return found // a process for each question
  for (const [index, pid] of candidates.entries()) {
    if (index % readsPerStep === readsPerStep - 1) await breathe()
    const words = new Set(environment(pid))
    const head = heads.find(({ marks }) => marks.every((mark) => words.has(mark)))
    if (head !== undefined) found.set(pid, head.pid)
  }
  return found
}

/** A name without asking a directory service, which may keep the master waiting. */
function userOf(pid: number, known: Map<number, string>): string {
  const uid = statSync(`/proc/${pid}`, { throwIfNoEntry: false })?.uid
  if (uid === undefined) return ''
  const name = known.get(uid) ?? lookupUser(String(uid), { passwd: '/etc/passwd', group: '/etc/group', fallback: false })?.name ?? String(uid)
  known.set(uid, name)
  return name
}

/** The words of the command, in one line. Who waits in the kernel may hold the lock that reading them needs: his name must do. */
function commandOf({ pid, name, state }: ProcessStat): string {
  const text = state === 'D' ? '' : readLittle(`/proc/${pid}/cmdline`)
  const command = text.replace(/\0+$/, '').replace(/[\p{C}\s]+/gu, ' ').trim().slice(0, commandMax)
  return command === '' ? `[${name}]` : command
}

function readLittle(path: string): string {
  let fd: number
  try {
    fd = openSync(path, 'r')
  } catch {
    return '' // gone
  }
  try {
    const buffer = Buffer.alloc(4 * commandMax)
    return buffer.toString('utf8', 0, readSync(fd, buffer, 0, buffer.length, 0))
  } catch {
    return '' // gone between the two
  } finally {
    closeSync(fd)
  }
}
