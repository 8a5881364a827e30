/** Asks of each process whether this machine can give what it wants. What the machine can do is for others to know. */
import type { GroupSpec } from '../core/spec.ts'
import type { Context } from './context.ts'
import { problemAt } from './raw.ts'
import { findOption, optionTitle } from './read.ts'
import type { Source } from './read.ts'

/** Adds what cannot be had to the findings, at the option that asks for it. `sources`: of each program. */
export function checkCapabilities(groups: readonly GroupSpec[], sources: ReadonlyMap<string, Source>, context: Context): void {
  for (const spec of groups.flatMap(({ processes }) => processes)) {
    const source = sources.get(spec.program)
    if (spec.care === undefined || source === undefined) continue
    for (const lacks of context.capabilities) {
      const lack = lacks(spec)
      if (lack === null) continue
      const found = findOption(source, lack.option)
      const at = found?.option.value.at ?? source.section.at
      context.findings.add(problemAt(lack.severity, at, `${optionTitle(found?.section ?? source.section, lack.option)}: ${lack.message}`, lack.hint))
    }
  }
}
