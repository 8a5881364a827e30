/**
 * What a list of PM2's (`ecosystem.config.js`, also as JSON or YAML) orders here: a program for each of its apps, and a
 * sentence for what has no counterpart. Runs the file, as PM2 does; asks no master.
 */
import { readFileSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { basename, dirname, extname, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { parse as parseYaml } from 'yaml'
import type { ParamsOf } from '../api/methods.ts'
import { quoteCommandWord, splitCommand } from '../config/words.ts'
import { CliError } from './clierror.ts'
import type { Context } from './command.ts'
import { isFile } from './program-words.ts'
import { onPath, runnerFor } from './quick.ts'

type Order = ParamsOf<'launch'>
type App = Readonly<Record<string, unknown>>

/** The orders for the apps of a file. Throws {@link CliError}. */
export async function ecosystemOrders(context: Context, file: string): Promise<{ readonly orders: readonly Order[]; readonly notes: readonly string[] }> {
  const wishes = (context.lists.env ?? []).filter((pair) => !pair.includes('='))
  const extra = (context.lists.env ?? []).filter((pair) => pair.includes('='))
  const apps = await appsIn(file)
  const stranger = wishes.find((wish) => !apps.some((app) => isObject(app[`env_${wish}`])))
  if (stranger !== undefined) throw new CliError(`--env ${stranger}: no app in ${file} has an env_${stranger}`, 2)
  const notes: string[] = []
  const orders = apps.map((app) => orderOf(app, { file: resolve(file), wishes, extra, env: context.env, notes }))
  return { orders, notes }
}

async function appsIn(file: string): Promise<readonly App[]> {
  const held = await contentOf(file).catch((error: unknown) => {
    throw new CliError(`${file} cannot be read: ${error instanceof Error ? error.message : String(error)}`, 1)
  })
  const apps: unknown = isObject(held) && 'apps' in held ? held['apps'] : held
  const list: readonly unknown[] = Array.isArray(apps) ? apps : [apps]
  const good = list.filter((app): app is App => isObject(app) && typeof app['script'] === 'string')
  if (good.length === 0 || good.length < list.length) throw new CliError(`${file} is no list of PM2's: each of its apps needs a script`, 1)
  return good
}

async function contentOf(file: string): Promise<unknown> {
  if (/\.(json|ya?ml)$/.test(file)) return parseYaml(readFileSync(file, 'utf8'))
  const module = await import(pathToFileURL(resolve(file)).href) as { readonly default?: unknown }
  return module.default ?? module
}

interface Place {
  readonly file: string
  readonly wishes: readonly string[]
  readonly extra: readonly string[]
  readonly env: NodeJS.ProcessEnv
  readonly notes: string[]
}

function orderOf(app: App, { file, wishes, extra, env, notes }: Place): Order {
  const directory = resolve(dirname(file), textOf(app['cwd']) ?? '.')
  const script = String(app['script'])
  const name = (textOf(app['name']) ?? basename(script, extname(script))).replace(/[^\w.-]+/g, '_')
  const words = commandOf(app, directory, env)
  const environment = [app['env'], ...wishes.map((wish) => app[`env_${wish}`])].filter(isObject)
    .flatMap((one) => Object.entries(one)).map(([key, value]) => `${key}=${isObject(value) ? JSON.stringify(value) : String(value)}`)
  const options = optionsOf(app, directory)
  if (options.some((option) => option.startsWith('numprocs=')) && (textOf(app['exec_mode']) ?? 'cluster').startsWith('cluster')) {
    notes.push(`${name}: there is no cluster mode: each process needs a port of its own, as by NSUP_INSTANCE, or only the first one comes up`)
  }
  const left = Object.keys(app).filter((key) => !understood.has(key) && !key.startsWith('env') && app[key] !== false && app[key] !== null)
  if (app['cron_restart'] !== undefined && app['autorestart'] !== false) left.push('cron_restart (max_lifetime replaces a service now and then)')
  if (left.length > 0) notes.push(`${name}: left out, since it is not here or goes another way: ${left.join(', ')}`)
  return { name, command: words.map(quoteCommandWord).join(' '), literal: true, directory, environment: [...environment, ...extra], options }
}

function commandOf(app: App, directory: string, env: NodeJS.ProcessEnv): string[] {
  const script = String(app['script'])
  const file = resolve(directory, script)
  const args = wordsOf(app['args'])
  if (!isFile(file)) {
    const [first = script, ...rest] = wordsOf(script)
    const found = first.includes('/') ? resolve(directory, first) : onPath(first, env)
    if (found === undefined) throw new CliError(`there is no file ${file}, and no command ${first} on the PATH`, 1)
    return [found, ...rest, ...args]
  }
  const forNode = wordsOf(app['node_args'] ?? app['interpreter_args'])
  const by = textOf(app['interpreter'] ?? app['exec_interpreter']) ?? (forNode.length > 0 ? onPath('node', env) ?? process.execPath : undefined)
  return [...runnerFor(file, by === undefined ? undefined : [by, ...forNode.map(quoteCommandWord)].join(' '), env), file, ...args]
}

/** Options of PM2 that one of ours says, and what it is then. PM2 stops with INT, and starts again whatever has ended. */
function optionsOf(app: App, directory: string): string[] {
  const options: string[] = []
  const set = (key: string, name: string, as: (value: unknown) => string): void => {
    const value = app[name]
    if (value !== undefined && value !== null && value !== false) options.push(`${key}=${as(value)}`)
  }
  const count = countOf(app['instances'])
  const log = (value: unknown): string => {
    if (/^(\/dev\/null|null)$/i.test(String(value))) return 'NONE'
    const path = resolve(directory, String(value)).replaceAll('%', '%%')
    const isOne = count === 1 || app['merge_logs'] === true || app['combine_logs'] === true
    return isOne ? path : path.replace(/(\.\w+)?$/, '-%(process_num)d$1')
  }
  if (count > 1) options.push(`numprocs=${String(count)}`)
  options.push('stopsignal=INT')
  if (app['autorestart'] !== false) options.push('autorestart=true')
  else if (typeof app['cron_restart'] === 'string') options.push(`schedule=${app['cron_restart']}`)
  else options.push('autorestart=false', 'startsecs=0')
  if (app['autorestart'] !== false) set('startsecs', 'min_uptime', duration)
  set('startretries', 'max_restarts', String)
  set('stopwaitsecs', 'kill_timeout', duration)
  set('restart_backoff', 'restart_delay', (value) => `initial=${duration(value)} factor=1 max=${duration(value)}`)
  set('restart_backoff', 'exp_backoff_restart_delay', (value) => `initial=${duration(value)} factor=1.5 max=15s`)
  set('max_memory', 'max_memory_restart', (value) => String(value).replace(/(\d)\s*([KMG])B?$/i, '$1$2B'))
  set('watch', 'watch', list)
  set('watch_ignore', 'ignore_watch', list)
  set('watch_delay', 'watch_delay', duration)
  for (const [key, names] of Object.entries({ stdout_logfile: ['out_file', 'output'], stderr_logfile: ['error_file', 'error', 'err_file'] })) {
    const name = names.find((one) => app[one] !== undefined)
    if (name !== undefined) set(key, name, log)
  }
  if (app['time'] === true || app['log_date_format'] !== undefined) options.push('log_timestamp=true')
  set('user', app['user'] === undefined ? 'uid' : 'user', String)
  return options
}

/** What is said above, and what makes no difference here. */
const understood: ReadonlySet<string> = new Set([
  ...['name', 'script', 'args', 'cwd', 'interpreter', 'exec_interpreter', 'node_args', 'interpreter_args', 'instances', 'exec_mode', 'autorestart', 'cron_restart'],
  ...['min_uptime', 'max_restarts', 'kill_timeout', 'restart_delay', 'exp_backoff_restart_delay', 'max_memory_restart', 'watch', 'ignore_watch', 'watch_delay'],
  ...['out_file', 'output', 'error_file', 'error', 'err_file', 'time', 'log_date_format', 'user', 'uid'],
  ...['namespace', 'merge_logs', 'combine_logs', 'vizion', 'pmx', 'automation', 'treekill', 'source_map_support', 'windowsHide', 'force'],
])

function countOf(instances: unknown): number {
  if (instances === undefined || instances === null) return 1
  const count = instances === 'max' ? 0 : Number(instances)
  return count > 0 ? count : Math.max(1, availableParallelism() + count)
}

/** PM2's numbers are milliseconds. */
function duration(value: unknown): string {
  return /^\d+$/.test(String(value)) ? `${String(value)}ms` : String(value)
}

function list(value: unknown): string {
  return Array.isArray(value) ? value.join(',') : String(value)
}

function wordsOf(value: unknown): string[] {
  if (Array.isArray(value)) return value.map(String)
  const split = splitCommand(textOf(value) ?? '')
  return split.ok ? [...split.words] : (textOf(value) ?? '').split(/\s+/)
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'number' || (typeof value === 'string' && value !== '') ? String(value) : undefined
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
