/** All sections and their rows: the one table that says what a config may hold. */
import { groupRows, includeRows, inetRows, supervisorctlRows, supervisordRows, unixRows } from './rows-master.ts'
import { listenerPriority, listenerRows, processRows, programRows, socketRows } from './rows-program.ts'
import { careRows } from './rows-care.ts'
import { tableRows } from './rows-table.ts'
import type { Rows } from './rows.ts'

export interface SectionSchema {
  /** Kind of section, as in INI. */
  readonly kind: string
  /** Header in INI, for people. */
  readonly ini: string
  /** Key in YAML, for people. */
  readonly yaml: string
  readonly doc: string
  readonly rows: Rows
  /** In INI: several may be there, told apart by name. */
  readonly several: 'named' | 'plain' | 'either'
}

export const schema: readonly SectionSchema[] = [
  {
    kind: 'program', ini: '[program:NAME]', yaml: 'programs.NAME', several: 'named', rows: { ...processRows, ...programRows, ...careRows },
    doc: 'A program that the master runs. In YAML, `defaults:` takes the same options and gives them to all programs.',
  },
  {
    kind: 'fcgi-program', ini: '[fcgi-program:NAME]', yaml: 'fcgi_programs.NAME', several: 'named', rows: { ...socketRows, ...processRows, ...programRows, ...careRows },
    doc: 'A program whose processes accept on one listening socket, which the master binds and they get as stdin. `defaults:` counts for it too.',
  },
  {
    kind: 'eventlistener', ini: '[eventlistener:NAME]', yaml: 'eventlisteners.NAME', several: 'named',
    rows: { ...listenerRows, ...processRows, ...programRows, ...careRows, priority: { ...programRows.priority, ini: listenerPriority, yaml: listenerPriority } },
    doc: 'A program that the master tells of events, over its stdin and stdout, by the protocol of supervisord; `redirect_stderr` is not possible.',
  },
  { kind: 'group', ini: '[group:NAME]', yaml: 'groups.NAME', several: 'named', rows: groupRows, doc: 'Programs that are acted on together.' },
  { kind: 'table', ini: '[table:NAME]', yaml: 'tables.NAME', several: 'named', rows: tableRows, doc: 'A table that the workers of this master share; a program names the ones that it uses in its `tables`.' },
  { kind: 'include', ini: '[include]', yaml: 'include', several: 'plain', rows: includeRows, doc: 'Further files. In YAML a pattern or a list of patterns.' },
  { kind: 'supervisord', ini: '[supervisord]', yaml: 'supervisord', several: 'plain', rows: supervisordRows, doc: 'The master itself.' },
  { kind: 'unix_http_server', ini: '[unix_http_server]', yaml: 'unix_http_server', several: 'either', rows: unixRows, doc: 'A server on a unix socket.' },
  { kind: 'inet_http_server', ini: '[inet_http_server]', yaml: 'inet_http_server', several: 'either', rows: inetRows, doc: 'A server on a TCP port.' },
  { kind: 'supervisorctl', ini: '[supervisorctl]', yaml: 'supervisorctl', several: 'plain', rows: supervisorctlRows, doc: 'The client.' },
]

/** Sections of INI that are known without rows: other tools'. */
export const otherSections = ['rpcinterface', 'ctlplugin'] as const

/** Names of the options that YAML may write as lists and mappings within each other. */
export const nestedOptions: ReadonlySet<string> = new Set(schema.flatMap(({ rows }) => Object.entries(rows).filter(([, row]) => row.sugar !== undefined).map(([key]) => key)))

/** The schema of a kind of section. */
export function sectionSchema(kind: string): SectionSchema | undefined {
  return schema.find((section) => section.kind === kind)
}
