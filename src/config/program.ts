/** Makes the processes of one program section: what is read once, then each process with its number. */
import { join } from 'node:path'
import { buildCare } from './care.ts'
import { readEnvFiles, readEnvironment } from './environment.ts'
import { jobLife } from './job.ts'
import { name as nameKind } from './kinds.ts'
import { expandScalar, findOption, optionTitle, readRows, readValue } from './read.ts'
import { logSpecs, warnAboutLogs } from './program-logs.ts'
import { errorAt, problemAt } from './raw.ts'
import { plainRows, processRows, programRows } from './rows-program.ts'
import { quoteCommandWord, shellWord, splitCommand } from './words.ts'
import type { ProcessSpec } from '../core/spec.ts'
import type { Variables } from './environment.ts'
import type { Context } from './context.ts'
import type { Names } from './expand.ts'
import type { MasterSpec } from './config.ts'
import type { Source } from './read.ts'
import type { ProgramValues } from './rows-program.ts'
import { quoted } from '../lib/quoted.ts'

/** Everything that is the same for all processes of a program. */
interface Program {
  readonly source: Source
  readonly name: string
  readonly group: string
  readonly values: ProgramValues
  readonly names: Names
  readonly fileVariables: Variables
  readonly master: MasterSpec
  readonly context: Context
}

/** The processes of a program as members of `group`, with the priority of the program. */
export function buildProgram(
  source: Source, name: string, group: string, master: MasterSpec, context: Context,
): { priority: number; processes: ProcessSpec[] } {
  const plain = { here: context.here, program_name: name, group_name: group, host_node_name: context.hostName }
  const names: Names = { plain, env: [context.env, master.environment] }
  const values = readRows(programRows, source, names, context)
  const fileVariables = {
    ...readEnvFiles(source.defaults, names, context),
    ...readEnvFiles(source.section, names, context),
  }
  const program: Program = { source, name, group, values, names, fileVariables, master, context }
  // Of a program whose processes would have one name, one shows what else is wrong.
  const length = nameTellsApart(program) ? Math.max(0, values.numprocs) : 1
  const processes = Array.from({ length }, (_, index) => buildProcess(program, values.numprocs_start + index))
  return { priority: values.priority, processes }
}

function buildProcess(program: Program, processNum: number): ProcessSpec {
  const { source, values, context, master } = program
  const plain = { ...program.names.plain, process_num: processNum, numprocs: values.numprocs }
  const before: Names = { plain, env: [...program.names.env, program.fileVariables] }
  const own = {
    ...program.fileVariables,
    ...readEnvironment(source.defaults, before, context),
    ...readEnvironment(source.section, before, context),
  }
  const names: Names = { plain, env: [...program.names.env, own] }
  const streams = readRows(plainRows, source, names, context)
  const name = readName(program, names)
  const logs = logSpecs({ values, streams, master, format: source.section.format, autoBase: autoBase(program, name) })
  warnAboutLogs(source, values, streams, context)
  const stopwait = Math.max(0, values.stopwaitsecs)
  const care = buildCare(source, names, { stopwait, directory: streams.directory }, context)
  return {
    group: program.group, name, program: program.name, processNum, ...(values.numprocs_start !== 0 && { instance: processNum - values.numprocs_start }),
    ...readCommand(source, names, context),
    priority: values.priority, autostart: values.autostart, autorestart: values.autorestart,
    exitcodes: values.exitcodes, startsecs: Math.max(0, values.startsecs), startretries: values.startretries,
    stopsignal: values.stopsignal, stopwait, ...killing(program),
    user: values.user, redirectStderr: values.redirect_stderr, ...logs,
    environment: { ...master.environment, ...own },
    directory: streams.directory === '' ? null : streams.directory,
    umask: values.umask,
    serverurl: values.serverurl === null || /^\s*(auto)?\s*$/i.test(values.serverurl) ? null : values.serverurl.trim(),
    ...(care !== undefined && { care }), ...(care?.job !== undefined && jobLife(source)),
  }
}

/** Stable log names need the group, unless it is the process's own. */
function autoBase(program: Program, name: string): string {
  return join(program.master.childlogdir, program.group === name ? name : `${program.group}_${name}`)
}

function killing({ source, values, context }: Program): Pick<ProcessSpec, 'stopasgroup' | 'killasgroup' | 'killSurvivors'> {
  const yaml = source.section.format === 'yaml'
  const stopasgroup = values.stopasgroup ?? (yaml && (values.killasgroup ?? true))
  const killasgroup = values.killasgroup ?? (yaml || stopasgroup)
  if (stopasgroup && !killasgroup) {
    const at = findOption(source, 'killasgroup')?.option.at ?? source.section.at
    context.findings.add(errorAt(
      at, `${optionTitle(source.section, 'killasgroup')}: cannot set stopasgroup=true and killasgroup=false`,
      'what is asked to stop as a group is killed as one; set both or only killasgroup',
    ))
  }
  return { stopasgroup, killasgroup, killSurvivors: values.kill_survivors ?? (yaml && killasgroup) }
}

/** Several processes need a name with their number in it; YAML's default has it. */
function nameTellsApart({ source, values, context }: Program): boolean {
  if (values.numprocs <= 1) return true
  const found = findOption(source, 'process_name')
  const text = found?.option.value.kind === 'scalar' ? found.option.value.text : ''
  if (text.includes('%(process_num)') || (found === undefined && source.section.format === 'yaml')) return true
  const at = found?.option.value.at ?? findOption(source, 'numprocs')?.option.value.at ?? source.section.at
  context.findings.add(errorAt(
    at, `${optionTitle(source.section, 'process_name')}: %(process_num) must be present within process_name when numprocs > 1`,
    'write process_name=%(program_name)s_%(process_num)02d',
  ))
  return false
}

function readName(program: Program, names: Names): string {
  const { source, values, context } = program
  const numbered = source.section.format === 'yaml' && values.numprocs > 1 && findOption(source, 'process_name') === undefined
  if (numbered) return `${program.name}_${String(names.plain['process_num']).padStart(2, '0')}`
  const found = findOption(source, 'process_name')
  // As supervisord has it, what is written is looked at and not what it expands to.
  const wrong = source.section.format === 'ini' && found?.option.value.kind === 'scalar' ? nameKind.safeParse(found.option.value.text).error : undefined
  if (found !== undefined && wrong !== undefined) {
    context.findings.add(errorAt(found.option.value.at, `${optionTitle(found.section, 'process_name')}: ${wrong.issues[0]?.message ?? 'is no name'}`))
  }
  return readValue('process_name', processRows.process_name, source, names, context)
}

function readCommand(source: Source, names: Names, context: Context): Pick<ProcessSpec, 'command' | 'argv' | 'commandProblem'> {
  const found = findOption(source, 'command')
  const format = source.section.format
  if (found?.option.value.kind === 'list') {
    const title = optionTitle(found.section, 'command')
    const argv = found.option.value.items.map((item) => expandScalar(item, title, false, format, names, context) ?? '')
    const empty = argv.length === 0 || argv[0] === ''
    return { command: argv.map(quoteCommandWord).join(' '), argv: empty ? [] : argv, commandProblem: empty ? 'command is empty' : null }
  }
  const command = readValue('command', processRows.command, source, names, context)
  const strange = shellWord(command)
  if (found !== undefined && strange !== undefined) {
    const message = `${optionTitle(found.section, 'command')}: no shell runs it, so ${quoted(strange)} is only a word for the program`
    context.findings.add(problemAt('warning', found.option.value.at, message, "write it as sh -c '...', or put ' around it if it is meant so"))
  }
  const split = splitCommand(command)
  if (!split.ok) return { command, argv: [], commandProblem: `can't parse command ${quoted(command)}: ${split.reason}` }
  if (split.words.length === 0) return { command, argv: [], commandProblem: 'command is empty' }
  return { command, argv: split.words, commandProblem: null }
}
