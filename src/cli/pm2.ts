/**
 * What who comes from PM2 types out of habit, and what to type here. These are words for hints: nothing of it is
 * understood, since `nsup start` and PM2's differ too much to pass one off as the other. Loaded when a word is not known.
 */

const commands: Readonly<Record<string, string>> = {
  list: 'nsup status', l: 'nsup status', jlist: 'nsup status --json', prettylist: 'nsup status --json', monit: 'nsup ps',
  del: 'nsup delete', show: 'nsup describe', info: 'nsup describe', id: 'nsup pid', log: 'nsup logs', flush: 'nsup clear all',
  dump: 'nsup save', resurrect: 'nsup start all', startup: 'nsup install-service', unstartup: 'nsup uninstall-service',
  sendSignal: 'nsup signal', ecosystem: 'nsup init', scale: 'nsup delete NAME, and nsup start with another -i',
  gracefulReload: 'nsup restart', startOrRestart: 'nsup start FILE', startOrReload: 'nsup start FILE', startOrGracefulReload: 'nsup start FILE', env: 'nsup describe', attach: 'nsup fg', ping: 'nsup pid',
  report: 'nsup describe all', reloadLogs: 'nothing is to be done: the master rotates its log files; kill -USR2 makes it reopen them',
}

/** Commands that are called as in PM2 and mean something else: what is meant, where they are refused. */
const otherwise: Readonly<Record<string, string>> = {
  reload: 'nsup restart NAME; nsup reload stops all and starts anew', kill: 'nsup shutdown ends the master and all workers; nsup kill NAME is SIGKILL', init: 'nsup init without a word',
}

/** By option of `start`; `lines` is what -n means elsewhere here. */
const ofStart: Readonly<Record<string, string>> = {
  lines: '--name NAME', n: '--name NAME', namespace: '--name NAME', uid: '--user NAME', 'node-args': '--interpreter "node ARGUMENTS"',
  watch: '--set watch=true', 'ignore-watch': '--set watch_ignore=NAME', 'max-memory-restart': '--set max_memory=200MB',
  'no-autorestart': '--set autorestart=false, or --set type=oneshot for what ends by itself', 'max-restarts': '--set startretries=3', 'kill-timeout': '--set stopwaitsecs=10',
  'wait-ready': '--set ready=report --interpreter "node --import nsup/preload"', output: '--set stdout_logfile=FILE', o: '--set stdout_logfile=FILE', error: '--set stderr_logfile=FILE', e: '--set stderr_logfile=FILE',
  cron: '--set max_lifetime=24h, or --set schedule="0 3 * * *" for a job', 'cron-restart': '--set max_lifetime=24h, or --set schedule="0 3 * * *" for a job', 'no-daemon': 'nsup dev',
  'restart-delay': '--set restart_backoff="initial=3s factor=1"', 'exp-backoff-restart-delay': '--set restart_backoff="initial=100ms factor=2 max=15s"', time: '--set log_timestamp=true',
  log: '--set stdout_logfile=FILE --set redirect_stderr=true', l: '--set stdout_logfile=FILE --set redirect_stderr=true', f: '--name NAME, another one each time', force: '--name NAME, another one each time',
  attach: 'nsup logs -f NAME afterwards', only: 'nsup start NAME', 'merge-logs': '--set stdout_logfile=FILE, one for all processes',
}

const ofLogs: Readonly<Record<string, string>> = { err: 'nsup tail NAME stderr', out: 'nsup tail NAME', nostream: 'nsup logs; only -f goes on', raw: 'nsup tail -f NAME' }

/** A running program keeps the environment that it was given. */
const ofRestart: Readonly<Record<string, string>> = { 'update-env': 'nsup delete NAME, then nsup start FILE --name NAME --env KEY' }

const ofOthers: Readonly<Record<string, Readonly<Record<string, string>>>> = { start: ofStart, logs: ofLogs, restart: ofRestart }

/** What a command of PM2 is here, or `undefined`. */
export function commandForPm2(word: string): string | undefined {
  return Object.hasOwn(commands, word) ? commands[word] : undefined
}

/** What a command that is refused as it was called does in PM2, and here, or `undefined`. */
export function otherwiseForPm2(name: string): string | undefined {
  return Object.hasOwn(otherwise, name) ? otherwise[name] : undefined
}

/** What an option of one of PM2's commands is here, or `undefined`. */
export function optionForPm2(command: string, word: string): string | undefined {
  const known = Object.hasOwn(ofOthers, command) ? ofOthers[command] : undefined
  return known !== undefined && Object.hasOwn(known, word) ? known[word] : undefined
}
