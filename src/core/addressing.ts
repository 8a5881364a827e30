/**
 * Whom an address means, as a sender writes it: a process, one or all of a program, a group. Decides nothing of who can
 * take a message; what means two things is refused with both.
 */
import { suggest } from '../lib/suggest.ts'
import { hintFor } from './addressing-hint.ts'
import { namespec } from './spec.ts'

export interface Addressee {
  readonly group: string
  readonly name: string
  readonly spec: { readonly program: string }
}

export type Mode = 'one' | 'all'

/** `exact`: it was named itself. Otherwise `pool` says of what it is one or all. */
export type Addressed<P> =
  | { readonly kind: 'exact' | Mode; readonly pool: string; readonly procs: readonly P[] }
  | { readonly kind: 'problem'; readonly sentence: string }

/** `mode`: as the sender says; by itself NAME means one and NAME:* all. */
export function address<P extends Addressee>(to: string, mode: Mode | undefined, all: readonly P[]): Addressed<P> {
  const colon = to.indexOf(':')
  const group = colon < 0 ? to : to.slice(0, colon)
  const name = colon < 0 ? '' : to.slice(colon + 1)
  if (colon >= 0 && (name === '' || name === '*')) {
    const members = all.filter((proc) => proc.group === group)
    return pool(to, members.length > 0 ? `group ${group}` : `program ${group}`, members.length > 0 ? members : ofProgram(all, group), mode ?? 'all', all)
  }
  if (colon >= 0) {
    const own = all.filter((proc) => proc.group === group)
    const exact = own.find((proc) => proc.name === name)
    if (exact !== undefined) return { kind: 'exact', pool: to, procs: [exact] }
    return pool(to, `program ${name}`, ofProgram(own, name), mode ?? 'one', all)
  }
  return bare(to, mode, all)
}

function bare<P extends Addressee>(to: string, mode: Mode | undefined, all: readonly P[]): Addressed<P> {
  const named = all.filter((proc) => proc.name === to)
  const members = ofProgram(all, to)
  if (members.length > 0) {
    const stranger = named.find((proc) => !members.includes(proc))
    if (stranger !== undefined) return { kind: 'problem', sentence: `${to} is a program and the process ${fullName(stranger)}: say ${members[0]?.group ?? ''}:${to} or ${fullName(stranger)}` }
    const [only, ...others] = members
    if (only !== undefined && others.length === 0) return { kind: 'exact', pool: to, procs: [only] }
    return { kind: mode ?? 'one', pool: `program ${to}`, procs: members }
  }
  if (named.length > 1) return { kind: 'problem', sentence: `${to} is ${named.slice(0, 5).map(fullName).join(' and ')}: name one` }
  if (named.length === 1) return { kind: 'exact', pool: to, procs: named }
  return pool(to, `group ${to}`, all.filter((proc) => proc.group === to), mode ?? 'one', all)
}

function pool<P extends Addressee>(to: string, name: string, procs: readonly P[], kind: Mode, all: readonly P[]): Addressed<P> {
  return procs.length > 0 ? { kind, pool: name, procs } : unknown(to, all)
}

function unknown(to: string, all: readonly Addressee[]): { readonly kind: 'problem'; readonly sentence: string } {
  const nobody = `there is no process, program or group ${JSON.stringify(to.slice(0, 100))}`
  const hint = hintFor(to, all, meansOf(all))
  // A pattern that fits nobody may be a typo of an address.
  if (hint !== '' && !/^[^*?]*:\*?$/.test(to)) return { kind: 'problem', sentence: `${nobody}; ${hint}` }
  const words = new Set(all.slice(0, candidates).flatMap((proc) => [namespec(proc.group, proc.name), proc.name, proc.spec.program, proc.group]))
  const meant = suggest(to.replace(/:\*?$/, ''), words)
  return { kind: 'problem', sentence: `${nobody}${meant === undefined ? '' : `; did you mean ${meant}?`}` }
}

function meansOf(all: readonly Addressee[]): (to: string) => readonly Addressee[] {
  return (to) => {
    const addressed = address(to, undefined, all)
    return addressed.kind === 'problem' ? [] : addressed.procs
  }
}

/** More are not compared: a typo is answered in milliseconds. */
const candidates = 500

function ofProgram<P extends Addressee>(all: readonly P[], program: string): readonly P[] {
  return all.filter((proc) => proc.spec.program === program)
}

/** Also where group and process bear one name: that could be the program. */
function fullName({ group, name }: Addressee): string {
  return `${group}:${name}`
}
