/** `dev [--only NAMES] [--watch]`: the list in the foreground, with all output side by side, until Ctrl-C. */
import { existsSync } from 'node:fs'
import { connect } from '../../api/client.ts'
import type { DevWishes } from '../../config/development.ts'
import { isForeign } from '../../config/find.ts'
import type { Instance } from '../../config/instance.ts'
import { isWithoutConfig } from '../../config/without-config.ts'
import type { GroupSpec } from '../../core/spec.ts'
import { knowsDeathSignal } from '../../os/exec-chain.ts'
import { systemClock } from '../../os/clock.ts'
import { watchFiles } from '../../os/watch.ts'
import { CliError } from '../clierror.ts'
import type { Context } from '../command.ts'
import { Following } from '../dev/following.ts'
import { homeOf, makeHome, removeHome } from '../dev/home.ts'
import type { DevHome } from '../dev/home.ts'
import { startMaster } from '../dev/master.ts'
import type { DevMaster, DevOrder } from '../dev/master.ts'
import { readList } from '../dev/reading.ts'
import type { Reading } from '../dev/reading.ts'
import { Show } from '../dev/show.ts'
import { isDown } from '../failure.ts'
import { requireInstance } from '../server.ts'

export async function run(context: Context): Promise<number> {
  const instance = ownInstance(context)
  const wishes = wishesOf(context)
  const home = homeOf(instance.configFile, context.env)
  const { logDir } = home.instance
  const read = (): Reading => readList(instance.configFile, { env: context.env, cwd: process.cwd(), logDir }, wishes)
  const first = firstReading(context, read)
  const specs = first.groups.flatMap(({ processes }) => processes)
  await refuseBeside(instance, home)
  const order = { configFile: instance.configFile, home: home.folder, env: context.env, wishes }
  if (existsSync(home.folder)) {
    context.err.line('nsup: an earlier nsup dev was killed: what it left is being stopped first')
    await clearAway(home, order)
  }
  makeHome(home, specs)
  const show = new Show(context, specs, logDir)
  const master = startMaster(order)
  const stopped = stopOnSignals(context, master, show)
  show.onOver = () => { master.stop('stop') }
  const following = follow({ context, instance, home, read, show }, first, master)
  const problem = await master.started
  if (problem !== null) {
    await show.close()
    if ((await pidAt(home.instance.socket)) === null) removeHome(home) // or another one was quicker
    throw new CliError(problem.trim(), 2)
  }
  show.say(`asking it from another terminal: nsup -s unix://${home.instance.socket} status`)
  const how = await master.ended
  following.close()
  await show.close()
  if (how !== 0) {
    show.say(`its master ended by itself (${String(how)}): what it left is being stopped`, true)
    await clearAway(home, order)
  }
  removeHome(home)
  const failed = show.conclude() > 0 || how !== 0
  if (stopped.late) return 124
  return failed ? 1 : 0
}

/** That of the list somebody develops: not the one that happens to serve this machine, and one that has a file. */
function ownInstance({ options, env }: Context): Instance {
  const named = options.configuration === undefined ? undefined : String(options.configuration)
  const instance = requireInstance(options, env)
  const { configFile } = instance
  if (isForeign(configFile, named, env)) throw new CliError(`there is no config in this folder: write one with nsup init, or name one with -c (that of the machine would be -c ${configFile})`, 2)
  if (isWithoutConfig(instance)) throw new CliError(`there is no ${configFile} yet: nsup save writes the programs into it that were added by hand`, 2)
  return instance
}

function wishesOf({ options }: Context): DevWishes {
  const only = options.only === undefined ? null : String(options.only).split(',').map((one) => one.trim()).filter((one) => one !== '')
  if (only?.length === 0) throw new CliError('--only names nothing: give it programs, groups or processes, as in --only web,db', 2)
  return { only, watch: options.watch === true, root: process.getuid?.() === 0, binds: knowsDeathSignal() }
}

/** The first reading. Throws {@link CliError} with all that is wrong. */
function firstReading(context: Context, read: () => Reading): Reading & { readonly groups: readonly GroupSpec[] } {
  const reading = read()
  for (const problem of reading.problems) context.err.line(problem)
  const { groups } = reading
  if (groups === null) throw new CliError(reading.refusal, 2)
  return { ...reading, groups }
}

interface Parts {
  readonly context: Context
  readonly instance: Instance
  readonly home: DevHome
  readonly read: () => Reading
  readonly show: Show
}

/** Applies what is edited in the config. */
function follow({ context, instance, home, read, show }: Parts, first: ReturnType<typeof firstReading>, master: DevMaster): Following {
  const client = connect({ socketPath: home.instance.socket }, { by: 'nsup dev' })
  return new Following({
    ...{ clock: systemClock, watchFiles, read, file: instance.configFile, own: [home.folder] },
    complain: (line) => { context.err.line(line) },
    say: (text, bad) => { show.say(text, bad) },
    update: () => client.call('update', {}),
    list: {
      take: (specs) => {
        makeHome(home, specs)
        show.take(specs)
      },
      keepOnly: (specs) => show.keepOnly(specs),
    },
  }, first, master.started.then((problem) => problem === null))
}

/** Two masters of one list would start everything twice, on the same ports. Throws {@link CliError}. */
async function refuseBeside(instance: Instance, home: DevHome): Promise<void> {
  const master = await pidAt(instance.socket)
  if (master !== null) {
    throw new CliError(`a master runs for ${instance.configFile} already (pid ${String(master)}): stop it first with nsup shutdown, or watch it with nsup logs -f`, 1)
  }
  const other = await pidAt(home.instance.socket)
  if (other !== null) throw new CliError(`nsup dev runs for ${instance.configFile} already, or is about to end (its master has pid ${String(other)})`, 1)
}

async function pidAt(socketPath: string): Promise<number | null> {
  try {
    return (await connect({ socketPath }).call('info', {})).pid
  } catch (error) {
    if (isDown(error)) return null
    throw error
  }
}

/** What a master left that was killed: another one takes it over, and stops it. It starts nothing. Throws {@link CliError}. */
async function clearAway(home: DevHome, order: DevOrder): Promise<void> {
  const master = startMaster({ ...order, wishes: { ...order.wishes, only: [] } })
  master.stop('stop')
  const problem = await master.started
  await master.ended
  // Most often it is no leftover at all, but begun at this very moment: nothing is removed beneath it.
  if (problem !== null) throw new CliError(`${problem.trim()}\nif nothing of it runs, remove ${home.folder}`, 1)
  removeHome(home)
}

/** The first signal stops all, the next one at once. SIGHUP ends this process: there is no terminal to show anything, and the master notices. */
function stopOnSignals(context: Context, master: DevMaster, show: Show): { readonly late: boolean } {
  const state = { asked: 0, late: false }
  const stop = (why: string): void => {
    state.asked += 1
    show.stopping()
    show.say(state.asked === 1 ? `${why}: stopping all (once more: at once)` : `${why}: no more grace`)
    master.stop(state.asked === 1 ? 'stop' : 'now')
  }
  context.onInterrupt(() => { stop('Ctrl-C') })
  for (const signal of ['SIGTERM', 'SIGQUIT'] as const) process.on(signal, () => { stop(signal) })
  if (context.timeout !== undefined) {
    setTimeout(() => {
      state.late = true
      stop('--timeout')
    }, context.timeout).unref()
  }
  return state
}
