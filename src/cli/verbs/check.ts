/** `check`: reads the config as a master would and shows every problem; warnings do not fail. */
import type { Context } from '../command.ts'
import { formatProblem, sortProblems } from '../../config/check.ts'
import { loadConfig } from '../../config/load.ts'
import { capabilities } from '../../os/capabilities.ts'
import { plural } from '../humane.ts'
import { printJson } from '../outcomes.ts'
import { requireInstance } from '../server.ts'

export function run(context: Context): Promise<number> {
  const { configFile, logDir } = requireInstance(context.options, context.env)
  const { config, problems: found } = loadConfig(configFile, { env: context.env, cwd: process.cwd(), logDir, capabilities })
  const problems = sortProblems(found)
  const errors = problems.filter(({ severity }) => severity === 'error').length
  const exit = config === null || errors > 0 ? 1 : 0
  if (context.style === 'json') {
    printJson(context, { file: configFile, ok: exit === 0, problems })
    return Promise.resolve(exit)
  }
  for (const problem of problems) context.out.line(formatProblem(problem))
  const counts = `${plural(errors, 'error')}, ${plural(problems.length - errors, 'warning')}`
  const processes = config?.groups.reduce((sum, group) => sum + group.processes.length, 0) ?? 0
  const good = `good: ${plural(config?.groups.length ?? 0, 'group')}, ${plural(processes, 'process', 'processes')}`
  context.out.line(`${configFile}: ${exit === 0 ? good : ''}${exit === 0 && problems.length > 0 ? '; ' : ''}${problems.length > 0 ? counts : ''}`)
  return Promise.resolve(exit)
}
