/** nsupd's command line: supervisord's flags (section 1 of its contract). Knows nothing of what they do. */
import { parseArgs } from 'node:util'

/** Long name of each flag, its letter, and the [supervisord] option that its value overrides. */
const flags = {
  configuration: { short: 'c', type: 'string', about: 'FILE  the config file' },
  nodaemon: { short: 'n', type: 'boolean', about: 'run in the foreground' },
  silent: { short: 's', type: 'boolean', about: 'no log lines on stdout in the foreground' },
  help: { short: 'h', type: 'boolean', about: 'print this text' },
  version: { short: 'v', type: 'boolean', about: 'print the version' },
  user: { short: 'u', type: 'string', about: 'USER  run as this user' },
  umask: { short: 'm', type: 'string', about: 'OCTAL  umask of the daemon' },
  directory: { short: 'd', type: 'string', about: 'DIR  change to this folder as a daemon' },
  logfile: { short: 'l', type: 'string', about: 'FILE  the main log' },
  logfile_maxbytes: { short: 'y', type: 'string', about: 'SIZE  rotate the main log at this size' },
  logfile_backups: { short: 'z', type: 'string', about: 'N  backups of the main log' },
  loglevel: { short: 'e', type: 'string', about: 'LEVEL  critical error warn info debug trace blather' },
  pidfile: { short: 'j', type: 'string', about: 'FILE  where the pid is written' },
  identifier: { short: 'i', type: 'string', about: 'NAME  identifies this instance' },
  childlogdir: { short: 'q', type: 'string', about: 'DIR  where AUTO logs go' },
  nocleanup: { short: 'k', type: 'boolean', about: 'keep old AUTO logs' },
  minfds: { short: 'a', type: 'string', about: 'N  least number of file descriptors' },
  minprocs: { type: 'string', about: 'N  least number of processes' },
  strip_ansi: { short: 't', type: 'boolean', about: 'strip ANSI sequences from logs' },
} as const satisfies Record<string, { short?: string; type: 'string' | 'boolean'; about: string }>

type FlagName = keyof typeof flags

/** Flags that are no options of [supervisord]. */
const notOptions: readonly FlagName[] = ['configuration', 'help', 'version']

export interface Flags {
  readonly help: boolean
  readonly version: boolean
  readonly configuration: string | undefined
  /** Values by [supervisord] option; they win over the file, also after a reload. */
  readonly overrides: Readonly<Record<string, string>>
}

/** What is wrong with a command line, for a person. */
export class UsageError extends Error {}

/** Reads the arguments after the program's name. Throws {@link UsageError}. */
export function parseFlags(args: readonly string[]): Flags {
  const normal = args.map((arg) => (arg === '-?' ? '-h' : arg))
  const { tokens } = parseArgs({ args: normal, options: flags, strict: false, allowPositionals: true, tokens: true })
  const values = new Map<FlagName, string>()
  for (const token of tokens) {
    if (token.kind === 'positional') throw new UsageError(`positional arguments are not supported: ['${token.value}']`)
    if (token.kind !== 'option') continue
    const name = token.name
    if (!Object.hasOwn(flags, name)) throw new UsageError(`option ${token.rawName} not recognized`)
    const flag = name as FlagName
    if (values.has(flag)) throw new UsageError(`conflicting command line option '${token.rawName}'`)
    values.set(flag, valueOf(flag, token.rawName, token.value))
  }
  const overrides: Record<string, string> = {}
  for (const [name, value] of values) if (!notOptions.includes(name)) overrides[name] = value
  return { help: values.has('help'), version: values.has('version'), configuration: values.get('configuration'), overrides }
}

function valueOf(flag: FlagName, written: string, value: string | undefined): string {
  if (flags[flag].type === 'boolean') {
    if (value !== undefined) throw new UsageError(`option ${written} must not have an argument`)
    return 'true'
  }
  if (value === undefined) throw new UsageError(`option ${written} requires argument`)
  return value
}

/** The text of `nsupd -h`. */
export function usage(): string {
  const rows = Object.entries(flags).map(([name, flag]) => {
    const short = 'short' in flag ? `-${flag.short}, ` : '    '
    const [value = '', ...words] = flag.type === 'string' ? flag.about.split('  ') : ['', flag.about]
    return `  ${`${short}--${name}${value ? ` ${value}` : ''}`.padEnd(34)}${words.join(' ')}`
  })
  return `nsupd: the master of nsup, in supervisord's place\n\nUsage: nsupd [options]\n\n${rows.join('\n')}\n`
}
