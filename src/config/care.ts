/** Makes the CareSpec of a process out of its options; none where nothing is asked for. */
import type { CareSpec, HookName, HookSpec, RecycleSpec, ResourceSpec, RestartSpec, StopSpec } from '../core/care.ts'
import { settle } from './context.ts'
import type { Context } from './context.ts'
import type { Names } from './expand.ts'
import { buildJob } from './job.ts'
import { problemAt } from './raw.ts'
import { findOption, optionTitle, readRows } from './read.ts'
import type { Source } from './read.ts'
import { careRows } from './rows-care.ts'
import type { CareValues } from './rows-care.ts'
import { watchOf } from './kinds-watch.ts'

const keys = Object.keys(careRows)

/** How long a process must run until its failures are forgotten, where nothing is said. */
const resetAfter = 60_000

/** What an option needs to mean anything. */
const needs: Partial<Record<keyof CareValues, readonly (keyof CareValues)[]>> = {
  ready_timeout: ['ready'], on_unhealthy: ['health'], on_unhealthy_hook: ['health'], memory_action: ['max_memory'], depends_restart: ['depends_on'],
  watch_ignore: ['watch'], watch_delay: ['watch'],
}

/** The care that the options of a process ask for; `stopwait` is what a rung gives that does not say, `directory` where it runs. */
export function buildCare(source: Source, names: Names, { stopwait, directory }: { stopwait: number; directory: string | null }, context: Context): CareSpec | undefined {
  // Most programs ask for nothing of this: that costs a few look-ups, also with 500 processes.
  if (!keys.some((key) => findOption(source, key) !== undefined)) return undefined
  const values = readRows(careRows, source, names, context)
  warnAboutNeeds(source, values, context)
  const hooks = hooksOf(values, source, context)
  const restart = restartOf(values)
  const stop = stopOf(values, stopwait)
  const recycle = recycleOf(values)
  const resources = resourcesOf(values)
  const job = buildJob(values, source, context)
  const watch = watchOf(values, directory, context)
  const care: CareSpec = {
    ...(job !== null && { job }),
    ...(needsReport(values) && { report: true }),
    ...((values.tables?.length ?? 0) > 0 && { tables: values.tables ?? [] }),
    ...(values.messages && { messages: true }),
    ...((values.notify || values.ready?.kind === 'notify') && { notify: true }),
    ...(values.ready !== null && { ready: { by: values.ready, timeout: values.ready_timeout } }),
    ...(values.health !== null && { health: { ...values.health, onUnhealthy: values.on_unhealthy } }),
    ...(values.watchdog !== null && { watchdog: values.watchdog }),
    ...(values.health_signal !== null && { healthSignal: values.health_signal }),
    ...((values.depends_on?.length ?? 0) > 0 && { dependsOn: values.depends_on ?? [] }),
    ...(values.depends_restart && { dependsRestart: true }),
    ...((values.wait_for?.length ?? 0) > 0 && { waitFor: values.wait_for ?? [] }),
    ...(hooks !== null && { hooks }),
    ...(restart !== null && { restart }),
    ...(stop !== null && { stop }),
    ...(recycle !== null && { recycle }),
    ...(resources !== null && { resources }),
    ...(watch !== null && { watch }),
  }
  return Object.keys(care).length === 0 ? undefined : care
}

/** What is only heard on the report channel; a watchdog and an extension are also heard on a NOTIFY_SOCKET. */
function needsReport(values: CareValues): boolean {
  if (values.report || values.messages || (values.tables?.length ?? 0) > 0 || values.ready?.kind === 'report' || values.health?.by.kind === 'report' || (values.busy_wait ?? 0) > 0) return true
  const systemd = values.notify || values.ready?.kind === 'notify'
  return !systemd && (values.watchdog !== null || (values.stop_extend_max ?? 0) > 0)
}

function hooksOf(values: CareValues, source: Source, context: Context): Partial<Record<HookName, HookSpec>> | null {
  const named = {
    pre_start: 'pre_start', post_start: 'post_start', pre_stop: 'pre_stop', post_stop: 'post_stop', on_exit: 'on_exit', on_fatal: 'on_fatal',
    on_unhealthy: 'on_unhealthy_hook',
  } as const satisfies Record<HookName, keyof CareValues>
  const hooks: Partial<Record<HookName, HookSpec>> = {}
  for (const name of Object.keys(named) as HookName[]) {
    const hook = values[named[name]]
    if (hook === null) continue
    hooks[name] = hook
    if (hook.user === null) continue
    const found = findOption(source, named[name])
    const settled = settle(hook.user, 'user', context)
    if (!settled.ok && found !== undefined) context.findings.add(problemAt('warning', found.option.value.at, `${optionTitle(found.section, named[name])}: ${settled.reason}`))
  }
  return Object.keys(hooks).length === 0 ? null : hooks
}

function restartOf(values: CareValues): RestartSpec | null {
  const {
    restart_delay: delay, restart_backoff: backoff, restart_reset: reset, restart_limit: limit, restart_retry_after: retryAfter,
    no_restart_on: noRestartOn, restart_window: window,
  } = values
  if ([delay, backoff, reset, limit, retryAfter, noRestartOn, window].every((value) => value === null)) return null
  return { delay: delay ?? 0, backoff, reset: reset ?? resetAfter, limit, retryAfter, noRestartOn: noRestartOn ?? [], window }
}

function stopOf(values: CareValues, stopwait: number): StopSpec | null {
  const { stop_sequence: rungs, stop_command: command, stop_extend_max: extendMax, busy_wait: busyWait, pre_stop_delay: preStopDelay } = values
  if ([rungs, command, extendMax, busyWait, preStopDelay].every((value) => value === null)) return null
  return {
    sequence: (rungs ?? []).map(({ signal, wait }) => ({ signal, wait: wait ?? (signal === 'SIGKILL' ? 0 : stopwait) })),
    command, extendMax: extendMax ?? 0, busyWait: busyWait ?? 0, preStopDelay: preStopDelay ?? 0,
  }
}

function recycleOf(values: CareValues): RecycleSpec | null {
  const { max_memory: maxMemory, memory_action: memoryAction, max_lifetime: maxLifetime } = values
  return maxMemory === null && maxLifetime === null ? null : { maxMemory, memoryAction, maxLifetime }
}

function resourcesOf(values: CareValues): ResourceSpec | null {
  const { limits, nice, ionice, oom_score_adj: oomScoreAdj, cpu_affinity: cpuAffinity, cgroup } = values
  if ([limits, nice, ionice, oomScoreAdj, cpuAffinity, cgroup].every((value) => value === null)) return null
  return { limits: limits ?? {}, nice, ionice, oomScoreAdj, cpuAffinity, cgroup }
}

/** Options that say nothing without another one. What `defaults:` say may be for other programs. */
function warnAboutNeeds(source: Source, values: CareValues, context: Context): void {
  const own = { section: source.section }
  for (const [key, wanted] of Object.entries(needs)) {
    const found = findOption(own, key)
    if (found === undefined || wanted.some((other) => values[other] !== null || findOption(source, other) !== undefined)) continue
    const message = `${optionTitle(found.section, key)} does nothing without ${wanted.join(' or ')}`
    context.findings.add(problemAt('warning', found.option.at, message))
  }
  const stop = findOption(own, 'stop_sequence')
  const signal = findOption(own, 'stopsignal')
  if (stop !== undefined && signal !== undefined && values.stop_sequence !== null) {
    context.findings.add(problemAt('warning', signal.option.at, `${optionTitle(signal.section, 'stopsignal')} does nothing where stop_sequence is said`, 'keep one of them'))
  }
}
