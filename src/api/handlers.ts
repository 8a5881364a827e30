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
import { insightHandlers } from './handlers-insight.ts'
import { messageHandlers } from './handlers-messages.ts'
import { jobHandlers } from './handlers-jobs.ts'
import { programHandlers } from './handlers-programs.ts'
import { tableHandlers } from './handlers-tables.ts'
import type { ActOptions, Channel, Master, Outcome } from './master.ts'
import type { CallName, TakenOf } from './methods.ts'
import type { ResultOf } from './results.ts'
import { answer, one, resolve } from './handler.ts'
import type { Caller, Handler } from './handler.ts'
import { readTail } from './readlog.ts'
import type { Resolved } from './targets.ts'
import { detailOf, exitOf, outcomeOf, statusOf } from './view.ts'
import { waitFor, waitPatiently } from './waiting.ts'

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
    return { processes: views.map(({ namespec, state, description, task }) => ({ namespec, state, description, ...(task?.resting === true && { resting: true }) })), missing: [...missing] }
  },
  async describe(master, params) {
    const view = one(master, params.target)
    const usage = await usageOf(master, [view])
    return detailOf(view, usage.get(view.pid), master.programs.names().includes(view.program))
  },

  async start(master, params, caller) {
    const { matched, missing } = resolve(master, params.targets)
    const since = params.ended_since
    const outcomes = await waitToStart(params, caller, 'start', options =>
      master.start(matched, since === undefined ? options : { ...options, endedSince: since }))
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
    return waitToStart(params, caller, 'restart', async options => {
      const busy = matched.filter(isBusy)
      const others = matched.filter(view => !busy.includes(view))
      const [replaced, [stopped, started]] = await Promise.all([
        busy.length === 0 ? [] : master.replace(busy, options),
        stopAndStart(master, others, options),
      ])
      return {
        stopped: [...stopped, ...replaced.map(one => one.stopped)].map(outcomeOf),
        started: [...started, ...replaced.map(one => one.started)].map(outcomeOf),
        missing: [...missing],
      }
    })
  },
  ...insightHandlers,
  ...jobHandlers,
  ...messageHandlers,
  ...programHandlers,
  ...tableHandlers,
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
    const { steps, unknown, kept } = await master.update(groups, caller.by)
    return { steps: steps.map(step => ({ group: step.group, did: step.did })), unknown: [...unknown], ...(kept.length > 0 && { kept: kept.map(one => ({ ...one })) }) }
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

/** Starts as `wait` and `until_ready` say. */
function waitToStart<T>(params: Pick<TakenOf<'start'>, 'wait' | 'until_ready' | 'timeout'>, caller: Caller, what: string, act: (options: ActOptions) => Promise<T>): Promise<T> {
  const { by } = caller
  if (params.until_ready) return waitPatiently(params, caller, signal => act({ by, wait: true, patient: true, signal }))
  return waitFor(params, caller, what, signal => act({ by, wait: params.wait, signal }))
}

async function stopAndStart(master: Master, views: readonly ProcessView[], options: ActOptions): Promise<[Outcome[], Outcome[]]> {
  // Without the signal: a client that leaves between stop and start must not leave its programs down.
  const stopped = await master.stop(views, { by: options.by, wait: true, comesBack: true })
  return [stopped, await master.start(current(master, views), options)]
}

/** A job in hand that its program lets be finished first. */
function isBusy(view: ProcessView): boolean {
  return view.state === 'RUNNING' && view.want === 'up' && view.job !== null && (view.spec.care?.stop?.busyWait ?? 0) > 0
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
  const byHand = master.programs.names()
  const rows = master.configuredGroups().flatMap(group => group.processes.map(spec => ({
    group: group.name,
    name: spec.name,
    namespec: namespec(group.name, spec.name),
    in_use: active.has(group.name),
    autostart: spec.autostart,
    by_hand: byHand.includes(spec.program),
    group_priority: group.priority,
    process_priority: spec.priority,
  })))
  return rows.sort((a, b) => compare(a.name, b.name) || compare(a.group, b.group))
}
