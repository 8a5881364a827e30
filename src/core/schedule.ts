/**
 * When the slots of a cron line come, in a time zone. Cron lines are read and counted on the clock on the wall, by croner;
 * what becomes of a clock that is put forward or back is decided here. A line that names its hours runs once at the end of
 * a gap that has swallowed it, and not again in an hour that comes twice; one of every hour, or every other, goes on.
 */
import { Cron } from 'croner'

/** What says when a job is to run. */
export interface Timetable {
  /** Five or six fields (with seconds), or a word such as @daily. */
  readonly schedule: string
  /** A name of the IANA database; `null`: the zone of the machine. */
  readonly timezone: string | null
}

/** A wall clock is put forward or back within a day of this many milliseconds, if at all. */
const around = 26 * 3_600_000
const second = 1000
const quarter = 900_000

/** Why this is no schedule; `null`: it is one. */
export function scheduleProblem(text: string): string | null {
  const fields = fieldsOf(text)
  if (fields.length !== 5 && fields.length !== 6 && !/^@\w+$/.test(text.trim())) {
    return `has ${String(fields.length)} fields, and needs 5 (minute hour day month weekday), or 6 with seconds before them`
  }
  try {
    if (calendarOf(text).nextRun(new Date(Date.UTC(2024, 0, 1))) === null) return 'names a day that never comes'
    return null
  } catch (error) {
    if (!(error instanceof Error)) throw error
    if (text.trim().startsWith('@')) return 'is no word for a schedule (there are @hourly, @daily, @weekly, @monthly and @yearly)'
    return `cannot be read: ${error.message.replace(/^CronPattern: /, '').replace(/^(Syntax error|configuration entry), /i, '')}`
  }
}

/** True if the machine knows this time zone. */
export function isTimezone(name: string): boolean {
  try {
    clockOf(name)
    return true
  } catch (error) {
    if (error instanceof RangeError) return false
    throw error
  }
}

/** The first slot after a time; epoch milliseconds. `null`: none comes. */
export function nextSlot(table: Timetable, after: number): number | null {
  const calendar = calendarOf(table.schedule)
  const offset = offsetOf(table.timezone)
  return isOfEveryHour(table.schedule) ? nextGoingOn(calendar, offset, after) : nextNamed(calendar, offset, after)
}

/** The newest slots after `after` and until `until`, at most `most`; `more`: there were earlier ones. */
export function slotsBetween(table: Timetable, after: number, until: number, most: number): { readonly slots: readonly number[]; readonly more: boolean } {
  for (let window = 600_000; ; window *= 8) {
    const from = Math.max(after, until - window)
    const slots: number[] = []
    for (let at = nextSlot(table, from); at !== null && at <= until; at = nextSlot(table, at)) slots.push(at)
    if (slots.length > most || from === after) return { slots: slots.slice(-most), more: slots.length > most || from > after }
  }
}

/** Milliseconds by which the clock on the wall is ahead of UTC at an instant. */
type Offset = (at: number) => number

/** Hours that are named: each slot once, whatever the clock does. */
function nextNamed(calendar: Cron, offset: Offset, after: number): number | null {
  let local = after + offset(after)
  for (;;) {
    const slot = onWall(calendar, local)
    if (slot === null) return null
    const { before, behind, change } = about(slot, offset)
    const first = slot - before
    const found = first < change ? first : Math.max(change, slot - behind)
    if (found > after) return found
    local = change + before - second // of an hour that has come once already nothing is run again
    if (local < slot) local = slot
  }
}

/** Every hour or so: what is on the clock each time that it is on it. */
function nextGoingOn(calendar: Cron, offset: Offset, after: number): number | null {
  for (let local = after + offset(after); ;) {
    const slot = onWall(calendar, local)
    if (slot === null) return null
    const { before, behind, change } = about(slot, offset)
    const found = [slot - before, slot - behind].filter((at, pass) => at > after && (pass === 0 ? at < change : at >= change))
    const earlier = before > behind && after < change ? onWall(calendar, change + behind - second) : null // the clock has been put back on the way
    if (earlier !== null && earlier - behind >= change) found.push(earlier - behind)
    if (found.length > 0) return Math.min(...found)
    local = Math.max(slot, before < behind ? change + behind - second : slot) // in the gap there is nothing
  }
}

function onWall(calendar: Cron, local: number): number | null {
  return calendar.nextRun(new Date(local))?.getTime() ?? null
}

/** What the clock does around a time on it; `change`: the first instant of what is `behind`, if they differ. */
function about(local: number, offset: Offset): { readonly before: number; readonly behind: number; readonly change: number } {
  let [early, late] = [local - around, local + around]
  const [before, behind] = [offset(early), offset(late)]
  if (before === behind) return { before, behind, change: Infinity }
  while (late - early > 1) {
    const middle = Math.floor((early + late) / 2)
    if (offset(middle) === before) early = middle
    else late = middle
  }
  return { before, behind, change: late }
}

function offsetOf(timezone: string | null): Offset {
  if (timezone === null) return (at) => -new Date(at).getTimezoneOffset() * 60_000
  const { format, offsets } = clockOf(timezone)
  // Clocks are only changed on a quarter of an hour, and to ask what one shows costs more than all the rest.
  return (at) => known(offsets, Math.floor(at / quarter), () => {
    const part: Partial<Record<Intl.DateTimeFormatPartTypes, number>> = {}
    for (const { type, value } of format.formatToParts(at)) part[type] = Number(value)
    const { year = 0, month = 1, day = 1, hour = 0, minute = 0, second: seconds = 0 } = part
    return Date.UTC(year, month - 1, day, hour, minute, seconds) - Math.floor(at / second) * second
  })
}

function isOfEveryHour(schedule: string): boolean {
  const fields = fieldsOf(schedule)
  return fields.length === 1 ? /^@hourly$/i.test(schedule.trim()) : fields.at(-4)?.startsWith('*') === true
}

function fieldsOf(text: string): readonly string[] {
  return text.trim().split(/\s+/).filter((field) => field !== '')
}

interface Clock {
  readonly format: Intl.DateTimeFormat
  /** By quarter of an hour. */
  readonly offsets: Map<number, number>
}

/** Reading them costs more than asking them. */
const calendars = new Map<string, Cron>()
const clocks = new Map<string, Clock>()
const kept = 500

function calendarOf(schedule: string): Cron {
  return known(calendars, schedule, () => new Cron(schedule.trim(), { utcOffset: 0, paused: true }))
}

function clockOf(timezone: string): Clock {
  return known(clocks, timezone, () => ({
    format: new Intl.DateTimeFormat('en-US', {
      timeZone: timezone, hourCycle: 'h23', year: 'numeric', month: 'numeric', day: 'numeric', hour: 'numeric', minute: 'numeric', second: 'numeric',
    }),
    offsets: new Map(),
  }))
}

function known<K, T>(store: Map<K, T>, key: K, make: () => T): T {
  const found = store.get(key)
  if (found !== undefined) return found
  if (store.size >= kept) store.clear()
  const made = make()
  store.set(key, made)
  return made
}
