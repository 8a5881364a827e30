/** `completion bash|zsh|fish`: prints the script for a shell. */
import type { Context } from '../command.ts'
import { completionScript, shells } from '../completion.ts'
import { CliError } from '../clierror.ts'

export function run(context: Context): Promise<number> {
  const [word] = context.words
  const shell = shells.find((name) => name === word)
  if (shell === undefined || context.words.length > 1) {
    throw new CliError(`completion needs the name of one shell: ${shells.join(', ')}`, 1)
  }
  context.out.line(completionScript(shell, context.commands))
  return Promise.resolve(0)
}
