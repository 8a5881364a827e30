/** The options of everything but programs: groups, includes, the master, its servers and the client. */
import { boolean, bytes, inetAddress, integer, logFormat, loglevel, names, octal, text, url, word } from './kinds.ts'
import { alerts } from './kinds-alerts.ts'
import { orNone, span } from './kinds-care.ts'
import { alertsSugar } from './sugar.ts'
import { differing, option, optional } from './rows.ts'

export const groupRows = {
  programs: option(names, '', { doc: 'The programs that make the group; they lose their own.', required: true, shape: 'list', restart: false }),
  priority: option(integer(), '999', { doc: 'Order of the group among the groups.', restart: false }),
}

export const includeRows = {
  files: option(text, '', {
    doc: 'Patterns of files to read too (* ? [..]), relative to the folder of the main file; each is read by its own extension.',
    required: true, shape: 'list', restart: false,
  }),
}

export const supervisordRows = {
  logfile: {
    ...optional(word, {
      doc: 'The master\'s own log; syslog sends it to syslog.', place: 'logfile',
      defaultNote: { ini: 'supervisord.log', yaml: 'nsupd.log in the log folder of the instance' },
    }),
  },
  logfile_maxbytes: option(bytes, '50MB', { doc: 'Rotate the master\'s log at this size; 0: never.' }),
  logfile_backups: option(integer(0), '10', { doc: 'Numbered backups of the master\'s log; 0: none.' }),
  log_format: differing(logFormat, { ini: 'text', yaml: 'json' }, { doc: 'Lines of the master\'s log: JSON, or supervisord\'s text.', extra: true }),
  loglevel: option(loglevel, 'info', { doc: 'The least important messages that are logged.' }),
  pidfile: {
    ...optional(word, {
      doc: 'File that holds the master\'s pid.', place: 'file', defaultNote: { ini: 'supervisord.pid', yaml: 'none' },
    }),
  },
  nodaemon: option(boolean, 'false', { doc: 'Stay in the foreground.' }),
  silent: option(boolean, 'false', { doc: 'In the foreground: do not repeat the log on stdout.' }),
  umask: option(octal, '022', { doc: 'File mode mask of the master, when it runs in the background.' }),
  directory: optional(word, { doc: 'Folder to change to, when it runs in the background.', place: 'directory' }),
  user: optional(word, { doc: 'User that the master becomes when it is started by root.', place: 'user' }),
  identifier: option(word, 'supervisor', { doc: 'Name of this master in log names, events and answers.' }),
  childlogdir: {
    ...optional(word, {
      doc: 'Folder of AUTO logs.', place: 'directory',
      defaultNote: { ini: 'the folder for temporary files', yaml: 'the log folder of the instance' },
    }),
  },
  nocleanup: option(boolean, 'false', { doc: 'Keep old AUTO logs at the start.' }),
  minfds: option(integer(0), '1024', { doc: 'Open files that the master must be allowed; raised where it may. Workers get this soft limit, or the one that the master was started with where that is more.' }),
  minprocs: option(integer(0), '200', { doc: 'Processes that the master must be allowed; raised where it may.' }),
  strip_ansi: option(boolean, 'false', { doc: 'Remove ANSI escape sequences from the logs of all programs.' }),
  environment: optional(text, { doc: 'Variables added to the environment of every program.', shape: 'map', secret: true }),
  env_file: optional(text, {
    doc: 'Files of KEY=value lines added to the environment of every program; environment wins over them.', shape: 'list', extra: true,
  }),
  restart_burst: differing(integer(0, 100_000), { ini: '0', yaml: '20' }, {
    doc: 'Automatic restarts a second over all programs, by priority, so that many that fail together do not come back together; 0: no limit.', extra: true,
  }),
  shutdown_timeout: optional(orNone(span), {
    doc: 'How long a shutdown may take until what still runs gets SIGKILL; 0: as long as it takes.', extra: true,
    defaultNote: { ini: '30s above the longest stop', yaml: '30s above the longest stop' },
  }),
  force_quit: option(boolean, 'true', {
    doc: 'Do not wait for ever for what not even SIGKILL ends (a process in a system call that hangs): leave it, and say whom.', extra: true,
  }),
  force_delay: option(span, '10s', { doc: 'How long after the SIGKILL of a shutdown force_quit leaves.', extra: true }),
  notify: optional(orNone(alerts), {
    doc: 'Alerts: each says of what (fatal, crash_loop, unhealthy, oom, disk_full) and tells a webhook or runs a command; template is the text, with %(process)s, %(reason)s and their like, or the whole JSON. INI: one a line.',
    sugar: alertsSugar, secret: true, discreet: true, extra: true,
  }),
}

const credentialRows = {
  username: optional(text, { doc: 'Name that a client must give; needs password.' }),
  password: optional(text, { doc: 'Clear text, or {SHA} and the hex SHA-1 of it; needs username.', secret: true }),
}

export const unixRows = {
  file: option(word, '/', { doc: 'Path of the socket.', required: true, place: 'path' }),
  chmod: option(octal, '0700', { doc: 'Mode of the socket.' }),
  chown: optional(word, { doc: 'Owner of the socket: user or user:group.', place: 'owner' }),
  ...credentialRows,
}

export const inetRows = {
  port: option(inetAddress, '9001', { doc: 'PORT, HOST:PORT or *:PORT. Beyond loopback only with username and password.', required: true }),
  ...credentialRows,
  health_open: option(boolean, 'false', {
    doc: 'Answer GET /health and GET /ready without user name and password, for load balancers and Kubernetes; /ready then names programs and states, no reasons.', extra: true,
  }),
}

export const supervisorctlRows = {
  serverurl: option(url, 'http://localhost:9001', { doc: 'Where the client finds the master: unix:///path or http://host:port.' }),
  username: credentialRows.username,
  password: optional(text, { doc: 'Clear text; needs username.', secret: true }),
  prompt: option(text, 'supervisor', { doc: 'Prompt of the client\'s shell.' }),
  history_file: optional(word, { doc: 'File that keeps the history of the client\'s shell.', place: 'file' }),
}
