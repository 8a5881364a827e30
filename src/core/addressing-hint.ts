/**
 * What to say to a sender whose address is `all` or a pattern, as other commands take them and messages do not: what an
 * address may be, and which ones would have meant the same.
 */
import { firstOf } from '../lib/listing.ts'
import { matchesTokens, shellTokens } from '../lib/wildcard.ts'
import { namespec } from './spec.ts'
import type { ProcessSpec } from './spec.ts'

type Candidate = Pick<ProcessSpec, 'group' | 'name'> & { readonly spec: Pick<ProcessSpec, 'program'> }

/** More processes, and longer words, are not compared: a mistake is answered in milliseconds. */
const most = { procs: 500, letters: 100 }
/** So many addresses are shown. */
const shown = 5

/** Empty for what is neither `all` nor a pattern. `meansOf`: whom an address means. */
export function hintFor<P extends Candidate>(to: string, all: readonly P[], meansOf: (to: string) => readonly P[]): string {
  if (to !== 'all' && !/[*?]/.test(to)) return ''
  const instead = all.length > most.procs || to.length > most.letters ? [] : cover(meant(to, all), all, meansOf)
  const [only, ...others] = instead
  const rules = 'an address is no pattern, but a process, a program or a group: NAME for one of it, NAME:* for all of it'
  if (only === undefined) return rules
  if (others.length === 0) return `${rules}; this would be ${only}`
  return `${rules}; this would be several: ${firstOf(instead, shown)}`
}

/** As the patterns of other commands are read. */
function meant<P extends Candidate>(to: string, all: readonly P[]): readonly P[] {
  const pattern = shellTokens(to === 'all' ? '*' : to)
  const whole = to.includes(':')
  return all.filter(({ group, name }) => matchesTokens(pattern, `${group}:${name}`) || (!whole && (matchesTokens(pattern, name) || matchesTokens(pattern, group))))
}

/** The fewest addresses that mean these and nobody else: groups, then programs, then single processes. */
function cover<P extends Candidate>(procs: readonly P[], all: readonly P[], meansOf: (to: string) => readonly P[]): string[] {
  const left = new Set(procs)
  const found: string[] = []
  const take = (to: string, members: readonly P[]): void => {
    const means = meansOf(to)
    if (means.length !== members.length || !members.every((one) => left.has(one) && means.includes(one))) return
    for (const one of members) left.delete(one)
    found.push(to)
  }
  for (const group of new Set(procs.map((one) => one.group))) {
    const members = all.filter((one) => one.group === group)
    if (members.length > 1) take(`${group}:*`, members)
  }
  for (const { group, spec } of procs) {
    const members = all.filter((one) => one.group === group && one.spec.program === spec.program)
    if (members.length > 1) take(`${spec.program}:*`, members)
  }
  for (const one of [...left]) {
    take(namespec(one.group, one.name), [one])
    take(`${one.group}:${one.name}`, [one])
  }
  return found
}
