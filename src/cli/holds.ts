/**
 * Says for what a command waits that does not come to an end: what holds the processes back, once it has lasted a
 * moment and again when that has changed. On the error output: a script that hangs has to say in its log for what.
 */
import type { Client } from '../api/client.ts'
import type { Context } from './command.ts'
import { paint } from './output.ts'
import { watchStates } from './progress.ts'

/** A wait shorter than this needs no explanation. Milliseconds. */
const moment = 1000

/** Begins to tell; `close` ends it. */
export function tellHolds(context: Context, client: Client, words: readonly string[]): { readonly close: () => void } {
  if (context.style === 'json' || context.options.quiet === true) return { close: () => undefined }
  const told = new Map<string, string>()
  const tell = async (): Promise<void> => {
    const { processes } = await client.call('status', { targets: words })
    for (const { namespec, hold } of processes) {
      if (hold === null || told.get(namespec) === hold || closed) continue
      told.set(namespec, hold)
      context.err.line(paint(context.err, 'dim', `${namespec}: ${hold}`))
    }
  }
  let closed = false
  let watch: ReturnType<typeof watchStates> | undefined
  const look = (): void => {
    tell().catch(() => undefined) // the command itself will say what is wrong with the master
  }
  const timer = setTimeout(() => {
    // Whatever is waited for comes with a change of state: nothing is asked before the next one.
    watch = watchStates(client, look)
    look()
  }, moment)
  return {
    close: () => {
      closed = true
      clearTimeout(timer)
      watch?.close()
    },
  }
}
