/** Asks before what stops everything: in the shell and with `-i`, as supervisorctl does; a script is not asked. */
import type { Context } from './command.ts'

/** True if the person says yes, or nobody is asked. The end of the input is a no. */
export async function confirm(context: Context, question: string): Promise<boolean> {
  if (context.ask !== undefined) return isYes(await context.ask(question))
  if (context.options.interactive !== true) return true
  const { openKeyboard } = await import('./keyboard.ts')
  const { source, screen } = context.terminal()
  const leaving = new AbortController()
  const keyboard = openKeyboard(source, screen, { onInterrupt: () => leaving.abort() })
  try {
    return isYes(await keyboard.ask(question, { signal: leaving.signal }))
  } finally {
    keyboard.close()
  }
}

function isYes(answer: string | undefined): boolean {
  return /^y/i.test(answer?.trim() ?? '')
}
