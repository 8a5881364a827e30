/**
 * What happens in the master while a command waits: the events of states, and whether they are what was asked for.
 * Open before the request is sent, so that nothing falls between.
 */
import type { Client } from '../api/client.ts'
import { namespec } from '../core/spec.ts'
import type { ProcessStatus } from '../api/results.ts'

export type StateName = ProcessStatus['state']

export interface Watch {
  /** Resolves when the master sends events; rejects when it cannot be asked. */
  readonly opened: Promise<void>
  /** Resolves when the stream has ended, for whatever reason. */
  readonly ended: Promise<void>
  readonly close: () => void
}

/** Calls back for every change of state until closed. */
export function watchStates(client: Client, onState: (namespec: string, state: StateName) => void): Watch {
  const controller = new AbortController()
  let open: () => void = () => undefined
  let fail: (error: unknown) => void = () => undefined
  const opened = new Promise<void>((resolve, reject) => {
    open = resolve
    fail = reject
  })
  const follow = async (): Promise<void> => {
    const options = { signal: controller.signal, onOpen: open }
    for await (const event of client.stream('events', { type: ['process.state'] }, options)) {
      if (typeof event['group'] === 'string' && typeof event['name'] === 'string' && typeof event['to'] === 'string') {
        onState(namespec(event['group'], event['name']), event['to'] as StateName)
      }
    }
  }
  opened.catch(() => undefined) // whoever waits for it gets the error; nobody has to
  const ended = follow().then(open, fail)
  return { opened, ended, close: () => controller.abort() }
}

/** What a state means to somebody who waits for a start; `undefined`: not decided yet. */
export function startVerdict(state: StateName): 'OK' | 'SPAWN_ERROR' | 'ABNORMAL_TERMINATION' | undefined {
  switch (state) {
    case 'STARTING':
      return undefined
    case 'RUNNING':
    case 'EXITED': // it can only have come there through RUNNING
      return 'OK'
    case 'BACKOFF':
    case 'FATAL':
      return 'SPAWN_ERROR'
    case 'STOPPED':
    case 'STOPPING':
    case 'UNKNOWN':
      return 'ABNORMAL_TERMINATION'
  }
}
