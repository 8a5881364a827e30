/** `add group...`: activates groups of the config that was last read. */
import type { Context } from '../command.ts'
import { forEachGroup } from '../groupverb.ts'

export async function run(context: Context): Promise<number> {
  return forEachGroup(context, 'add', 'added process group')
}
