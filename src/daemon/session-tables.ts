/** Sets the shared tables of a session to work: they are served at the desk, and on the disk before anybody is answered. */
import { TableProblem } from '../core/table-problem.ts'
import { no } from './desk.ts'
import type { Desk } from './desk.ts'
import type { SessionPorts } from './session-ports.ts'
import { Tables } from './tables.ts'

export function tablesOf({ clock, log, runDir, stateDir, tableFiles: files }: SessionPorts, desk: Desk): Tables {
  const tables = new Tables({ clock, log, runDir, stateDir, files })
  desk.serve('table', (asked, { spec }) => {
    const answer = tables.operateFor(spec.care?.tables ?? [], asked)
    return answer instanceof TableProblem ? no(answer.code, answer.message) : { value: answer }
  })
  desk.beforeAnswers(() => { tables.settle() })
  return tables
}
