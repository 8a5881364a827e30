/**
 * nsupd's command line: supervisord's flags, read as getopt(3) does (letters together, long names cut short, nothing
 * after a positional), with its words for what is wrong. Knows nothing of what the flags do.
 */

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
  const { options, positional } = splitArguments(args)
  if (positional.length > 0) throw new UsageError(`positional arguments are not supported: [${positional.map((one) => `'${one}'`).join(', ')}]`)
  const values = new Map<FlagName, string>()
  for (const { flag, written, value } of options) {
    if (values.has(flag)) throw new UsageError(`conflicting command line option '${written}'`)
    values.set(flag, value ?? 'true')
    if (flag === 'help' || flag === 'version') break // what comes after is not looked at
  }
  const overrides: Record<string, string> = {}
  for (const [name, value] of values) if (!notOptions.includes(name)) overrides[name] = value
  return { help: values.has('help'), version: values.has('version'), configuration: values.get('configuration'), overrides }
}

interface Given {
  readonly flag: FlagName
  /** `-e` or `--loglevel`. */
  readonly written: string
  readonly value: string | undefined
}

function splitArguments(args: readonly string[]): { readonly options: readonly Given[]; readonly positional: readonly string[] } {
  const options: Given[] = []
  const rest = [...args]
  for (let word = rest[0]; word !== undefined && word.startsWith('-') && word !== '-'; word = rest[0]) {
    rest.shift()
    if (word === '--') break
    if (word.startsWith('--')) options.push(readLong(word.slice(2), rest))
    else readLetters(word.slice(1), rest, options)
  }
  return { options, positional: rest }
}

/** `name`, `name=value`, or what begins only one name. */
function readLong(text: string, rest: string[]): Given {
  const [name = '', ...values] = text.split('=')
  const names = Object.keys(flags) as FlagName[]
  const found = names.filter((one) => one.startsWith(name))
  const flag = found.find((one) => one === name) ?? found[0]
  if (flag === undefined) throw new UsageError(`option --${name} not recognized`)
  if (found.length > 1 && flag !== name) throw new UsageError(`option --${name} not a unique prefix`)
  const written = `--${flag}`
  if (flags[flag].type === 'string') return { flag, written, value: values.length > 0 ? values.join('=') : following(written, rest) }
  if (values.length > 0) throw new UsageError(`option ${written} must not have an argument`)
  return { flag, written, value: undefined }
}

/** Letters up to the first that takes a value: what is left of the word, or the next one. */
function readLetters(text: string, rest: string[], options: Given[]): void {
  for (const [i, letter] of [...text].entries()) {
    const written = `-${letter}`
    const flag = letter === '?' ? 'help' : (Object.keys(flags) as FlagName[]).find((name) => 'short' in flags[name] && flags[name].short === letter)
    if (flag === undefined) throw new UsageError(`option ${written} not recognized`)
    if (flags[flag].type === 'string') {
      options.push({ flag, written, value: [...text].slice(i + 1).join('') || following(written, rest) })
      return
    }
    options.push({ flag, written, value: undefined })
  }
}

function following(written: string, rest: string[]): string {
  const value = rest.shift()
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
