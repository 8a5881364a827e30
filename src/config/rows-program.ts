/** The options of a program: those that are read once, and those that are read anew for each of its processes. */
import {
  autorestart, boolean, bytes, duration, exitcodes, integer, logTarget, octal, seconds, signal, text, word,
} from './kinds.ts'
import { defaultResultHandler, eventTypes, resultHandler } from './kinds-listener.ts'
import { socketAddress } from './kinds-socket.ts'
import { differing, option, optional, without } from './rows.ts'
import type { LogTarget } from './kinds.ts'
import type { Row, Values } from './rows.ts'

/** Read once per program; the number of the process is not known to them. */
export const programRows = {
  numprocs: option(integer(-1_000_000, 10_000), '1', {
    doc: 'How many processes run this program. 0 gives an empty group.', restart: false,
  }),
  numprocs_start: option(integer(), '0', { doc: 'The first process_num. `NSUP_INSTANCE` begins at 0 all the same.', spec: ['processNum', 'instance'] }),
  priority: option(integer(), '999', {
    doc: 'Lower starts first and stops last; equal ones go by name. May be negative.', restart: false, spec: ['priority'],
  }),
  autostart: option(boolean, 'true', {
    doc: 'Start when the group is first created: with the master, by add or by update.', restart: false, spec: ['autostart'],
  }),
  autorestart: option(autorestart, 'unexpected', {
    doc: 'What happens after it was RUNNING and exited: true restarts always, false never, unexpected when the code is not in exitcodes.',
    restart: false, spec: ['autorestart'],
  }),
  exitcodes: option(exitcodes, '0', {
    doc: 'Exit codes that are expected. Death by a signal never is.', restart: false, shape: 'list', spec: ['exitcodes'],
  }),
  startsecs: {
    ...option(duration, '1', {
      doc: 'How long it must stay up to count as RUNNING; 0: at once.', restart: false, spec: ['startsecs'],
    }), iniType: seconds,
  },
  startretries: option(integer(), '3', {
    doc: 'Failed starts that are tried again, after 1 s, 2 s, 3 s and so on, before it is FATAL.', restart: false, spec: ['startretries'],
  }),
  stopsignal: option(signal, 'TERM', { doc: 'The signal that asks it to stop.', restart: false, spec: ['stopsignal'] }),
  stopwaitsecs: {
    ...option(duration, '10', {
      doc: 'How long a stop may take before SIGKILL.', restart: false, spec: ['stopwait'],
    }), iniType: seconds,
  },
  stopasgroup: {
    ...optional(boolean, {
      doc: 'Send the stop signal to the whole process group. Implies killasgroup.', restart: false, spec: ['stopasgroup'],
      defaultNote: { ini: 'false', yaml: 'true, unless killasgroup is false' },
    }),
  },
  killasgroup: {
    ...optional(boolean, {
      doc: 'Send SIGKILL, where it comes to that, to the whole process group.', restart: false, spec: ['killasgroup'],
      defaultNote: { ini: 'the value of stopasgroup', yaml: 'true' },
    }),
  },
  kill_survivors: {
    ...optional(boolean, {
      doc: 'Kill what is left of the process group and session once the process itself is gone.', restart: false, extra: true,
      spec: ['killSurvivors'], defaultNote: { ini: 'false', yaml: 'the value of killasgroup' },
    }),
  },
  user: optional(word, {
    doc: 'User to run as, with all of the user\'s groups. Name or numeric id; needs a master that is root.', place: 'user', spec: ['user'],
  }),
  redirect_stderr: option(boolean, 'false', {
    doc: 'Send stderr where stdout goes; stderr_logfile is then ignored.', spec: ['redirectStderr'],
  }),
  umask: optional(octal, { doc: 'File mode mask of the process; inherited when not set.', spec: ['umask'] }),
  serverurl: optional(text, {
    doc: 'SUPERVISOR_SERVER_URL of the process. AUTO derives it from the configured servers.', spec: ['serverurl'],
    defaultNote: { ini: 'AUTO', yaml: 'AUTO' },
  }),
  strip_ansi: {
    ...optional(boolean, {
      doc: 'Remove ANSI escape sequences from the logs of this program.', extra: true,
      spec: ['stdout.stripAnsi', 'stderr.stripAnsi'], defaultNote: { ini: 'strip_ansi of [supervisord]', yaml: 'strip_ansi of supervisord' },
    }),
  },
  log_timestamp: option(boolean, 'false', {
    doc: 'Begin every line of the logs with the time.', extra: true, spec: ['stdout.timestamp', 'stderr.timestamp'],
  }),
  env_file: optional(text, {
    doc: 'Files of KEY=value lines that are added to the environment; environment wins over them. Relative to the folder of the config.',
    shape: 'list', extra: true, spec: ['environment'],
  }),
}

/** Read for each process, with %(process_num)s and the program's own environment at hand. */
export const processRows = {
  command: option(text, '', {
    doc: 'The command line, split by shell quoting, without a shell. YAML also takes a list of words.',
    required: true, shape: 'words', spec: ['command', 'argv', 'commandProblem'],
  }),
  process_name: differing(word, { ini: '%(program_name)s', yaml: '%(program_name)s' }, {
    doc: 'Name of each process; must contain %(process_num)... when numprocs is more than 1.', spec: ['name'],
    defaultNote: { ini: '%(program_name)s', yaml: '%(program_name)s, or %(program_name)s_%(process_num)02d when numprocs is more than 1' },
  }),
  environment: optional(text, {
    doc: 'Variables added to the environment: KEY=value,KEY2="value 2", or a mapping in YAML.', shape: 'map', secret: true,
    spec: ['environment'],
  }),
  directory: optional(text, { doc: 'Folder to change to before the command runs.', spec: ['directory'] }),
  ...streamRows('stdout'),
  ...streamRows('stderr'),
}

/** What an event listener has beside the options of a program. */
export const listenerRows = {
  events: option(eventTypes, 'EVENT', {
    doc: 'Types of events that it gets; a type stands for all below it, EVENT for everything.', required: true, shape: 'list', spec: ['listener'],
  }),
  buffer_size: option(integer(1, 100_000), '10', {
    doc: 'Events that may wait for the listeners of this section; one more drops the oldest.', spec: ['listener'],
  }),
  result_handler: option(resultHandler, defaultResultHandler, {
    doc: 'How results are judged. Only the default can be used: OK accepts an event, anything else has it sent again.', spec: ['listener'],
  }),
}

/** What a FastCGI program has beside the options of a program. */
export const socketRows = {
  socket: option(socketAddress, 'unix:///socket', {
    doc: 'Where it listens: unix:///path or tcp://host:port. Its processes get the socket as descriptor 0, and share it.',
    required: true, spec: ['socket'],
  }),
  socket_backlog: option(integer(1, 65535), '4096', {
    doc: 'Connections that may wait to be accepted; the kernel has a bound of its own.', spec: ['socket'],
  }),
  socket_owner: optional(word, {
    doc: 'Owner of a unix socket: user or user:group.', place: 'owner', spec: ['socket'],
    defaultNote: { ini: 'the value of user', yaml: 'the value of user' },
  }),
  socket_mode: optional(octal, {
    doc: 'Mode of a unix socket.', spec: ['socket'], defaultNote: { ini: '0700', yaml: '0700' },
  }),
}

/** The priority of a listener's group: first to start, last to stop. */
export const listenerPriority = '-1'

/** The rows of a process that are read by their type alone; the others have forms of their own. */
export const plainRows = without(processRows, 'command', 'process_name', 'environment')

export type ProgramValues = Values<typeof programRows>
export type StreamValues = Values<typeof plainRows>

interface StreamRows {
  readonly logfile: Row<LogTarget>
  readonly logfile_maxbytes: Row<number>
  readonly logfile_backups: Row<number>
  readonly logfile_compress: Row<boolean>
  readonly capture_maxbytes: Row<number>
  readonly events_enabled: Row<boolean>
  readonly syslog: Row<boolean>
}

function streamRows<C extends 'stdout' | 'stderr'>(channel: C): { readonly [K in keyof StreamRows as `${C}_${K}`]: StreamRows[K] } {
  const rows: StreamRows = {
    logfile: option(logTarget, 'AUTO', {
      doc: `Log of ${channel}: a path, AUTO, NONE, or syslog. /dev/stdout is the master's own.`, place: 'logfile',
      spec: [`${channel}.file`, `${channel}.auto`],
      defaultNote: { ini: 'AUTO (random name, removed at the next start)', yaml: 'AUTO (stable name, kept)' },
    }),
    logfile_maxbytes: option(bytes, '50MB', { doc: `Rotate the log of ${channel} at this size; 0: never.`, spec: [`${channel}.maxBytes`] }),
    logfile_backups: option(integer(0), '10', {
      doc: `Numbered backups of the log of ${channel}; 0: truncate in place.`, spec: [`${channel}.backups`],
    }),
    logfile_compress: option(boolean, 'false', {
      doc: `Compress the backups of the log of ${channel} by gzip.`, extra: true, spec: [`${channel}.compress`],
    }),
    capture_maxbytes: option(bytes, '0', {
      doc: `Bytes of ${channel} kept between the capture tokens, sent as an event; 0: off.`, spec: [`${channel}.captureMaxBytes`],
    }),
    events_enabled: option(boolean, 'false', { doc: `Send PROCESS_LOG events for ${channel}.`, spec: [`${channel}.events`] }),
    syslog: option(boolean, 'false', { doc: `Send the lines of ${channel} to syslog too.`, spec: [`${channel}.syslog`] }),
  }
  const named = Object.entries(rows).map(([key, row]) => [`${channel}_${key}`, row] as const)
  return Object.fromEntries(named) as { readonly [K in keyof StreamRows as `${C}_${K}`]: StreamRows[K] }
}
