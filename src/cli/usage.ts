/** Help texts, laid out by yargs from the declarations. Loaded only when somebody asks, since yargs costs 65 ms. */
import yargs from 'yargs'
import type { Command } from './command.ts'
import { commonOptions, optionRow, shellOptions } from './options.ts'
import type { OptionName } from './options.ts'

/** The list of commands and common options. */
export async function overview(commands: readonly Command[], columns: number): Promise<string> {
  const builder = bare(columns).usage('nsup COMMAND [WORDS] [OPTIONS]')
  for (const command of commands) {
    if (command.hidden) continue
    builder.command([`${command.name} ${command.usage}`.trim(), ...(command.aliases ?? [])], command.summary)
  }
  addOptions(builder, commonOptions)
  builder.epilogue('nsup help COMMAND shows all about one command.')
  return builder.getHelp()
}

/** All about one command; in the shell, which has its own options already, without those that every command takes. */
export async function commandHelp(command: Command, columns: number, inShell: boolean): Promise<string> {
  const head = [`nsup ${command.name} ${command.usage}`.trim(), '', capital(command.summary), ...(command.details ?? [])]
  const builder = bare(columns).usage(head.join('\n'))
  if (command.aliases) builder.epilogue(`Also called: ${command.aliases.join(', ')}`)
  const shared = inShell ? [] : commonOptions.filter((name) => !shellOptions.includes(name))
  addOptions(builder, [...(command.options ?? []), ...shared])
  for (const example of command.examples ?? []) builder.example(example, '')
  return builder.getHelp()
}

type Builder = ReturnType<typeof yargs>

function bare(columns: number): Builder {
  return yargs([]).scriptName('nsup').help(false).version(false).wrap(Math.min(columns, 110)).locale('en')
}

function addOptions(builder: Builder, names: readonly OptionName[]): void {
  for (const name of names) {
    const row = optionRow(name)
    builder.option(name, {
      ...(row.short === undefined ? {} : { alias: row.short }),
      ...(row.value === undefined ? { boolean: true } : { string: true, requiresArg: true }),
      describe: row.value === undefined ? row.doc : `${row.value}: ${row.doc}`,
    })
  }
}

function capital(text: string): string {
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}.`
}
