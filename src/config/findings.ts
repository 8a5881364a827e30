/** Collects the problems of one reading of a config: each once, and not more than a person would read. */
import type { Problem } from './config.ts'

/** The most problems that are kept of each severity. */
const keep = 200

export class Findings {
  readonly #seen = new Set<string>()
  readonly #kept: Problem[] = []
  readonly #count = { error: 0, warning: 0 }

  add(...problems: readonly Problem[]): void {
    for (const problem of problems) {
      const key = `${problem.severity}\0${problem.file}\0${problem.line}\0${problem.column}\0${problem.message}`
      if (this.#seen.has(key)) continue
      if (++this.#count[problem.severity] > keep) continue
      this.#seen.add(key)
      this.#kept.push(problem)
    }
  }

  get failed(): boolean {
    return this.#count.error > 0
  }

  /** What was found, in the order in which it was; what is left out is said at the end. */
  all(): Problem[] {
    const left = (['error', 'warning'] as const).filter((severity) => this.#count[severity] > keep).map((severity): Problem => {
      const last = this.#kept.findLast((problem) => problem.severity === severity)
      const at = { file: last?.file ?? '', line: last?.line ?? 1, column: last?.column ?? 1 }
      return { severity, ...at, message: `and ${this.#count[severity] - keep} more ${severity}s` }
    })
    return [...this.#kept, ...left]
  }
}
