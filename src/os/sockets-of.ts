/** What a process has open: its descriptors, those that are sockets with their addresses and states. */
import { readdir, readFile, readlink } from 'node:fs/promises'

const descriptorsMax = 500

const tcpStates: Readonly<Record<string, string>> = {
  '01': 'ESTABLISHED', '02': 'SYN_SENT', '03': 'SYN_RECV', '04': 'FIN_WAIT1', '05': 'FIN_WAIT2', '06': 'TIME_WAIT',
  '07': 'CLOSE', '08': 'CLOSE_WAIT', '09': 'LAST_ACK', '0A': 'LISTEN', '0B': 'CLOSING',
}

/** A line for each. */
export async function socketsOf(pid: number, say: (line: string) => void): Promise<void> {
  const folder = `/proc/${String(pid)}/fd`
  const descriptors = (await readdir(folder)).sort((a, b) => Number(a) - Number(b))
  const inodes = await socketTable(pid)
  for (const fd of descriptors.slice(0, descriptorsMax)) {
    const target = await readlink(`${folder}/${fd}`).catch(() => '') // closed meanwhile
    const inode = /^socket:\[(\d+)\]$/.exec(target)?.[1]
    say(`${fd} ${inode === undefined ? target : (inodes.get(inode) ?? target)}`)
  }
  if (descriptors.length > descriptorsMax) say(`and ${String(descriptors.length - descriptorsMax)} more`)
}

/** Ports of this machine's own addresses on which the process listens for TCP connections over IPv4. */
export async function listeningPorts(pid: number): Promise<number[]> {
  const folder = `/proc/${String(pid)}/fd`
  const targets = await Promise.all((await readdir(folder)).map((fd) => readlink(`${folder}/${fd}`).catch(() => '')))
  const own = new Set(targets)
  return (await rowsOf(pid, 'tcp')).flatMap(([, local = '', , state, , , , , , inode = '']) =>
    (state === '0A' && own.has(`socket:[${inode}]`) ? [Number.parseInt(local.slice(-4), 16)] : []))
}

/** Sockets of the process's network, by inode, in words. */
async function socketTable(pid: number): Promise<ReadonlyMap<string, string>> {
  const found = new Map<string, string>()
  for (const kind of ['tcp', 'tcp6', 'udp', 'udp6']) {
    for (const [, local = '', remote = '', state = '', , , , , , inode = ''] of await rowsOf(pid, kind)) {
      const words = kind.startsWith('tcp') ? ` ${tcpStates[state] ?? state}` : ''
      found.set(inode, `${kind} ${addressOf(local)} -> ${addressOf(remote)}${words}`)
    }
  }
  for (const [, , , , , , inode = '', path = '(no name)'] of await rowsOf(pid, 'unix')) found.set(inode, `unix ${path}`)
  return found
}

async function rowsOf(pid: number, table: string): Promise<string[][]> {
  const text = await readFile(`/proc/${String(pid)}/net/${table}`, 'latin1').catch(() => '') // no such family here, or gone
  return text.split('\n').slice(1).map((row) => row.trim().split(/\s+/))
}

/** `0100007F:1F90` is 127.0.0.1:8080: words of four bytes, each of them backwards. */
function addressOf(text: string): string {
  const [hex = '', port = ''] = text.split(':')
  const bytes = (hex.match(/.{8}/g) ?? []).flatMap((word) => [...Buffer.from(word, 'hex')].reverse())
  const number = String(Number.parseInt(port, 16))
  if (bytes.length === 4) return `${bytes.join('.')}:${number}`
  const groups = Array.from({ length: bytes.length / 2 }, (_, at) => (((bytes[2 * at] ?? 0) << 8) | (bytes[2 * at + 1] ?? 0)).toString(16))
  return `[${groups.join(':').replace(/(?:^|:)0(?::0)+(?::|$)/, '::')}]:${number}`
}
