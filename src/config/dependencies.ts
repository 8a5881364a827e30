/** Checks the `depends_on` of all programs against each other: names that are there, no way back to itself, ends that can come. */
import { findCycle, isMeant } from '../core/dependencies.ts'
import type { Dependency } from '../core/care.ts'
import type { GroupSpec, ProcessSpec } from '../core/spec.ts'
import { didYouMean } from '../lib/suggest.ts'
import type { Context } from './context.ts'
import { problemAt } from './raw.ts'
import { findOption, optionTitle } from './read.ts'
import type { Source } from './read.ts'

/** Adds what is wrong to the findings. `sources`: of each program. */
export function checkDependencies(groups: readonly GroupSpec[], sources: ReadonlyMap<string, Source>, context: Context): void {
  const all = groups.flatMap(({ processes }) => processes)
  if (!all.some(({ care }) => care?.dependsOn !== undefined)) return
  const say = (spec: ProcessSpec, severity: 'error' | 'warning', message: string, hint?: string): void => {
    const source = sources.get(spec.program)
    const found = source && findOption(source, 'depends_on')
    if (found !== undefined) context.findings.add(problemAt(severity, found.option.value.at, `${optionTitle(found.section, 'depends_on')}: ${message}`, hint))
  }
  let alone = true
  for (const spec of all) {
    for (const dependency of spec.care?.dependsOn ?? []) {
      const meant = all.filter((one) => isMeant(one, dependency.on))
      if (meant.length === 0) {
        const known = [...new Set(all.flatMap(({ program, group, name }) => [program, group, `${group}:${name}`]))]
        const hint = didYouMean(dependency.on, known) ?? (known.length <= 20 ? `known are ${known.join(', ')}` : undefined)
        say(spec, dependency.required ? 'error' : 'warning', `there is no program, group or process named '${dependency.on}'`, hint)
      } else if (dependency.on === spec.program || meant.every((one) => one === spec)) {
        alone = false
        say(spec, 'error', `${dependency.on} cannot depend on itself`, 'remove the name')
      } else {
        checkEnd(dependency, meant, (message, hint) => {
          say(spec, 'warning', message, hint)
        })
      }
    }
  }
  const cycle = alone ? findCycle(all) : null
  const first = all.find(({ program }) => program === cycle?.[0])
  if (cycle !== null && first !== undefined) say(first, 'error', `depends on itself in a circle: ${cycle.join(' -> ')}`, 'take out one of these')
}

function checkEnd({ condition }: Dependency, meant: readonly ProcessSpec[], say: (message: string, hint: string) => void): void {
  const endless = meant.find(({ autorestart }) => condition === 'completed' && autorestart === 'always')
  if (endless !== undefined) say(`${endless.program} never completes, because it is always restarted`, `set autorestart of ${endless.program} to unexpected or false`)
}
