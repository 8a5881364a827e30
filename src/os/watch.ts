/**
 * Watches files by chokidar: one watcher for an order, over all of its roots. A root that is not there is waited for, one
 * that was replaced is begun anew. What cannot be watched is told in words that say what to do; what may be better
 * later is tried again.
 */
import { readFileSync, statSync, watch as watchFolder } from 'node:fs'
import type { FSWatcher as FolderWatcher, Stats } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { watch } from 'chokidar'
import type { FSWatcher } from 'chokidar'
import { watchPlan } from '../core/watch.ts'
import type { WatchFiles, WatchNews, WatchOrder, WatchPlan } from '../core/watch.ts'
import { errorCode } from '../lib/errno.ts'

export interface WatchBounds {
  /** From so many files and folders on it is told that they are many. */
  readonly many: number
  /** More are not watched. */
  readonly max: number
  /** Milliseconds until what the kernel refused is tried again. */
  readonly again: number
}

const usualBounds: WatchBounds = { many: 5000, max: 50_000, again: 60_000 }
/** Milliseconds after something was renamed until the roots are looked at. */
const settling = 50

/** The port {@link WatchFiles}. */
export const watchFiles: WatchFiles = (order, tell, since) => watchWithin(usualBounds, order, tell, since)

/** The same within bounds of one's own. */
export function watchWithin(bounds: WatchBounds, order: WatchOrder, tell: (news: WatchNews) => void, since = Date.now()): () => void {
  const disk = new DiskWatch(bounds, watchPlan(order), tell)
  disk.begin(since)
  return () => { disk.close() }
}

class DiskWatch {
  private readonly bounds: WatchBounds
  private readonly plan: WatchPlan
  private readonly tell: (news: WatchNews) => void
  private watcher: FSWatcher | null = null
  /** Which folder or file each root was when its watch began. */
  private readonly known = new Map<string, string>()
  /** Roots that are not there, and what tells that they may be. */
  private readonly missing = new Map<string, FolderWatcher>()
  private readonly told = new Set<string>()
  private timer: NodeJS.Timeout | null = null
  private entries = 0
  private beganAt = 0

  constructor(bounds: WatchBounds, plan: WatchPlan, tell: (news: WatchNews) => void) {
    this.bounds = bounds
    this.plan = plan
    this.tell = tell
  }

  begin(since: number): void {
    this.entries = 0
    this.beganAt = since
    const own = watch([], {
      ignored: (path, stats) => (stats?.isFile() === true ? !this.plan.counts(path) : !this.plan.enters(path)),
      ignorePermissionErrors: true,
    })
    this.watcher = own
    // What comes after its end is not of this watch any more.
    own.on('all', (event, path, stats) => { if (this.watcher === own) this.hear(event, path, stats) })
    own.on('ready', () => { if (this.watcher === own) this.lookOnce(own) })
    own.on('raw', (event) => { if (this.watcher === own && event === 'rename') this.lookLater() })
    own.on('error', (error) => { if (this.watcher === own) this.refuse(error) })
    for (const root of this.plan.roots) this.enter(root)
  }

  close(): void {
    this.end()
    if (this.timer !== null) clearTimeout(this.timer)
    this.timer = null
  }

  private end(): void {
    void this.watcher?.close()
    this.watcher = null
    for (const folder of this.missing.values()) folder.close()
    this.missing.clear()
    this.known.clear()
  }

  private hear(event: string, path: string, stats: Stats | undefined): void {
    const isNew = event === 'add' || event === 'addDir'
    if (isNew) this.count()
    else if (event === 'unlink' || event === 'unlinkDir') this.entries -= 1
    if (event === 'addDir' || event === 'unlinkDir' || !this.plan.counts(path)) return
    // What is found when the watch begins is there already; chokidar tells of both in the same way.
    if (isNew && !this.isLater(stats)) return
    this.tell({ kind: 'changed', path })
  }

  /** What changed between chokidar's look at a file and its watch was told by neither. */
  private lookOnce(own: FSWatcher): void {
    for (const [folder, names] of Object.entries(own.getWatched())) {
      for (const name of names) {
        const path = join(folder, name)
        const stats = this.plan.counts(path) ? statOf(path) : undefined
        if (stats?.isFile() === true && this.isLater(stats)) this.tell({ kind: 'changed', path })
      }
    }
  }

  /** It has changed since the watch began; in whole milliseconds, as the beginning has them. */
  private isLater(stats: Stats | undefined): boolean {
    return Math.floor(stats?.ctimeMs ?? 0) > this.beganAt
  }

  private count(): void {
    const { many, max } = this.bounds
    this.entries += 1
    if (this.entries === many) this.tell({ kind: 'many', entries: many })
    if (this.entries > max) this.fail(`more than ${String(max)} files and folders: nothing is watched; name less in watch, or more in watch_ignore`, false)
  }

  /** Watches a root, or waits until it is there. */
  private enter(root: string): void {
    const stats = statOf(root)
    if (stats === undefined) return this.expect(root)
    this.missing.get(root)?.close()
    this.missing.delete(root)
    this.known.set(root, identityOf(stats))
    this.watcher?.add(root)
  }

  private expect(root: string): void {
    if (!this.told.has(root)) this.tell({ kind: 'problem', reason: `${root} does not exist: it is watched as soon as it does`, again: true })
    this.told.add(root)
    this.missing.get(root)?.close()
    let next = root
    while (statOf(dirname(next)) === undefined) next = dirname(next)
    try {
      const folder = watchFolder(dirname(next), (_event, name) => {
        if ((name === null || name === basename(next) || name === basename(dirname(next))) && this.missing.get(root) === folder) this.enter(root)
      })
      folder.on('error', () => { this.lookLater() }) // the folder itself has gone
      this.missing.set(root, folder)
    } catch (error) {
      this.refuse(error)
      this.lookLater()
    }
    if (statOf(next) !== undefined) this.lookLater() // it has come between the two looks
  }

  private lookLater(): void {
    this.timer ??= setTimeout(() => {
      this.timer = null
      this.look()
    }, settling)
  }

  /** A root that is another one, or none, makes a new beginning. */
  private look(): void {
    if (this.watcher === null) return
    for (const root of this.missing.keys()) this.enter(root)
    const isSame = [...this.known].every(([root, identity]) => identityOf(statOf(root)) === identity)
    if (isSame) return
    const before = this.beganAt
    this.end()
    this.begin(Date.now())
    // What was written since the old one went counts, although the new one finds it at its beginning.
    this.beganAt = Math.max(before, Date.now() - 2 * settling)
  }

  private refuse(error: unknown): void {
    const code = errorCode(error)
    if (code === 'ENOSPC' || code === 'EMFILE' || code === 'ENFILE') return this.fail(limitWords(code), true)
    if (code === 'ENOENT' || code === 'ENOTDIR') return this.lookLater() // it has gone meanwhile
    this.tell({ kind: 'problem', reason: `not all of it is watched: ${(error as Error).message}`, again: false })
  }

  private fail(reason: string, again: boolean): void {
    this.close()
    this.tell({ kind: 'problem', reason, again })
    if (!again) return
    this.timer = setTimeout(() => {
      this.timer = null
      this.begin(Date.now())
    }, this.bounds.again)
  }
}

/** An inode alone is none: the next folder gets that of the one just removed. */
function identityOf(stats: Stats | undefined): string {
  return stats === undefined ? '' : `${String(stats.ino)}:${String(stats.birthtimeMs)}`
}

function statOf(path: string): Stats | undefined {
  try {
    return statSync(path, { throwIfNoEntry: false })
  } catch {
    return undefined // a folder on the way is none, or may not be entered
  }
}

function limitWords(code: string): string {
  const name = code === 'ENOSPC' ? 'max_user_watches' : 'max_user_instances'
  const limit = code === 'ENFILE' ? null : inotifyLimit(name)
  if (limit === null) return `the system has no room for more watchers (${code}): name less in watch, or more in watch_ignore`
  return `all ${limit} that the kernel allows this user are in use (${code}): raise it with: sudo sysctl fs.inotify.${name}=524288, or name less in watch`
}

function inotifyLimit(name: string): string | null {
  try {
    return `${readFileSync(`/proc/sys/fs/inotify/${name}`, 'utf8').trim()} inotify ${name === 'max_user_watches' ? 'watches' : 'instances'}`
  } catch {
    return null // not Linux
  }
}
