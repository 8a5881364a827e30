/** `help [command]`. */
import type { Context } from '../command.ts'
import { commandHelp, overview } from '../usage.ts'

export async function run(context: Context): Promise<number> {
  const [topic] = context.words
  if (topic === undefined) {
    context.out.line(await overview(context.commands, context.out.columns))
    return 0
  }
  const command = context.commands.find(({ name, aliases }) => name === topic || aliases?.includes(topic))
  if (command === undefined) {
    context.out.line(`*** No help on ${topic}`)
    return 1
  }
  context.out.line(await commandHelp(command, context.out.columns, context.ask !== undefined))
  return 0
}
