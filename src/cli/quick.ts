/**
 * What `start app.js --name api -- --port 3000` orders: which words mean a program that is in no config, what runs it,
 * and what it is called. Looks at files; asks no master.
 */
import { closeSync, openSync, readSync, statSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { basename, extname, join, resolve } from 'node:path'
import type { ParamsOf } from '../api/methods.ts'
import { processRows, programRows } from '../config/rows-program.ts'
import { quoteCommandWord, splitCommand } from '../config/words.ts'
import { CliError } from './clierror.ts'
import type { Context } from './command.ts'
import { interpreters, isExecutable, isFile, typescript } from './program-words.ts'

type Order = ParamsOf<'launch'>

/** The order for a word of the command line and the words behind `--`. Throws {@link CliError}. */
export function quickOrder(context: Context, word: string, args: readonly string[]): Order {
  const { options } = context
  const command = commandFor(context, word, args)
  return {
    name: options.name === undefined ? nameFor(word) : String(options.name),
    ...command,
    directory: folderFor(options.cwd === undefined ? '.' : String(options.cwd)),
    environment: (context.lists.env ?? []).map((pair) => withOwn(pair, context.env)),
    options: [...countOf(context), ...(options.user === undefined ? [] : [`user=${String(options.user)}`]), ...(context.lists.set ?? []).map(settled)],
  }
}

function commandFor(context: Context, word: string, args: readonly string[]): Pick<Order, 'command' | 'literal'> {
  const by = context.options.interpreter === undefined ? undefined : String(context.options.interpreter)
  const literal = (words: readonly string[]): Pick<Order, 'command' | 'literal'> => ({ command: [...words, ...args].map(quoteCommandWord).join(' '), literal: true })
  if (isFile(word)) return literal([...runnerFor(word, by, context.env), resolve(word)])
  if (/\s/.test(word)) {
    if (by !== undefined) throw new CliError(`--interpreter is for a file, and '${word}' is a whole command`, 2)
    // Its words are those of the option `command`, so that it may say %(process_num)d; what stands behind -- means itself.
    const behind = args.map((arg) => quoteCommandWord(arg).replaceAll('%', '%%'))
    return { command: [absoluteFirst(word), ...behind].join(' '), literal: false }
  }
  const found = by === undefined ? onPath(word, context.env) : undefined
  if (found === undefined) throw new CliError(`there is no file ${word} in this folder${by === undefined && !word.includes('/') ? ', and no command of that name on the PATH' : ''}`, 1)
  return literal([found])
}

/** What is put in front of a file. One that is executable and names its interpreter (`#!/bin/bash`, a venv) needs nothing. */
export function runnerFor(file: string, by: string | undefined, env: NodeJS.ProcessEnv): string[] {
  const extension = extname(file).toLowerCase()
  if (by !== undefined && by !== 'none') {
    const split = splitCommand(by)
    const [first = '', ...rest] = split.ok ? split.words : []
    const found = onPath(first, env)
    if (found === undefined) throw new CliError(`there is no interpreter ${by}`, 1)
    return [found, ...rest]
  }
  if (by === undefined && typescript.includes(extension)) return nodeForTypes(file)
  const name = by === undefined ? interpreters[extension] : undefined
  if (name === undefined || (name !== 'node' && isExecutable(file) && namesInterpreter(file))) {
    if (isExecutable(file)) return []
    throw new CliError(`${file} is not executable: chmod +x it, or say what runs it with --interpreter`, 1)
  }
  const found = onPath(name, env) ?? (name === 'node' ? process.execPath : undefined)
  if (found === undefined) throw new CliError(`there is no ${name} on the PATH to run ${file} (name another one with --interpreter)`, 1)
  return [found]
}

/** Node strips types by itself from 22.18 on, and from 22.6 when it is told to. */
function nodeForTypes(file: string): string[] {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number)
  if (major > 23 || (major === 23 && minor >= 6) || (major === 22 && minor >= 18)) return [process.execPath]
  if (major === 23 || (major === 22 && minor >= 6)) return [process.execPath, '--experimental-strip-types']
  throw new CliError(`node ${process.versions.node} cannot run ${file}: take node 22.6 or later, or name what can with --interpreter tsx`, 1)
}

/** A path in the first word of a command would be seen from the folder of the master. */
function absoluteFirst(command: string): string {
  const split = splitCommand(command)
  const first = split.ok ? split.words[0] : undefined
  if (first === undefined || first.startsWith('/') || !first.includes('/')) return command
  if (!command.startsWith(first)) throw new CliError(`write the path of ${first} without quotes, or absolute`, 2)
  return `${quoteCommandWord(resolve(first))}${command.slice(first.length)}`
}

/** After its file; of `php artisan queue:work`, after what the interpreter runs. */
function nameFor(word: string): string {
  const split = isFile(word) ? { ok: true as const, words: [word] } : splitCommand(word)
  const [first = 'program', second] = split.ok ? split.words : []
  const runs = /^(node|python[\d.]*|php[\d.]*|ruby|perl|sh|bash|npx)$/.test(basename(first)) && second !== undefined && !second.startsWith('-')
  const file = basename(runs ? second : first)
  return (file.slice(0, file.length - extname(file).length) || file).replace(/[^\w.-]+/g, '_')
}

function folderFor(folder: string): string {
  const path = resolve(folder)
  if (statSync(path, { throwIfNoEntry: false })?.isDirectory() !== true) throw new CliError(`--cwd: there is no folder ${path}`, 1)
  return path
}

function countOf({ options }: Context): string[] {
  const { numprocs, instances } = options
  if (numprocs !== undefined && instances !== undefined) throw new CliError('--numprocs and --instances say the same: give one of them', 2)
  const text = numprocs ?? instances
  if (text === undefined) return []
  const count = text === 'max' ? availableParallelism() : Number(text)
  if (!Number.isInteger(count) || count < 1) throw new CliError(`a number of processes is a whole number from 1 on, or max, not '${String(text)}'`, 2)
  return [`numprocs=${String(count)}`]
}

/** `KEY` alone is passed on. */
function withOwn(pair: string, env: NodeJS.ProcessEnv): string {
  if (pair.includes('=')) return pair
  const value = env[pair]
  if (value === undefined) throw new CliError(`--env ${pair}: there is no such variable here; write --env ${pair}=VALUE`, 2)
  return `${pair}=${value}`
}

/** A relative path is meant from this folder; in a config it would be from that of the master. */
function settled(pair: string): string {
  const at = pair.indexOf('=')
  if (at < 1) throw new CliError(`--set takes KEY=VALUE, not '${pair}'`, 2)
  const [key, value] = [pair.slice(0, at), pair.slice(at + 1)]
  const rows: Readonly<Record<string, { readonly place?: string }>> = { ...programRows, ...processRows }
  const isPath = key === 'env_file' || key === 'directory' || ['file', 'path', 'logfile'].includes((Object.hasOwn(rows, key) ? rows[key]?.place : undefined) ?? '')
  return isPath && !/^([/~%$]|(none|auto|syslog)$)/i.test(value) && value !== '' ? `${key}=${resolve(value)}` : pair
}

function namesInterpreter(file: string): boolean {
  const fd = openSync(file, 'r')
  try {
    const first = Buffer.alloc(2)
    return readSync(fd, first) === 2 && first.toString() === '#!'
  } finally {
    closeSync(fd)
  }
}

/** Where a command is; `undefined`: nowhere. */
export function onPath(command: string, env: NodeJS.ProcessEnv): string | undefined {
  if (command.includes('/')) return isExecutable(command) ? resolve(command) : undefined
  return (env['PATH'] ?? '').split(':').filter((folder) => folder !== '').map((folder) => join(resolve(folder), command)).find(isExecutable)
}
