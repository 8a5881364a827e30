/**
 * The options of a program for which supervisord has no words: readiness, health, dependencies, hooks, restarts, the way
 * to stop, recycling, resources. Read for each process; an empty value says none, against what `defaults:` say.
 */
import { boolean, integer, names, signal } from './kinds.ts'
import {
  action, backoff, commandLine, dependencies, endings, hook, ladder, lifetime, memory, orNone, restartLimit, span, time, timeWindow,
} from './kinds-care.ts'
import { addresses, healthCheck, readiness } from './kinds-probe.ts'
import { cgroup, cpus, ionice, limits } from './kinds-resources.ts'
import { unwatched, watchDelay, watched } from './kinds-watch.ts'
import { jobRows } from './rows-jobs.ts'
import { optional, option } from './rows.ts'
import type { Row, Values } from './rows.ts'
import { commandSugar, dependenciesSugar, healthSugar, hookSugar, listSugar, pairsSugar, readySugar } from './sugar.ts'
import type { Kind } from './kinds.ts'
import type { Hook } from './kinds-care.ts'

type More = Parameters<typeof optional>[1]

/** An option that nobody has to set, and that is applied to what runs. */
function extra<T>(type: Kind<T>, more: More): Row<T | null> {
  return optional(orNone(type), { extra: true, restart: false, ...more })
}

function hookRow(doc: string): Row<Hook | null> {
  return extra(hook, { doc: `${doc} A command line, run without a shell; timeout=30s (the default) and user=NAME may stand before it.`, sugar: hookSugar, spec: ['care.hooks'] })
}

const readyRows = {
  report: option(boolean, 'false', {
    doc: 'Give the process a report channel, its number in NSUP_REPORT_FD: lines of JSON such as {"ready":true}. Implied by what needs it.',
    extra: true, spec: ['care.report'],
  }),
  tables: extra(names, { doc: 'Shared tables that the process may use; it gets a report channel and an inbox for them.', shape: 'list', restart: true, spec: ['care.tables'] }),
  messages: option(boolean, 'false', {
    doc: 'Let the process send and receive messages: it gets a report channel and an inbox, its number in NSUP_INBOX_FD.', extra: true, spec: ['care.messages'],
  }),
  notify: option(boolean, 'false', { doc: 'Give the process a NOTIFY_SOCKET, as systemd does. Implied by ready: notify.', extra: true, spec: ['care.notify'] }),
  ready: extra(readiness, {
    doc: 'What makes the process ready, and so RUNNING: report, notify, notification_fd 3, log PATTERN, http://... status=200,204 header="A: b" body=PATTERN, tcp://host:port, unix:///path, exec COMMAND.',
    sugar: readySugar, spec: ['care.ready'],
  }),
  ready_timeout: option(time, '30s', {
    doc: 'How long after the spawn it must be ready; otherwise the start has failed, as startretries counts.', extra: true, restart: false, spec: ['care.ready'],
  }),
  health: extra(healthCheck, {
    doc: 'How it is found out whether the process is well: http, tcp, unix and exec as in ready, or report. With interval=10s timeout=2s retries=3 start_period=0s, and max_age=30s for report; before an exec, since what comes after it is the command.',
    sugar: healthSugar, spec: ['care.health'],
  }),
  on_unhealthy: option(action, 'restart', { doc: 'What is done with a process that is not well: restart, signal NAME or none.', extra: true, restart: false, spec: ['care.health'] }),
  watchdog: extra(time, { doc: 'A process that is silent on its report channel (or NOTIFY_SOCKET) for so long is looked at, aborted and restarted.', spec: ['care.watchdog'] }),
  health_signal: extra(signal, { doc: 'The signal by which nsup health asks the process how it is.', spec: ['care.healthSignal'], defaultNote: { ini: 'USR1', yaml: 'USR1' } }),
  depends_on: extra(dependencies, {
    doc: 'Programs, groups or processes that come first: db=ready, migrate=completed, cache=started?, api=healthy; a bare name is started, a ? makes it not required. Stops go the other way.',
    sugar: dependenciesSugar, spec: ['care.dependsOn'],
  }),
  depends_restart: option(boolean, 'false', { doc: 'Restart when one of depends_on was restarted.', extra: true, restart: false, spec: ['care.dependsRestart'] }),
  wait_for: extra(addresses, { doc: 'What must answer before a start and is not run by nsup: tcp://host:port or unix:///path.', shape: 'list', spec: ['care.waitFor'] }),
}

const hookRows = {
  pre_start: hookRow('Runs before the process is spawned; when it fails, the start has failed.'),
  post_start: hookRow('Runs when the process is RUNNING.'),
  pre_stop: hookRow('Runs before the stop signal.'),
  post_stop: hookRow('Runs after the process was stopped.'),
  on_exit: hookRow('Runs after each end of the process, wanted or not.'),
  on_fatal: hookRow('Runs when the process is FATAL.'),
  on_unhealthy_hook: hookRow('Runs when the process is found not to be well, beside what on_unhealthy does.'),
}

const restartRows = {
  restart_delay: extra(span, { doc: 'From the end of a process that was RUNNING to its next start.', spec: ['care.restart'], defaultNote: { ini: '0', yaml: '0' } }),
  restart_backoff: extra(backoff, {
    doc: 'Delays that grow from failure to failure: initial=1s factor=2 max=1m jitter=10%, where what is left out is as here.',
    percent: true, sugar: pairsSugar(['initial', 'factor', 'max', 'jitter']), spec: ['care.restart'],
    defaultNote: { ini: '1s, 2s, 3s ... after failed starts, none after RUNNING', yaml: '1s, 2s, 3s ... after failed starts, none after RUNNING' },
  }),
  restart_reset: extra(time, { doc: 'After so long RUNNING the failures before are forgotten.', spec: ['care.restart'], defaultNote: { ini: '1m', yaml: '1m' } }),
  restart_limit: extra(restartLimit, { doc: 'More automatic restarts than that make it FATAL: 5 per 10m.', spec: ['care.restart'] }),
  restart_retry_after: extra(time, { doc: 'A FATAL process gets one more try after so long.', spec: ['care.restart'] }),
  no_restart_on: extra(endings, { doc: 'Exit codes and signals after which it is not restarted, whatever autorestart says: 78, SEGV.', shape: 'list', spec: ['care.restart'] }),
  restart_window: extra(timeWindow, { doc: 'No automatic restart outside these hours, in local time: 22:00-06:00.', spec: ['care.restart'] }),
}

const recycleRows = {
  max_memory: extra(memory, { doc: 'More memory than that in the process and its children is too much (proportional set size): 512MB.', spec: ['care.recycle'] }),
  memory_action: option(action, 'restart', { doc: 'What is done then: restart (gracefully, siblings one after another), signal NAME or none.', extra: true, restart: false, spec: ['care.recycle'] }),
  max_lifetime: extra(lifetime, { doc: 'After so long it is replaced gracefully, siblings one after another: 24h, or 24h ±10% spread at random.', percent: true, spec: ['care.recycle'] }),
}

const watchRows = {
  watch: extra(watched, {
    doc: 'Files and folders whose change restarts it gracefully, for development: src, config/*.json, lib/**/*.js; true is all of its directory. Relative to directory, or else to the folder of the config.',
    shape: 'list', spec: ['care.watch'],
  }),
  watch_ignore: extra(unwatched, {
    doc: 'What of that does not count: names, in every folder, and paths. Always left out: names that begin with a dot, node_modules, __pycache__, *.pyc, *.pid, *.log, backups of editors, and what nsup writes.',
    shape: 'list', spec: ['care.watch'],
  }),
  watch_delay: extra(span, { doc: 'How long nothing must have changed until the restart; at least 100ms.', spec: ['care.watch'], defaultNote: { ini: `${String(watchDelay)}ms`, yaml: `${String(watchDelay)}ms` } }),
}

const stopRows = {
  stop_sequence: extra(ladder, {
    doc: 'Signals with the time that each gives, in place of stopsignal and stopwaitsecs: TERM 30s, INT 10s, KILL.', sugar: listSugar, spec: ['care.stop'],
  }),
  stop_command: extra(commandLine, { doc: 'A command that is run in place of the first signal; it has stopwaitsecs to end the process.', sugar: commandSugar, spec: ['care.stop'] }),
  stop_extend_max: extra(span, { doc: 'How much more time in all a worker may ask for while it is being stopped ({"extend_s":20}).', spec: ['care.stop'], defaultNote: { ini: '0', yaml: '0' } }),
  busy_wait: extra(span, { doc: 'How long a restart, an update or a recycling waits for a worker that has said it is busy.', spec: ['care.stop'], defaultNote: { ini: '0', yaml: '0' } }),
  pre_stop_delay: extra(span, { doc: 'Between pre_stop and the first signal, so that a load balancer notices.', spec: ['care.stop'], defaultNote: { ini: '0', yaml: '0' } }),
}

const resourceRows = {
  limits: extra(limits, {
    doc: 'Resource limits as prlimit sets them: nofile=65536 core=unlimited as=1GB cpu=60s nproc=100; soft:hard sets both.', restart: true,
    sugar: pairsSugar(['as', 'core', 'cpu', 'data', 'fsize', 'locks', 'memlock', 'msgqueue', 'nice', 'nofile', 'nproc', 'rss', 'rtprio', 'sigpending', 'stack']), spec: ['care.resources'],
  }),
  nice: extra(integer(-20, 19), { doc: 'Scheduling priority, from -20 (first) to 19 (last); below 0 needs root.', restart: true, spec: ['care.resources'] }),
  ionice: extra(ionice, { doc: 'Priority on disks: idle, best-effort 0..7 or realtime 0..7.', restart: true, spec: ['care.resources'] }),
  oom_score_adj: extra(integer(-1000, 1000), { doc: 'How soon the kernel kills it when memory runs out: -1000 never, 1000 first.', restart: true, spec: ['care.resources'] }),
  cpu_affinity: extra(cpus, { doc: 'The CPUs that it may run on: 0-3,6.', restart: true, shape: 'list', spec: ['care.resources'] }),
  cgroup: extra(cgroup, {
    doc: 'Bounds of a control group of its own (version 2, where delegated): memory_max=512MB cpu_max=50% pids_max=100.', restart: true,
    percent: true, sugar: pairsSugar(['memory_max', 'cpu_max', 'pids_max']), spec: ['care.resources'],
  }),
}

export const careRows = { ...readyRows, ...hookRows, ...restartRows, ...recycleRows, ...jobRows, ...watchRows, ...stopRows, ...resourceRows }

export type CareValues = Values<typeof careRows>
