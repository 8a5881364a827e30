/** The shared tables of a master as others see them. */
import type { TableProblem } from './table-problem.ts'
import type { TableAnswer, TableRequest } from './table-request.ts'
import type { TableSpec } from './table-spec.ts'

export interface TableView {
  readonly spec: TableSpec
  /** `null`: nobody knows, it cannot be read. */
  readonly rows: number | null
  /** What is not as the config wants it, one sentence; `null`: nothing. */
  readonly problem: string | null
}

export interface SharedTables {
  /** By name. */
  list(): readonly TableView[]
  /** Does an operation; what it changes is kept when this returns, where the table is one that is kept. */
  operate(name: string, words: TableRequest): TableAnswer | TableProblem
}
