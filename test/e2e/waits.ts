/** What a test may wait for: a state of a process, an event, a text in a file, the end of a process. Never a time. */
import { readFileSync, watch } from 'node:fs'
import { basename, dirname } from 'node:path'
import type { State } from '../../src/core/model.ts'
import type { Master, Place, Process } from './harness.ts'

/** After this nobody waits any more: the test says what did not come. */
const patience = 40_000

export interface SeenEvent {
  readonly type: string
  readonly serial: number
  readonly [key: string]: unknown
}

/** Collects the events of a master from now on. */
export interface Events {
  readonly seen: readonly SeenEvent[]
  /** The first event that fits, from the beginning of the collection. */
  until(what: string, fits: (event: SeenEvent) => boolean): Promise<SeenEvent>
  close(): void
}

/** Resolves when the stream is open: what happens from then on is seen. */
export async function events(place: Place): Promise<Events> {
  const seen: SeenEvent[] = []
  const waiting = new Set<() => void>()
  const stop = new AbortController()
  let over = ''
  const wake = (): void => {
    for (const look of waiting) look()
  }
  await new Promise<void>((resolve, reject) => {
    const listen = async (): Promise<void> => {
      for await (const event of place.client().stream('events', {}, { signal: stop.signal, onOpen: resolve })) {
        seen.push(event)
        wake()
      }
    }
    listen().then(() => (over = 'the stream ended'), (error: unknown) => (over = String(error))).finally(() => {
      reject(new Error(over))
      wake()
    })
  })
  return {
    seen,
    close: () => stop.abort(),
    until: (what, fits) => waitFor(`the event ${what}`, () => JSON.stringify(seen), (done, fail) => {
      const look = (): void => {
        const found = seen.find(fits)
        if (found !== undefined) done(found)
        else if (over !== '') fail(over)
      }
      waiting.add(look)
      look()
      return () => void waiting.delete(look)
    }),
  }
}

/** Resolves with the process when it is in the state. */
export async function untilState(place: Place, namespec: string, state: State): Promise<Process> {
  return untilProcess(place, namespec, `in state ${state}`, (one) => one.state === state)
}

/** Resolves with the process when it fits; looked at after each event about processes. */
export async function untilProcess(place: Place, namespec: string, what: string, fits: (one: Process) => boolean): Promise<Process> {
  const stream = await events(place)
  try {
    for (let count = 0; ; ) {
      const one = (await place.processes()).find((each) => each.namespec === namespec)
      if (one !== undefined && fits(one)) return one
      count = await stream.until(`that brings ${namespec} ${what}, now ${one?.state ?? 'nowhere'}`, () => stream.seen.length > count).then(() => stream.seen.length)
    }
  } finally {
    stream.close()
  }
}

/** Asks until it is so: what a worker says and what holds it have no event. The test's own limit ends it. */
export async function untilTold(place: Place, name: string, fits: (one: Process) => boolean): Promise<Process> {
  for (;;) {
    const one = await place.one(name)
    if (fits(one)) return one
  }
}

/** Resolves with the text of a file as soon as it fits. */
export async function untilFile(path: string, what: string | RegExp | ((text: string) => boolean)): Promise<string> {
  const fits = typeof what === 'function' ? what : (text: string) => (typeof what === 'string' ? text.includes(what) : what.test(text))
  const read = (): string => textOf(path)
  return waitFor(`${String(what)} in ${path}`, () => read().slice(-2000), (done, fail) => {
    const look = (): void => {
      const text = read()
      if (fits(text)) done(text)
    }
    const watcher = watch(dirname(path), (_, name) => {
      if (name === null || name === basename(path)) look()
    })
    watcher.on('error', (error) => fail(String(error)))
    look()
    return () => watcher.close()
  })
}

/** Resolves with what a program in the foreground has said as soon as it fits. */
export async function untilSaid(master: Master, what: string | RegExp): Promise<string> {
  return waitFor(`${String(what)} from pid ${master.pid}`, () => master.said(), (done, fail) => {
    const look = (): void => {
      if (typeof what === 'string' ? master.said().includes(what) : what.test(master.said())) done(master.said())
    }
    for (const stream of [master.child.stdout, master.child.stderr]) stream?.on('data', look)
    void master.ended.then((how) => {
      look()
      fail(`it ended with ${how}`)
    })
    look()
    return () => {
      for (const stream of [master.child.stdout, master.child.stderr]) stream?.off('data', look)
    }
  })
}

/** Empty for a file that is not there; a rotation may move it away at any moment. */
function textOf(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
    return ''
  }
}

type Begin<T> = (done: (value: T) => void, fail: (why: string) => void) => () => void

async function waitFor<T>(what: string, now: () => string, begin: Begin<T>): Promise<T> {
  let end = (): void => undefined
  let timer: NodeJS.Timeout | undefined
  try {
    return await new Promise<T>((resolve, reject) => {
      const fail = (why: string): void => reject(new Error(`waited for ${what}: ${why}; it is ${now()}`))
      timer = setTimeout(() => fail('it did not come'), patience)
      end = begin(resolve, fail)
    })
  } finally {
    clearTimeout(timer)
    end()
  }
}
