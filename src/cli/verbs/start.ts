/** `start target...`: starts processes, and first a master where none runs; a file or a command becomes a program. */
import type { Client } from '../../api/client.ts'
import type { ParamsOf } from '../../api/methods.ts'
import type { Context } from '../command.ts'
import { act, startInNewMaster } from '../act.ts'
import { Fault } from '../../lib/fault.ts'
import { CliError } from '../clierror.ts'
import { isDown } from '../failure.ts'
import { isEcosystem, isFile, looksLikeProgram, quickOptions } from '../program-words.ts'

export async function run(context: Context): Promise<number> {
  const { words, behindDashes, lists } = context
  const named = words.slice(0, words.length - (behindDashes ?? 0))
  const ecosystem = named.find(isEcosystem)
  if (ecosystem !== undefined) return startEcosystem(context, ecosystem)
  if (quickOptions.some((name) => lists[name] !== undefined) || (behindDashes !== null && named.length > 0)) {
    const [word, ...more] = named
    if (word === undefined || more.length > 0) throw new CliError(`name one program to start, a file or a command in quotes${context.options.interactive ? '; -i takes a number of processes, or max' : ''}`, 2)
    return startPrograms(context, [word], words.slice(named.length), [])
  }
  const strange = words.filter(looksLikeProgram)
  if (strange.length > 0) return startPrograms(context, strange, [], words.filter((word) => !strange.includes(word)), true)
  return startNamed(context)
}

async function startNamed(context: Context): Promise<number> {
  const client = await context.connect()
  try {
    const code = await act(context, client, 'start', context.words)
    for (const word of code === 1 ? context.words : []) if (isFile(word)) context.err.line(`${word} is a file, but not executable: chmod +x it, or say what runs it with --interpreter`)
    return code
  } catch (error) {
    const { instance } = await context.server()
    if (!isDown(error) || instance === undefined) throw error
    await launch(context, instance.configFile)
    return startInNewMaster(context, await context.reconnect(), context.words)
  }
}

interface Reached {
  readonly client: Client
  readonly isNew: boolean
}

/** `named`: processes that are to be started as well. `unlessKnown`: of the words, who is a process is only started. */
async function startPrograms(context: Context, words: readonly string[], args: readonly string[], named: readonly string[], unlessKnown = false): Promise<number> {
  const { quickOrder } = await import('../quick.ts')
  // Where no list is known yet, a mistake is said before a master is begun for it.
  const { client, isNew } = await reach(context, () => void words.map((word) => quickOrder(context, word, args)))
  const lost = async (targets: readonly string[]): Promise<string[]> => (await client.call('brief', { targets })).missing.map(({ target }) => target)
  const missing = new Set(unlessKnown ? await lost(words) : words)
  const [stranger] = missing.size > 0 && named.length > 0 ? await lost(named) : []
  if (stranger !== undefined) throw new CliError(`there is no process ${stranger}, so nothing is started; a command stands in quotes: nsup start "${context.words.join(' ')}"`, 1)
  const [only] = unlessKnown ? [] : missing
  if (only !== undefined && context.lists.name === undefined && !looksLikeProgram(only) && (await lost([only])).length === 0) {
    throw new CliError(`${only} is there already, and options and words behind -- are for a new program: nsup delete ${only} first, or give the new one a --name`, 1)
  }
  const started = [...named, ...words.filter((word) => !missing.has(word))]
  return launchAll(context, { client, isNew }, [...missing].map((word) => quickOrder(context, word, args)), started)
}

/** The apps of a list of PM2's become programs; those that are there already are only started. */
async function startEcosystem(context: Context, file: string): Promise<number> {
  const { words, lists } = context
  const strange = quickOptions.find((name) => name !== 'env' && lists[name] !== undefined)
  if (words.length > 1 || strange !== undefined) throw new CliError(`${file} is a list of PM2's and is started alone${strange === undefined ? '' : `, without --${strange}`}`, 2)
  const { ecosystemOrders } = await import('../ecosystem.ts')
  const { orders, notes } = await ecosystemOrders(context, file)
  const reached = await reach(context, () => undefined)
  for (const note of notes) context.err.line(`nsup: ${note}`)
  const { missing } = await reached.client.call('brief', { targets: orders.map(({ name }) => name) })
  const isNewOne = ({ name }: { readonly name: string }): boolean => missing.some(({ target }) => target === name)
  const there = orders.filter((order) => !isNewOne(order)).map(({ name }) => name)
  if (there.length > 0) context.err.line(`nsup: ${there.join(', ')}: there already, and as before; nsup delete ${there.join(' ')} first, if the list has changed`)
  return launchAll(context, reached, orders.filter(isNewOne), there.map((name) => `${name}:*`))
}

async function launchAll(context: Context, { client, isNew }: Reached, orders: readonly ParamsOf<'launch'>[], started: string[]): Promise<number> {
  // It would run as the user of the master, often root, though another one was asked for.
  const { username, serverurl } = context.options
  if (username !== undefined && serverurl === undefined && orders.length > 0) throw new CliError(`-u is the user name for a server (-s); to run it as ${String(username)}: --user ${String(username)}`, 2)
  for (const order of orders) {
    const { warnings } = await client.call('launch', order).catch(refused)
    for (const warning of warnings) context.err.line(`nsup: ${warning}`)
    started.push(`${order.name}:*`)
  }
  const code = isNew || orders.length > 0 ? await startInNewMaster(context, client, started, isNew) : await act(context, client, 'start', started)
  const names = orders.map(({ name }) => name).join(' ')
  if (code !== 0 && orders.length > 0) context.err.line(`see: nsup why ${names}; to take it out of the list again: nsup delete ${names}`)
  else if (context.style === 'terminal' && orders.length > 0) context.err.line(`${names} runs until it is deleted; nsup save writes it into the config`)
  return code
}

/** What is wrong with the order, without a word about arguments of a method that nobody has called. */
function refused(error: unknown): never {
  throw error instanceof Fault && error.fault === 'BAD_ARGUMENTS' ? new CliError(error.detail ?? error.message, 1) : error
}

/** A client of a master that answers; where there is no config, one of an empty list that belongs to this folder. */
async function reach(context: Context, check: () => void): Promise<Reached> {
  const { findConfig, isForeign } = await import('../../config/find.ts')
  const { beginWithoutConfig } = await import('../../config/without-config.ts')
  const named = context.options.serverurl ?? context.options.configuration
  const file = named === undefined ? findConfig(undefined, context.env) : String(named)
  if (file === undefined) {
    check()
    beginWithoutConfig(context.env)
  }
  try {
    const client = await context.connect()
    await client.call('info', {})
    return { client, isNew: false }
  } catch (error) {
    if (!isDown(error)) throw error
    const { instance } = await context.server()
    if (instance === undefined) throw error
    const foreign = isForeign(file, named === undefined ? undefined : String(named), context.env)
    if (foreign) check()
    await launch(context, foreign ? beginWithoutConfig(context.env) : instance.configFile)
    return { client: await context.reconnect(), isNew: true }
  }
}

async function launch(context: Context, configFile: string): Promise<void> {
  const { launchMaster } = await import('../launch.ts')
  const launched = await launchMaster(configFile, context.env)
  // Somebody else has begun one in the same moment: that one is as good.
  if (!launched.ok && /another nsupd \(pid \d+\) already runs/.test(launched.said) && (await answersSoon(context))) return
  if (launched.said !== '') context.err.write(launched.said)
  if (!launched.ok) throw new CliError('the master could not be started', 1)
}

/** How long a master that comes up is waited for, in ms. */
const patience = 15_000

/** True when the master that has the lock answers. */
async function answersSoon(context: Context): Promise<boolean> {
  const { worthTrying } = await import('../comeback.ts')
  const { endpoint } = await context.server()
  const chances = worthTrying(endpoint, AbortSignal.timeout(patience))
  try {
    while ((await chances.next()).done !== true) {
      const answered = await answers(context).catch((error: unknown) => {
        if (!isDown(error)) throw error
        return false
      })
      if (answered) return true
    }
    return false
  } finally {
    await chances.return(undefined)
  }
}

async function answers(context: Context): Promise<boolean> {
  await (await context.reconnect()).call('info', {})
  return true
}
