/**
 * Looks at a process that does not say anything any more: its state, its threads and where they are in the kernel, its
 * descriptors and sockets, the stack of its JavaScript, the last lines of its logs. Reads nothing of /proc that waits for
 * the memory of the process (cmdline, environ, maps): a reader can hang on these for as long as the process does.
 */
import { open, readdir } from 'node:fs/promises'
import type { Look, LookOrder } from '../core/probing.ts'
import { javaScriptStack } from './js-stack.ts'
import { socketsOf } from './sockets-of.ts'

const threadsMax = 64
const linesMax = 200
/** Bytes of the end of a log; lines beyond are left out. */
const tailMax = 128 * 1024
const smallMax = 64 * 1024

type Part = (say: (line: string) => void, order: LookOrder, over: AbortSignal) => Promise<void>

const parts: readonly (readonly [title: string, part: Part])[] = [
  ['Status', async (say, { pid }) => { say(await textOf(`/proc/${String(pid)}/status`)) }],
  ['Threads, and where they are in the kernel', lookAtThreads],
  ['JavaScript', async (say, { pid, wake }, over) => { await javaScriptStack(pid, wake, say, over) }],
  ['Open sockets and files', async (say, { pid }) => { await socketsOf(pid, say) }],
  ['Last lines', lookAtLogs],
]

export const lookAt: Look = async (order) => {
  const ended = new AbortController()
  const looks = parts.map(([title, part]) => {
    const lines: string[] = []
    let done = false
    const say = (line: string): void => void lines.push(line.trimEnd())
    const look = part(say, order, ended.signal).catch((error: unknown) => { say(`(${(error as Error).message})`) }).then(() => { done = true })
    return { look, tell: () => [`== ${title} ==`, ...lines, ...(done ? [] : ['(there was no more time)']), ''] }
  })
  await within(order.within, Promise.all(looks.map(({ look }) => look)))
  ended.abort()
  return looks.flatMap(({ tell }) => tell()).join('\n')
}

async function within(time: number, work: Promise<unknown>): Promise<void> {
  let timer: NodeJS.Timeout | undefined
  await Promise.race([work, new Promise((resolve) => { timer = setTimeout(resolve, time) })])
  clearTimeout(timer)
}

async function lookAtThreads(say: (line: string) => void, { pid }: LookOrder): Promise<void> {
  const folder = `/proc/${String(pid)}/task`
  const threads = await readdir(folder)
  for (const thread of threads.slice(0, threadsMax)) {
    const [name, state, wchan, syscall, stack] = await Promise.all([
      textOf(`${folder}/${thread}/comm`), textOf(`${folder}/${thread}/status`), textOf(`${folder}/${thread}/wchan`),
      textOf(`${folder}/${thread}/syscall`), textOf(`${folder}/${thread}/stack`),
    ])
    say(`${thread} ${name.trim()}: ${/^State:\s*(.*)$/m.exec(state)?.[1] ?? 'gone'}, wchan ${wchan.trim()}, syscall ${syscall.trim()}`)
    for (const line of stack.split('\n')) if (line !== '') say(`    ${line}`)
  }
  if (threads.length > threadsMax) say(`and ${String(threads.length - threadsMax)} threads more`)
}

async function lookAtLogs(say: (line: string) => void, { logs }: LookOrder): Promise<void> {
  for (const path of logs) {
    say(`-- ${path}`)
    const lines = (await textOf(path, tailMax)).split('\n')
    if (lines.at(-1) === '') lines.pop()
    for (const line of lines.slice(-linesMax)) say(line)
  }
}

/** The text of a file; with `fromEnd` its last bytes. Why it cannot be read, where it cannot. */
async function textOf(path: string, fromEnd = 0): Promise<string> {
  try {
    const file = await open(path)
    try {
      const start = fromEnd === 0 ? null : Math.max(0, (await file.stat()).size - fromEnd)
      const { buffer, bytesRead } = await file.read({ buffer: Buffer.alloc(fromEnd || smallMax), position: start })
      return buffer.toString('utf8', 0, bytesRead)
    } finally {
      await file.close()
    }
  } catch (error) {
    return `(${(error as NodeJS.ErrnoException).code ?? 'cannot be read'})`
  }
}
