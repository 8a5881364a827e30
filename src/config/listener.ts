/** Makes the event listeners of the config: groups of their own, with what a program has and what only they have. */
import { buildProgram } from './program.ts'
import { findOption, optionTitle, readRows } from './read.ts'
import { errorAt } from './raw.ts'
import { listenerPriority, listenerRows } from './rows-program.ts'
import type { ListenerSpec, ProcessSpec } from '../core/spec.ts'
import type { MasterSpec } from './config.ts'
import type { Context } from './context.ts'
import type { RawSection } from './raw.ts'

/** The processes of one section, with the priority of their group. `defaults:` of YAML is for programs. */
export function buildListener(
  section: RawSection, name: string, master: MasterSpec, context: Context,
): { priority: number; processes: ProcessSpec[] } {
  const source = { section }
  const plain = { here: context.here, program_name: name, group_name: name, host_node_name: context.hostName }
  const values = readRows(listenerRows, source, { plain, env: [context.env, master.environment] }, context)
  const { priority, processes } = buildProgram(source, name, name, master, context)
  if (processes.some((process) => process.redirectStderr)) {
    const at = findOption(source, 'redirect_stderr')?.option.value.at ?? section.at
    context.findings.add(errorAt(
      at, `${optionTitle(section, 'redirect_stderr')}: true is not allowed for an event listener, because what it writes to stderr would break its protocol`,
      'remove the line',
    ))
  }
  const listener: ListenerSpec = { events: values.events, bufferSize: values.buffer_size }
  return {
    priority: findOption(source, 'priority') === undefined ? Number(listenerPriority) : priority,
    processes: processes.map((process) => ({ ...withoutCapture(process), listener })),
  }
}

/** On stdout a listener speaks its protocol: nothing is captured there, and nothing of it is an event. */
function withoutCapture(process: ProcessSpec): ProcessSpec {
  return { ...process, stdout: { ...process.stdout, captureMaxBytes: 0, events: false } }
}
