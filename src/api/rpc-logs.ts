/** The XML-RPC methods for logs: reading pieces of them, and emptying them. */
import { stat } from 'node:fs/promises'
import { Fault } from '../lib/fault.ts'
import type { ProcessView } from '../core/model.ts'
import { namespec } from '../core/spec.ts'
import { readLogRange, tailLogRange } from './log-range.ts'
import type { Channel, Master } from './master.ts'
import { int, rpcMethod, text } from './rpc-declare.ts'
import type { RpcCaller, RpcMethod, RpcValue } from './rpc-declare.ts'
import { findProcess, resultList } from './rpc-targets.ts'
import { inActingOrder } from './targets.ts'

const name = text('A process: name or group:name.')
const piece = {
  offset: int('Where to begin; below 0: so many bytes before the end, and length must be 0.'),
  length: int('Bytes to read; 0: to the end.'),
}
const tail = {
  offset: int('Where to begin: the offset that the last answer told.'),
  length: int('Bytes to answer with at most.'),
}
const bytes = { kind: 'string', doc: 'The text; bytes that are no UTF-8 become replacement characters.' } as const
const tailed = { kind: 'array', doc: '[text, offset to go on from, whether more than length bytes were new].' } as const

export const logMethods = {
  readLog: rpcMethod({
    help: 'Reads a piece of the log of the master.',
    params: piece,
    returns: bytes,
    aliases: ['readMainLog'],
    handle: (master, args, caller) => readLogRange(master.info().logfile, args.offset, args.length, spender(caller)),
  }),
  clearLog: rpcMethod({
    help: 'Empties the log of the master.',
    params: {},
    returns: { kind: 'boolean', doc: 'Always true.' },
    handle: master => clearMainLog(master),
  }),
  readProcessStdoutLog: reading('stdout', ['readProcessLog']),
  readProcessStderrLog: reading('stderr', []),
  tailProcessStdoutLog: tailing('stdout', ['tailProcessLog']),
  tailProcessStderrLog: tailing('stderr', []),
  clearProcessLogs: rpcMethod({
    help: 'Empties the logs of a process.',
    params: { name },
    returns: { kind: 'boolean', doc: 'Always true.' },
    aliases: ['clearProcessLog'],
    handle(master, args) {
      const [outcome] = master.clearLogs(open([findProcess(master, args.name)]))
      if (outcome !== undefined && outcome.result !== 'OK') throw new Fault('FAILED', args.name)
      return true
    },
  }),
  clearAllProcessLogs: rpcMethod({
    help: 'Empties the logs of all processes.',
    params: {},
    returns: { kind: 'array', doc: 'A struct {name, group, status, description} for each process.' },
    handle(master) {
      const views = inActingOrder(master.processes())
      const cleared = new Map(master.clearLogs(open(views)).map(outcome => [namespec(outcome.group, outcome.name), outcome]))
      return resultList(views.map(view => cleared.get(view.namespec) ?? { group: view.group, name: view.name, result: 'OK', description: 'OK' }))
    },
  }),
}

function reading(channel: Channel, aliases: readonly string[]): RpcMethod {
  return rpcMethod({
    help: `Reads a piece of the ${channel} log of a process.`,
    params: { name, ...piece },
    returns: bytes,
    aliases,
    handle: (master, args, caller) => readLogRange(logOf(findProcess(master, args.name), channel), args.offset, args.length, spender(caller)),
  })
}

function tailing(channel: Channel, aliases: readonly string[]): RpcMethod {
  return rpcMethod({
    help: `Reads what is new in the ${channel} log of a process since the last call; cheaper than reading pieces.`,
    params: { name, ...tail },
    returns: tailed,
    aliases,
    async handle(master, args, caller): Promise<RpcValue> {
      const { text: got, offset, overflow } = await tailLogRange(logOf(findProcess(master, args.name), channel), args.offset, args.length, spender(caller))
      return [got, offset, overflow]
    },
  })
}

async function clearMainLog(master: Master): Promise<true> {
  const { logfile } = master.info()
  const found = logfile === null ? undefined : await stat(logfile).catch(() => undefined)
  if (found === undefined) throw new Fault('NO_FILE')
  if (!found.isFile()) throw new Fault('FAILED')
  try {
    master.clearMainLog()
  } catch {
    throw new Fault('FAILED') // supervisord says no more either; the master's log has the reason
  }
  return true
}

/** Who does not run keeps what is in its logs: supervisord does nothing then, and says that all is well. */
function open(views: readonly ProcessView[]): ProcessView[] {
  return views.filter(view => view.pid !== 0)
}

function logOf(view: ProcessView, channel: Channel): string | null {
  return channel === 'stdout' ? view.stdoutLogfile : view.stderrLogfile
}

function spender({ budget }: RpcCaller): (size: number) => void {
  return size => budget.spend(size)
}
