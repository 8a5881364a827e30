import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { expect, it, onTestFinished } from 'vitest'
import { exhaust } from '../../../src/lib/exhaust.ts'
import { memoryMeter } from '../../../src/os/memory.ts'

const megabytes = 64

it('counts a process with its descendants, and what they share once', async () => {
  // The child holds memory of its own; the parent is a shell, and they share the pages of their libraries.
  const hold = `const held = Buffer.alloc(${megabytes} << 20, 1); console.log('held', held.length); setInterval(() => held, 60_000)`
  const child = spawn('sh', ['-c', '"$0" -e "$1"; exit', process.execPath, hold], { stdio: ['ignore', 'pipe', 'inherit'], detached: true })
  onTestFinished(() => void process.kill(-(child.pid ?? 0), 'SIGKILL'))
  await once(child.stdout, 'data')
  const pid = child.pid ?? 0
  const usage = exhaust(memoryMeter.survey([pid])).get(pid)
  if (usage === undefined) throw new Error('not measured')
  expect(usage.parts).toHaveLength(2)
  expect(usage.parts[0]?.pid).toBe(pid)
  const precise = await memoryMeter.precise(usage)
  expect(precise).toBeGreaterThan(megabytes << 20)
  expect(precise).toBeLessThanOrEqual(usage.resident * 1.1)
})

it('says nothing of whom there is none', async () => {
  const usage = exhaust(memoryMeter.survey([4_194_304])).get(4_194_304)
  expect(usage?.resident).toBe(0)
  expect(await memoryMeter.precise({ resident: 0, parts: [] })).toBe(0)
})
