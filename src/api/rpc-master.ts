/** The XML-RPC methods about the master itself: who it is, its config, its end. */
import { Fault } from '../lib/fault.ts'
import { any, rpcMethod, text } from './rpc-declare.ts'
import type { RpcValue } from './rpc-declare.ts'

/** The version of the interface, not of the program; clients check it. */
const apiVersion = '3.0'

const stateCodes = { RUNNING: 1, RESTARTING: 0, SHUTDOWN: -1 } as const
const done = { kind: 'boolean', doc: 'Always true.' } as const
const group = text('A group.')

export const masterMethods = {
  getAPIVersion: rpcMethod({
    help: 'Tells the version of this interface.',
    params: {},
    returns: { kind: 'string', doc: 'The version.' },
    aliases: ['getVersion'],
    handle: () => apiVersion,
  }),
  getSupervisorVersion: rpcMethod({
    help: 'Tells the version of the program.',
    params: {},
    returns: { kind: 'string', doc: 'The version.' },
    handle: master => master.info().version,
  }),
  getIdentification: rpcMethod({
    help: 'Tells the identifier of the config.',
    params: {},
    returns: { kind: 'string', doc: 'The identifier.' },
    handle: master => master.info().identifier,
  }),
  getState: rpcMethod({
    help: 'Tells the state of the master.',
    params: {},
    returns: { kind: 'struct', doc: '{statecode, statename}' },
    handle(master) {
      const { state } = master.info()
      return { statecode: stateCodes[state], statename: state }
    },
  }),
  getPID: rpcMethod({
    help: 'Tells the pid of the master.',
    params: {},
    returns: { kind: 'int', doc: 'The pid.' },
    handle: master => master.info().pid,
  }),
  shutdown: rpcMethod({
    help: 'Stops all processes and ends the master; answered before it is done.',
    params: {},
    returns: done,
    handle(master, _, caller) {
      master.shutdown(caller.by, { keepWorkers: false })
      return true
    },
  }),
  restart: rpcMethod({
    help: 'Stops all processes and starts again from the config; answered before it is done.',
    params: {},
    returns: done,
    handle(master, _, caller) {
      master.restart(caller.by)
      return true
    },
  }),
  reloadConfig: rpcMethod({
    help: 'Reads the config again and tells what differs, without acting.',
    params: {},
    returns: { kind: 'array', doc: '[[added, changed, removed]], each a list of groups.' },
    handle(master) {
      const { added, changed, removed } = master.reread()
      return [[added, changed, removed]]
    },
  }),
  addProcessGroup: rpcMethod({
    help: 'Activates a group of the config that was read last.',
    params: { name: group },
    returns: done,
    handle(master, args, caller) {
      master.addGroup(args.name, caller.by)
      return true
    },
  }),
  removeProcessGroup: rpcMethod({
    help: 'Deactivates a group whose processes are stopped.',
    params: { name: group },
    returns: done,
    handle(master, args) {
      master.removeGroup(args.name)
      return true
    },
  }),
  sendRemoteCommEvent: rpcMethod({
    help: 'Sends an event to the listeners that want REMOTE_COMMUNICATION.',
    params: { type: any('string', 'What the event says its type is.'), data: any('string', 'The rest of the event.') },
    returns: done,
    always: true,
    handle(master, args) {
      master.remoteComm(wordOf(args.type), wordOf(args.data))
      return true
    },
  }),
}

function wordOf(value: RpcValue): string {
  if (typeof value === 'string' || typeof value === 'number') return String(value)
  throw new Fault('INCORRECT_PARAMETERS', 'type and data must be strings')
}
