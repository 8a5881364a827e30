/**
 * Every option of the command line, declared once: the parser, the help and the completion scripts read these rows.
 * Which command takes which is said in commands.ts. No behaviour here.
 */

/** One option. `value` is the name of its value in help texts; without it the option is a flag. */
export interface OptionRow {
  readonly short?: string
  readonly value?: string
  /** What the value is, for completion. */
  readonly complete?: 'file' | 'none'
  /** It may be given several times, and all count; of others the last does. */
  readonly many?: true
  readonly doc: string
}

export const options = {
  configuration: { short: 'c', value: 'FILE', complete: 'file', doc: 'the config whose master is meant' },
  serverurl: { short: 's', value: 'URL', doc: 'ask the server at this unix:// or http:// address instead' },
  username: { short: 'u', value: 'NAME', doc: 'user name for the server' },
  password: { short: 'p', value: 'PASSWORD', doc: 'password for the server' },
  json: { doc: 'print JSON' },
  plain: { doc: "print supervisorctl's lines, also on a terminal" },
  quiet: { short: 'q', doc: 'print errors only' },
  timeout: { value: 'TIME', doc: 'give up when it is not done after so long: 30 (seconds), 500ms, 2m; the exit code is then 124' },
  help: { short: 'h', doc: 'show help' },
  version: { short: 'v', doc: 'show the version of this command' },
  interactive: { short: 'i', doc: 'open the shell; with a command: ask before a shutdown or reload' },
  'history-file': { short: 'r', value: 'FILE', complete: 'file', doc: "keep the shell's history in this file" },
  follow: { short: 'f', doc: 'go on showing what is written, until Ctrl-C' },
  lines: { short: 'n', value: 'LINES', doc: 'begin with the last LINES lines' },
  type: { value: 'GLOB', doc: 'only events whose type matches, for example process.*, or PROCESS_STATE_EXITED' },
  wait: { doc: 'wait on through failed tries, until it is ready or given up; exit code 124 when --timeout is over' },
  for: { value: 'CONDITION', doc: 'ready (which is what it is without this), healthy, stopped or exited' },
  as: { value: 'KIND', doc: 'json or text: what DATA is, whatever it looks like' },
  all: { doc: 'all that NAME means, not one of them' },
  ttl: { value: 'TIME', doc: 'the row expires after so long: 30s, 5m, 1h' },
  since: { value: 'TIME', doc: 'look back so far: 30m, 24h (which it is without this), 7d' },
  'keep-workers': { doc: 'end the master only; the next one adopts the workers' },
  force: { doc: 'overwrite the file' },
  check: { doc: 'report only, write nothing' },
  output: { short: 'o', value: 'FILE', complete: 'file', doc: 'write to this file' },
  user: { value: 'NAME', doc: 'run it as this user' },
  name: { value: 'NAME', doc: 'what the program is called; without it, after its file' },
  numprocs: { value: 'N', doc: 'so many processes of it' },
  instances: { value: 'N', doc: 'the same as --numprocs; also -i N; max: one for each processor' },
  cwd: { value: 'DIR', complete: 'file', doc: 'its working directory; without it, this folder' },
  env: { value: 'KEY=VALUE', many: true, doc: 'a variable of its environment; KEY alone passes on yours; may be given again' },
  interpreter: { value: 'COMMAND', doc: 'run the file by this; none: run it as it is' },
  set: { value: 'KEY=VALUE', many: true, doc: 'any other option of the config; may be given again' },
  yes: { short: 'y', doc: 'do not ask' },
  only: { value: 'NAMES', doc: 'run only these programs, groups or processes: web,db' },
  watch: { doc: 'restart every program when files in its directory change' },
  print: { doc: 'print it, change nothing' },
} as const satisfies Record<string, OptionRow>

export type OptionName = keyof typeof options

/** Values of the options that were given: `true` for flags. */
export type OptionValues = Readonly<Partial<Record<OptionName, string | true>>>

/** All values of the options that may be given several times. */
export type OptionLists = Readonly<Partial<Record<OptionName, readonly string[]>>>

/** The options that every command takes. */
export const commonOptions: readonly OptionName[] = [
  'configuration', 'serverurl', 'username', 'password', 'json', 'plain', 'quiet', 'timeout', 'help', 'version',
  'interactive', 'history-file',
]

/** Those of the common ones that concern the shell; commands take them because supervisorctl's do. */
export const shellOptions: readonly OptionName[] = ['interactive', 'history-file']

/** The row of an option. */
export function optionRow(name: OptionName): OptionRow {
  return options[name]
}

/** Names of all options. */
export function optionNames(): OptionName[] {
  return Object.keys(options) as OptionName[]
}

/** The options that one command line hands on to another: which server, how results are shown. */
export function inherited(given: OptionValues): Partial<Record<OptionName, string | true>> {
  const own: readonly OptionName[] = ['help', 'version', ...shellOptions]
  const handed = commonOptions.filter((name) => given[name] !== undefined && !own.includes(name))
  return Object.fromEntries(handed.map((name) => [name, given[name]]))
}

/** Options as words of a command line. */
export function asWords(given: OptionValues): string[] {
  return Object.entries(given).map(([name, value]) => (value === true ? `--${name}` : `--${name}=${value}`))
}
