import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { buildSync } from 'esbuild'
import { afterAll, describe, expect, it, onTestFinished } from 'vitest'
import { acquireLock } from '../../../src/os/lock.ts'
import { bootId, startTimeOf } from '../../../src/os/proc.ts'

const base = mkdtempSync(join(tmpdir(), 'nsup-lock-'))
afterAll(() => rmSync(base, { recursive: true }))
let folders = 0
const fresh = (): string => join(base, String(++folders))

/** On every line of stdin it tries for the lock of the folder in that line, and tells what came of it. */
const contender = join(base, 'contender.mjs')
buildSync({
  stdin: {
    contents: `
      import { createInterface } from 'node:readline'
      import { acquireLock } from '../../../src/os/lock.ts'
      console.log('ready')
      for await (const folder of createInterface({ input: process.stdin })) {
        const answer = acquireLock(folder)
        console.log(answer.ok ? 'won' : 'lost to ' + answer.pid)
      }`,
    resolveDir: import.meta.dirname,
  },
  outfile: contender, bundle: true, platform: 'node', format: 'esm', logLevel: 'warning',
})

interface Contender {
  readonly child: ChildProcess
  readonly pid: number
  tell(folder: string): void
  next(): Promise<string>
}

async function contend(): Promise<Contender> {
  const child = spawn(process.execPath, [contender], { stdio: ['pipe', 'pipe', 'inherit'] })
  onTestFinished(() => void child.kill('SIGKILL'))
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
  const next = async (): Promise<string> => String((await lines.next()).value)
  expect(await next()).toBe('ready')
  return { child, pid: child.pid ?? 0, tell: (folder) => void child.stdin.write(`${folder}\n`), next }
}

async function killed({ child }: Contender): Promise<void> {
  child.kill('SIGKILL')
  await once(child, 'exit')
}

describe('acquireLock', () => {
  it('gives the lock to one, and again after it was released', () => {
    const folder = fresh()
    const first = acquireLock(folder)
    if (!first.ok) throw new Error(first.reason)
    expect(acquireLock(folder)).toEqual({ ok: false, pid: process.pid, reason: `another master already runs here (pid ${process.pid})` })
    first.release()
    expect(readdirSync(join(folder, 'lock'))).toEqual([])
    expect(acquireLock(folder).ok).toBe(true)
  })

  it('makes folders and files that are private, and closes open ones', () => {
    const folder = fresh()
    mkdirSync(folder)
    chmodSync(folder, 0o755)
    expect(acquireLock(folder).ok).toBe(true)
    for (const each of [folder, join(folder, 'lock')]) expect(statSync(each).mode & 0o777).toBe(0o700)
    for (const file of readdirSync(join(folder, 'lock'))) expect(statSync(join(folder, 'lock', file)).mode & 0o777).toBe(0o600)
  })

  it('is held by a live process and left by a killed one', async () => {
    const folder = fresh()
    const holder = await contend()
    holder.tell(folder)
    expect(await holder.next()).toBe('won')
    expect(acquireLock(folder)).toMatchObject({ ok: false, pid: holder.pid })
    await killed(holder)
    expect(acquireLock(folder).ok).toBe(true)
    expect(readdirSync(join(folder, 'lock')).filter((file) => file.includes(`.${holder.pid}.`))).toEqual([])
  })

  it.each(['want', 'held'])('takes no notice of a %s file of another boot, of a pid that was used again, or of rubbish', (kind) => {
    const folder = fresh()
    mkdirSync(join(folder, 'lock'), { recursive: true })
    const parent = process.ppid
    const stale = [`${kind}.${bootId()}.${parent}.1`, `${kind}.another-boot.${parent}.${startTimeOf(parent)}`, `${kind}.${bootId()}.${2 ** 30}.5`]
    for (const file of [...stale, 'rubbish']) writeFileSync(join(folder, 'lock', file), '')
    expect(acquireLock(folder).ok).toBe(true)
    expect(readdirSync(join(folder, 'lock')).filter((file) => stale.includes(file))).toEqual([])
  })

  it('has exactly one winner when many race, with a dead holder in the way, fifty times', async () => {
    const contenders = await Promise.all([contend(), contend(), contend(), contend()])
    for (let round = 0; round < 50; round++) {
      const folder = fresh()
      mkdirSync(join(folder, 'lock'), { recursive: true })
      writeFileSync(join(folder, 'lock', `held.${bootId()}.${2 ** 30}.5`), '')
      for (const each of contenders) each.tell(folder)
      const answers = await Promise.all(contenders.map((each) => each.next()))
      expect(answers.filter((answer) => answer === 'won')).toHaveLength(1)
      const pids = contenders.map(({ pid }) => `lost to ${pid}`)
      expect(answers.every((answer) => answer === 'won' || pids.includes(answer))).toBe(true)
    }
  })

  it('says why a folder cannot be locked', () => {
    const file = fresh()
    writeFileSync(file, '')
    expect(acquireLock(file)).toMatchObject({ ok: false, pid: 0, reason: expect.stringContaining('EEXIST') as string })
    const link = fresh()
    mkdirSync(`${link}-target`)
    symlinkSync(`${link}-target`, link)
    expect(acquireLock(link)).toEqual({ ok: false, pid: 0, reason: `${link} is no folder` })
  })
})
