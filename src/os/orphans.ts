/**
 * The duty of PID 1 in a container: to take away those that have lost their parent and have ended. libuv waits for the
 * children that it has made and for nobody else, so each of these would stay a zombie and keep its pid until the container
 * has none left. Looks a little after a SIGCHLD, and never otherwise.
 */
import { readFileSync, readdirSync } from 'node:fs'
import { loadLibc } from './libc.ts'
import { statOf } from './proc.ts'

/** Milliseconds between a SIGCHLD and the look, and between two looks. */
const pause = 1000

/** Who hears of it. */
interface Tell {
  took(pid: number): void
  /** Once: it cannot be done, and why. */
  failed(sentence: string): void
}

/** Takes orphans away from now on. Returns what ends it. */
export function takeOrphans(tell: Tell, delay = pause): () => void {
  let before: ReadonlySet<string> = new Set()
  let timer: NodeJS.Timeout | null = null
  const look = (): void => {
    const dead = zombieChildren()
    // What has ended meanwhile may be a worker or a hook, which libuv takes at its next turn; who still lies there then is not its.
    const orphans = dead.filter(({ key }) => before.has(key))
    before = new Set(dead.map(({ key }) => key))
    if (orphans.length > 0 && !take(orphans, tell)) leave()
    else if (dead.length > orphans.length) comeBack()
  }
  const comeBack = (): void => {
    // By way of setImmediate: in between libuv has read the signals that came while the loop was busy.
    timer ??= setTimeout(() => {
      timer = null
      setImmediate(look)
    }, delay).unref()
  }
  const leave = (): void => {
    process.off('SIGCHLD', comeBack)
    if (timer !== null) clearTimeout(timer)
  }
  process.on('SIGCHLD', comeBack)
  comeBack()
  return leave
}

interface Zombie {
  readonly pid: number
  readonly key: string
}

function take(orphans: readonly Zombie[], tell: Tell): boolean {
  const libc = loadLibc()
  if (typeof libc !== 'string') {
    for (const { pid } of orphans) if (libc.reap(pid)) tell.took(pid)
    return true
  }
  tell.failed(`processes that have lost their parent stay behind as zombies (${orphans.map(({ pid }) => String(pid)).join(', ')}): ${libc}; or run the container with an init (docker run --init)`)
  return false
}

function zombieChildren(): Zombie[] {
  return childrenOfThis().flatMap((pid) => {
    const stat = statOf(pid)
    return stat?.parent === process.pid && stat.state === 'Z' ? [{ pid, key: `${String(pid)} ${stat.startTime}` }] : []
  })
}

/** Each thread has its own; orphans come to the first one that lives. */
function childrenOfThis(): number[] {
  try {
    return readdirSync('/proc/self/task').flatMap((thread) => readFileSync(`/proc/self/task/${thread}/children`, 'latin1').split(' ').filter((word) => word !== '').map(Number))
  } catch {
    return readdirSync('/proc').map(Number).filter((pid) => pid > 0) // a thread has just ended, or a kernel without these lists
  }
}
