/** `ps [target...]`: the master, its workers and all their descendants as a tree, with what each of them takes. */
import type { ResultOf } from '../../api/results.ts'
import type { Context } from '../command.ts'
import { duration, size } from '../humane.ts'
import { printJson, printMissing } from '../outcomes.ts'
import type { Output } from '../output.ts'
import { paint } from '../output.ts'

type Row = ResultOf<'tree'>['rows'][number]

/** Columns of a line that no terminal cuts. */
const plainWidth = 160

export async function run(context: Context): Promise<number> {
  const client = await context.connect()
  const result = await client.call('tree', { targets: context.words.length > 0 ? context.words : ['all'] })
  const { rows, stopped, missing } = result
  if (context.style === 'json') {
    printJson(context, result)
    return missing.length > 0 ? 1 : 0
  }
  for (const one of missing) printMissing(context, one)
  for (const line of treeLines(rows, context.out, context.style === 'terminal' ? context.out.columns : plainWidth)) context.out.line(line)
  if (stopped.length > 0) context.out.line(`not running: ${stopped.join(', ')}`)
  return missing.length > 0 ? 1 : 0
}

const head = ['pid', 'user', 'cpu', 'memory', 'uptime'] as const

function treeLines(rows: readonly Row[], output: Output, columns: number): string[] {
  const cells = rows.map(cellsOf)
  const widths = head.map((title, at) => Math.max(title.length, ...cells.map((row) => (row[at] ?? '').length)))
  const line = (row: readonly string[]): string => row.map((cell, at) => (at === 1 ? cell.padEnd(widths[at] ?? 0) : cell.padStart(widths[at] ?? 0))).join('  ')
  const room = Math.max(16, columns - widths.reduce((sum, width) => sum + width + 2, 0))
  const branches = branchesOf(rows)
  const titles = rows.map((row, at) => {
    const name = row.depth === 0 ? 'master' : row.depth === 1 && row.process !== null ? row.process : ''
    const left = row.fled ? '(fled) ' : ''
    const text = cut(`${branches[at] ?? ''}${name}${name === '' ? '' : '  '}${left}${row.command}`, room)
    const from = (branches[at] ?? '').length
    return name === '' ? text : text.slice(0, from) + paint(output, 'bold', text.slice(from, from + name.length)) + text.slice(from + name.length)
  })
  return [paint(output, 'bold', `${line(head)}  process`), ...cells.map((row, at) => `${line(row)}  ${titles[at] ?? ''}`)]
}

function cellsOf({ pid, user, cpu, memory, uptime }: Row): string[] {
  return [String(pid), cut(user, 10), cpu === null ? '-' : `${cpu.toFixed(1)}%`, memory === null ? '-' : size(memory), uptime === null ? '-' : duration(uptime)]
}

/** The lines that lead to each row. */
function branchesOf(rows: readonly Row[]): string[] {
  return rows.map((row, at) => {
    if (row.depth === 0) return ''
    const goesOn = (depth: number): boolean => {
      const next = rows.slice(at + 1).find((one) => one.depth <= depth)
      return next?.depth === depth
    }
    const above = Array.from({ length: row.depth - 1 }, (_, depth) => (goesOn(depth + 1) ? '│ ' : '  ')).join('')
    return `${above}${goesOn(row.depth) ? '├─' : '└─'} `
  })
}

function cut(text: string, width: number): string {
  return text.length <= width ? text : `${text.slice(0, Math.max(0, width - 1))}…`
}
