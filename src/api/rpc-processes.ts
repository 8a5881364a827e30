/** The XML-RPC methods that start, stop and signal processes, in supervisord's order of checks. */
import { Fault } from '../lib/fault.ts'
import { parseSignal, signalName } from '../lib/signals.ts'
import type { SignalName } from '../lib/signals.ts'
import { isRunning, isSignallable } from '../core/model.ts'
import type { ProcessView } from '../core/model.ts'
import { namespec } from '../core/spec.ts'
import type { Master, Outcome } from './master.ts'
import { any, flag, isArray, rpcMethod, text, wholeNumber } from './rpc-declare.ts'
import type { RpcCaller, RpcStruct, RpcValue } from './rpc-declare.ts'
import { findProcess, membersOf, onTarget, resultList } from './rpc-targets.ts'
import { inActingOrder } from './targets.ts'

const name = text('A process: name or group:name; group:* means all of a group.')
const group = text('A group.')
const wait = (until: string): ReturnType<typeof flag> => flag(`Answer when ${until}, not when the request is taken.`, true)
const done = { kind: 'boolean', doc: 'Always true.' } as const
const list = { kind: 'array', doc: 'A struct {name, group, status, description} for each process that was acted on.' } as const
const signal = any('string', 'A signal, by name or by number.')

export const processMethods = {
  startProcess: rpcMethod({
    help: 'Starts a process, or all of a group.',
    params: { name, wait: wait('it is RUNNING') },
    returns: done,
    handle: (master, args, caller) => onTarget(master, args.name, {
      all: views => startIdle(master, views, args.wait, caller),
      one: view => start(master, [view], args.wait, caller),
    }),
  }),
  startProcessGroup: rpcMethod({
    help: 'Starts the members of a group that do not run.',
    params: { name: group, wait: wait('each is RUNNING or has failed') },
    returns: list,
    handle: (master, args, caller) => startIdle(master, membersOf(master, args.name), args.wait, caller),
  }),
  startAllProcesses: rpcMethod({
    help: 'Starts all processes that do not run, by priority.',
    params: { wait: wait('each is RUNNING or has failed') },
    returns: list,
    handle: (master, args, caller) => startIdle(master, inActingOrder(master.processes()), args.wait, caller),
  }),

  stopProcess: rpcMethod({
    help: 'Stops a process, or all of a group.',
    params: { name, wait: wait('it is stopped') },
    returns: done,
    handle: (master, args, caller) => onTarget(master, args.name, {
      all: views => stopBusy(master, views, args.wait, caller),
      one: view => master.stop([view], { ...caller, wait: args.wait }),
    }),
  }),
  stopProcessGroup: rpcMethod({
    help: 'Stops the members of a group that run.',
    params: { name: group, wait: wait('each is stopped') },
    returns: list,
    handle: (master, args, caller) => stopBusy(master, membersOf(master, args.name), args.wait, caller),
  }),
  stopAllProcesses: rpcMethod({
    help: 'Stops all processes that run, by priority.',
    params: { wait: wait('each is stopped') },
    returns: list,
    handle: (master, args, caller) => stopBusy(master, inActingOrder(master.processes()), args.wait, caller),
  }),

  signalProcess: rpcMethod({
    help: 'Sends a signal to a process, or to all of a group; it changes no state.',
    params: { name, signal },
    returns: done,
    handle: (master, args, caller) => onTarget(master, args.name, {
      all: views => signalList(master, views, args.signal, caller),
      one: view => master.signal([view], signalOf(args.signal), caller.by),
    }),
  }),
  signalProcessGroup: rpcMethod({
    help: 'Sends a signal to the members of a group that can take one.',
    params: { name: group, signal },
    returns: list,
    handle: (master, args, caller) => signalList(master, membersOf(master, args.name), args.signal, caller),
  }),
  signalAllProcesses: rpcMethod({
    help: 'Sends a signal to all processes that can take one.',
    params: { signal },
    returns: list,
    handle: (master, args, caller) => signalList(master, inActingOrder(master.processes()), args.signal, caller),
  }),

  sendProcessStdin: rpcMethod({
    help: 'Writes text to the standard input of a process, as UTF-8.',
    params: { name: text('A process: name or group:name.'), chars: any('string', 'What to write, as it is.') },
    returns: done,
    async handle(master, args) {
      if (typeof args.chars !== 'string') throw new Fault('INCORRECT_PARAMETERS', shown(args.chars))
      const view = findProcess(master, args.name)
      if (view.pid === 0 || view.state === 'STOPPING') throw new Fault('NOT_RUNNING', args.name)
      try {
        await master.sendStdin(view, args.chars)
      } catch (error) {
        if (error instanceof Fault && error.fault === 'NO_FILE') throw new Fault('NO_FILE', args.name)
        throw error
      }
      return true
    },
  }),
}

async function startIdle(master: Master, views: readonly ProcessView[], wait: boolean, caller: RpcCaller): Promise<RpcStruct[]> {
  return resultList(await start(master, views.filter(view => !isRunning(view.state)), wait, caller))
}

async function stopBusy(master: Master, views: readonly ProcessView[], wait: boolean, caller: RpcCaller): Promise<RpcStruct[]> {
  return resultList(await master.stop(views.filter(view => isRunning(view.state)), { ...caller, wait }))
}

/** What is being stopped cannot be started, and whoever waits for it is told at once, not when it is down. */
async function start(master: Master, views: readonly ProcessView[], wait: boolean, caller: RpcCaller): Promise<Outcome[]> {
  const stopping = views.filter(view => view.state === 'STOPPING')
  const others = views.filter(view => view.state !== 'STOPPING')
  const [refused, started] = await Promise.all([
    stopping.length === 0 ? [] : master.start(stopping, { ...caller, wait: false }),
    stopping.length > 0 && others.length === 0 ? [] : master.start(others, { ...caller, wait }),
  ])
  const told = refused.map(outcome => (outcome.result === 'OK' && wait ? { ...outcome, result: 'ABNORMAL_TERMINATION' as const } : outcome))
  return [...told, ...(wait ? started : failedAtOnce(master, started))].map(inWords)
}

/** Without waiting, a spawn that could not even be tried is an error all the same. */
function failedAtOnce(master: Master, outcomes: readonly Outcome[]): Outcome[] {
  if (outcomes.length === 0) return []
  const failed = new Set(master.processes().filter(view => view.state === 'BACKOFF' || view.state === 'FATAL').map(view => view.namespec))
  return outcomes.map(outcome =>
    outcome.result === 'OK' && failed.has(namespec(outcome.group, outcome.name)) ? { ...outcome, result: 'SPAWN_ERROR' } : outcome)
}

function inWords(outcome: Outcome): Outcome {
  if (outcome.result !== 'FAILED') return outcome
  return { ...outcome, description: `${namespec(outcome.group, outcome.name)} is in an unknown process state` }
}

/** A signal that does not exist is told of each process. */
function signalList(master: Master, views: readonly ProcessView[], given: RpcValue, caller: RpcCaller): RpcStruct[] {
  const able = views.filter(view => isSignallable(view.state))
  const wanted = readSignal(given)
  if (wanted !== undefined) return resultList(master.signal(able, wanted, caller.by))
  const refusal = { result: 'BAD_SIGNAL', description: shown(given) } as const
  return resultList(able.map(({ group, name }) => ({ group, name, ...refusal })))
}

function signalOf(given: RpcValue): SignalName {
  const wanted = readSignal(given)
  if (wanted === undefined) throw new Fault('BAD_SIGNAL', shown(given))
  return wanted
}

function readSignal(given: RpcValue): SignalName | undefined {
  const number = wholeNumber(given)
  if (number !== undefined) return signalName(number)
  return typeof given === 'string' ? parseSignal(given) : undefined
}

function shown(value: RpcValue): string {
  return typeof value === 'object' ? (isArray(value) ? 'an array' : 'no string') : String(value)
}
