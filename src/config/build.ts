/** Turns the merged sections of all files into the checked config: finds each section's place, and makes the groups. */
import { didYouMean } from '../lib/suggest.ts'
import { buildGroups } from './groups.ts'
import { buildClient, buildInetServer, buildMaster, buildUnixServer } from './master.ts'
import { checkKeys } from './read.ts'
import { errorAt, problemAt, warningAt } from './raw.ts'
import { buildTables } from './tables.ts'
import { otherSections, schema, sectionSchema } from './schema.ts'
import { supervisordRows } from './rows-master.ts'
import { careRows } from './rows-care.ts'
import { programRows, processRows } from './rows-program.ts'
import type { GroupSpec } from '../core/spec.ts'
import type { TableSpec } from '../core/table-spec.ts'
import type { ClientSpec, MasterSpec, ServerSpec } from './config.ts'
import type { Context } from './context.ts'
import type { RawOption, RawSection } from './raw.ts'

export interface Built {
  readonly master: MasterSpec
  readonly servers: readonly ServerSpec[]
  readonly client: ClientSpec | null
  readonly groups: readonly GroupSpec[]
  readonly tables: readonly TableSpec[]
}

const stockInterface = 'supervisor.rpcinterface:make_main_rpcinterface'

/** The config of all sections; what is wrong goes to the findings of the context. */
export function build(all: readonly RawSection[], mainFile: string, overrides: Overrides, context: Context): Built {
  for (const section of all) checkSection(section, context)
  const sections = all.filter(counts)
  const only = (kind: string): RawSection[] => sections.filter((section) => section.kind === kind)
  const master = buildMaster(supervisordSection(only('supervisord')[0], mainFile, overrides, context), context)
  const servers = [
    ...only('unix_http_server').map((section) => buildUnixServer(section, master, context)),
    ...only('inet_http_server').map((section) => buildInetServer(section, master, context)),
  ]
  const ctl = only('supervisorctl')[0]
  const tables = buildTables(sections, context)
  return {
    master,
    servers,
    client: ctl === undefined ? null : buildClient(ctl, context),
    tables,
    groups: buildGroups(sections, { defaults: only('defaults')[0], tables }, master, context),
  }
}

export type Overrides = Partial<Record<string, string>>

function supervisordSection(found: RawSection | undefined, mainFile: string, overrides: Overrides, context: Context): RawSection {
  if (found === undefined && context.format === 'ini') {
    context.findings.add(errorAt({ file: mainFile, line: 1, column: 1 }, 'the file does not include a [supervisord] section', 'add the line [supervisord]'))
  }
  const at = found?.at ?? { file: mainFile, line: 1, column: 1 }
  const options = new Map(found?.options)
  for (const [key, text] of Object.entries(overrides)) {
    if (text !== undefined) options.set(key, commandLineOption(key, text, context))
  }
  const name = { kind: 'supervisord', name: '', title: 'supervisord', format: found?.format ?? context.format }
  return { ...name, at, options }
}

/** A value of the command line beats the file's; nothing in it is expanded. */
function commandLineOption(key: string, text: string, context: Context): RawOption {
  const at = { file: 'command line', line: 1, column: 1 }
  if (!Object.hasOwn(supervisordRows, key)) context.findings.add(errorAt(at, `there is no option ${key}`))
  return { key, at, value: { kind: 'scalar', text: text.replaceAll('%', '%%').replaceAll('${', () => '$${'), at } }
}

function checkSection(section: RawSection, context: Context): void {
  if (section.kind === 'defaults' && section.format === 'yaml') {
    checkKeys(section, { ...processRows, ...programRows, ...careRows }, context)
    return
  }
  const known = sectionSchema(section.kind)
  const named = section.title.includes(':') || section.format === 'yaml'
  if (known !== undefined && (section.format === 'yaml' || fits(known.several, named))) {
    checkKeys(section, known.rows, context)
  } else if ((otherSections as readonly string[]).includes(section.kind) && named) {
    checkOther(section, context)
  } else {
    const hint = known !== undefined ? `write ${known.ini}`
      : didYouMean(section.kind, [...schema.map(({ kind }) => kind), ...otherSections])
    context.findings.add(warningAt(section.at, `unknown section [${section.title}] is ignored`, hint))
  }
}

/** True if a section with or without a name is one of its kind. */
function fits(several: 'named' | 'plain' | 'either', named: boolean): boolean {
  return several === 'either' || (several === 'named') === named
}

/** True if the section counts: an INI section of a known kind with a header that does not fit is ignored. */
export function counts(section: RawSection): boolean {
  if (section.format === 'yaml') return true
  const known = sectionSchema(section.kind)
  return known === undefined || fits(known.several, section.title.includes(':'))
}

function checkOther(section: RawSection, context: Context): void {
  const warn = (message: string, hint?: string): void => context.findings.add(problemAt('warning', section.at, message, hint))
  switch (section.kind) {
    case 'ctlplugin':
      warn(`[${section.title}] is ignored: plugins of supervisorctl are Python and cannot be loaded`)
      return
    default: {
      const factory = section.options.get('supervisor.rpcinterface_factory')
      const name = factory?.value.kind === 'scalar' ? factory.value.text.trim() : ''
      if (name === stockInterface) return
      if (factory === undefined) context.findings.add(errorAt(section.at, `[${section.title}] needs supervisor.rpcinterface_factory`, `write supervisor.rpcinterface_factory = ${stockInterface}`))
      else warn(`[${section.title}] is ignored: the RPC interface ${name} is Python and cannot be loaded`, `only ${stockInterface} is built in`)
    }
  }
}
