/** Who belongs to a master: by parents, by sessions, by marks; and what the machine really tells of a child. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { expect, it } from 'vitest'
import { findFamily, placesOf } from '../../../src/os/family.ts'
import { psFamily } from '../../../src/os/ps.ts'

const seen = (rows: readonly (readonly [pid: number, parent: number, session: number])[]): Map<number, { parent: number; session: number }> =>
  new Map(rows.map(([pid, parent, session]) => [pid, { parent, session }]))

const rows = [
  [1, 0, 1], [50, 1, 50], [100, 50, 100], [101, 100, 100], [102, 101, 102], [103, 1, 100], [104, 1, 104], [105, 104, 104],
  [200, 50, 200], [201, 200, 200], [300, 50, 50], [301, 1, 301], [900, 1, 900], [2, 0, 0],
] as const

const marks = (name: string): string[] => ['NSUP_RUN=/r', `NSUP_PROCESS=${name}`]
const environment = (pid: number): string[] => ([104, 105].includes(pid) ? ['A=b', ...marks('a')] : pid === 301 ? marks('elsewhere') : pid === 2 ? marks('a') : [])

it('puts everybody below his worker: children, orphans of his session, and who has fled with the marks', async () => {
  const question = { own: 50, heads: [{ pid: 100, marks: marks('a') }, { pid: 200, marks: marks('b') }], others: new Set<number>(), helpers: true }
  const places = await placesOf(question, seen(rows), environment)
  expect([...places].map(([pid, { above, fled }]) => [pid, above, fled])).toEqual([
    [50, 0, false], [100, 50, false], [200, 50, false], [101, 100, false], [103, 100, false], [201, 200, false], [102, 101, false],
    [104, 100, true], [105, 104, false], [300, 50, false],
  ])
})

it('leaves out who was not asked for, with all that is theirs', async () => {
  const question = { own: 50, heads: [{ pid: 200, marks: marks('b') }], others: new Set([100]), helpers: false }
  expect([...(await placesOf(question, seen(rows), environment)).keys()]).toEqual([50, 200, 201])
})

it('reads the processes of this machine', async () => {
  const child = spawn(process.execPath, ['-e', 'console.log(1); setInterval(() => {}, 1000)', 'some words'], { stdio: ['ignore', 'pipe', 'ignore'] })
  try {
    await once(child.stdout, 'data')
    const family = await findFamily({ own: process.pid, heads: [{ pid: child.pid ?? 0, marks: marks('x') }], others: new Set(), helpers: false })
    expect(family.map(({ pid, above }) => [pid, above])).toEqual([[process.pid, 0], [child.pid, process.pid]])
    const [, worker] = family
    expect(worker?.command).toBe(`${process.execPath} -e console.log(1); setInterval(() => {}, 1000) some words`)
    expect(worker?.user).toMatch(/./)
    expect(worker?.memory).toBeGreaterThan(1_000_000)
    expect(worker?.uptime).toBeGreaterThanOrEqual(0)
    const byPs = psFamily().get(child.pid ?? 0)
    expect(byPs).toMatchObject({ parent: process.pid })
    expect(byPs?.tell().command).toBe(worker?.command)
  } finally {
    child.kill('SIGKILL')
  }
})

it('reads what ps prints on a Mac', () => {
  const found = psFamily(['    1     0 root             12-03:04:05 /sbin/launchd', '  312     1 _www                  02:05 /usr/sbin/httpd -D FOREGROUND', 'rubbish'])
  expect([...found].map(([pid, { parent, tell }]) => [pid, parent, tell()])).toEqual([
    [1, 0, { user: 'root', uptime: ((12 * 24 + 3) * 60 + 4) * 60_000 + 5000, command: '/sbin/launchd' }],
    [312, 1, { user: '_www', uptime: 125_000, command: '/usr/sbin/httpd -D FOREGROUND' }],
  ])
})
