import { mkdtempSync, readFileSync, renameSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { MasterSpec } from '../../../src/config/config.ts'
import type { SinkPorts, SinkWatcher } from '../../../src/core/sinks.ts'
import { createMainLog } from '../../../src/daemon/main-log.ts'
import { prettyLine, textLine } from '../../../src/daemon/main-log-lines.ts'
import { createSinks } from '../../../src/os/sinks.ts'

let dir: string
beforeEach(() => { dir = mkdtempSync(join(tmpdir(), 'nsup-main-log-')) })
afterEach(() => { rmSync(dir, { recursive: true, force: true }) })

type Changes = Partial<Pick<MasterSpec, 'logfile' | 'logfileMaxBytes' | 'logfileBackups' | 'logfileFormat' | 'loglevel'>>

/** Only what the log reads of a spec. */
const specOf = (changes: Changes = {}): MasterSpec =>
  ({ logfile: join(dir, 'main.log'), logfileMaxBytes: 0, logfileBackups: 0, logfileFormat: 'json', loglevel: 'info', ...changes }) as MasterSpec

const quiet = { echo: false, tty: false }
const text = (name = 'main.log'): string => readFileSync(join(dir, name), 'utf8')

/** Sinks in memory, which a test can make full. */
function fakeSinks(): SinkPorts & { readonly lines: string[]; watcher: SinkWatcher | null } {
  const lines: string[] = []
  const sinkOf = (path: string | null) => ({
    ...{ path, dropped: 0, reopen: () => undefined, clear: () => undefined, close: () => undefined },
    write: (chunk: Uint8Array) => void lines.push(`${path ?? 'syslog'} ${Buffer.from(chunk).toString()}`),
  })
  const ports: SinkPorts & { readonly lines: string[]; watcher: SinkWatcher | null } = {
    lines,
    watcher: null,
    open: ({ path }, watcher) => {
      ports.watcher = watcher
      return { ok: true, sink: sinkOf(path) }
    },
    syslog: () => sinkOf(null),
    flush: () => Promise.resolve(),
  }
  return ports
}

describe('createMainLog', () => {
  test('writes JSON lines with the name of the level, the time and the fields', async () => {
    const main = createMainLog(specOf(), { ...quiet, sinks: createSinks() })
    main.say('warn', 'exited: p', { process: 'p', pid: 12 })
    main.flush()
    main.say('critical', 'bad')
    main.flush()
    main.say('debug', 'not at this level')
    main.flush()
    await main.close()
    const lines = text().trim().split('\n').map((line) => JSON.parse(line) as Record<string, unknown>)
    expect(lines).toMatchObject([
      { level: 'warn', msg: 'exited: p', process: 'p', pid: 12 },
      { level: 'critical', msg: 'bad' },
    ])
    expect(lines[0]?.['time']).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/)
    expect(main.path).toBe(join(dir, 'main.log'))
  })

  test('writes supervisord\'s lines, without fields', async () => {
    const main = createMainLog(specOf({ logfileFormat: 'text', loglevel: 'blather' }), { ...quiet, sinks: createSinks() })
    for (const level of ['critical', 'error', 'warn', 'info', 'debug', 'trace', 'blather'] as const) main.say(level, level, { pid: 1 })
    await main.close()
    const lines = text().trim().split('\n')
    expect(lines.map((line) => line.replace(/^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d,\d{3} /, ''))).toEqual([
      ...['CRIT critical', 'ERRO error', 'WARN warn', 'INFO info', 'DEBG debug', 'TRAC trace', 'BLAT blather'],
    ])
  })

  test('hides secrets at the depths at which specs are logged', async () => {
    const main = createMainLog(specOf(), { ...quiet, sinks: createSinks() })
    main.say('info', 'spec', { environment: { KEY: 'hush' }, spec: { env: 'hush', password: 'hush' }, a: { b: { environment: 'hush' } } })
    main.flush()
    await main.close()
    expect(text()).toContain('[redacted]')
    expect(text()).not.toContain('hush')
  })

  test('rotates, reopens and clears its file', async () => {
    const main = createMainLog(specOf({ logfileMaxBytes: 10, logfileBackups: 2 }), { ...quiet, sinks: createSinks() })
    main.say('info', 'one')
    main.flush()
    main.say('info', 'two')
    main.flush()
    expect([text('main.log.2'), text('main.log.1')].map((line) => (JSON.parse(line) as { msg: string }).msg)).toEqual(['one', 'two'])
    renameSync(join(dir, 'main.log'), join(dir, 'moved'))
    main.reopen()
    expect(text()).toBe('')
    main.clear()
    await main.close()
  })

  test('says why its file cannot be opened, and lives on', async () => {
    const main = createMainLog(specOf({ logfile: join(dir, 'missing', 'x.log') }), { ...quiet, sinks: createSinks() })
    main.say('info', 'nobody hears it')
    main.flush()
    expect(main.problem).toBe(`cannot open the log file ${join(dir, 'missing', 'x.log')}: ENOENT`)
    await main.close()
  })

  test('does not throw when its disk is full', async () => {
    const main = createMainLog(specOf({ logfile: '/dev/full' }), { ...quiet, sinks: createSinks() })
    expect(() => { main.say('info', 'lost'); main.flush() }).not.toThrow()
    await main.close()
  })

  test.each([
    ['to syslog', { logfile: 'syslog' }, false, ['syslog']],
    ['to the file and the foreground', { logfile: '/x' }, true, ['/x', '/dev/stdout']],
    ['once when the file is stdout', { logfile: '/dev/stdout' }, true, ['/dev/stdout']],
    ['only to the foreground without a file', { logfile: null }, true, ['/dev/stdout']],
    ['nowhere without both', { logfile: null }, false, []],
  ] as const)('writes %s', (_, changes, echo, expected) => {
    const sinks = fakeSinks()
    const logged = createMainLog(specOf(changes), { echo, tty: false, sinks })
    logged.say('info', 'x')
    logged.flush()
    expect(sinks.lines.map((line) => line.split(' ')[0])).toEqual(expected)
  })

  test('leaves lines out while nobody reads them, and says how many', () => {
    const sinks = fakeSinks()
    const main = createMainLog(specOf({ logfile: null }), { echo: true, tty: false, sinks })
    sinks.watcher?.onFull()
    main.say('info', 'a')
    main.flush()
    main.say('info', 'b')
    main.flush()
    sinks.watcher?.onDrain()
    main.say('info', 'c')
    main.flush()
    expect(sinks.lines).toHaveLength(2)
    expect(sinks.lines[1]).toContain('2 lines of this log were left out')
  })
})

describe('the forms of a line', () => {
  const line = JSON.stringify({ level: 'warn', time: '2026-11-22T03:48:01.007Z', process: 'shop:p', reason: 'two words', by: '', pid: 7, msg: 'exited: p' })

  test('text is supervisord\'s, in local time', () => {
    const local = new Date('2026-11-22T03:48:01.007Z')
    const two = (number: number): string => String(number).padStart(2, '0')
    const date = `${String(local.getFullYear())}-${two(local.getMonth() + 1)}-${two(local.getDate())}`
    expect(textLine(line)).toBe(`${date} ${two(local.getHours())}:${two(local.getMinutes())}:01,007 WARN exited: p\n`)
  })

  test('pretty shows fields that say something, and colours only where asked', () => {
    expect(prettyLine(line, false)).toMatch(/^\d\d:\d\d:01\.007 WARN exited: p process=shop:p reason="two words" pid=7\n$/)
    expect(prettyLine(line, true)).toContain('\u001b[33mWARN\u001b[0m')
  })
})
