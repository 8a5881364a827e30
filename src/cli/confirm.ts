/** Asks a person before what cannot be undone. Before what stops everything only in the shell and with `-i`, as supervisorctl does; a script is never asked. */
import type { Context } from './command.ts'

/** True if the person says yes, or nobody is asked. The end of the input is a no. */
export async function confirm(context: Context, question: string): Promise<boolean> {
  return (context.ask === undefined && context.options.interactive !== true) || saysYes(context, question)
}

/** True if there is a person at the terminal, and says yes. */
export async function agrees(context: Context, question: string): Promise<boolean> {
  const isThere = context.ask !== undefined || (context.style !== 'json' && context.terminal().source.isTTY === true)
  return isThere && saysYes(context, question)
}

async function saysYes(context: Context, question: string): Promise<boolean> {
  if (context.ask !== undefined) return isYes(await context.ask(question))
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
