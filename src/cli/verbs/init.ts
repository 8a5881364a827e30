/** `init [--force]`: writes the commented starter programs.yaml; never over a file that is there unless told so. */
import { writeFileSync } from 'node:fs'
import { resolve } from 'node:path'
import type { Context } from '../command.ts'
import { starterConfig } from '../../config/starter.ts'
import { CliError } from '../clierror.ts'
import { printJson } from '../outcomes.ts'
import { schemaFor } from '../schemafile.ts'

export function run(context: Context): Promise<number> {
  const named = context.options.configuration
  const file = resolve(named === undefined ? 'programs.yaml' : String(named))
  try {
    writeFileSync(file, starterConfig(schemaFor(file)), { flag: context.options.force ? 'w' : 'wx', mode: 0o644 })
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException
    if (code === 'EEXIST') throw new CliError(`${file} is already there (overwrite it with --force)`, 1)
    throw new CliError(`cannot write ${file}: ${message}`, 1)
  }
  if (context.style === 'json') printJson(context, { file })
  else context.out.line(`wrote ${file}; start it with: nsup start all`)
  return Promise.resolve(0)
}
