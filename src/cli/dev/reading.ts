/** Reads the list as `nsup dev` runs it, and says why it cannot be run. */
import { formatProblem, sortProblems } from '../../config/check.ts'
import { forDevelopment, isNamed } from '../../config/development.ts'
import type { DevWishes } from '../../config/development.ts'
import { loadConfig } from '../../config/load.ts'
import type { LoadOptions } from '../../config/load.ts'
import { didYouMean } from '../../lib/suggest.ts'
import type { GroupSpec } from '../../core/spec.ts'

export interface Reading {
  /** The groups as they are to be run; `null`: there is a refusal. */
  readonly groups: readonly GroupSpec[] | null
  /** Why not, one sentence; what is wrong with the config are the problems. */
  readonly refusal: string
  /** Lines as `nsup check` has them, warnings too. */
  readonly problems: readonly string[]
  /** Files and patterns that the config is made of. */
  readonly sources: readonly string[]
}

/** Reads all of it. */
export function readList(file: string, options: LoadOptions, wishes: DevWishes): Reading {
  const { config, problems, sources } = loadConfig(file, options)
  const found = { problems: sortProblems(problems).map(formatProblem), sources }
  if (config === null) return { ...found, groups: null, refusal: `${file} cannot be run as it is` }
  const { groups } = forDevelopment(config, wishes, options.logDir)
  const refusal = refusalOf(groups, wishes)
  return { ...found, groups: refusal === null ? groups : null, refusal: refusal ?? '' }
}

function refusalOf(groups: readonly GroupSpec[], { only }: DevWishes): string | null {
  const specs = groups.flatMap(({ processes }) => processes)
  const word = only?.find((one) => !specs.some((spec) => isNamed(spec, [one])))
  if (word !== undefined) {
    const known = [...new Set(specs.flatMap(({ program, group }) => [program, group]))]
    return `--only ${word}: there is no program, group or process of that name (${didYouMean(word, known) ?? (known.length === 0 ? 'the list is empty' : `there are ${known.join(', ')}`)})`
  }
  return specs.some(({ autostart }) => autostart) ? null : 'there is nothing to run: no program starts by itself; name some with --only'
}
