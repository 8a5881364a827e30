import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { LogSpec, ProcessSpec } from '../../../src/core/spec.ts'
import { fifoPaths, ProcessOutput } from '../../../src/daemon/output.ts'
import { fifoPorts } from '../../../src/os/fifo-ports.ts'
import { createSinks } from '../../../src/os/sinks.ts'

let dir: string
const opened: ProcessOutput[] = []
beforeEach(() => { dir = mkdtempSync(join(tmpdir(), 'nsup-output-')) })
afterEach(() => {
  for (const output of opened.splice(0)) output.close()
  rmSync(dir, { recursive: true, force: true })
})

const logOf = (name: string, changes: Partial<LogSpec> = {}): LogSpec => ({
  ...{ file: join(dir, name), auto: false, maxBytes: 0, backups: 0, captureMaxBytes: 0 },
  ...{ events: false, syslog: false, compress: false, timestamp: false, stripAnsi: false },
  ...changes,
})

type Changes = Partial<Pick<ProcessSpec, 'redirectStderr' | 'stdout' | 'stderr'>>

/** Only what an output reads of a spec. */
const specOf = (changes: Changes = {}): ProcessSpec =>
  ({ group: 'shop', name: 'p', user: null, redirectStderr: false, stdout: logOf('out.log'), stderr: logOf('err.log'), ...changes }) as ProcessSpec

const said: string[] = []
function outputOf(changes: Changes = {}): ProcessOutput {
  said.length = 0
  const output = new ProcessOutput({
    dir,
    spec: specOf(changes),
    ports: { fifos: fifoPorts, sinks: createSinks() },
    hooks: {
      onDropping: (channel, bytes, reason) => said.push(`${channel} dropping ${String(bytes)} ${reason}`),
      onRecovered: (channel, bytes) => said.push(`${channel} recovered ${String(bytes)}`),
      onProblem: (channel, sentence) => said.push(`${channel} ${sentence}`),
    },
    now: () => new Date('2026-11-22T03:48:01.123Z'),
  })
  opened.push(output)
  return output
}

/** Runs a script as an incarnation; resolves at its exit, with what was left drained as the master does it. */
async function run(output: ProcessOutput, script: string): Promise<void> {
  expect(output.prepareSpawn()).toBeNull()
  const child = spawn('sh', ['-c', script], { stdio: [output.stdin, output.stdout, output.stderr], detached: true })
  await once(child, 'exit')
  output.drain(false)
}

const text = (name: string): string => readFileSync(join(dir, name), 'utf8')
const fds = (): number => readdirSync('/proc/self/fd').length

describe('ProcessOutput', () => {
  test('writes both streams byte for byte and remembers the last lines of stderr', async () => {
    const output = outputOf()
    await run(output, 'printf "a\\000b\\n"; for i in $(seq 30); do echo "err $i" >&2; done; printf half >&2')
    expect(text('out.log')).toBe('a\0b\n')
    expect(text('err.log').split('\n')).toHaveLength(31)
    expect(output.lastLines()).toEqual([...Array.from({ length: 19 }, (_, index) => `err ${String(index + 12)}`), 'half'])
  })

  test('takes lines of others between those of the worker, with the time where that is asked for, and in no log that is not there', async () => {
    const output = outputOf({ stdout: logOf('out.log', { timestamp: true }) })
    const heard: string[] = []
    output.listen('stdout', (chunk) => heard.push(Buffer.from(chunk).toString()))
    expect(output.note('[pre_start] first')).toBe(true) // nothing has been opened yet
    await run(output, 'echo one; printf half')
    expect(output.note('[on_exit] gone')).toBe(true)
    await run(output, 'echo two')
    const at = '2026-11-22T03:48:01.123Z'
    expect(text('out.log')).toBe(`${at} [pre_start] first\n${at} one\n${at} half\n${at} [on_exit] gone\n${at} two\n`)
    expect(heard.join('')).toBe('[pre_start] first\none\nhalf\n[on_exit] gone\ntwo\n')
    expect(output.lastLines()).toEqual([])
    const silent = outputOf({ stdout: logOf('none.log', { file: null }) })
    expect(silent.note('x')).toBe(false)
    expect(outputOf({ stdout: logOf('no/such/folder.log') }).note('x')).toBe(false)
  })

  test('has everything of a dead worker after drain, as much as a FIFO holds', async () => {
    const output = outputOf()
    await run(output, 'head -c 300000 /dev/zero | tr "\\000" x; echo; echo end')
    expect(text('out.log')).toBe(`${'x'.repeat(300_000)}\nend\n`)
  })

  test('keeps its FIFOs and descriptors over incarnations, and forgets the last lines of the one before', async () => {
    const output = outputOf()
    await run(output, 'echo one; echo bad >&2')
    const [before, descriptors] = [fds(), [output.stdin, output.stdout, output.stderr]]
    for (let turn = 0; turn < 5; turn++) await run(output, 'echo more')
    expect(fds()).toBe(before)
    expect([output.stdin, output.stdout, output.stderr]).toEqual(descriptors)
    expect(output.lastLines()).toEqual([])
    expect(text('out.log')).toBe(`one\n${'more\n'.repeat(5)}`)
  })

  test('sends stderr where stdout goes when it is redirected, and keeps its lines in order', async () => {
    const output = outputOf({ redirectStderr: true })
    await run(output, 'echo one; echo two >&2; echo three')
    expect(text('out.log')).toBe('one\ntwo\nthree\n')
    expect(output.lastLines()).toEqual(['one', 'two', 'three'])
    expect(output.logfiles()).toEqual({ stdout: join(dir, 'out.log'), stderr: null })
    expect(existsSync(join(dir, 'stderr.fifo'))).toBe(false)
  })

  test('names a missing log folder as the reason why nothing can be spawned, and recovers when it is there', async () => {
    const output = outputOf({ stdout: logOf('missing/out.log') })
    expect(output.prepareSpawn()).toBe("unknown error making dispatchers for 'p': ENOENT")
    mkdirSync(join(dir, 'missing'))
    await run(output, 'echo there')
    expect(text('missing/out.log')).toBe('there\n')
  })

  test('opens its log anew at each spawn, so that a removed file appears again', async () => {
    const output = outputOf()
    await run(output, 'echo lost')
    rmSync(join(dir, 'out.log'))
    await run(output, 'echo seen')
    expect(text('out.log')).toBe('seen\n')
  })

  test('strips escape sequences and puts the time before each line, in that order', async () => {
    const output = outputOf({ stdout: logOf('out.log', { stripAnsi: true, timestamp: true }) })
    await run(output, 'printf "\\033[31mred\\033[0m\\nplain\\n"')
    expect(text('out.log')).toBe('2026-11-22T03:48:01.123Z red\n2026-11-22T03:48:01.123Z plain\n')
  })

  test('reads what nobody logs, so that the worker is not held up', async () => {
    const output = outputOf({ stdout: logOf('x', { file: null }) })
    await run(output, 'head -c 1000000 /dev/zero')
    expect(output.logfiles().stdout).toBeNull()
  })

  test('calls listeners with each chunk until they leave', async () => {
    const output = outputOf()
    let heard = ''
    const leave = output.listen('stdout', (chunk) => (heard += Buffer.from(chunk).toString()))
    await run(output, 'echo one')
    leave()
    await run(output, 'echo two')
    expect(heard).toBe('one\n')
  })

  test('says once which channel drops when its disk is full', async () => {
    const output = outputOf({ stderr: logOf('x', { file: '/dev/full' }) })
    await run(output, 'echo a >&2; echo b >&2')
    expect(said).toHaveLength(1)
    expect(said[0]).toMatch(/^stderr dropping \d+ ENOSPC on \/dev\/full$/)
    expect(output.dropped).toBe(4)
  })

  test('two processes that log into one file share its size: it rotates once, and nothing is lost', async () => {
    const sinks = createSinks()
    const shared = logOf('shared.log', { maxBytes: 1000, backups: 50 })
    const hooks = { onDropping: () => undefined, onRecovered: () => undefined, onProblem: () => undefined }
    const outputs = ['a', 'b'].map((name) => {
      const folder = join(dir, name)
      mkdirSync(folder)
      return new ProcessOutput({ dir: folder, spec: specOf({ stdout: shared }), ports: { fifos: fifoPorts, sinks }, hooks })
    })
    opened.push(...outputs)
    await Promise.all(outputs.map((output) => run(output, 'for i in $(seq 500); do echo "line $i"; done')))
    const files = readdirSync(dir).filter((name) => name.startsWith('shared.log'))
    const lines = files.map((name) => text(name)).join('').split('\n').filter((line) => line !== '')
    expect(files.length).toBeGreaterThan(1)
    expect(lines).toHaveLength(1000)
  })
})

describe('stdin', () => {
  test('reaches the worker, also what was sent before it read', async () => {
    const output = outputOf()
    expect(output.prepareSpawn()).toBeNull()
    await output.sendStdin('hello\n')
    const child = spawn('sh', ['-c', 'read x; echo "got $x"'], { stdio: [output.stdin, output.stdout, output.stderr] })
    await once(child, 'exit')
    output.drain(false)
    expect(text('out.log')).toBe('got hello\n')
  })

  test('of an earlier incarnation does not reach the next one', async () => {
    const output = outputOf()
    expect(output.prepareSpawn()).toBeNull()
    await output.sendStdin('stale\n')
    expect(output.prepareSpawn()).toBeNull()
    await output.sendStdin('fresh\n')
    const child = spawn('sh', ['-c', 'read x; echo "got $x"'], { stdio: [output.stdin, output.stdout, output.stderr] })
    await once(child, 'exit')
    output.drain(false)
    expect(text('out.log')).toBe('got fresh\n')
  })

  test('waits within a bound for a worker that does not read, and arrives whole when it does', async () => {
    const output = outputOf()
    expect(output.prepareSpawn()).toBeNull()
    await output.sendStdin('x'.repeat(200_000))
    await expect(output.sendStdin('x'.repeat(300_000))).rejects.toThrow('FAILED: shop:p does not read its stdin')
    const child = spawn('sh', ['-c', 'head -c 200000 | wc -c'], { stdio: [output.stdin, output.stdout, output.stderr] })
    await once(child, 'exit')
    output.drain(false)
    expect(text('out.log').trim()).toBe('200000')
  })

  test('is a fault before the first spawn and after close', async () => {
    const output = outputOf()
    await expect(output.sendStdin('x')).rejects.toThrow('NO_FILE: shop:p')
    expect(output.prepareSpawn()).toBeNull()
    output.close()
    await expect(output.sendStdin('x')).rejects.toThrow('NO_FILE: shop:p')
  })
})

describe('adoption', () => {
  const script = 'trap "echo second; exit" USR1; echo first; while :; do read never; done'

  test.each([
    ['whose FIFOs are there', false],
    ['whose FIFOs were removed', true],
  ])('reads on from a worker %s', async (_, remove) => {
    const before = outputOf()
    expect(before.prepareSpawn()).toBeNull()
    const ready = new Promise<void>((resolve) => before.listen('stdout', () => { resolve() }))
    const child = spawn('sh', ['-c', script], { stdio: [before.stdin, before.stdout, before.stderr], detached: true })
    await ready
    before.close()
    if (remove) for (const path of fifoPaths(dir, specOf())) rmSync(path)
    const after = outputOf()
    expect(after.adopt(child.pid ?? 0)).toBeNull()
    const gone = once(child, 'exit')
    child.kill('SIGUSR1')
    await gone
    after.drain(false)
    expect(text('out.log')).toBe('first\nsecond\n')
    await run(after, 'echo third')
    expect(text('out.log')).toBe('first\nsecond\nthird\n')
  })

  test('of a worker whose log cannot be opened reads on, counts what it drops, and writes when it can', async () => {
    const changes = { stdout: logOf('logs/out.log') }
    mkdirSync(join(dir, 'logs'))
    const before = outputOf(changes)
    expect(before.prepareSpawn()).toBeNull()
    const said1 = new Promise<void>((resolve) => before.listen('stdout', () => { resolve() }))
    const child = spawn('sh', ['-c', 'trap "echo tick" USR1; echo first; while :; do read never; done'], { stdio: [before.stdin, before.stdout, before.stderr] })
    await said1
    before.close()
    rmSync(join(dir, 'logs'), { recursive: true })
    const after = outputOf(changes)
    expect(after.adopt(child.pid ?? 0)).toBeNull()
    const tick = (): Promise<void> => new Promise((resolve) => {
      const leave = after.listen('stdout', () => {
        leave()
        resolve()
      })
      child.kill('SIGUSR1')
    })
    await tick()
    expect(after.dropped).toBe(5)
    mkdirSync(join(dir, 'logs'))
    after.reopen()
    await tick()
    expect(text('logs/out.log')).toBe('tick\n')
    const log = join(dir, 'logs/out.log')
    expect(said).toEqual([
      `stdout ${log} cannot be opened: ENOENT; what comes is dropped until it can`, `stdout dropping 5 ENOENT on ${log}`, 'stdout recovered 5',
    ])
    const gone = once(child, 'exit')
    child.kill('SIGKILL')
    await gone
  })
})
