/** Makes the shared tables out of their sections, and checks that programs name tables that are there. */
import type { GroupSpec } from '../core/spec.ts'
import { memoryMax } from '../core/table-spec.ts'
import type { TableSpec } from '../core/table-spec.ts'
import { didYouMean } from '../lib/suggest.ts'
import type { Context } from './context.ts'
import { errorAt, warningAt } from './raw.ts'
import type { RawSection } from './raw.ts'
import { findOption, optionTitle, readRows } from './read.ts'
import type { Source } from './read.ts'
import { tableRows } from './rows-table.ts'

/** A name becomes part of a file's. */
const nameForm = /^[A-Za-z0-9_][A-Za-z0-9_.-]{0,63}$/
/** Bytes of memory above which a table is more than somebody may have meant. */
const muchMemory = 512 * 1024 * 1024

/** All tables, by name. */
export function buildTables(sections: readonly RawSection[], context: Context): TableSpec[] {
  const tables = new Map<string, TableSpec>()
  for (const section of sections.filter(({ kind }) => kind === 'table')) {
    const name = section.name.trim()
    if (!nameForm.test(name)) context.findings.add(errorAt(section.at, `${section.title}: the name of a table is letters, digits, _, - and ., 64 at most`))
    const values = readRows(tableRows, { section }, { plain: { here: context.here }, env: [context.env] }, context)
    const table = { name, columns: values.columns, rowsMax: values.rows_max, persist: values.persist }
    tables.set(name, table)
    if (memoryMax(table) > muchMemory) {
      const { at } = section.options.get('rows_max') ?? section
      context.findings.add(warningAt(at, `${optionTitle(section, 'rows_max')}: full, this table can take ${inWords(memoryMax(table))} of the master's memory`, 'fewer rows or shorter strings'))
    }
  }
  return [...tables.values()].sort((a, b) => (a.name < b.name ? -1 : 1))
}

/** Programs may only name tables that are there. */
export function checkTables(groups: readonly GroupSpec[], tables: readonly TableSpec[], sources: ReadonlyMap<string, Source>, context: Context): void {
  const known = tables.map(({ name }) => name)
  const told = new Set<string>()
  for (const { program, care } of groups.flatMap(({ processes }) => processes)) {
    const source = sources.get(program)
    const found = source && findOption(source, 'tables')
    if (found === undefined || told.has(program)) continue
    told.add(program)
    for (const name of care?.tables ?? []) {
      if (known.includes(name)) continue
      const value = found.option.value
      const at = (value.kind === 'list' ? value.items.find(({ text }) => text.trim() === name)?.at : undefined) ?? value.at
      const hint = didYouMean(name, known) ?? (known.length === 0 ? `add tables: {${name}: {columns: {value: int}}}` : `the tables are ${known.join(', ')}`)
      context.findings.add(errorAt(at, `${optionTitle(found.section, 'tables')} names the unknown table '${name}'`, hint))
    }
  }
}

function inWords(bytes: number): string {
  const gigabytes = bytes / 1024 ** 3
  return gigabytes >= 1 ? `${gigabytes.toFixed(1)} GB` : `${String(Math.round(bytes / 1024 ** 2))} MB`
}
