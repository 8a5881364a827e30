/** The methods that answer with a stream: what feeds each, and how fast. */
import type { ServerResponse } from 'node:http'
import type { MasterEvent } from '../core/events.ts'
import { followLog } from '../api/followlog.ts'
import { logOf } from '../api/handlers.ts'
import type { Master } from '../api/master.ts'
import type { StreamName, TakenOf } from '../api/methods.ts'
import { resolveOne } from '../api/targets.ts'
import { snakeCased } from '../api/view.ts'
import { wantedEvents } from '../api/wanted-events.ts'
import { EventWriter } from './sse.ts'

/** Answers a streaming request and returns when the stream is over. Throws Fault before the stream has begun. */
export async function stream<M extends StreamName>(
  master: Master,
  method: M,
  params: TakenOf<M>,
  response: ServerResponse,
  closing: AbortSignal,
): Promise<void> {
  const streamer = streamers[method] as unknown as Streamer<M>
  await streamer(master, params, response, closing)
}

type Streamer<M extends StreamName> = (master: Master, params: TakenOf<M>, response: ServerResponse, closing: AbortSignal) => Promise<void>

const streamers: { readonly [M in StreamName]: Streamer<M> } = {
  async follow(master, params, response, closing) {
    const view = resolveOne(master.processes(), params.target, { groups: master.activeGroups() })
    const what = `${view.namespec} has no ${params.channel} log`
    await streamLog(logOf(view, params.channel), { ...params, what }, response, closing)
  },
  async mainfollow(master, params, response, closing) {
    await streamLog(master.info().logfile, { ...params, what: 'the master has no log file' }, response, closing)
  },
  async events(master, params, response, closing) {
    const { mayFit, fits } = wantedEvents(params.type)
    const writer = new EventWriter(response)
    const send = (event: MasterEvent): void => {
      if (fits(event)) writer.send(event.type, snakeCased(event))
    }
    const before = params.last === 0 ? [] : master.recentEvents().filter(fits).slice(-params.last)
    before.forEach(send)
    if (params.follow) {
      const unsubscribe = master.subscribe(send, mayFit)
      await ended(writer.signal, closing)
      unsubscribe()
    }
    writer.end()
  },
}

interface LogParams {
  readonly bytes?: number | undefined
  readonly lines?: number | undefined
  readonly from?: string | undefined
  readonly what: string
}

/** Reads on only when the reader has taken what was sent, so a paused reader costs nothing. */
async function streamLog(path: string | null, params: LogParams, response: ServerResponse, closing: AbortSignal): Promise<void> {
  const stop = new AbortController()
  const onClose = (): void => stop.abort()
  closing.addEventListener('abort', onClose, { once: true })
  response.once('close', onClose)
  if (closing.aborted || response.destroyed) stop.abort()
  try {
    const items = await followLog(path, { ...params, signal: stop.signal })
    const writer = new EventWriter(response)
    for await (const item of items) {
      writer.send(item.type, item)
      await writer.drained()
    }
    writer.end()
  } finally {
    closing.removeEventListener('abort', onClose)
  }
}

async function ended(...signals: readonly AbortSignal[]): Promise<void> {
  const any = AbortSignal.any([...signals])
  if (any.aborted) return
  await new Promise<void>(resolve => any.addEventListener('abort', () => resolve(), { once: true }))
}
