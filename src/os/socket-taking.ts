/**
 * Takes a listening socket out of a process that has it, so that a master gets back what an earlier one bound. Node has
 * no call for that; Linux has pidfd_getfd(2), and the smallest program that can make it is a few lines of perl, which
 * hands the descriptor over as node's own children do (a `net.Native` message on the channel). Nothing of the socket
 * changes, not even its flags: the workers are accepting on it. Where perl is missing or the kernel refuses, a sentence says so.
 */
import { spawn } from 'node:child_process'
import { fstatSync, readFileSync, readdirSync, readlinkSync } from 'node:fs'
import type { Readable } from 'node:stream'
import type { SocketSpec } from '../core/spec.ts'
import { errorCode } from '../lib/errno.ts'
import { listenersIn } from './tcp-table.ts'

/** What node's own sockets are made of; not in its types. */
export interface Handle {
  readonly fd: number
  close(): void
}

/** Number of sendmsg(2) by `process.arch`; pidfd_open and pidfd_getfd have the same everywhere. */
const sendmsg: Readonly<Record<string, number>> = { x64: 46, arm64: 211, riscv64: 211, loong64: 211 }

/** Milliseconds; it takes five. */
const patience = 5_000

const script = `my ($pid, $fd, $sendmsg) = map { $_ + 0 } @ARGV;
my $process = syscall(434, $pid, 0);
$process >= 0 or die "pidfd_open: $!\\n";
my $taken = syscall(438, $process, $fd, 0);
$taken >= 0 or die "pidfd_getfd: $!\\n";
my $text = '{"cmd":"NODE_HANDLE","type":"net.Native","msg":"socket"}' . "\\n";
my $vector = pack 'PJ', $text, length $text;
my $control = pack 'JiiiI', 20, 1, 1, $taken, 0;
my $message = pack 'JJPJPJJ', 0, 0, $vector, 1, $control, length $control, 0;
syscall($sendmsg, 3, $message, 0) > 0 or die "sendmsg: $!\\n";
open my $channel, '<&=', 3 or die "channel: $!\\n";
sysread $channel, my $acknowledged, 200;`

interface Found {
  readonly fd: number
  readonly inode: number
}

/** The listening socket with the address of `spec`, bound as `boundPath` if it is a unix socket; a sentence when it cannot be had. */
export async function takeListening(pid: number, spec: SocketSpec, boundPath: string): Promise<Handle | string> {
  const number = sendmsg[process.arch]
  if (process.platform !== 'linux' || number === undefined) return `there is no way on ${process.platform} ${process.arch}`
  try {
    const found = findListening(pid, spec, boundPath)
    if (found === undefined) return 'it does not hold it'
    const handle = await receive([String(pid), String(found.fd), String(number)])
    // The pid may be another's by now: a socket is told by its inode.
    if (fstatSync(handle.fd).ino === found.inode) return handle
    handle.close()
    return 'it has just let it go'
  } catch (error) {
    return errorCode(error)
  }
}

function findListening(pid: number, spec: SocketSpec, boundPath: string): Found | undefined {
  const folder = `/proc/${String(pid)}`
  const listening = spec.kind === 'unix' ? unixInodes(`${folder}/net/unix`, [boundPath, spec.path]) : new Set(listenersIn(readFileSync(`${folder}/net/tcp`, 'latin1'), spec.port))
  // Descriptor 0 comes first, as it was given; a program may have moved it.
  const fds = readdirSync(`${folder}/fd`).map(Number).sort((a, b) => a - b)
  return fds.map((fd) => ({ fd, inode: inodeOf(`${folder}/fd/${String(fd)}`) })).find(({ inode }) => listening.has(inode))
}

function inodeOf(link: string): number {
  try {
    return Number(/^socket:\[(\d+)\]$/.exec(readlinkSync(link))?.[1] ?? 0)
  } catch {
    return 0 // closed meanwhile
  }
}

/** `Num RefCount Protocol Flags Type St Inode Path`; the flag is that of a socket that listens. */
function unixInodes(file: string, paths: readonly string[]): Set<number> {
  const rows = readFileSync(file, 'utf8').split('\n').map((line) => /^\S+ \S+ \S+ (\S+) \S+ \S+ +(\d+) (.+)$/.exec(line))
  return new Set(rows.flatMap((row) => (row !== null && Number(`0x${row[1] ?? ''}`) & 0x10000 && paths.includes(row[3] ?? '') ? Number(row[2]) : [])))
}

/** What perl sends, or its complaint as an error. */
function receive(words: readonly string[]): Promise<Handle> {
  const child = spawn('perl', ['-e', script, ...words], {
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'], env: { PATH: process.env['PATH'] }, timeout: patience, killSignal: 'SIGKILL',
  })
  let complaint = ''
  const stderr = child.stderr as Readable
  stderr.setEncoding('utf8').on('data', (text: string) => (complaint += text))
  return new Promise((resolve, reject) => {
    child.once('message', (_, handle) => {
      if (handle === undefined) reject(new Error('no socket came'))
      else resolve(handle as unknown as Handle)
      if (child.connected) child.disconnect()
    })
    child.once('error', (error: NodeJS.ErrnoException) => reject(error.code === 'ENOENT' ? new Error('perl is not installed') : error))
    child.once('close', () => reject(new Error(complaint.trim() === '' ? 'perl ended early' : complaint.trim())))
  })
}
