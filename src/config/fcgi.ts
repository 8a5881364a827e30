/** Makes the processes of a FastCGI program: what a program has, and the socket that they share. */
import { resolve } from 'node:path'
import type { ProcessSpec, SocketSpec } from '../core/spec.ts'
import { buildProgram } from './program.ts'
import { findOption, optionTitle, readRows } from './read.ts'
import type { Source } from './read.ts'
import { errorAt } from './raw.ts'
import { socketRows } from './rows-program.ts'
import type { MasterSpec } from './config.ts'
import type { Context } from './context.ts'

/** The processes of one section as members of `group`, with the priority of the program. */
export function buildFcgiProgram(
  source: Source, name: string, group: string, master: MasterSpec, context: Context,
): { priority: number; processes: ProcessSpec[] } {
  const { priority, processes } = buildProgram(source, name, group, master, context)
  const plain = { here: context.here, program_name: name, group_name: group, host_node_name: context.hostName }
  const values = readRows(socketRows, source, { plain, env: [context.env, master.environment] }, context)
  const { socket: address, socket_backlog: backlog } = values
  if (address.kind === 'tcp') refuseFileOptions(source, context)
  const socketOf = (process: ProcessSpec): SocketSpec => address.kind === 'tcp' ? { ...address, backlog } : {
    kind: 'unix', path: resolve(address.path), backlog, mode: values.socket_mode ?? 0o700, owner: values.socket_owner ?? (process.user === null ? null : `${process.user}:`),
  }
  return { priority, processes: processes.map((process) => ({ ...process, socket: socketOf(process) })) }
}

function refuseFileOptions(source: Source, context: Context): void {
  for (const key of ['socket_owner', 'socket_mode']) {
    const found = findOption(source, key)
    if (found === undefined) continue
    context.findings.add(errorAt(
      found.option.at, `${optionTitle(found.section, key)}: a tcp socket has no owner and no mode`, 'remove the line, or listen on unix:///path',
    ))
  }
}
