/**
 * Where the JavaScript of a Node process is, by its own inspector, which Node opens on SIGUSR1 in a thread of its own:
 * it answers also while the program is caught in a loop. The signal is sent only to a process that is about to be ended,
 * is a Node, has a handler for it (without one it would kill), shares the master's network, and whose usual port is
 * free. A program with a handler of its own opens no inspector; it has then been asked for its health once more.
 */
import { readFile, readlink } from 'node:fs/promises'
import { basename } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { portHolder } from './ports-in-use.ts'
import { Inspector } from './inspector.ts'
import { listeningPorts } from './sockets-of.ts'

const usualPort = 9229
const usr1 = 10n
/** Milliseconds. */
const openMax = 1000
const lookEvery = 20
const pauseMax = 400

/** Says the stack, or why there is none. */
export async function javaScriptStack(pid: number, wake: () => boolean, say: (line: string) => void, over: AbortSignal): Promise<void> {
  const obstacle = await obstacleTo(pid)
  if (obstacle !== null) return say(obstacle)
  const before = await listeningPorts(pid)
  const open = before.includes(usualPort)
  if (!open && (await portHolder(usualPort)) !== null) return say(`no stack: port ${String(usualPort)} of the inspector is another process's`)
  if (!open && !wake()) return say('it is gone')
  const port = open ? usualPort : await newPort(pid, before, over)
  if (port === null) return say('no stack: its inspector did not open; it has a handler for SIGUSR1 of its own, or cannot run at all')
  const inspector = await Inspector.open(port, over)
  try {
    await tellStack(inspector, say)
  } finally {
    inspector.close()
  }
}

async function obstacleTo(pid: number): Promise<string | null> {
  const folder = `/proc/${String(pid)}`
  const executable = basename((await readlink(`${folder}/exe`)).replace(/ \(deleted\)$/, ''))
  if (!/^node(?:js)?[\d.-]*$/.test(executable)) return `it is no Node (${executable})`
  const [own, its] = await Promise.all(['/proc/self/ns/net', `${folder}/ns/net`].map((path) => readlink(path)))
  if (own !== its) return 'no stack: it has a network of its own'
  const caught = /^SigCgt:\s*([0-9a-f]+)$/m.exec(await readFile(`${folder}/status`, 'latin1'))?.[1] ?? '0'
  return ((BigInt(`0x${caught}`) >> (usr1 - 1n)) & 1n) === 1n ? null : 'no stack: it has no handler for SIGUSR1, by which Node opens its inspector'
}

async function newPort(pid: number, before: readonly number[], over: AbortSignal): Promise<number | null> {
  for (let waited = 0; waited < openMax && !over.aborted; waited += lookEvery) {
    await wait(lookEvery)
    const port = (await listeningPorts(pid)).find((one) => !before.includes(one))
    if (port !== undefined) return port
  }
  return null
}

interface Frame {
  readonly functionName: string
  readonly location: { readonly scriptId: string; readonly lineNumber: number; readonly columnNumber: number }
}

async function tellStack(inspector: Inspector, say: (line: string) => void): Promise<void> {
  const scripts = new Map<unknown, string>()
  inspector.on('Debugger.scriptParsed', ({ scriptId, url }) => { scripts.set(scriptId, typeof url === 'string' ? url : '') })
  const paused = new Promise<Readonly<Record<string, unknown>>>((resolve) => { inspector.on('Debugger.paused', resolve) })
  await inspector.call('Debugger.enable')
  await inspector.call('Debugger.pause')
  const caught = await Promise.race([paused, wait(pauseMax, null)])
  if (caught !== null) {
    for (const { functionName, location } of (caught['callFrames'] ?? []) as readonly Frame[]) {
      say(`at ${functionName || '(anonymous)'} (${scripts.get(location.scriptId) ?? ''}:${String(location.lineNumber + 1)}:${String(location.columnNumber + 1)})`)
    }
    return
  }
  await inspector.call('Debugger.disable')
  const { result } = await inspector.call('Runtime.evaluate', { expression: 'process.getActiveResourcesInfo().join(", ")' })
  say(`no JavaScript runs: it waits, kept alive by: ${(result as { value?: string } | undefined)?.value ?? 'nothing that it tells'}`)
}
