import { openSync, closeSync, unlinkSync, writeFileSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { describe, expect, it } from 'vitest'
import { bootId, environmentOf, fdTarget, findProcesses, startTimeOf, statOf } from '../../../src/os/proc.ts'
import { psEnvironments, psList } from '../../../src/os/ps.ts'
import { parsePsLine, parseStat } from '../../../src/os/stat-line.ts'
import { fixture } from './worlds.ts'

const fieldsAfterName = 'S 1 77 78 0 -1 4194560 0 0 0 0 0 0 0 0 20 0 1 0 424242 2580480'

describe('parseStat', () => {
  it.each(['sh', 'a) R 1 (b', ')', '', 'tmux: server', 'x y) (z'])('reads a process named %j', (name) => {
    expect(parseStat(`42 (${name}) ${fieldsAfterName}`)).toEqual({ pid: 42, name, state: 'S', parent: 1, group: 77, session: 78, startTime: '424242' })
  })

  it.each(['', '42', '42 (sh', '42 (sh) S 1'])('reads nothing in %j', (line) => {
    expect(parseStat(line)).toBeUndefined()
  })
})

describe('the kernel', () => {
  it('knows this process, and nobody by an impossible pid', () => {
    expect(statOf(process.pid)).toMatchObject({ pid: process.pid, startTime: expect.stringMatching(/^\d+$/) as string })
    expect(startTimeOf(process.pid)).toBe(statOf(process.pid)?.startTime)
    expect(statOf(2 ** 30)).toBeUndefined()
    expect(startTimeOf(2 ** 30)).toBeUndefined()
  })

  it('is not confused by a name with parentheses', async () => {
    const child = spawn(fixture('changes-title.mjs'), [], { stdio: ['ignore', 'pipe', 'inherit'], detached: true })
    await once(child.stdout, 'data')
    try {
      const found = findProcesses((_pid, group, session) => group === child.pid && session === child.pid)
      expect(found).toEqual([expect.objectContaining({ pid: child.pid, name: 'a) R 1 (b', group: child.pid })])
    } finally {
      child.kill('SIGKILL')
      await once(child, 'exit')
    }
    expect(startTimeOf(child.pid ?? 0)).toBeUndefined()
  })

  it('counts a zombie as dead', async () => {
    // the shell's child ends with the first line; by then the shell has become sleep, which never waits for it
    const child = spawn('sh', ['-c', 'exec 3<&0; head -n 1 >/dev/null <&3 & echo $!; exec sleep 600'], { stdio: ['pipe', 'pipe', 'inherit'] })
    const [announced] = (await once(child.stdout, 'data')) as [Buffer]
    const pid = Number(String(announced))
    try {
      while (statOf(child.pid ?? 0)?.name !== 'sleep') await new Promise(setImmediate)
      child.stdin.end('\n')
      while (statOf(pid)?.state !== 'Z') await new Promise(setImmediate)
      expect(startTimeOf(pid)).toBeUndefined()
      expect(findProcesses((candidate) => candidate === pid)).toEqual([])
    } finally {
      child.kill('SIGKILL')
      await once(child, 'exit')
    }
  })

  it('names this boot', () => {
    expect(bootId()).toMatch(/^[0-9a-f-]{36}$/)
    expect(bootId()).toBe(bootId())
  })

  it('shows where descriptors lead, also to removed files', () => {
    const folder = mkdtempSync(join(tmpdir(), 'nsup-proc-'))
    const path = join(folder, 'file')
    writeFileSync(path, '')
    const fd = openSync(path, 'r')
    expect(fdTarget(process.pid, fd)).toBe(path)
    unlinkSync(path)
    expect(fdTarget(process.pid, fd)).toBe(`${path} (deleted)`)
    closeSync(fd)
    expect(fdTarget(process.pid, fd)).toBeUndefined()
    rmSync(folder, { recursive: true })
  })
})

describe('ps', () => {
  it('says the same as /proc of this process', () => {
    const { pid } = process
    const stat = statOf(pid)
    // A leader outside of the pid namespace has the number 0 in /proc, and /proc does not hide it as ps does.
    const session = stat?.session === 0 ? expect.any(Number) as number : stat?.session
    expect(psList(pid)).toEqual([expect.objectContaining({ pid, group: stat?.group, session }) as object])
    expect(psList().map((entry) => entry.pid)).toContain(pid)
    expect(psList(pid)[0]?.startTime).toMatch(/^\w{3} \w{3} \d+ \d\d:\d\d:\d\d \d{4}$/)
    expect(psList(2 ** 30)).toEqual([])
  })

  it('reads a line of macOS, whose sessions have no number', () => {
    expect(parsePsLine('  501   480      0 S+   Tue Nov 22 03:48:00 2022     /usr/local/bin/my node')).toEqual({
      pid: 501, parent: 0, group: 480, session: 480, state: 'S', startTime: 'Tue Nov 22 03:48:00 2022', name: 'my node',
    })
    expect(parsePsLine('nonsense')).toBeUndefined()
  })

  it('shows environments as /proc does', async () => {
    const child = spawn('sleep', ['600'], { env: { NSUP_MARK: 'a-1' }, stdio: 'ignore' })
    await once(child, 'spawn')
    try {
      expect(psEnvironments(child.pid ?? 0)).toContain('NSUP_MARK=a-1')
      expect(environmentOf(child.pid ?? 0)).toContain('NSUP_MARK=a-1')
      expect(environmentOf(2 ** 30)).toEqual([])
    } finally {
      child.kill('SIGKILL')
      await once(child, 'exit')
    }
  })
})
