/**
 * What the config says about one process, checked and expanded: plain data that can be written to a file,
 * compared and hashed. The config room makes it; the core reads only what decides a process's life; the rest
 * (command, environment, log files) is for the room that spawns.
 */
import type { SignalName } from '../lib/signals.ts'
import type { CareSpec } from './care.ts'

/** Where one output stream of a process goes. `bytes` are bytes; `0` switches the feature off. */
export interface LogSpec {
  /** A path; `null` for NONE; `auto` until the master has named the file. `/dev/stdout` and its like are paths. */
  readonly file: string | null
  /** True when `file` was AUTO: named by the master (INI: at random and removed at the next start; YAML: stable and kept). */
  readonly auto: boolean
  /** Rotate when the file has reached this many bytes; 0: never. */
  readonly maxBytes: number
  /** Numbered backups to keep; 0: truncate in place. */
  readonly backups: number
  /** Capture mode: bytes kept between the capture tokens; 0: off. */
  readonly captureMaxBytes: number
  /** Emit PROCESS_LOG events. */
  readonly events: boolean
  /** Lines also go to syslog. */
  readonly syslog: boolean
  /** Gzip backups. */
  readonly compress: boolean
  /** Prefix every line with the time. */
  readonly timestamp: boolean
  /** Remove ANSI escape sequences. */
  readonly stripAnsi: boolean
}

/** What makes an event listener of a program. */
export interface ListenerSpec {
  /** Types of supervisord's events, as in its contract: `TICK_5`, `PROCESS_STATE`, ... */
  readonly events: readonly string[]
  /** Events that may wait for a listener of this pool. */
  readonly bufferSize: number
}

/** The listening socket that the processes of a FastCGI program share, as descriptor 0. */
export type SocketSpec =
  | {
      readonly kind: 'unix'
      /** Absolute. */
      readonly path: string
      /** `user`, `user:group`, or `user:` for the primary group of the user; `null`, and without a colon the group: the master's. */
      readonly owner: string | null
      readonly mode: number
      /** Connections that may wait to be accepted. */
      readonly backlog: number
    }
  | { readonly kind: 'tcp'; readonly host: string; readonly port: number; readonly backlog: number }

export type Autorestart = 'always' | 'never' | 'unexpected'

/** One process of a program. Durations are milliseconds. */
export interface ProcessSpec {
  readonly group: string
  /** Expanded `process_name`. */
  readonly name: string
  /** Name of the section it comes from. */
  readonly program: string
  readonly processNum: number
  /** Which of the program's processes it is, from 0; without it `processNum`, which begins at `numprocs_start`. */
  readonly instance?: number
  /** The command as written (expanded), for people. */
  readonly command: string
  /** The command split into words; empty when it could not be, see `commandProblem`. */
  readonly argv: readonly string[]
  /** Why `command` could not be split (`can't parse command ...`, `command is empty`); a spawn error, not a config error. */
  readonly commandProblem: string | null
  readonly priority: number
  readonly autostart: boolean
  readonly autorestart: Autorestart
  readonly exitcodes: readonly number[]
  readonly startsecs: number
  readonly startretries: number
  readonly stopsignal: SignalName
  /** From the stop signal to SIGKILL. */
  readonly stopwait: number
  readonly stopasgroup: boolean
  readonly killasgroup: boolean
  /** Kill what is left of the process's group and session once its leader is gone (YAML's default; INI: never). */
  readonly killSurvivors: boolean
  /** User name or numeric id, as given; `null`: the master's. */
  readonly user: string | null
  readonly redirectStderr: boolean
  readonly stdout: LogSpec
  readonly stderr: LogSpec
  /** `environment=` of [supervisord] and of the program, later wins; secrets: never shown. */
  readonly environment: Readonly<Record<string, string>>
  readonly directory: string | null
  readonly umask: number | null
  /** Replaces SUPERVISOR_SERVER_URL; `null`: derived. */
  readonly serverurl: string | null
  /** Only for event listeners; the same for all processes of their group, which is their pool. */
  readonly listener?: ListenerSpec
  /** Only for FastCGI programs; the same for all processes of one. They have no stdin. */
  readonly socket?: SocketSpec
  /** What supervisord has no words for. */
  readonly care?: CareSpec
}

/** A group as the config describes it. */
export interface GroupSpec {
  readonly name: string
  readonly priority: number
  readonly processes: readonly ProcessSpec[]
}

/** `group:name`, or `name` when both are the same. */
export function namespec(group: string, name: string): string {
  return group === name ? name : `${group}:${name}`
}

/** The address of a socket as it is written in a config; two sockets with one address are one. */
export function socketUrl(socket: SocketSpec): string {
  return socket.kind === 'unix' ? `unix://${socket.path}` : `tcp://${socket.host}:${String(socket.port)}`
}
