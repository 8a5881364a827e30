/**
 * Where workers ask something of the master: takes the requests out of what a worker says on its report channel, lets the
 * service of that name serve each, and puts the answers into its inbox. What one chunk asks is answered in one go.
 */
import type { Proc } from '../core/proc.ts'
import { isMark } from '../lib/parts.ts'
import type { WorkerInbox } from './worker-inbox.ts'

/** What a worker is answered. Codes are names in capitals; the sentence is for people. */
export type Answer = { readonly value: unknown } | { readonly error: { readonly code: string; readonly message: string } }

/** Serves one kind of request at once. `asked`: the value of its word, whatever a worker has written. */
export type Service = (asked: Readonly<Record<string, unknown>>, proc: Proc, inbox: WorkerInbox) => Answer

/** An answer that says no. */
export function no(code: string, message: string): Answer {
  return { error: { code, message } }
}

export class Desk {
  readonly #services = new Map<string, Service>([['ping', () => ({ value: null })]])
  /** Inboxes into which something has been put. */
  readonly #touched = new Set<WorkerInbox>()
  readonly #before: (() => void)[] = []

  /** `{"WORD":{"id":1,...}}` is served by this from now on. */
  serve(word: string, service: Service): void {
    this.#services.set(word, service)
  }

  /** Called before answers are written: what they promise has to hold by then. */
  beforeAnswers(listener: () => void): void {
    this.#before.push(listener)
  }

  /** Takes the requests among these words: how many there were; -1: one of them cannot be understood. */
  hear(proc: Proc, inbox: WorkerInbox, said: Readonly<Record<string, unknown>>): number {
    let taken = 0
    for (const word in said) {
      const service = this.#services.get(word)
      const understood = service === undefined ? word === 'part' && this.#putPart(proc, inbox, said[word]) : this.#answer(service, proc, inbox, said[word])
      if (understood) taken += 1
      else if (service !== undefined || word === 'part') return -1
    }
    return taken
  }

  /** This inbox is written to with the next `settle`. */
  touch(inbox: WorkerInbox): void {
    this.#touched.add(inbox)
  }

  /** Writes what has been put into inboxes. */
  settle(): void {
    for (const listener of this.#before) listener()
    if (this.#touched.size === 0) return
    const touched = [...this.#touched]
    this.#touched.clear()
    for (const inbox of touched) inbox.flush()
  }

  #answer(service: Service, proc: Proc, inbox: WorkerInbox, asked: unknown): boolean {
    if (typeof asked !== 'object' || asked === null || Array.isArray(asked)) return false
    const { id } = asked as { readonly id?: unknown }
    if (id !== undefined && !isMark(id)) return false
    const answer = service(asked as Readonly<Record<string, unknown>>, proc, inbox)
    if (id !== undefined) this.#put(inbox, id, answer)
    return true
  }

  #put(inbox: WorkerInbox, id: number | string, answer: Answer): void {
    const rest = 'error' in answer ? `"error":${JSON.stringify(answer.error)}` : `"value":${JSON.stringify(answer.value) ?? 'null'}`
    inbox.answer(`{"reply":{"id":${typeof id === 'number' ? String(id) : JSON.stringify(id)},${rest}}}`)
    this.#touched.add(inbox)
  }

  /** A part of a longer line; the whole is heard like any other line. */
  #putPart(proc: Proc, inbox: WorkerInbox, part: unknown): boolean {
    const put = inbox.assembly.put(part)
    if ('waits' in put) return true
    if ('whole' in put) return this.#hearWhole(proc, inbox, put.whole)
    if (put.mark !== null) this.#put(inbox, put.mark, no('BAD_ARGUMENTS', put.refused))
    return false
  }

  #hearWhole(proc: Proc, inbox: WorkerInbox, whole: string): boolean {
    try {
      const said: unknown = JSON.parse(whole)
      // Parts of parts are nothing.
      return typeof said === 'object' && said !== null && !('part' in said) && this.hear(proc, inbox, said as Readonly<Record<string, unknown>>) > 0
    } catch {
      return false // not JSON: rubbish, as any other line that is none
    }
  }
}
