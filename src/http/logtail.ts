/**
 * The streams that supervisorctl's `tail -f` reads: `/logtail/<namespec>[/stdout|/stderr]` and `/mainlogtail`. Bytes
 * as the log has them, beginning with the last kilobyte. The log is read no faster than the reader takes it, and who
 * takes nothing for a minute is dropped.
 */
import type { ServerResponse } from 'node:http'
import { stat } from 'node:fs/promises'
import { followLogBytes } from '../api/followlog.ts'
import type { Master } from '../api/master.ts'
import { splitTarget } from '../api/targets.ts'
import { Fault } from '../lib/fault.ts'
import { Refusal } from './answer.ts'

/** Bytes of the past to begin with. */
const pastBytes = 1024

/** Milliseconds for which a reader may take nothing of what waits for it. */
const patience = 60_000

const truncated = '==> File truncated <==\n'

/** True if a path is one of these streams. */
export function isLogtail(pathname: string): boolean {
  return pathname.startsWith('/logtail') || pathname.startsWith('/mainlogtail')
}

/** Streams until one side ends it. Throws Refusal 400 and 404 before the stream has begun. */
export async function answerLogtail(
  master: Master,
  asked: { readonly verb: string; readonly pathname: string },
  response: ServerResponse,
  closing: AbortSignal,
  bounds: { readonly patience: number } = { patience },
): Promise<void> {
  if (asked.verb !== 'GET') throw new Refusal(400, `${asked.pathname} takes GET, not ${asked.verb}`)
  const main = asked.pathname.startsWith('/mainlogtail')
  const path = main ? master.info().logfile : logOf(master, asked.pathname)
  const found = path === null ? undefined : await stat(path).catch(() => undefined)
  if (path === null || found === undefined) throw noLog(asked.pathname)
  const stop = new AbortController()
  const end = (): void => stop.abort()
  response.once('close', end)
  closing.addEventListener('abort', end, { once: true })
  if (closing.aborted || response.destroyed) end()
  try {
    const items = await opened(path, asked.pathname, stop.signal)
    response.writeHead(200, {
      'content-type': 'text/plain;charset=utf-8',
      'last-modified': found.mtime.toUTCString(),
      ...(main ? {} : { 'x-accel-buffering': 'no' }),
    })
    response.flushHeaders()
    for await (const item of items) {
      if (item.type === 'rotated') continue
      if (!response.write(item.type === 'bytes' ? item.bytes : truncated)) await drained(response, stop.signal, bounds.patience)
    }
    response.end()
  } finally {
    closing.removeEventListener('abort', end)
  }
}

async function opened(path: string, pathname: string, signal: AbortSignal): ReturnType<typeof followLogBytes> {
  try {
    return await followLogBytes(path, { bytes: pastBytes, signal, what: path })
  } catch (error) {
    throw error instanceof Fault ? noLog(pathname) : error
  }
}

/** The log that a path means. Throws Refusal 404; `null` where the process has none. */
function logOf(master: Master, pathname: string): string | null {
  const [, namespec = '', channel = 'stdout'] = /^[^/]*\/([^/]*)(?:\/(.*))?$/s.exec(decoded(pathname).replace(/^\/+/, '')) ?? []
  const { group, name } = splitTarget(namespec)
  const view = master.processes().find(one => one.group === group && one.name === name)
  if (view === undefined || (channel !== 'stdout' && channel !== 'stderr')) throw noLog(pathname)
  return channel === 'stdout' ? view.stdoutLogfile : view.stderrLogfile
}

function decoded(pathname: string): string {
  try {
    return decodeURIComponent(pathname)
  } catch {
    throw noLog(pathname)
  }
}

function noLog(pathname: string): Refusal {
  return new Refusal(404, `there is no log at ${pathname}`)
}

/** Resolves when the reader has taken what waits, or is gone; drops it when that takes too long. */
async function drained(response: ServerResponse, signal: AbortSignal, patience: number): Promise<void> {
  if (signal.aborted) return
  await new Promise<void>(resolve => {
    const timer = setTimeout(() => response.destroy(), patience)
    const done = (): void => {
      clearTimeout(timer)
      response.off('drain', done)
      signal.removeEventListener('abort', done)
      resolve()
    }
    response.once('drain', done)
    signal.addEventListener('abort', done, { once: true })
  })
}
