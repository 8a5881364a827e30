/** Shows problems to people: one line each, in the order of the files. Used by the config check and by the master. */
import type { Problem } from './config.ts'

/** `file:line:column: error: what and why; what instead`, on one line. */
export function formatProblem(problem: Problem): string {
  const hint = problem.hint === undefined ? '' : `; ${problem.hint}`
  const line = `${problem.file}:${problem.line}:${problem.column}: ${problem.severity}: ${problem.message}${hint}`
  return line.replace(/[\u0000-\u001f\u007f-\u009f]+/g, ' ')
}

/** By file (in the order in which they first appear), line and column; at one place errors come first. */
export function sortProblems(problems: readonly Problem[]): Problem[] {
  const files = [...new Set(problems.map((problem) => problem.file))]
  const rank = (problem: Problem): readonly number[] => {
    return [files.indexOf(problem.file), problem.line, problem.column, problem.severity === 'error' ? 0 : 1]
  }
  return [...problems].sort((a, b) => {
    const [left, right] = [rank(a), rank(b)]
    const at = left.findIndex((value, index) => value !== right[index])
    return at === -1 ? 0 : (left[at] ?? 0) - (right[at] ?? 0)
  })
}

/** All problems as text, one line each. */
export function formatProblems(problems: readonly Problem[]): string {
  return sortProblems(problems).map(formatProblem).join('\n')
}
