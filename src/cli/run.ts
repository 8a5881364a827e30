/**
 * From argv to an exit code: parses, loads the code of one command, runs it, and says in one sentence what went
 * wrong. Everything outside is handed in, so that tests run whole command lines without a process.
 */
import { AuthenticationError } from '../api/client.ts'
import type { Client, ConnectOptions, Endpoint } from '../api/client.ts'
import type { Command, Context, Run, ShellHooks, Style } from './command.ts'
import { findConfig } from '../config/find.ts'
import { commands, findCommand } from './commands.ts'
import { explainWithLook } from './failure.ts'
import type { CliError } from './clierror.ts'
import { silent } from './output.ts'
import type { Output } from './output.ts'
import { faultRow } from '../lib/fault.ts'
import { parse } from './parse.ts'
import type { OptionValues } from './options.ts'
import type { Parsed, Unparsed } from './parse.ts'
import { resolveServer } from './server.ts'
import type { Server } from './server.ts'

/** What a command line needs of the world around it. */
export interface World {
  readonly out: Output
  readonly err: Output
  readonly env: NodeJS.ProcessEnv
  /** Who is at the keyboard, for `stopped by`. */
  readonly user: () => string
  readonly connect: (endpoint: Endpoint, options: ConnectOptions) => Client
  /** Calls back at Ctrl-C; from then on it no longer ends the process by itself. */
  readonly onInterrupt: (listener: () => void) => void
  /** Lines of standard input, until its end or the abort. */
  readonly input: (signal: AbortSignal) => AsyncIterable<string>
  /** The raw ends of the terminal or the pipes. */
  readonly terminal: Context['terminal']
  /** The shell that the command was typed into; it also wants to see refused credentials. */
  readonly ask?: ShellHooks['ask']
}

/** Runs one command line; resolves with the exit code. Rejects only in the shell, for what the shell asked to see. */
export async function run(argv: readonly string[], world: World): Promise<number> {
  return runParsed(parse(argv, findCommand), world)
}

/** The same for a command line that has been parsed already. */
export async function runParsed(parsed: Parsed | Unparsed, world: World): Promise<number> {
  if (parsed.kind !== 'command') return refuse(parsed, world)
  if (parsed.options.help) return help(parsed.command, world)
  if (parsed.options.version) return printVersion(world)
  const refused = checkWords(parsed)
  if (refused !== undefined) {
    world.out.line(`Error: ${refused.sentence}`)
    await help(parsed.command, world)
    const meant = (await import('./pm2.ts')).otherwiseForPm2(parsed.command.name)
    if (meant !== undefined) world.err.line(`from PM2? here it is: ${meant}`)
    return refused.exit
  }
  let server: Server | undefined
  let late = false
  const context = contextOf(parsed, world, (found) => (server = found), () => (late = true))
  try {
    const loaded: { readonly run: Run } = await parsed.command.load()
    const code = await loaded.run(context)
    return late ? faultRow('TIMEOUT').exit : code
  } catch (error) {
    if (world.ask !== undefined && error instanceof AuthenticationError) throw error
    return report(error, await explainWithLook(error, parsed.command, server), world)
  }
}

/** `onLate`: what goes on until Ctrl-C has come to the end of its `--timeout`. */
function contextOf(parsed: Parsed, world: World, onServer: (server: Server) => void, onLate: () => void): Context {
  const { out, err, env } = world
  let client: Client | undefined
  const server = async (): Promise<Server> => {
    const found = await resolveServer(parsed.options, env)
    onServer(found)
    return found
  }
  const newClient = async (): Promise<Client> => {
    const { endpoint, credentials } = await server()
    return world.connect(endpoint, {
      ...(credentials ? { credentials } : {}),
      get by() {
        return `cli ${world.user()}` // looked up only for what changes something
      },
    })
  }
  return {
    command: parsed.command,
    commands,
    words: parsed.words,
    behindDashes: parsed.behindDashes,
    options: parsed.options,
    lists: parsed.lists,
    style: styleOf(parsed, out, env),
    timeout: parsed.timeout,
    out: parsed.options.quiet ? silent(out) : out,
    err,
    env,
    server,
    input: world.input,
    terminal: world.terminal,
    onInterrupt: world.onInterrupt,
    ...(world.ask ? { ask: world.ask } : {}),
    again: (argv, hooks) => run(argv, { ...world, ...hooks }),
    connect: async () => (client ??= await newClient()),
    reconnect: async () => (client = await newClient()),
    interruptible() {
      const controller = new AbortController()
      world.onInterrupt(() => controller.abort())
      if (parsed.timeout !== undefined) setTimeout(() => {
        onLate()
        controller.abort()
      }, parsed.timeout).unref()
      return controller.signal
    },
  }
}

function styleOf(parsed: Parsed, out: Output, env: NodeJS.ProcessEnv): Style {
  if (parsed.options.json) return 'json'
  return parsed.options.plain || !out.isTTY || env['TERM'] === 'dumb' ? 'plain' : 'terminal'
}

function checkWords({ command, words, options }: Parsed): { readonly sentence: string; readonly exit: number } | undefined {
  if (command.noWords && words.length > 0) return { sentence: `${command.name} accepts no arguments`, exit: 1 }
  if (command.needs && words.length === 0 && !options.follow) return command.needs
  return undefined
}

async function refuse(parsed: Unparsed, world: World): Promise<number> {
  switch (parsed.kind) {
    case 'none':
      if (parsed.options.version) return printVersion(world)
      return parsed.options.help || !hasShell(parsed.options, world.env) ? help(undefined, world) : shell(parsed.options, world)
    case 'bad-option': {
      const { command, word } = parsed
      if (command?.options?.includes('lines') && word?.length === 1) { // a tail, which has numbers for options
        world.out.line(`Error: bad argument -${word}`)
        return 1
      }
      world.err.line(`nsup: ${parsed.sentence}`)
      const known = command !== undefined && word !== undefined ? (await import('./pm2.ts')).optionForPm2(command.name, word) : undefined
      if (known !== undefined) world.err.line(`from PM2? here it is: ${known}`)
      else await hint(word, [...(await optionWords(command))], '--', world)
      world.err.line(`see: nsup help${parsed.command ? ` ${parsed.command.name}` : ''}`)
      return 2
    }
    case 'unknown-command': {
      world.out.line(`*** Unknown syntax: ${parsed.line}`)
      const known = (await import('./pm2.ts')).commandForPm2(parsed.word)
      if (known !== undefined) world.err.line(`from PM2? here it is: ${known}`)
      else await hint(parsed.word, commands.filter((command) => !command.hidden).map((command) => command.name), '', world)
      return 1
    }
  }
}

/** Without a command it is the shell, as with supervisorctl; who has no config yet is better served by the help. */
function hasShell(given: OptionValues, env: NodeJS.ProcessEnv): boolean {
  const named = given.interactive ?? given.serverurl ?? given.configuration
  return named !== undefined || findConfig(undefined, env) !== undefined
}

function shell(given: OptionValues, world: World): Promise<number> {
  const command = commands.find(({ name }) => name === '__shell')
  if (command === undefined) throw new Error('the shell is declared in commands.ts')
  return runParsed({ kind: 'command', command, words: [], behindDashes: null, options: given, lists: {}, timeout: undefined }, world)
}

async function optionWords(command: Command | undefined): Promise<readonly string[]> {
  const { commonOptions, optionNames } = await import('./options.ts')
  return command === undefined ? optionNames() : [...commonOptions, ...(command.options ?? [])]
}

async function hint(word: string | undefined, candidates: readonly string[], dashes: string, world: World): Promise<void> {
  if (word === undefined || word.length < 2) return
  const { suggest } = await import('../lib/suggest.ts')
  const found = suggest(word, candidates)
  if (found !== undefined && found !== word) world.err.line(`did you mean ${dashes}${found}?`)
}

async function help(command: Command | undefined, world: World): Promise<number> {
  const { commandHelp, overview } = await import('./usage.ts')
  const { columns } = world.out
  const inShell = world.ask !== undefined
  world.out.line(command === undefined ? await overview(commands, columns) : await commandHelp(command, columns, inShell))
  return 0
}

async function printVersion(world: World): Promise<number> {
  const { version } = await import('../lib/version.ts')
  world.out.line(version)
  return 0
}

function report(error: unknown, explained: CliError, world: World): number {
  const output = explained.channel === 'stdout' ? world.out : world.err
  output.line(explained.channel === 'stdout' ? explained.message : `nsup: ${explained.message}`)
  if (world.env['NSUP_DEBUG'] && error instanceof Error) world.err.line(error.stack ?? error.message)
  return explained.exit
}
