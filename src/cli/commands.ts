/**
 * Every command, declared once as plain data in the files beside. The parser, help, completion and the check of the
 * words read it; the code of a command is loaded only when it runs.
 */
import type { Command } from './command.ts'
import { localCommands } from './commands-local.ts'
import { masterCommands } from './commands-master.ts'
import { processCommands } from './commands-processes.ts'
import { tableCommands } from './commands-tables.ts'

/** All of them, in the order in which help shows them. */
export const commands: readonly Command[] = [...processCommands, ...tableCommands, ...masterCommands, ...localCommands]

/** The command of this name or alias. */
export function findCommand(name: string): Command | undefined {
  return commands.find((command) => command.name === name || command.aliases?.includes(name))
}
