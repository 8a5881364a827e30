/** The checked config: what `load` returns when the text holds. Plain data, secrets included: never print it whole. */
import type { GroupSpec } from '../core/spec.ts'
import type { TableSpec } from '../core/table-spec.ts'

/** One thing found in a config. Line and column count from 1. */
export interface Problem {
  readonly severity: 'error' | 'warning'
  readonly file: string
  readonly line: number
  readonly column: number
  /** What is wrong and why, one sentence. */
  readonly message: string
  /** What to write instead. */
  readonly hint?: string
}

export interface Credentials {
  readonly username: string
  /** Clear text, or `{SHA}` and the hex SHA-1 of it. */
  readonly password: string
}

/** A server that the config asks for. */
export type ServerSpec =
  | {
      readonly kind: 'unix'
      readonly section: string
      readonly path: string
      readonly chmod: number
      /** `user` or `user:group`. */
      readonly chown: string | null
      readonly credentials: Credentials | null
    }
  | {
      readonly kind: 'inet'
      readonly section: string
      /** Empty: all interfaces. */
      readonly host: string
      readonly port: number
      readonly credentials: Credentials | null
      /** `/health` and `/ready` are for everybody. */
      readonly healthOpen: boolean
    }

export type LogLevel = 'critical' | 'error' | 'warn' | 'info' | 'debug' | 'trace' | 'blather'

/** What an alert may tell of. */
export type AlertEvent = 'fatal' | 'crash_loop' | 'unhealthy' | 'oom' | 'disk_full'

/** Whom the master tells of what. Secrets included: the URL, and the words of the command. */
export interface AlertSpec {
  readonly on: readonly AlertEvent[]
  readonly to: { readonly kind: 'webhook'; readonly url: string } | { readonly kind: 'exec'; readonly command: string; readonly argv: readonly string[] }
  /** The text that is sent; `null`: the standard one. */
  readonly template: string | null
}

/** [supervisord]: the master's own options. Sizes are bytes. */
export interface MasterSpec {
  /** `null`: none; `syslog`: by logger. */
  readonly logfile: string | null
  readonly logfileMaxBytes: number
  readonly logfileBackups: number
  readonly logfileFormat: 'json' | 'text'
  readonly loglevel: LogLevel
  readonly pidfile: string | null
  readonly nodaemon: boolean
  readonly silent: boolean
  readonly umask: number
  readonly directory: string | null
  readonly user: string | null
  readonly identifier: string
  readonly childlogdir: string
  readonly nocleanup: boolean
  readonly minfds: number
  readonly minprocs: number
  readonly stripAnsi: boolean
  readonly environment: Readonly<Record<string, string>>
  /** Automatic restarts a second over all programs; `null`: no limit. */
  readonly restartBurst: number | null
  /** How long a shutdown may take until SIGKILL, milliseconds. `auto`: 30 s above the longest stop; `null`: no limit. */
  readonly shutdownTimeout: number | 'auto' | null
  /** Leave what SIGKILL has not ended within `forceDelay` milliseconds after that. */
  readonly forceQuit: boolean
  readonly forceDelay: number
  readonly alerts: readonly AlertSpec[]
}

/** [supervisorctl]. */
export interface ClientSpec {
  readonly serverurl: string
  readonly credentials: Credentials | null
  readonly prompt: string
  readonly historyFile: string | null
}

export interface Config {
  /** Absolute path of the main file. */
  readonly file: string
  readonly format: 'ini' | 'yaml'
  /** Every file that was read, the main one first. */
  readonly files: readonly string[]
  readonly master: MasterSpec
  readonly servers: readonly ServerSpec[]
  readonly client: ClientSpec | null
  readonly groups: readonly GroupSpec[]
  readonly tables: readonly TableSpec[]
}
