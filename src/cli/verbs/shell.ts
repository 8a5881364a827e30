/**
 * The shell: `status` first, then one command after another from a terminal or a pipe, in supervisorctl's words. Each
 * line is a whole command line of its own, run with the options that the shell was started with. The exit code is 0.
 */
import { AuthenticationError } from '../../api/client.ts'
import type { Command, Context, ShellHooks } from '../command.ts'
import { columnize } from '../columnize.ts'
import { wordsOf } from '../completion.ts'
import { explain } from '../failure.ts'
import { openHistory } from '../history.ts'
import type { History } from '../history.ts'
import { openKeyboard } from '../keyboard.ts'
import type { Keyboard } from '../keyboard.ts'
import { asWords, inherited } from '../options.ts'
import type { OptionName, OptionValues } from '../options.ts'
import { silent } from '../output.ts'
import { readUrl } from '../server.ts'
import { shellSettings } from '../shellsettings.ts'
import { splitCommand } from '../../config/words.ts'
import { suggest } from '../../lib/suggest.ts'

export async function run(context: Context): Promise<number> {
  const { prompt, historyFile } = shellSettings(context)
  const history = openHistory(historyFile, (sentence) => context.err.line(`nsup: ${sentence}`))
  const shell = new Shell(context, `${prompt}> `, history)
  await shell.run()
  return 0
}

class Shell {
  readonly #context: Context
  readonly #prompt: string
  readonly #history: History
  readonly #keyboard: Keyboard
  readonly #leaving = new AbortController()
  /** Options of every line; `open` and a sign-in change them. */
  readonly #given: Partial<Record<OptionName, string | true>>
  /** What Ctrl-C ends; when nothing listens it ends the shell. */
  #interruptible: (() => void)[] = []

  constructor(context: Context, prompt: string, history: History) {
    this.#context = context
    this.#prompt = prompt
    this.#history = history
    const { source, screen } = context.terminal()
    const onInterrupt = (): void => this.#interrupt()
    this.#keyboard = openKeyboard(source, screen, { history: history.lines, complete: (line) => this.#complete(line), onInterrupt })
    this.#given = inherited(context.options)
  }

  async run(): Promise<void> {
    const left = new Promise<'left'>((resolve) => this.#leaving.signal.addEventListener('abort', () => resolve('left'), { once: true }))
    this.#context.onInterrupt(() => this.#interrupt())
    try {
      await Promise.race([this.#converse(), left])
    } finally {
      this.#context.out.line('')
      this.#keyboard.close()
    }
  }

  async #converse(): Promise<void> {
    await this.#command(['status'])
    for (;;) {
      const line = await this.#keyboard.ask(this.#prompt, { signal: this.#leaving.signal, remember: true })
      if (line === undefined) return
      const text = line.trim()
      if (text === '') continue
      if (this.#keyboard.isTerminal) this.#history.add(text)
      if ((await this.#obey(text)) === 'leave') return
    }
  }

  async #obey(text: string): Promise<'leave' | 'stay'> {
    const [name, ...words] = this.#split(text)
    const command = name === undefined ? undefined : find(this.#context, name)
    if (command === undefined) this.#unknown(text, name ?? '')
    else if (command.name === 'quit') return 'leave'
    else if (command.name === 'open') await this.#open(words)
    else if (command.name === 'help' && words.length === 0) this.#overview()
    else await this.#command([command.name, ...words])
    return 'stay'
  }

  /** `?` is help; a command ends where its letters end, so `start-all` is `start -all`. */
  #split(text: string): string[] {
    // A command to be started may stand in quotes; other words never did, for supervisorctl.
    const quoted = /^start\s.*["']/.test(text) ? splitCommand(text) : undefined
    if (quoted?.ok === true) return [...quoted.words]
    const words = (text.startsWith('?') ? `help ${text.slice(1)}` : text).split(/\s+/).filter((word) => word !== '')
    const [first = ''] = words
    if (find(this.#context, first) !== undefined) return words
    const name = /^\w*/.exec(first)?.[0] ?? ''
    const rest = first.slice(name.length)
    return [...(name === '' ? [] : [name]), ...(rest === '' ? [] : [rest]), ...words.slice(1)]
  }

  #unknown(text: string, name: string): void {
    this.#context.out.line(`*** Unknown syntax: ${text}`)
    const found = name.length < 2 ? undefined : suggest(name, visible(this.#context).map((command) => command.name))
    if (found !== undefined && found !== name) this.#context.err.line(`did you mean ${found}?`)
  }

  #overview(): void {
    const names = visible(this.#context).flatMap(({ name, aliases }) => [name, ...(aliases ?? [])]).sort()
    const title = 'default commands (type help <topic>):'
    this.#context.out.write(`\n${title}\n${'='.repeat(title.length)}\n${columnize(names, 80)}\n`)
  }

  async #open([url = '']: readonly string[]): Promise<void> {
    try {
      readUrl(url)
    } catch (error) {
      this.#context.out.line((error as Error).message)
      return
    }
    this.#given.serverurl = url
    await this.#command(['status'])
  }

  /** Runs one command; asks for name and password when the server wants them, and then once more. */
  async #command(words: readonly string[]): Promise<void> {
    for (;;) {
      this.#interruptible = []
      try {
        await this.#context.again([...asWords(this.#given), ...words], this.#hooks())
        return
      } catch (error) {
        if (!(error instanceof AuthenticationError)) throw error
        if (!(await this.#signIn(error))) return
      } finally {
        this.#interruptible = []
      }
    }
  }

  async #signIn(error: AuthenticationError): Promise<boolean> {
    this.#context.out.line(explain(error, this.#context.command, undefined).message)
    const { signal } = this.#leaving
    const username = await this.#keyboard.ask('Username:', { signal })
    if (username === undefined) return false
    const password = await this.#keyboard.ask('Password:', { signal, secret: true })
    if (password === undefined) return false
    Object.assign(this.#given, { username, password } satisfies OptionValues)
    return true
  }

  #hooks(): ShellHooks {
    const keyboard = this.#keyboard
    return {
      ask: (question) => keyboard.ask(question, { signal: this.#leaving.signal }),
      onInterrupt: (listener) => void this.#interruptible.push(listener),
      input: async function* (signal) {
        for (let line = await keyboard.ask('', { signal }); line !== undefined; line = await keyboard.ask('', { signal })) yield line
      },
    }
  }

  #interrupt(): void {
    if (this.#interruptible.length === 0) this.#leaving.abort()
    for (const listener of this.#interruptible) listener()
  }

  async #complete(line: string): Promise<[string[], string]> {
    const words = line.trimStart().split(/\s+/)
    const word = words.at(-1) ?? ''
    const candidates = await this.#candidates(words).catch(() => [])
    return [candidates.filter((candidate) => candidate.startsWith(word)).map((candidate) => `${candidate} `), word]
  }

  async #candidates(words: readonly string[]): Promise<string[]> {
    const commands = visible(this.#context)
    if (words.length === 1) return commands.map(({ name }) => name)
    const command = find(this.#context, words[0] ?? '')
    if (command === undefined) return []
    const { fixed, live } = wordsOf(command, commands)
    if (live === '' || (fixed.length > 0 && words.length === 2)) return [...fixed]
    let names = ''
    const out = { ...silent(this.#context.out), line: (name: string) => void (names += `${name}\n`) }
    await this.#context.again([...asWords(this.#given), '__names', live], { ...this.#hooks(), out })
    return names.split('\n').filter((name) => name !== '')
  }
}

function visible(context: Context): Command[] {
  return context.commands.filter((command) => !command.hidden)
}

function find(context: Context, word: string): Command | undefined {
  return visible(context).find(({ name, aliases }) => name === word || aliases?.includes(word))
}
