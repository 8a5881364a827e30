import { appendFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, it } from 'vitest'
import type { Dead } from '../../../src/core/kernel-ports.ts'
import { oomWitness } from '../../../src/os/oom.ts'

const folder = mkdtempSync(join(tmpdir(), 'nsup-oom-'))
afterAll(() => rmSync(folder, { recursive: true }))

const dead: Dead = { name: 'checkin', pid: 4711, ownGroup: false, age: 10_000, bySigkill: true }
const noGroups = { oomKills: () => 0 }
const upTime = (): number => 100_000
let files = 0

function file(text: string): string {
  const path = join(folder, String(++files))
  writeFileSync(path, text)
  return path
}

/** A record as /dev/kmsg has it, of this second after the boot. */
const killed = (pid: number, second: number): string =>
  `3,812,${second * 1_000_000},-;Memory cgroup out of memory: Killed process ${pid} (node) total-vm:1049120kB, anon-rss:101212kB, UID:0 pgtables:412kB oom_score_adj:0\n`

it('believes the counter of the control group of a worker, if it has risen since the spawn', () => {
  let kills = 3
  const witness = oomWitness({ oomKills: () => kills }, { kernelLog: null, counter: null, upTime })
  witness.expect('checkin')
  expect(witness.testify({ ...dead, ownGroup: true })).toBe(false)
  kills = 4
  expect(witness.testify({ ...dead, ownGroup: true, bySigkill: false })).toBe(false)
  expect(witness.testify({ ...dead, ownGroup: true })).toBe(true)
  witness.expect('checkin')
  expect(witness.testify({ ...dead, ownGroup: true })).toBe(false)
})

it('believes the log of the kernel when it names the pid, once, and not of a time before the process', () => {
  const log = file(`6,1,5,-;Linux version 6\n${killed(4711, 80)}${killed(4712, 95)}`)
  const witness = oomWitness(noGroups, { kernelLog: log, counter: null, upTime })
  expect(witness.testify(dead)).toBe(false) // 80 s after the boot another process had that pid
  expect(witness.testify({ ...dead, pid: 4712 })).toBe(true)
  expect(witness.testify({ ...dead, pid: 4712 })).toBe(false)
  appendFileSync(log, killed(4713, 99))
  expect(witness.testify({ ...dead, pid: 4713, bySigkill: false })).toBe(true) // nobody saw how it ended
  expect(witness.testify({ ...dead, pid: 4714 })).toBe(false)
})

it('believes the counter of its own control group where there is no log, for as many ends as it has risen', () => {
  const counter = file('oom_kill_disable 0\nunder_oom 0\noom_kill 1\n')
  const witness = oomWitness(noGroups, { kernelLog: null, counter, upTime })
  expect(witness.testify(dead)).toBe(false)
  writeFileSync(counter, 'oom_kill_disable 0\nunder_oom 0\noom_kill 2\n')
  expect(witness.testify({ ...dead, bySigkill: false })).toBe(false)
  expect(witness.testify(dead)).toBe(true)
  expect(witness.testify(dead)).toBe(false)
})

it('turns to the counter when the log turns out not to be readable', () => {
  const counter = file('oom_kill 0\n')
  const witness = oomWitness(noGroups, { kernelLog: join(folder, 'none'), counter, upTime })
  writeFileSync(counter, 'oom_kill 1\n')
  expect(witness.testify(dead)).toBe(true)
})
