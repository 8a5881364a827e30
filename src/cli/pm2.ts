/**
 * What who comes from PM2 types out of habit, and what to type here. These are words for hints: nothing of it is
 * understood, since `nsup start` and PM2's differ too much to pass one off as the other. Loaded when a word is not known.
 */

const commands: Readonly<Record<string, string>> = {
  list: 'nsup status', l: 'nsup status', jlist: 'nsup status --json', prettylist: 'nsup status --json', monit: 'nsup ps',
  del: 'nsup delete', show: 'nsup describe', info: 'nsup describe', id: 'nsup pid', log: 'nsup logs', flush: 'nsup clear all',
  dump: 'nsup save', resurrect: 'nsup start all', startup: 'nsup install-service', unstartup: 'nsup uninstall-service',
  sendSignal: 'nsup signal', ecosystem: 'nsup init', scale: 'nsup delete NAME, and nsup start with another -i',
}

/** By option of `start`; `lines` is what -n means elsewhere here. */
const ofStart: Readonly<Record<string, string>> = {
  lines: '--name NAME', n: '--name NAME', namespace: '--name NAME', uid: '--user NAME', 'node-args': '--interpreter "node ARGUMENTS"',
  watch: '--set watch=true', 'ignore-watch': '--set watch_ignore=NAME', 'max-memory-restart': '--set max_memory=200MB',
  'no-autorestart': '--set autorestart=false', 'max-restarts': '--set startretries=3', 'kill-timeout': '--set stopwaitsecs=10',
  'wait-ready': '--set ready=report', output: '--set stdout_logfile=FILE', o: '--set stdout_logfile=FILE', error: '--set stderr_logfile=FILE', e: '--set stderr_logfile=FILE',
  cron: '--set max_lifetime=24h, or --set schedule="0 3 * * *" for a job', 'cron-restart': '--set max_lifetime=24h, or --set schedule="0 3 * * *" for a job', 'no-daemon': 'nsup dev',
}

/** What a command of PM2 is here, or `undefined`. */
export function commandForPm2(word: string): string | undefined {
  return Object.hasOwn(commands, word) ? commands[word] : undefined
}

/** What an option of PM2's start is here, or `undefined`. */
export function startOptionForPm2(word: string): string | undefined {
  return Object.hasOwn(ofStart, word) ? ofStart[word] : undefined
}
