/**
 * Carries out each method that answers with a value: resolves targets, asks the master, maps to the wire. Parameters
 * arrive checked. Not here: HTTP, validation, streams.
 */
import { Fault } from '../lib/fault.ts'
import { suggest } from '../lib/suggest.ts'
import { parseSignal, signalNames } from '../lib/signals.ts'
import { compare } from '../core/order.ts'
import { namespec } from '../core/spec.ts'
import type { SignalName } from '../lib/signals.ts'
import type { ProcessView } from '../core/model.ts'
import type { Channel, Master, Outcome } from './master.ts'
import type { CallName, TakenOf } from './methods.ts'
import type { ResultOf } from './results.ts'
import { readTail } from './readlog.ts'
import { resolveOne, resolveTargets } from './targets.ts'
import type { Resolved } from './targets.ts'
import { detailOf, exitOf, outcomeOf, statusOf } from './view.ts'
import { waitFor } from './waiting.ts'

/** Who asks, and the end of their patience. */
export interface Caller {
  readonly by: string
  /** Aborted when the client has gone. */
  readonly signal: AbortSignal
}

type Handler<M extends CallName> = (master: Master, params: TakenOf<M>, caller: Caller) => ResultOf<M> | Promise<ResultOf<M>>

/** Asks the master what a method asks. Throws Fault. */
export async function handle<M extends CallName>(master: Master, method: M, params: TakenOf<M>, caller: Caller): Promise<ResultOf<M>> {
  const handler = handlers[method] as unknown as Handler<M>
  return handler(master, params, caller)
}

const handlers: { readonly [M in CallName]: Handler<M> } = {
  info: master => {
    const info = master.info()
    return {
      pid: info.pid,
      version: info.version,
      identifier: info.identifier,
      state: info.state,
      started_at: info.startedAt,
      uptime: Math.max(0, Date.now() - info.startedAt),
      config_file: info.configFile,
      config_format: info.configFormat,
      instance: info.instance,
      logfile: info.logfile,
      log_bytes_dropped: info.logBytesDropped,
      api_version: 1,
    }
  },

  async status(master, params) {
    const { matched, missing } = resolve(master, params.targets)
    const usage = params.usage ? await usageOf(master, matched) : undefined
    const processes = inReadingOrder(matched).map(view => ({
      ...statusOf(view, usage?.get(view.pid)),
      ...(params.exits ? { exits: view.exits.map(exitOf) } : {}),
    }))
    return { processes, missing: [...missing] }
  },
  brief(master, params) {
    // What scripts ask for every few seconds; the master has them in the order of reading.
    const { views, missing } = params.targets.includes('all') ? { views: master.processes(), missing: [] } : asNamed(master, params.targets)
    return { processes: views.map(({ namespec, state, description }) => ({ namespec, state, description })), missing: [...missing] }
  },
  async describe(master, params) {
    const view = one(master, params.target)
    const usage = await usageOf(master, [view])
    return detailOf(view, usage.get(view.pid))
  },

  async start(master, params, caller) {
    const { matched, missing } = resolve(master, params.targets)
    const outcomes = await waitFor(params, caller, 'start', signal =>
      master.start(matched, { by: caller.by, wait: params.wait, signal }))
    return answer(outcomes, missing)
  },
  async stop(master, params, caller) {
    const { matched, missing } = resolve(master, params.targets)
    const outcomes = await waitFor(params, caller, 'stop', signal =>
      master.stop(matched, { by: caller.by, wait: params.wait, signal }))
    return answer(outcomes, missing)
  },
  async restart(master, params, caller) {
    const { matched, missing } = resolve(master, params.targets)
    return waitFor(params, caller, 'restart', async signal => {
      // Without the signal: a client that leaves between stop and start must not leave its programs down.
      const stopped = await master.stop(matched, { by: caller.by, wait: true })
      const started = await master.start(current(master, matched), { by: caller.by, wait: params.wait, signal })
      return { stopped: stopped.map(outcomeOf), started: started.map(outcomeOf), missing: [...missing] }
    })
  },
  signal(master, params, caller) {
    const { matched, missing } = resolve(master, params.targets)
    const signal = signalOf(params.signal)
    return answer(master.signal(matched, signal, caller.by), missing)
  },
  kill(master, params, caller) {
    const { matched, missing } = resolve(master, params.targets)
    return answer(master.kill(matched, caller.by), missing)
  },
  async stdin(master, params) {
    await master.sendStdin(one(master, params.target), params.text)
    return { ok: true }
  },

  async tail(master, params) {
    const view = one(master, params.target)
    const text = await readTail(logOf(view, params.channel), params, `${view.namespec} has no ${params.channel} log`)
    return { ...text, channel: params.channel }
  },
  maintail: (master, params) => readTail(master.info().logfile, params, 'the master has no log file'),
  clear(master, params) {
    const { matched, missing } = resolve(master, params.targets)
    return answer(master.clearLogs(matched), missing)
  },
  mainclear(master) {
    master.clearMainLog()
    return { ok: true }
  },
  reopen(master, _params, caller) {
    master.reopenLogs(caller.by)
    return { ok: true }
  },

  reread(master) {
    const { added, changed, removed } = master.reread()
    return { added: [...added], changed: [...changed], removed: [...removed] }
  },
  async update(master, params, caller) {
    const groups = params.groups.includes('all') ? [] : params.groups
    const { steps, unknown } = await master.update(groups, caller.by)
    return { steps: steps.map(step => ({ group: step.group, did: step.did })), unknown: [...unknown] }
  },
  add(master, params, caller) {
    master.addGroup(params.group, caller.by)
    return { ok: true }
  },
  remove(master, params) {
    master.removeGroup(params.group)
    return { ok: true }
  },
  avail: master => ({ rows: availableRows(master) }),

  reload(master, _params, caller) {
    master.restart(caller.by)
    return { ok: true }
  },
  shutdown(master, params, caller) {
    master.shutdown(caller.by, { keepWorkers: params.keep_workers })
    return { ok: true }
  },
}

function resolve(master: Master, targets: readonly string[]): Resolved {
  return resolveTargets(master.processes(), targets, { groups: master.activeGroups() })
}

function one(master: Master, target: string): ProcessView {
  return resolveOne(master.processes(), target, { groups: master.activeGroups() })
}

function answer(outcomes: readonly Outcome[], missing: Resolved['missing']): ResultOf<'start'> {
  return { outcomes: outcomes.map(outcomeOf), missing: [...missing] }
}

/** The path of a stream's log; stderr has none of its own while it is redirected. */
export function logOf(view: ProcessView, channel: Channel): string | null {
  if (channel === 'stdout') return view.stdoutLogfile
  return view.spec.redirectStderr ? null : view.stderrLogfile
}

/** As supervisorctl lists them: in the order of the words, and what two words mean twice. */
function asNamed(master: Master, targets: readonly string[]): { readonly views: readonly ProcessView[]; readonly missing: Resolved['missing'] } {
  const each = targets.map(target => resolve(master, [target]))
  return { views: each.flatMap(({ matched }) => inReadingOrder(matched)), missing: each.flatMap(({ missing }) => missing) }
}

/** The views of today for those of before; a process that an update removed meanwhile is left out. */
function current(master: Master, before: readonly ProcessView[]): ProcessView[] {
  const now = new Map(master.processes().map(view => [`${view.group}:${view.name}`, view]))
  return before.flatMap(view => now.get(`${view.group}:${view.name}`) ?? [])
}

/** Lists are read by name, whatever order things are started in. */
function inReadingOrder(views: readonly ProcessView[]): ProcessView[] {
  return [...views].sort((a, b) => compare(a.group, b.group) || compare(a.name, b.name))
}

async function usageOf(master: Master, views: readonly ProcessView[]): Promise<Awaited<ReturnType<Master['usage']>>> {
  return master.usage(views.map(view => view.pid).filter(pid => pid > 0))
}

function signalOf(text: string): SignalName {
  const signal = parseSignal(text)
  if (signal !== undefined) return signal
  const meant = suggest(text.toUpperCase().replace(/^SIG/, ''), signalNames().map(name => name.slice(3)))
  throw new Fault('BAD_SIGNAL', meant === undefined ? text : `${text} (did you mean ${meant}?)`)
}

function availableRows(master: Master): ResultOf<'avail'>['rows'] {
  const active = new Set(master.activeGroups())
  const rows = master.configuredGroups().flatMap(group => group.processes.map(spec => ({
    group: group.name,
    name: spec.name,
    namespec: namespec(group.name, spec.name),
    in_use: active.has(group.name),
    autostart: spec.autostart,
    group_priority: group.priority,
    process_priority: spec.priority,
  })))
  return rows.sort((a, b) => compare(a.name, b.name) || compare(a.group, b.group))
}
