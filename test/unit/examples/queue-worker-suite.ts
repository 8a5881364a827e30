/** What a queue worker of the shop holds in whatever language, each as a real child on a spool of its own. */
import { mkdirSync, mkdtempSync, readdirSync, realpathSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { constants, tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { Child } from './child.ts'
import { start } from './child.ts'

/** A language and the command that runs its worker. */
export type Language = readonly [name: string, argv: readonly string[]]

export const examples = join(import.meta.dirname, '../../../examples')

let home = ''
const children: Child[] = []

function work(argv: readonly string[], spool = home): Child {
  const child = start([...argv, 'orders'], { SPOOL: spool })
  children.push(child)
  return child
}

/** Brings a job the way the protocol asks for. */
function bring(name: string, text: string): void {
  mkdirSync(join(home, 'orders/new'), { recursive: true })
  writeFileSync(join(home, 'orders/new', `.${name}`), text)
  renameSync(join(home, 'orders/new', `.${name}`), join(home, 'orders/new', name))
}

const within = (folder: string): string[] => readdirSync(join(home, 'orders', folder)).sort()

/** Registers the suite; `others` only share a queue with these. */
export function queueWorkers(languages: readonly Language[], others: readonly Language[] = []): void {
  beforeEach(() => {
    home = realpathSync(mkdtempSync(join(tmpdir(), 'nsup shop-')))
  })

  afterEach(async () => {
    for (const child of children.splice(0)) {
      child.signal('SIGKILL')
      await child.ended
    }
    rmSync(home, { recursive: true })
  })

  describe.each(languages)('the queue worker in %s', (_language, argv) => {
    it.each(['SIGTERM', 'SIGINT', 'SIGQUIT'] as const)('finishes the job in hand on %s and takes no other', async (signal) => {
      const release = join(home, 'release')
      bring('a', `note=first\nhold=${release}\n`)
      bring('b', '')
      const worker = work(argv)
      expect(await worker.next('Job taken')).toEqual({ message: 'Job taken', job: 'a', pid: worker.pid })
      expect(within('work')).toEqual([`a.${worker.pid}`])

      worker.signal(signal)
      expect(await worker.next('Worker received shutdown signal')).toEqual({
        message: 'Worker received shutdown signal',
        signal,
        signal_number: constants.signals[signal],
        pid: worker.pid,
        is_processing: true,
      })
      writeFileSync(release, '')
      expect(await worker.next('Worker gracefully shutdown')).toEqual({
        message: 'Worker gracefully shutdown',
        pid: worker.pid,
        processed_count: 1,
      })
      expect(await worker.ended).toMatchObject({ code: 0, signal: null })
      expect([within('new'), within('work'), within('done')]).toEqual([['b'], [], ['a']])
    })

    it('ignores repeated signals, and says so', async () => {
      const release = join(home, 'release')
      bring('a', `hold=${release}`)
      const worker = work(argv)
      await worker.next('Job taken')
      worker.signal('SIGTERM')
      await worker.next('Worker received shutdown signal')
      for (const signal of ['SIGTERM', 'SIGINT', 'SIGQUIT', 'SIGTERM'] as const) {
        worker.signal(signal)
        expect(await worker.next('Worker ignored repeated signal')).toEqual({
          message: 'Worker ignored repeated signal',
          signal,
          signal_number: constants.signals[signal],
          pid: worker.pid,
          is_processing: true,
        })
      }
      worker.signal('SIGUSR1')
      expect(await worker.next('Worker status')).toMatchObject({ is_processing: true })
      writeFileSync(release, '')
      expect(await worker.ended).toMatchObject({ code: 0, signal: null })
      expect(worker.lines.filter(({ message }) => message === 'Worker received shutdown signal')).toHaveLength(1)
      expect(worker.lines.at(-1)).toMatchObject({ message: 'Worker gracefully shutdown', processed_count: 1 })
    })

    it('says on SIGUSR1 how it goes, and works on', async () => {
      const release = join(home, 'release')
      const worker = work(argv)
      await worker.next('Worker started')
      worker.signal('SIGUSR1')
      expect(await worker.next('Worker status')).toEqual({
        message: 'Worker status',
        pid: worker.pid,
        processed_count: 0,
        last_activity: null,
        is_processing: false,
        uptime: expect.any(Number) as number,
      })
      bring('a', '')
      await worker.next('Job done')
      bring('b', `hold=${release}`)
      await worker.next('Job taken')
      await worker.next('Job taken')
      worker.signal('SIGUSR1')
      const status = await worker.next('Worker status')
      expect(status).toMatchObject({ processed_count: 1, is_processing: true })
      expect(Math.abs(Date.parse(String(status['last_activity'])) - Date.now())).toBeLessThan(60_000)
      writeFileSync(release, '')
      await worker.next('Job done')
      expect(within('done')).toEqual(['a', 'b'])
    })

    it('leaves at once on SIGTERM when it has nothing to do', async () => {
      const worker = work(argv)
      await worker.next('Worker started')
      worker.signal('SIGTERM')
      expect(await worker.ended).toMatchObject({ code: 0, signal: null, stderr: '' })
      expect(worker.lines.slice(1)).toMatchObject([
        { message: 'Worker received shutdown signal', is_processing: false },
        { message: 'Worker gracefully shutdown', processed_count: 0 },
      ])
    })

    it('puts a job aside that makes no sense', async () => {
      bring('odd', 'seconds=a "few"\n')
      const worker = work(argv)
      expect(await worker.next('Job failed')).toMatchObject({ job: 'odd', reason: 'seconds must be a whole number, not a "few"' })
      expect(within('failed')).toEqual(['odd'])
    })

    it('takes up the job of a worker that was killed', async () => {
      bring('a', `hold=${join(home, 'never')}`)
      const killed = work(argv)
      await killed.next('Job taken')
      killed.signal('SIGKILL')
      await killed.ended
      const next = work(argv)
      expect(await next.next('Job returned to the queue')).toMatchObject({ job: 'a' })
      expect(await next.next('Job taken')).toMatchObject({ job: 'a' })
      expect(within('work')).toEqual([`a.${next.pid}`])
    })

    it('says why it cannot use its spool, and exits 1', async () => {
      writeFileSync(join(home, 'file'), '')
      const worker = work(argv, join(home, 'file'))
      const end = await worker.ended
      expect(end.code).toBe(1)
      expect(end.stderr).toContain('set SPOOL to a folder that can be written')
    })
  })

  it('shares one queue among workers of all languages, each job done once', async () => {
    const jobs = Array.from({ length: 30 }, (_, n) => `job-${String(n).padStart(2, '0')}`)
    const workers = [...languages, ...others].map(([, argv]) => work(argv))
    await Promise.all(workers.map((worker) => worker.next('Worker started')))
    for (const job of jobs) bring(job, '')
    const done = (): number => workers.flatMap(({ lines }) => lines).filter(({ message }) => message === 'Job done').length
    await new Promise<void>((resolve) => {
      const look = () => done() === jobs.length && resolve()
      for (const worker of workers) worker.onLine(look)
      look()
    })
    expect(within('done')).toEqual(jobs)
    for (const worker of workers) worker.signal('SIGTERM')
    await Promise.all(workers.map((worker) => worker.ended))
    const counts = workers.map(({ lines }) => Number(lines.at(-1)?.['processed_count']))
    expect(counts.reduce((sum, count) => sum + count, 0)).toBe(jobs.length)
  })
}
