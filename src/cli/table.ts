/** The status table for a terminal: which columns fit, what is cut, which colour a state has. */
import Table from 'cli-table3'
import type { ProcessStatus } from '../api/results.ts'
import { duration, size } from './humane.ts'
import type { Colour, Output } from './output.ts'
import { paint } from './output.ts'

type ColumnName = 'name' | 'state' | 'pid' | 'uptime' | 'restarts' | 'cpu' | 'memory' | 'health' | 'reason'

interface Column {
  readonly name: ColumnName
  readonly cell: (process: ProcessStatus) => string
}

const columns: readonly Column[] = [
  { name: 'name', cell: (process) => process.namespec },
  { name: 'state', cell: (process) => process.state },
  { name: 'pid', cell: (process) => (process.pid > 0 ? String(process.pid) : '') },
  { name: 'uptime', cell: (process) => (process.pid > 0 ? duration(process.uptime) : '') },
  { name: 'restarts', cell: (process) => String(process.restarts) },
  { name: 'cpu', cell: (process) => (process.cpu === null ? '' : `${process.cpu.toFixed(1)}%`) },
  { name: 'memory', cell: (process) => (process.memory === null ? '' : size(process.memory)) },
  { name: 'health', cell: (process) => (process.health === 'unknown' ? '' : process.health) },
  { name: 'reason', cell: (process) => reasonOf(process) },
]

/** Left out one after another when the terminal is too narrow. */
const dispensable: readonly ColumnName[] = ['restarts', 'cpu', 'memory', 'uptime', 'pid', 'health', 'reason']
/** Not there when no process has anything to say in them. */
const onDemand: ReadonlySet<ColumnName> = new Set(['health', 'reason'])
const reasonMin = 16
const nameMin = 8
const gap = 2

const colours: Readonly<Record<ProcessStatus['state'], Colour>> = {
  RUNNING: 'green',
  STARTING: 'yellow',
  STOPPING: 'yellow',
  BACKOFF: 'yellow',
  STOPPED: 'dim',
  EXITED: 'dim',
  FATAL: 'red',
  UNKNOWN: 'red',
}

/** Lays the processes out in at most `output.columns` columns. */
export function statusTable(processes: readonly ProcessStatus[], output: Output): string {
  const plan = fit(processes, output.columns)
  const table = new Table({
    head: plan.map(({ column, width }) => paint(output, 'bold', cut(column.name, width))),
    colWidths: plan.map(({ width }, at) => width + (at === plan.length - 1 ? 0 : gap)),
    chars: borderless,
    style: { head: [], border: [], compact: true, 'padding-left': 0, 'padding-right': 0 },
  })
  for (const process of processes) {
    table.push(plan.map(({ column, width }) => {
      const text = cut(column.cell(process), width)
      if (column.name === 'health' && process.health !== 'unknown') return paint(output, process.health === 'healthy' ? 'green' : 'red', text)
      return column.name === 'state' ? paint(output, colours[process.state], text) : text
    }))
  }
  return table.toString().split('\n').map((line) => line.trimEnd()).join('\n')
}

interface Planned {
  readonly column: Column
  readonly width: number
}

function fit(processes: readonly ProcessStatus[], room: number): Planned[] {
  let plan = columns.map((column) => ({ column, width: widest(column, processes) }))
  plan = plan.filter(({ column }) => !onDemand.has(column.name) || processes.some((process) => column.cell(process) !== ''))
  for (const name of ['', ...dispensable]) {
    plan = plan.filter(({ column }) => column.name !== name)
    const over = total(plan) - room
    if (over <= 0) return plan
    const reason = plan.find(({ column }) => column.name === 'reason')
    if (reason !== undefined && reason.width - over >= reasonMin) return shrink(plan, 'reason', over)
  }
  const over = total(plan) - room
  const name = plan.find(({ column }) => column.name === 'name')
  return shrink(plan, 'name', Math.min(over, Math.max(0, (name?.width ?? 0) - nameMin)))
}

function shrink(plan: readonly Planned[], name: ColumnName, by: number): Planned[] {
  return plan.map((planned) => (planned.column.name === name ? { ...planned, width: planned.width - by } : planned))
}

function widest(column: Column, processes: readonly ProcessStatus[]): number {
  let width = column.name.length
  for (const process of processes) width = Math.max(width, column.cell(process).length)
  return width
}

function total(plan: readonly Planned[]): number {
  return plan.reduce((sum, { width }) => sum + width, 0) + gap * (plan.length - 1)
}

function cut(text: string, width: number): string {
  return text.length <= width ? text : `${text.slice(0, Math.max(0, width - 1))}…`
}

function reasonOf(process: ProcessStatus): string {
  // Who runs says himself what it does, if nothing is the matter with him.
  const why = process.state === 'RUNNING' ? process.reason || process.report?.status || '' : process.reason || process.description
  return why.replace(/\s+/g, ' ')
}

const borderless = Object.fromEntries([
  'top', 'top-mid', 'top-left', 'top-right', 'bottom', 'bottom-mid', 'bottom-left', 'bottom-right',
  'left', 'left-mid', 'mid', 'mid-mid', 'right', 'right-mid', 'middle',
].map((name) => [name, '']))
