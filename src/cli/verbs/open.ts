/** `open URL`: shows the status of another server. The shell, which stays with that server, does it itself. */
import type { Context } from '../command.ts'
import { asWords, inherited } from '../options.ts'
import { readUrl } from '../server.ts'

export async function run(context: Context): Promise<number> {
  const [url = ''] = context.words
  readUrl(url)
  await context.again([...asWords({ ...inherited(context.options), serverurl: url }), 'status'])
  return 0
}
