/** `shutdown [--keep-workers]`: ends the master and waits until it is gone; on a terminal shows who has stopped. */
import { readFileSync } from 'node:fs'
import { setTimeout as pause } from 'node:timers/promises'
import type { Context } from '../command.ts'
import { confirm } from '../confirm.ts'
import { CliError } from '../clierror.ts'
import { Fault } from '../../lib/fault.ts'
import { printDone, printJson } from '../outcomes.ts'
import { watchStates } from '../progress.ts'

export async function run(context: Context): Promise<number> {
  if (!(await confirm(context, 'Really shut the remote supervisord process down y/N? '))) return 0
  const client = await context.connect()
  const { pid } = await client.call('info', {})
  const watch = watchStates(client, (namespec, state) => {
    if (context.style === 'terminal' && state === 'STOPPED') printDone(context, namespec, 'stopped')
  })
  try {
    await watch.opened
    await client.call('shutdown', { keep_workers: context.options['keep-workers'] === true })
  } catch (error) {
    watch.close()
    if (!(error instanceof Fault) || error.fault !== 'SHUTDOWN_STATE') throw error
    if (context.style === 'json') printJson(context, { ok: false, fault: error.fault })
    else context.out.line('ERROR: already shutting down')
    return 0
  }
  const { instance } = await context.server()
  // With -s the master may run on another machine, where its pid means nothing here.
  const gone = watch.ended.then(() => (instance === undefined ? undefined : processGone(pid)))
  await within(gone, context.timeout)
  watch.close()
  if (context.style === 'json') printJson(context, { ok: true })
  else context.out.line('Shut down')
  return 0
}

async function within(gone: Promise<void>, timeout: number | undefined): Promise<void> {
  if (timeout === undefined) return gone
  const late = await Promise.race([gone.then(() => false), pause(timeout, true, { ref: false })])
  if (late) throw new CliError(`the master still shuts down after ${timeout / 1000} s`, 1)
}

/** Only a parent is told of an exit, and the server has already closed: what is left is a few milliseconds. */
async function processGone(pid: number): Promise<void> {
  while (isAlive(pid)) await pause(10)
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
  return !isZombie(pid)
}

function isZombie(pid: number): boolean {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    return stat.slice(stat.lastIndexOf(')') + 2).startsWith('Z')
  } catch {
    return false // no /proc here, or it has gone since
  }
}
