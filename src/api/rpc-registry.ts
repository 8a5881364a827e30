/** All XML-RPC methods by name, the `system` ones among them, and the call of one. */
import { Fault, faultRow } from '../lib/fault.ts'
import { compare } from '../core/order.ts'
import type { Master } from './master.ts'
import { Encoded, array, isArray, isStruct, rpcMethod, text } from './rpc-declare.ts'
import type { RpcCaller, RpcMethod, RpcValue } from './rpc-declare.ts'
import { infoMethods } from './rpc-info.ts'
import { logMethods } from './rpc-logs.ts'
import { masterMethods } from './rpc-master.ts'
import { processMethods } from './rpc-processes.ts'

const methodName = text('Name of a method.')

const systemMethods: Readonly<Record<string, RpcMethod>> = {
  listMethods: rpcMethod({
    help: 'Lists the methods of this interface.',
    params: {},
    returns: { kind: 'array', doc: 'Their names.' },
    always: true,
    handle: () => [...registry.keys()].sort(compare),
  }),
  methodHelp: rpcMethod({
    help: 'Tells what a method is for.',
    params: { name: methodName },
    returns: { kind: 'string', doc: 'A text.' },
    always: true,
    handle: (_, args) => known(args.name).help,
  }),
  methodSignature: rpcMethod({
    help: 'Tells what a method takes and returns.',
    params: { name: methodName },
    returns: { kind: 'array', doc: 'The type of the result, then those of the parameters.' },
    always: true,
    handle: (_, args) => known(args.name).signature,
  }),
  multicall: rpcMethod({
    help: 'Calls several methods, one after the other. Each result is the bare value, or {faultCode, faultString}.',
    params: { calls: array('Structs {methodName, params}.') },
    returns: { kind: 'array', doc: 'A result for each call.' },
    always: true,
    handle: (master, args, caller) => callAll(master, args.calls, caller),
  }),
}

const registry = new Map<string, RpcMethod>([
  ...named('supervisor', { ...masterMethods, ...infoMethods, ...processMethods, ...logMethods }),
  ...named('system', systemMethods),
])

/** Calls a method by its full name. Throws Fault; UNKNOWN_METHOD where there is none. */
export async function callRpc(master: Master, name: string, args: readonly RpcValue[], caller: RpcCaller): Promise<RpcValue> {
  const method = registry.get(name)
  if (method === undefined) throw new Fault('UNKNOWN_METHOD')
  return method.call(master, args, caller)
}

function named(namespace: string, methods: Readonly<Record<string, RpcMethod>>): [string, RpcMethod][] {
  return Object.entries(methods).flatMap(([name, method]) => [name, ...method.aliases].map(one => [`${namespace}.${one}`, method] as [string, RpcMethod]))
}

function known(name: string): RpcMethod {
  const method = registry.get(name)
  if (method === undefined) throw new Fault('SIGNATURE_UNSUPPORTED')
  return method
}

/** Each result is encoded at once and weighed, so that a small request cannot ask for an endless answer. */
async function callAll(master: Master, calls: readonly RpcValue[], caller: RpcCaller): Promise<RpcValue> {
  const results: Encoded[] = []
  for (const call of calls) {
    if (caller.signal.aborted) throw caller.signal.reason
    const encoded = caller.encode(await callOne(master, call, caller))
    caller.budget.spend(encoded.length)
    results.push(new Encoded(encoded))
  }
  return results
}

async function callOne(master: Master, call: RpcValue, caller: RpcCaller): Promise<RpcValue> {
  try {
    const { methodName: name, params = [] } = isStruct(call) ? call : {}
    if (name === undefined) throw new Fault('INCORRECT_PARAMETERS', 'No methodName')
    if (name === 'system.multicall') throw new Fault('INCORRECT_PARAMETERS', 'Recursive system.multicall forbidden')
    if (typeof name !== 'string') throw new Fault('UNKNOWN_METHOD')
    if (!isArray(params)) throw new Fault('INCORRECT_PARAMETERS')
    return await callRpc(master, name, params, caller)
  } catch (error) {
    if (!(error instanceof Fault)) throw error
    return { faultCode: faultRow(error.fault).code, faultString: error.message }
  }
}
