/**
 * The shape of a command and of what its code is given. Types only: the declarations are in commands.ts, the
 * code of each command in verbs/.
 */
import type { Client } from '../api/client.ts'
import type { KeyScreen, KeySource } from './keyboard.ts'
import type { OptionLists, OptionName, OptionValues } from './options.ts'
import type { Output } from './output.ts'
import type { Server } from './server.ts'

/** How results are printed: supervisorctl's lines, for a person at a terminal, or JSON. */
export type Style = 'plain' | 'terminal' | 'json'

export interface Context {
  /** The declaration that is run. */
  readonly command: Command
  /** All declarations, for help and completion. */
  readonly commands: readonly Command[]
  /** The words after the command. */
  readonly words: readonly string[]
  /** How many of the words stand behind `--`; `null`: there was none. */
  readonly behindDashes: number | null
  readonly options: OptionValues
  /** All values of options that may be given several times. */
  readonly lists: OptionLists
  readonly style: Style
  /** `--timeout` in milliseconds. */
  readonly timeout: number | undefined
  /** Results; silent with `--quiet`. */
  readonly out: Output
  /** Errors and hints. */
  readonly err: Output
  readonly env: NodeJS.ProcessEnv
  /** Aborted by Ctrl-C where the command has asked for it by {@link Context.interruptible}. */
  interruptible(): AbortSignal
  /** Calls back at every Ctrl-C from now on. */
  onInterrupt(listener: () => void): void
  /** Lines of standard input, until its end or the abort. */
  input(signal: AbortSignal): AsyncIterable<string>
  /** The raw ends of the terminal or the pipes, for who edits lines. */
  terminal(): { readonly source: KeySource; readonly screen: KeyScreen }
  /** Asks the person who has typed the command; not there when it was not typed into the shell. */
  readonly ask?: (question: string) => Promise<string | undefined>
  /** Runs another command line in this one's world, for the shell. Throws {@link AuthenticationError}, else never. */
  again(argv: readonly string[], hooks?: ShellHooks): Promise<number>
  /** Where the master is to be found; reads no config unless it must. Throws {@link CliError}. */
  server(): Promise<Server>
  /** A client of the master; nothing is sent before its first call. Throws as {@link Context.server}. */
  connect(): Promise<Client>
  /** A new client, after a master has been started: it may listen elsewhere now. */
  reconnect(): Promise<Client>
}

/** What the shell lends to the commands that are typed into it: its keyboard and its Ctrl-C. */
export interface ShellHooks {
  readonly ask: (question: string) => Promise<string | undefined>
  readonly input: Context['input']
  readonly onInterrupt: (listener: () => void) => void
  /** Takes the results in place of the terminal. */
  readonly out?: Output
}

/** Does the command; returns the exit code. */
export type Run = (context: Context) => Promise<number>

export interface Command {
  readonly name: string
  readonly aliases?: readonly string[]
  /** How the words after the command are written in the usage line. */
  readonly usage: string
  readonly summary: string
  /** Paragraphs below the summary in the help of the command. */
  readonly details?: readonly string[]
  /** Beside the options that every command takes. */
  readonly options?: readonly OptionName[]
  readonly examples?: readonly string[]
  /** Refuses words at all, as supervisorctl does for these commands. */
  readonly noWords?: true
  /** `needs`: the sentence for no words at all, and the exit code of it. */
  readonly needs?: { readonly sentence: string; readonly exit: number }
  /** What the words are, for completion. */
  readonly completes?: 'names' | 'groups' | 'signal-names' | 'commands' | 'shells' | 'files'
  /** Exit codes when no server listens, where they are not the usual 7 (no socket) and 4 (connection refused). */
  readonly down?: { readonly missing: number; readonly refused: number }
  /** Not shown in help. */
  readonly hidden?: true
  readonly load: () => Promise<{ readonly run: Run }>
}
