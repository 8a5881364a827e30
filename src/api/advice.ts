/**
 * What nsup advises: one table, from facts to a sentence about what is the matter and one about what to do. Pure. The
 * rows stand from what holds a process now, over how it failed, to what it wrote; every row that applies has its say.
 */
import type { ExitRecord, ProcessView } from '../core/model.ts'
import { endedRows, endOf } from './advice-ended.ts'
import { inboxRows } from './advice-inbox.ts'
import { cannotStart, failedToStay, seeLines, startRows } from './advice-start.ts'
import { isEscalation, signalBehind } from './exit-meaning.ts'
import * as words from './last-words.ts'

/** Who listens on a port. */
export interface PortHolder {
  readonly port: number
  /** 0: somebody whom this master may not look at. */
  readonly pid: number
  readonly name: string
  /** Its name here, if it is a process of this master. */
  readonly own?: string
}

export interface Facts {
  readonly view: ProcessView
  /** Epoch milliseconds. */
  readonly now: number
  /** Of the port that the process could not have. */
  readonly holder: PortHolder | null
  /** Its output is being dropped because a disk is full. */
  readonly dropping: boolean
}

export interface Advice {
  /** Name of the row. */
  readonly about: string
  readonly what: string
  readonly todo: string
}

type Says = Pick<Advice, 'what' | 'todo'> | null
type Row = (facts: Facts) => Says

/** A failure that is older means nothing for a process that has run since. Milliseconds. */
const recent = 3_600_000

/** All that may be said, in the order of the table. */
export function adviceFor(facts: Facts): Advice[] {
  const said = Object.entries(rows).flatMap(([about, row]) => {
    const says = row(facts)
    return says === null ? [] : [{ about, ...says }]
  })
  const particular = said.filter(({ about }) => !general.has(about))
  return particular.length > 0 ? particular : said
}

/** The last end that nobody had asked for, if it still matters. */
export function failedExit({ view, now }: Pick<Facts, 'view' | 'now'>): ExitRecord | null {
  const last = view.exits.at(-1)
  if (last === undefined || last.wanted || last.expected) return null
  return view.state === 'RUNNING' && now - last.endedAt > recent ? null : last
}

/** Heard only where nothing more particular is known. */
const general: ReadonlySet<string> = new Set(['quick-exit', 'gave-up', 'bad-exit', 'failing-start'])

const rows = {
  'dependency-missing': held(/^waiting for (.+), which is not there$/, (name, { view }) => ({
    what: `depends_on names ${name}, and nothing of that name runs here`,
    todo: `add ${name} to the config (nsup reread, nsup add), or take it out of depends_on of ${view.program}`,
  })),
  address: held(/^waiting for ((?:tcp|unix):\/\/\S+) \((.*)\)/, (address, { view }) => ({
    what: `it is ${view.hold ?? ''}`, todo: `start what listens on ${address}, which nsup does not run, or correct wait_for`,
  })),
  dependency: held(/^waiting for (?!tcp:|unix:)(\S+) (?:\(|to complete)/, (name, { view }) => ({
    what: `it is ${view.hold ?? ''}`, todo: `it starts by itself as soon as that holds; see: nsup why ${name}`,
  })),
  'restart-window': held(/restart_window/, (_, { view }) => ({
    what: 'it may be restarted by itself only within its restart_window', todo: `nsup start ${view.namespec} starts it now`,
  })),
  'restart-burst': held(/restart_burst/, () => ({
    what: 'too many processes want to be restarted at once, so they take turns', todo: 'nothing: its turn comes; look for what took so many down',
  })),
  'stops-later': held(/^stops after (\S+),/, name => ({ what: `${name} depends on it and is stopped first`, todo: `if that takes too long, see: nsup why ${name}` })),
  busy: held(/waits until job .* is done/, (_, { view }) => ({
    what: `it is to be replaced, and finishes its job (${view.job ?? 'done'}) first`, todo: `nothing: after busy_wait it is replaced anyway; nsup kill ${view.namespec} does not wait`,
  })),
  siblings: held(/^waiting until (\S+) is up again/, name => ({ what: `it is to be replaced, but not while ${name} is down too`, todo: `see: nsup why ${name}` })),

  unhealthy: ({ view }) => view.health !== 'unhealthy' ? null : {
    what: `its health check fails: ${view.ailment || 'it does not say why'}`, todo: `nsup logs ${view.namespec}; what follows of it is said by on_unhealthy`,
  },
  'not-ready': because(/not ready within/, ({ view }) => ({
    what: `it runs but did not become ready: ${causeOf(view)}`,
    todo: `see what it does meanwhile (nsup logs ${view.namespec}), ${view.spec.care?.ready?.by.kind === 'report' ? 'let it report {"ready":true} (ready: report)' : 'look at ready:'}, or give it a longer ready_timeout`,
  })),
  'getting-ready': ({ view }) => view.state !== 'STARTING' || !view.reason.startsWith('waits until it is ready') ? null : {
    what: `it runs and has not shown yet that it is ready (${view.spec.care?.ready?.by.kind ?? 'ready'})`, todo: 'nothing before ready_timeout; then the start counts as failed',
  },
  watchdog: because(/\(watchdog\)/, ({ view }) => ({
    what: `it gave no sign of life: ${causeOf(view)}`, todo: 'what it was doing is in its log; let it report {"watchdog":true} oftener, or raise watchdog',
  })),
  'crash-loop': because(/\(restart_limit\)/, ({ view }) => ({
    what: `it was given up: ${causeOf(view)}`, todo: `mend what makes it end, then nsup start ${view.namespec}`,
  })),
  'gave-up': ({ view }) => view.state !== 'FATAL' || !/gave up after/.test(view.reason) ? null : {
    what: `it did not stay up: ${view.reason}`, todo: `mend it, then nsup start ${view.namespec}; startretries (${String(view.spec.startretries)}) says how often it is tried`,
  },
  'tried-later': ({ view }) => view.state !== 'FATAL' || view.retryIn === null ? null : {
    what: 'it has been given up, but for one more try (restart_retry_after)', todo: `nsup start ${view.namespec} does not wait for it`,
  },

  'command-missing': spawnFailure(/can't find command/, () => 'check command, its spelling and PATH; a relative path is seen from the folder of the master'),
  'command-refused': spawnFailure(/is not executable|no permission to run|is a directory|couldn't exec .*EACCES/, () => 'chmod +x the file, or name its interpreter in command'),
  'interpreter-missing': spawnFailure(/couldn't exec .*ENOENT/, () => 'the first line of the file (#!) names an interpreter that is not there; windows line ends do that too'),
  directory: spawnFailure(/couldn't chdir/, view => `make the folder ${view.spec.directory ?? ''}, or let user enter it, or correct directory`),
  user: spawnFailure(/couldn't setuid/, view => `make the user ${view.spec.user ?? ''}, run the master as root, or leave out user`),
  resources: spawnFailure(/too many open files|Too many processes|EAGAIN|EMFILE|ENFILE|ENOMEM/, () => 'raise the limits of the machine or of the master (minfds, minprocs, ulimit -n, ulimit -u), or run fewer processes'),
  'pre-start': spawnFailure(/pre_start/, () => 'run the command of pre_start by hand, as the same user; without its success nothing is started'),

  'exit-127': exitCode(127, view => ({
    what: 'exit code 127: a shell found no such command', todo: `a word in the command or in its script is missing on the PATH: ${view.spec.command}`,
  })),
  'exit-126': exitCode(126, view => ({
    what: 'exit code 126: what it runs is there, but not executable', todo: `chmod +x it, or look at its first line and at a noexec mount: ${view.spec.command}`,
  })),
  oom: facts => failedExit(facts)?.oom !== true ? null : {
    what: 'the kernel killed it: no memory was left (OOM killer)', todo: 'give the machine or its cgroup more memory, mend the leak, or set max_memory so that it is restarted in time',
  },
  escalated: ({ view }) => {
    const last = view.exits.at(-1)
    if (last === undefined || !isEscalation(last, view.spec) || view.state === 'RUNNING') return null
    return { what: `nsup killed it: ${view.spec.stopsignal} had not ended it in time`, todo: `let it end on ${view.spec.stopsignal}, or raise stopwaitsecs (${String(view.spec.stopwait / 1000)} s)` }
  },
  killed: endedBy('SIGKILL', facts => failedExit(facts)?.oom === true ? null : {
    what: 'it got a SIGKILL that nsup has not sent for a stop', todo: 'somebody used kill -9 or nsup kill, or the kernel was out of memory: dmesg -T | grep -i kill',
  }),
  crashed: facts => {
    const last = failedExit(facts)
    const signal = last === null ? null : signalBehind(last)
    if (signal !== 'SIGSEGV' && signal !== 'SIGBUS' && signal !== 'SIGILL' && signal !== 'SIGFPE') return null
    return { what: `it crashed (${signal}): a mistake in native code`, todo: 'a core dump shows where (coredumpctl, limits: core); update or rebuild native modules for this machine' }
  },
  aborted: endedBy('SIGABRT', ({ view }) => ({
    what: 'it aborted itself (SIGABRT): an assertion, or a runtime out of memory', todo: `its last lines say more: nsup logs ${view.namespec}`,
  })),
  terminated: endedBy('SIGTERM', () => ({
    what: 'somebody else sent it SIGTERM: it was not nsup', todo: 'look for a kill in scripts, cron jobs and a second supervisor of the same program',
  })),
  'exit-unknown': facts => failedExit(facts)?.status.kind !== 'unknown' ? null : {
    what: 'how it ended cannot be known: it was not a child of this master', todo: 'nothing: that is the price of outliving a master; its log may tell',
  },

  'port-taken': spoken(words.addressInUse, ({ name }, { holder }) => holder === null
    ? { what: `the address that it listens on is taken${name === '' ? '' : ` (port ${name})`}`, todo: 'nobody listens on it now: it may come up at the next try; otherwise give it another port' }
    : { what: `port ${String(holder.port)} is taken by ${whoIs(holder)}`, todo: `stop ${holder.pid === 0 ? 'that' : `it (${holder.own === undefined ? `kill ${String(holder.pid)}` : `nsup stop ${holder.own}`})`}, or give this program another port` }),
  library: spoken(words.missingLibrary, ({ name }) => ({
    what: `a shared library is missing: ${name}`, todo: 'install the package that has it (apt-file search, dnf provides), or add its folder to LD_LIBRARY_PATH in environment',
  })),
  module: spoken(words.missingModule, ({ name }, { view }) => words.isOwnFile(name, view.spec.command) ? {
    what: `the file that it runs is not there: ${name}`,
    todo: `correct command, or directory, which relative names are in (${view.spec.directory ?? 'not set: where the master was started'}); %(here)s is the folder of the config`,
  } : ({
    what: `a module is missing: ${name}`, todo: `install it (npm ci, pip install) where the program runs: ${view.spec.directory ?? 'directory is not set'}`,
  })),
  'php-parse': spoken(words.phpParseError, ({ name }) => ({ what: `PHP cannot read the program: ${name}`, todo: 'correct the file; php -l FILE checks it' })),
  permission: spoken(words.permissionDenied, ({ line, name }, { view }) => ({
    what: `it was not permitted: ${line}`, todo: `let ${view.spec.user ?? 'the user of the master'} have access${name === '' ? '' : ` to ${name}`}; ports below 1024 need root or CAP_NET_BIND_SERVICE`,
  })),
  'disk-full': spoken(words.diskFull, ({ line }) => ({ what: `a disk is full: ${line}`, todo: 'make room (df -h shows where); it comes up by itself at its next try' })),
  'log-dropped': ({ view, dropping }) => !dropping ? null : {
    what: 'its output is being dropped: the disk of its log is full', todo: `make room (df -h ${view.stdoutLogfile ?? ''}); nothing has to be restarted`,
  },

  'done-too-soon': facts => {
    const last = facts.view.exits.at(-1)
    if (!failedToStay(facts.view) || last?.status.kind !== 'code' || last.status.code !== 0) return null
    const startsecs = String(facts.view.spec.startsecs / 1000)
    return { what: `it did its work and ended with code 0, but a start counts only after ${startsecs} s (startsecs)`, todo: 'for a program that ends: startsecs 0 and autorestart false; a daemon must stay in the foreground' }
  },
  'quick-exit': facts => !failedToStay(facts.view) || facts.view.exits.length === 0 ? null : {
    what: `it ended ${endOf(facts.view)} before it had been up for ${String(facts.view.spec.startsecs / 1000)} s (startsecs)`, todo: seeLines(facts.view, `nsup tail ${facts.view.namespec} stderr`),
  },
  'bad-exit': facts => failedExit(facts) === null || failedToStay(facts.view) ? null : {
    what: `it ended ${endOf(facts.view)}, which is none of exitcodes (${facts.view.spec.exitcodes.join(', ')})`, todo: seeLines(facts.view, `nsup logs ${facts.view.namespec}`),
  },

  'not-started': ({ view }) => view.state !== 'STOPPED' || view.startedAt !== 0 || view.want === 'up' ? null : {
    what: view.spec.autostart ? 'it has not been started' : 'it is not started by itself: autostart is off', todo: `nsup start ${view.namespec}`,
  },
  stopped: ({ view }) => view.state !== 'STOPPED' || view.startedAt === 0 || view.want === 'up' ? null : {
    what: `it was stopped by ${view.stopRequestedBy ?? view.wantedBy}`, todo: `nsup start ${view.namespec} starts it again`,
  },
  ...startRows,
  ...endedRows,
  ...inboxRows,
  uncontrolled: ({ view }) => view.state !== 'UNKNOWN' ? null : {
    what: `it cannot be signalled: ${view.reason}`, todo: 'the master may not signal the user that it runs as; run the master as root or end it by hand',
  },
} satisfies Readonly<Record<string, Row>>

/** Names of the rows, so that a test can see that it has met each. */
export const adviceNames: readonly string[] = Object.keys(rows)

function held(pattern: RegExp, says: (name: string, facts: Facts) => Says): Row {
  return facts => {
    const match = pattern.exec(facts.view.hold ?? '')
    return match === null ? null : says(match[1] ?? '', facts)
  }
}

/** Why it is where it is: of a start that has failed, the failure. */
function causeOf({ reason, spawnError }: ProcessView): string {
  return reason || spawnError
}

function because(pattern: RegExp, says: (facts: Facts) => Says): Row {
  return facts => facts.view.state !== 'RUNNING' && pattern.test(causeOf(facts.view)) ? says(facts) : null
}

function spawnFailure(pattern: RegExp, todo: (view: ProcessView) => string): Row {
  return ({ view }) => {
    return cannotStart(view) && pattern.test(view.spawnError) ? { what: `it could not be started: ${view.spawnError}`, todo: todo(view) } : null
  }
}

function exitCode(code: number, says: (view: ProcessView) => Says): Row {
  return facts => {
    const status = failedExit(facts)?.status
    return status?.kind === 'code' && status.code === code ? says(facts.view) : null
  }
}

function endedBy(signal: NonNullable<ReturnType<typeof signalBehind>>, says: (facts: Facts) => Says): Row {
  return facts => {
    const last = failedExit(facts)
    return last !== null && signalBehind(last) === signal ? says(facts) : null
  }
}

function spoken(read: (lines: readonly string[]) => words.Word | null, says: (word: words.Word, facts: Facts) => Says): Row {
  return facts => {
    const word = read(failedExit(facts)?.lastLines ?? [])
    return word === null ? null : says(word, facts)
  }
}

function whoIs({ pid, name }: PortHolder): string {
  return pid === 0 ? 'a process that this master may not look at' : `${name} (pid ${String(pid)})`
}
