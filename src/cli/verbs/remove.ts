/** `remove group...`: takes stopped groups out. */
import type { Context } from '../command.ts'
import { forEachGroup } from '../groupverb.ts'

export async function run(context: Context): Promise<number> {
  return forEachGroup(context, 'remove', 'removed process group')
}
