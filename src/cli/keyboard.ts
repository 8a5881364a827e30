/**
 * Lines from whoever types them: a terminal with editing, history and completion, or a pipe. Between two questions the
 * terminal is as it was, so that Ctrl-C reaches the command that runs. Knows nothing of commands.
 */
import { createInterface } from 'node:readline'
import type { Interface } from 'node:readline'
import { Writable } from 'node:stream'

export interface Question {
  /** Ends the wait; the answer is then `undefined`. */
  readonly signal?: AbortSignal
  /** What is typed is not shown. */
  readonly secret?: boolean
  /** The answer goes into the history. */
  readonly remember?: boolean
}

export interface Keyboard {
  /** True if a person edits lines. */
  readonly isTerminal: boolean
  /** Asks for one line; `undefined` at the end of the input and when aborted. One question at a time. */
  ask(prompt: string, question?: Question): Promise<string | undefined>
  close(): void
}

export interface KeyboardOptions {
  /** Lines of the past, newest first. */
  readonly history?: readonly string[]
  /** What the line may go on with, and the end of the line that each of them replaces. Must not reject. */
  readonly complete?: (line: string) => Promise<[candidates: string[], word: string]>
  /** Ctrl-C while a line is edited. */
  readonly onInterrupt?: () => void
}

/** What is read from: a process's stdin, or a stream that stands for it. */
export interface KeySource extends NodeJS.ReadableStream {
  readonly isTTY?: boolean
  setRawMode?(mode: boolean): unknown
}

/** What prompts and edited lines are written to. */
export interface KeyScreen {
  readonly isTTY?: boolean
  readonly columns?: number
  write(text: string): unknown
}

const historyMax = 1000

/** Opens the keyboard; nothing is read before the first question. */
export function openKeyboard(source: KeySource, screen: KeyScreen, options: KeyboardOptions = {}): Keyboard {
  return new LineKeyboard(source, screen, options)
}

class LineKeyboard implements Keyboard {
  readonly isTerminal: boolean
  readonly #source: KeySource
  readonly #screen: KeyScreen
  readonly #options: KeyboardOptions
  readonly #typedAhead: string[] = []
  #history: string[]
  #lines: Interface | undefined
  #over = false
  #question: Question = {}
  #answer: ((line: string | undefined) => void) | undefined

  constructor(source: KeySource, screen: KeyScreen, options: KeyboardOptions) {
    this.isTerminal = source.isTTY === true && screen.isTTY === true
    this.#source = source
    this.#screen = screen
    this.#options = options
    this.#history = [...(options.history ?? [])]
    source.once('end', () => (this.#over = true))
  }

  async ask(prompt: string, question: Question = {}): Promise<string | undefined> {
    if (question.signal?.aborted) return undefined
    this.#question = question
    const ahead = this.#typedAhead.shift()
    if (ahead !== undefined || this.#over) {
      this.#screen.write(this.isTerminal && ahead !== undefined ? `${prompt}${question.secret ? '' : ahead}\n` : prompt)
      return ahead
    }
    const lines = (this.#lines ??= this.#open())
    const onAbort = (): void => this.#settle(undefined)
    question.signal?.addEventListener('abort', onAbort, { once: true })
    try {
      return await new Promise<string | undefined>((resolve) => {
        this.#answer = resolve
        this.#show(lines, prompt)
      })
    } finally {
      question.signal?.removeEventListener('abort', onAbort)
      this.#rest()
    }
  }

  close(): void {
    this.#rest()
    this.#lines?.close()
    this.#source.pause()
  }

  #open(): Interface {
    const { complete } = this.#options
    const lines = createInterface({
      input: this.#source,
      terminal: this.isTerminal,
      ...(this.isTerminal ? { output: this.#echo(), history: [...this.#history], historySize: historyMax } : {}),
      ...(complete ? { completer: (line: string, done: Complete) => void complete(line).then((found) => done(null, found)) } : {}),
    })
    lines.on('line', (line) => {
      if (this.#answer === undefined) this.#typedAhead.push(line)
      else this.#settle(line)
    })
    lines.on('history', (history: string[]) => this.#sift(history))
    lines.on('SIGINT', () => this.#options.onInterrupt?.())
    lines.on('close', () => {
      this.#lines = undefined // a terminal goes on after an end of file; a pipe does not
      if (!this.isTerminal) this.#over = true
      this.#settle(undefined)
    })
    return lines
  }

  /** Forgets the line that has just come into the history when it is no command. */
  #sift(history: string[]): void {
    if (this.#question.remember !== true && history[0] !== this.#history[0]) history.shift()
    this.#history = [...history]
  }

  #show(lines: Interface, prompt: string): void {
    if (!this.isTerminal) {
      this.#screen.write(prompt)
      lines.resume()
      return
    }
    this.#source.setRawMode?.(true)
    if (this.#question.secret) this.#screen.write(prompt)
    lines.setPrompt(this.#question.secret ? '' : prompt)
    lines.prompt()
  }

  #settle(line: string | undefined): void {
    const answer = this.#answer
    this.#answer = undefined
    if (this.isTerminal && this.#question.secret && answer !== undefined) this.#screen.write('\n')
    answer?.(line)
  }

  #rest(): void {
    this.#lines?.pause()
    if (this.isTerminal) this.#source.setRawMode?.(false)
  }

  /** The screen as readline wants it, blind while something secret is typed. */
  #echo(): Writable {
    const echo = new Writable({
      decodeStrings: false,
      write: (chunk: string | Buffer, _encoding, done) => {
        if (this.#question.secret !== true) this.#screen.write(String(chunk))
        done()
      },
    })
    return Object.assign(echo, { columns: this.#screen.columns ?? 80 })
  }
}

type Complete = (error: Error | null, found: [string[], string]) => void
