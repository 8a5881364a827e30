/**
 * What came of a request for several processes, in supervisorctl's lines and exit codes. The order is that of the
 * words on the command line; a group's or pattern's processes come in the order in which they were done.
 */
import type { Missing, WireOutcome } from '../api/results.ts'
import { faultRow, isFaultName } from '../lib/fault.ts'
import type { FaultName } from '../lib/fault.ts'
import type { Context } from './command.ts'
import { paint } from './output.ts'

/** How one command words its results. */
export interface Wording {
  /** Of success: `started`. */
  readonly done: string
  /** A fault that is no error for this command. */
  readonly harmless?: FaultName
  /** What supervisord leaves out of the answer for a group or all: there was nothing to do. */
  readonly skipped?: FaultName
  /** Exit code for a group that does not exist. */
  readonly missingGroup: number
  /** Say on the error output why something has failed, also in supervisorctl's lines. */
  readonly explained?: true
}

/** What start, stop, signal, kill and clear answer. */
export interface Outcomes {
  readonly outcomes: readonly WireOutcome[]
  readonly missing: readonly Missing[]
}

export type Entry = { readonly outcome: WireOutcome } | { readonly missing: Missing }

/** Outcomes and missing targets in the order of the words. */
export function inOrder(words: readonly string[], { outcomes, missing }: Outcomes, wording: Wording): Entry[] {
  const named = outcomes.filter(({ result, namespec, name }) => (
    result !== wording.skipped || words.includes(namespec) || words.includes(name)
  ))
  const left = new Set(named)
  const entries: Entry[] = []
  for (const word of words) {
    const lost = missing.find((one) => one.target === word)
    if (lost !== undefined) entries.push({ missing: lost })
    const exact = named.find((one) => one.namespec === word && left.has(one))
    for (const outcome of exact === undefined ? named.filter((one) => left.has(one) && covers(word, one)) : [exact]) {
      left.delete(outcome)
      entries.push({ outcome })
    }
  }
  for (const outcome of left) entries.push({ outcome })
  return entries
}

function covers(word: string, { group, name }: WireOutcome): boolean {
  return word === 'all' || word === group || word === name || word === `${group}:*` || word === `${group}:`
}

/** The exit code of the entries: that of the last error. */
export function exitOf(entries: readonly Entry[], wording: Wording): number {
  let exit = 0
  for (const entry of entries) {
    const code = 'missing' in entry ? (entry.missing.kind === 'group' ? wording.missingGroup : 1) : exitOfResult(entry.outcome.result, wording)
    if (code !== 0) exit = code
  }
  return exit
}

/** Prints the entries; `shown` holds namespecs whose success has been printed already. */
export function printEntries(context: Context, entries: readonly Entry[], wording: Wording, shown?: ReadonlySet<string>): void {
  for (const entry of entries) {
    if ('missing' in entry) printMissing(context, entry.missing)
    else if (entry.outcome.result !== 'OK') printFailure(context, entry.outcome, wording)
    else if (!shown?.has(entry.outcome.namespec)) printDone(context, entry.outcome.namespec, wording.done)
  }
}

/** Prints what a method answered, as lines or as JSON, and returns the exit code. For `shown` see {@link printEntries}. */
export function conclude(
  context: Context, words: readonly string[], result: Outcomes, wording: Wording, shown?: ReadonlySet<string>,
): number {
  const entries = inOrder(words, result, wording)
  if (context.style === 'json') printJson(context, result)
  else printEntries(context, entries, wording, shown)
  if (context.style === 'terminal' && entries.length === 0) context.out.line(`nothing to do: all ${wording.done} already`)
  return exitOf(entries, wording)
}

/** `name: started`. */
export function printDone(context: Context, namespec: string, done: string): void {
  context.out.line(`${mark(context, true)}${namespec}: ${done}`)
}

function printFailure(context: Context, outcome: WireOutcome, wording: Wording): void {
  const text = isFaultName(outcome.result) ? faultRow(outcome.result).text : outcome.result
  const line = `${outcome.namespec}: ERROR (${text})`
  if (context.style === 'plain') {
    context.out.line(line)
    // supervisorctl has no words for it, and whoever looks at this process finds nothing wrong with it.
    if ((wording.explained === true || outcome.dependency !== undefined) && outcome.description !== outcome.result) context.err.line(`${outcome.namespec}: ${outcome.description}`)
    return
  }
  const why = outcome.description === '' || outcome.description === outcome.result ? '' : paint(context.out, 'dim', `  ${outcome.description}`)
  const fine = exitOfResult(outcome.result, wording) === 0
  context.out.line(`${mark(context, fine)}${fine ? `${outcome.namespec}: ${text}` : line}${why}`)
}

/** `name: ERROR (no such process)`, and the suggestion on the error output. */
export function printMissing(context: Context, missing: Missing, text = `no such ${missing.kind}`): void {
  const name = missing.kind === 'group' ? missing.target.replace(/:\*?$/, '') : missing.target
  context.out.line(`${mark(context, false)}${name}: ERROR (${text})`)
  if (missing.suggestion !== null) context.err.line(`did you mean ${missing.suggestion}?`)
  else if (/^\d+$/.test(name)) context.err.line('processes have no numbers here, only names: see nsup status')
}

function exitOfResult(result: string, wording: Wording): number {
  if (result === 'OK' || result === wording.harmless) return 0
  return isFaultName(result) && faultRow(result).exit > 0 ? faultRow(result).exit : 1
}

function mark(context: Context, good: boolean): string {
  if (context.style !== 'terminal') return ''
  return good ? `${paint(context.out, 'green', '✓')} ` : `${paint(context.out, 'red', '✗')} `
}

/** Prints a result as JSON. */
export function printJson(context: Context, value: unknown): void {
  context.out.line(JSON.stringify(value, null, 2))
}
