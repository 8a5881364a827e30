/** Whom the tree of a master is asked about: its workers by pid, and the marks by which their descendants are known. */
import type { FamilyQuestion } from '../core/family.ts'
import type { Proc } from '../core/proc.ts'
import { ranked } from '../core/roster.ts'
import type { Fleet } from '../core/roster.ts'
import { marksOf } from './environment.ts'

/** Of whichever incarnation: what an earlier one has left behind is seen as well. */
export function familyQuestion(fleet: Fleet, asked: readonly Proc[], runDir: string): FamilyQuestion {
  const all = ranked(fleet).flatMap(({ proc }) => (proc.id === null ? [] : [{ proc, pid: proc.id.pid }]))
  const named = new Set(asked)
  const heads = all.filter(({ proc }) => named.has(proc))
  return {
    own: process.pid,
    heads: heads.map(({ proc, pid }) => ({ pid, marks: marksOf(proc, runDir, proc.incarnation).slice(0, 2) })),
    others: new Set(all.filter(({ proc }) => !named.has(proc)).map(({ pid }) => pid)),
    helpers: heads.length === all.length,
  }
}
