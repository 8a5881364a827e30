/**
 * Starting and stopping with somebody watching: on a terminal, and while a new master comes up, each process gets its
 * line when it is there and not when all are.
 */
import type { Client } from '../api/client.ts'
import type { ProcessStatus, WireOutcome } from '../api/results.ts'
import { faultRow } from '../lib/fault.ts'
import type { Context } from './command.ts'
import { conclude, printDone } from './outcomes.ts'
import type { Wording } from './outcomes.ts'
import { tellHolds } from './holds.ts'
import { startVerdict, watchStates } from './progress.ts'
import type { StateName } from './progress.ts'

/** supervisord's code for an outcome that is no fault. */
const successCode = 80

export const startWording: Wording = { done: 'started', harmless: 'ALREADY_STARTED', skipped: 'ALREADY_STARTED', missingGroup: 2 }
export const stopWording: Wording = { done: 'stopped', harmless: 'NOT_RUNNING', skipped: 'NOT_RUNNING', missingGroup: 1 }

/** Options of a call that waits as long as programs take; `--wait` also through failed tries. */
export function waiting(context: Context): { readonly timeout?: number; readonly until_ready?: true } {
  const { timeout } = context
  return { ...(timeout === undefined ? {} : { timeout }), ...(context.options.wait === true ? { until_ready: true } : {}) }
}

/** How a command words its results when it has been told to wait. */
export function patiently(context: Context, wording: Wording): Wording {
  return context.options.wait === true ? { ...wording, explained: true } : wording
}

/** Asks, prints what came of it, and returns the exit code. */
export async function act(context: Context, client: Client, method: 'start' | 'stop', words: readonly string[]): Promise<number> {
  const wording = patiently(context, method === 'start' ? startWording : stopWording)
  const holds = tellHolds(context, client, words)
  const live = context.style === 'terminal' ? await liveLines(context, client, method, words, wording.done) : undefined
  try {
    const result = await client.call(method, { targets: words, ...waiting(context) }, { timeout: 0 })
    return conclude(context, words, result, wording, live?.shown)
  } finally {
    holds.close()
    live?.close()
  }
}

interface Live {
  readonly shown: ReadonlySet<string>
  readonly close: () => void
}

async function liveLines(
  context: Context, client: Client, method: 'start' | 'stop', words: readonly string[], done: string,
): Promise<Live> {
  const { processes } = await client.call('status', { targets: words })
  const concerned = new Set(processes.map(({ namespec }) => namespec))
  const shown = new Set<string>()
  const watch = watchStates(client, (namespec, state) => {
    if (!concerned.has(namespec) || shown.has(namespec) || !isDone(method, state)) return
    shown.add(namespec)
    printDone(context, namespec, done)
  })
  await watch.opened
  return { shown, close: watch.close }
}

function isDone(method: 'start' | 'stop', state: StateName): boolean {
  return method === 'start' ? state === 'RUNNING' : state === 'STOPPED'
}

/**
 * Starts in a master that has just come up by itself: its autostart programs are on their way, and nobody wants to
 * read `already started` about them. Each gets its line when it is RUNNING or has failed; what has failed by then is not
 * started once more. `isNew`: false where only the programs are new, and other words mean others.
 */
export async function startInNewMaster(context: Context, client: Client, words: readonly string[], isNew = true): Promise<number> {
  const states = new Map<string, StateName>()
  const shown = new Set<string>()
  const json = context.style === 'json'
  let concerned: ReadonlySet<string> = new Set<string>()
  let wake: () => void = () => undefined
  const show = (namespec: string): void => {
    if (json || shown.has(namespec) || !concerned.has(namespec) || states.get(namespec) !== 'RUNNING') return
    shown.add(namespec)
    printDone(context, namespec, startWording.done)
  }
  const watch = watchStates(client, (namespec, state) => {
    states.set(namespec, state)
    show(namespec)
    wake()
  })
  const holds = tellHolds(context, client, words)
  try {
    await watch.opened
    let masterGone = false
    void watch.ended.then(() => {
      masterGone = true
      wake()
    })
    const before = await client.call('status', { targets: words })
    concerned = new Set(before.processes.map(({ namespec }) => namespec))
    for (const { namespec, state } of before.processes) if (!states.has(namespec)) states.set(namespec, state)
    for (const namespec of concerned) show(namespec)
    const { started_at: since } = await client.call('info', {})
    const done = alreadyRun(before.processes, since, context.options.wait === true)
    const targets = done.length === 0 ? words : [...concerned].filter((namespec) => !done.some((one) => one.namespec === namespec))
    const asked = targets.length === 0 ? { outcomes: [], missing: [] } : await client.call('start', { targets, ...waiting(context), ...(isNew && { ended_since: since }) }, { timeout: 0 })
    const result = done.length === 0 ? asked : { outcomes: [...asked.outcomes, ...done], missing: before.missing }
    const pending = result.outcomes.filter(({ result: name }) => name === 'ALREADY_STARTED')
    const deadline = context.timeout === undefined ? undefined : AbortSignal.timeout(context.timeout)
    const isPending = (): boolean => pending.some(({ namespec }) => startVerdict(states.get(namespec) ?? 'UNKNOWN') === undefined)
    while (isPending() && !masterGone && !deadline?.aborted) {
      await new Promise<void>((resolve) => {
        wake = resolve
        deadline?.addEventListener('abort', () => resolve(), { once: true })
      })
    }
    const outcomes = result.outcomes.map((outcome) => (pending.includes(outcome) ? judged(outcome, states) : outcome))
    return conclude(context, words, { outcomes, missing: result.missing }, patiently(context, startWording), shown)
  } finally {
    holds.close()
    watch.close()
  }
}

/** Jobs that the new master runs or has run by itself: nobody wants a migration twice, and one that runs may end at any moment. */
function alreadyRun(processes: readonly ProcessStatus[], since: number, untilDone: boolean): WireOutcome[] {
  const begun = processes.filter(({ task, state }) => task !== null && (state === 'EXITED' || (!untilDone && state !== 'STOPPED' && state !== 'FATAL')))
  return begun.filter(({ started_at: at }) => at >= since).map(({ group, name, namespec }) => ({ group, name, namespec, result: 'OK', code: successCode, description: 'OK' }))
}

function judged(outcome: WireOutcome, states: ReadonlyMap<string, StateName>): WireOutcome {
  const state = states.get(outcome.namespec) ?? 'UNKNOWN'
  const result = startVerdict(state) ?? 'TIMEOUT'
  return { ...outcome, result, code: result === 'OK' ? successCode : faultRow(result).code, description: `it is ${state}` }
}
