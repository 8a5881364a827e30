/** Where a programs.yaml finds the JSON Schema that editors complete from. */
import { existsSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { shippedSchema } from '../config/starter.ts'

/** The schema as the file can name it: of the nsup beside it, else of the one that runs now (installed elsewhere). */
export function schemaFor(file: string): string {
  if (existsSync(resolve(dirname(file), shippedSchema))) return shippedSchema
  const own = fileURLToPath(new URL('../schema/programs.schema.json', import.meta.url))
  return existsSync(own) ? own : shippedSchema
}
