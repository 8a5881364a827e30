/** `migrate [CONFIG] [--check] [-o FILE] [--force]`: from a supervisord config to programs.yaml, and what to know of it. */
import { chmodSync, existsSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join, resolve } from 'node:path'
import { formatProblem, formatProblems, sortProblems } from '../../config/check.ts'
import type { Config } from '../../config/config.ts'
import { searchPaths } from '../../config/find.ts'
import { instanceOf } from '../../config/instance.ts'
import { loadConfig } from '../../config/load.ts'
import type { Loaded, LoadOptions } from '../../config/load.ts'
import { formatOf } from '../../config/source.ts'
import { CliError } from '../clierror.ts'
import type { Context } from '../command.ts'
import { differences } from '../migrate/compare.ts'
import { judge, switchCommands } from '../migrate/report.ts'
import type { Findings } from '../migrate/report.ts'
import { plural } from '../humane.ts'
import { configOf, installedVersion, pidIn, runningAt } from '../migrate/running.ts'
import type { RunningSupervisor } from '../migrate/running.ts'
import { translate } from '../migrate/translate.ts'
import { printJson } from '../outcomes.ts'
import { isEcosystem } from '../program-words.ts'
import { paint } from '../output.ts'
import { schemaFor } from '../schemafile.ts'
import { readUrl } from '../server.ts'

export async function run(context: Context): Promise<number> {
  const from = await findSource(context)
  const to = targetOf(context)
  const options = { env: context.env, cwd: process.cwd(), logDir: instanceOf(from, context.env).logDir }
  const { config, problems } = loadConfig(from, options)
  if (config === null) throw new CliError(`${from} cannot be migrated, nor would supervisord take it:\n${formatProblems(problems)}`, 1)
  const { text, left, sections } = translate(from, to, options, schemaFor(to))
  const running = await runningOf(config)
  const pid = running?.pid ?? (config.master.pidfile === null ? undefined : pidIn(config.master.pidfile))
  const supervisor = { pid, version: running?.version ?? installedVersion(context.env) }
  const findings = judge({ config, problems, sections, left, unequal: verify(from, config, options), version: supervisor.version })
  if (!context.options.check) write(to, text, config, context.options.force === true)
  const served = config.servers.length > 0
  const { pidfile } = config.master
  const commands = switchCommands({ from, to, pid, pidfile, served, service: serviceOf(), systemd: existsSync('/run/systemd/system') })
  if (context.style === 'json') {
    const { over, back } = commands
    printJson(context, { from, to: context.options.check ? null : to, ...findings, commands: over, back, supervisord: { pid: pid ?? null, version: supervisor.version ?? null } })
  } else {
    print(context, { from, to, config, findings, supervisor, commands })
  }
  return findings.lost.length > 0 ? 1 : 0
}

/** The config that is named, that of the supervisord at `-s`, or the first one at supervisord's usual places. */
async function findSource(context: Context): Promise<string> {
  const { words, options } = context
  if (words.length > 1) throw new CliError('migrate takes one config', 1)
  const named = words[0] ?? options.configuration
  if (named !== undefined) return checked(resolve(String(named)))
  if (options.serverurl !== undefined) return checked(await configAt(String(options.serverurl), context))
  const usual = searchPaths.filter((path) => formatOf(path) === 'ini')
  const found = usual.find((path) => existsSync(path))
  if (found === undefined) throw new CliError(`no supervisord config found; looked for ${usual.join(', ')} (name it: nsup migrate FILE)`, 1)
  return checked(resolve(found))
}

async function configAt(url: string, { options }: Context): Promise<string> {
  const credentials = options.username === undefined ? null : { username: String(options.username), password: String(options.password ?? '') }
  const running = await runningAt(readUrl(url), credentials)
  if (running === undefined) throw new CliError(`no supervisord answers at ${url}`, 1)
  const file = configOf(running.pid)
  if (file === undefined) throw new CliError(`the config of the supervisord with pid ${running.pid} cannot be found; name it: nsup migrate FILE`, 1)
  return file
}

function checked(file: string): string {
  if (isEcosystem(file)) throw new CliError(`${file} is a list of PM2's: nsup start ${basename(file)} makes programs of it, then nsup save writes programs.yaml`, 1)
  if (formatOf(file) === 'yaml') throw new CliError(`${file} is YAML already`, 1)
  return file
}

function targetOf({ options }: Context): string {
  const file = resolve(String(options.output ?? 'programs.yaml'))
  if (formatOf(file) !== 'yaml') throw new CliError(`${file} would not be read as YAML; end its name in .yaml`, 1)
  return file
}

/** Reads the YAML back, from a folder that nobody else sees, and compares what both resolve to. */
function verify(from: string, config: Config, options: LoadOptions): string[] {
  const folder = mkdtempSync(join(tmpdir(), 'nsup-migrate-'))
  try {
    const file = join(folder, 'programs.yaml')
    writeFileSync(file, translate(from, file, options).text, { mode: 0o600 })
    const again: Loaded = loadConfig(file, options)
    if (again.config !== null) return differences(config, again.config)
    return again.problems.filter(({ severity }) => severity === 'error').map(({ message }) => `(${message})`)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

/** As secret as the most secret file that it was made of. */
function write(to: string, text: string, config: Config, force: boolean): void {
  const mode = config.files.reduce((least, file) => least & statSync(file).mode, 0o666) | 0o600
  try {
    writeFileSync(to, text, { flag: force ? 'w' : 'wx', mode })
    if (force) chmodSync(to, mode) // a file that was there before keeps its own
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException
    throw new CliError(code === 'EEXIST' ? `${to} is already there (overwrite it with --force)` : `cannot write ${to}: ${message}`, 1)
  }
}

/** The supervisord that runs on this config now, found by the servers that it names. */
async function runningOf({ servers }: Config): Promise<RunningSupervisor | undefined> {
  for (const server of servers) {
    const endpoint = server.kind === 'unix' ? { socketPath: server.path } : { host: server.host || '127.0.0.1', port: server.port }
    const running = await runningAt(endpoint, server.credentials)
    if (running !== undefined) return running
  }
  return undefined
}

/** The unit that starts supervisord at boot, as the packages name it. */
function serviceOf(): string | undefined {
  const folders = ['/etc/systemd/system', '/lib/systemd/system', '/usr/lib/systemd/system']
  if (!existsSync('/run/systemd/system')) return undefined
  return ['supervisor', 'supervisord'].find((name) => folders.some((folder) => existsSync(join(folder, `${name}.service`))))
}

interface Report {
  readonly from: string
  readonly to: string
  readonly config: Config
  readonly findings: Findings
  readonly supervisor: { readonly pid: number | undefined; readonly version: string | undefined }
  readonly commands: ReturnType<typeof switchCommands>
}

function print({ out, options }: Context, report: Report): void {
  const { from, to, config, findings, supervisor: { pid, version }, commands } = report
  const section = (title: string, lines: readonly string[]): void => {
    if (lines.length > 0) out.line([paint(out, 'bold', title), ...lines.map((line) => `  ${line}`)].join('\n'))
  }
  const processes = config.groups.reduce((sum, group) => sum + group.processes.length, 0)
  out.line(`${from}: ${plural(config.groups.length, 'group')}, ${plural(processes, 'process', 'processes')}, ${plural(config.files.length, 'file')}`)
  const name = version === undefined ? 'supervisord' : `supervisord ${version}`
  out.line(pid === undefined ? `no supervisord is known to run on it${version === undefined ? '' : `; ${version} is installed`}` : `${name} runs with pid ${pid}`)
  section('does not carry over:', findings.lost)
  section('differs:', findings.differs)
  section('in the config, ignored by supervisord and nsup or worth a look:', sortProblems(findings.problems).map(formatProblem))
  if (options.check) return
  out.line(`wrote ${to}`)
  section('to switch over:', commands.over)
  section('and back:', commands.back)
}
