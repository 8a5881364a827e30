/**
 * Waits for a master to come back: says when it is worth trying again. For a socket that is when something changes in
 * its folder (told by the kernel, not polled); for an inet address there is nothing to watch, so once a second.
 */
import { existsSync, watch } from 'node:fs'
import { dirname } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import type { Endpoint } from '../api/client.ts'

/** Yields at once and then after every change, until aborted. What changes while the caller tries is not missed. */
export async function* worthTrying(endpoint: Endpoint, signal: AbortSignal): AsyncGenerator<void> {
  while (!signal.aborted) {
    if (!('socketPath' in endpoint)) {
      yield
      await pause(1000, undefined, { signal }).catch(() => undefined) // aborted: the loop ends
      continue
    }
    const next = nextChange(nearestFolder(dirname(endpoint.socketPath)), signal)
    try {
      yield
      await next.changed
    } finally {
      next.close()
    }
  }
}

function nextChange(folder: string, signal: AbortSignal): { readonly changed: Promise<void>; readonly close: () => void } {
  let wake: () => void = () => undefined
  const changed = new Promise<void>((resolve) => (wake = resolve))
  const watcher = watch(folder, () => wake())
  watcher.on('error', () => wake()) // the folder itself went away: the nearest one left is watched next
  signal.addEventListener('abort', wake, { once: true })
  return {
    changed,
    close: () => {
      signal.removeEventListener('abort', wake)
      watcher.close()
    },
  }
}

function nearestFolder(folder: string): string {
  return existsSync(folder) || folder === dirname(folder) ? folder : nearestFolder(dirname(folder))
}
