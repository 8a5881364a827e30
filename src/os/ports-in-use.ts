/**
 * Who listens on a TCP port: the socket from /proc/net/tcp and tcp6, its process from the descriptors in /proc. Asked
 * for when somebody wants to know why; it takes as long as the machine has processes, and blocks nobody meanwhile.
 */
import { readFile, readdir, readlink } from 'node:fs/promises'
import { listenersIn } from './tcp-table.ts'

/**
 * The process that listens on the port; pid 0 when somebody does whose descriptors may not be looked at. `null`: nobody
 * does, or there is no /proc.
 */
export async function portHolder(port: number): Promise<{ readonly port: number; readonly pid: number; readonly name: string } | null> {
  const sockets = await listeningSockets(port)
  if (sockets.size === 0) return null
  for (const entry of await listing('/proc')) {
    if (/^\d+$/.test(entry) && await holdsOne(entry, sockets)) return { port, pid: Number(entry), name: await nameOf(entry) }
  }
  return { port, pid: 0, name: '' }
}

/** `socket:[12345]`, as descriptors are shown, of those that listen on the port. */
async function listeningSockets(port: number): Promise<ReadonlySet<string>> {
  const tables = await Promise.all(['/proc/net/tcp', '/proc/net/tcp6'].map(textOf))
  return new Set(tables.flatMap((table) => listenersIn(table, port)).map((inode) => `socket:[${String(inode)}]`))
}

async function holdsOne(pid: string, sockets: ReadonlySet<string>): Promise<boolean> {
  for (const fd of await listing(`/proc/${pid}/fd`)) {
    if (sockets.has(await linkOf(`/proc/${pid}/fd/${fd}`))) return true
  }
  return false
}

async function nameOf(pid: string): Promise<string> {
  return (await textOf(`/proc/${pid}/comm`)).trim()
}

async function listing(path: string): Promise<string[]> {
  try {
    return await readdir(path)
  } catch {
    return [] // gone meanwhile, or not to be looked at
  }
}

async function linkOf(path: string): Promise<string> {
  try {
    return await readlink(path)
  } catch {
    return '' // closed meanwhile
  }
}

async function textOf(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8')
  } catch {
    return '' // there is no such table here, or the process has ended
  }
}
