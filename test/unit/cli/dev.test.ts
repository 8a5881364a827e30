import { appendFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { DevLife } from '../../../src/cli/dev/life.ts'
import { labelsOf, Screen } from '../../../src/cli/dev/screen.ts'
import { Tail } from '../../../src/cli/dev/tail.ts'
import type { Output } from '../../../src/cli/output.ts'
import type { ProcInput } from '../../../src/core/proc.ts'
import type { ProcessSpec } from '../../../src/core/spec.ts'
import { MasterLog } from '../../../src/daemon/master-log.ts'
import { specOf } from '../../sim/random-world.ts'
import { code, exited, procIn, stepped } from '../core/procs.ts'

const spec = (name: string, change: Partial<ProcessSpec> = {}): ProcessSpec => specOf({ name, group: name, program: name, autostart: true, ...change })
const watch = { base: '/a', paths: ['/a'], ignore: [], delay: 300 }
const entry = (fields: Readonly<Record<string, unknown>>): string => JSON.stringify({ level: 'info', msg: '', ...fields })
/** Of a process that is not wanted any more, where `more` does not say otherwise. */
const change = (process: string, to: string, reason = '', more: Readonly<Record<string, unknown>> = {}): string => entry({ process, to, reason, want: 'down', ...more })

describe('What a developer hears of the life of the list', () => {
  const told = (life: DevLife, ...lines: readonly string[]): string[] => lines.flatMap((line) => {
    const news = life.read(line)
    return news === null ? [] : [`${news.process ?? '-'}${news.bad ? '!' : ''} ${news.text}`]
  })

  it('is who began, who ended and how, and which file it was', () => {
    const life = new DevLife([spec('web', { care: { watch } }), spec('api', { care: { ready: { by: { kind: 'report' }, timeout: 1 } } })])
    expect(told(
      life,
      entry({ process: 'web', pid: 5, event: 'spawned' }), change('web', 'RUNNING'), change('api', 'RUNNING'),
      entry({ event: 'watch', msg: 'web: src/x.js changed (watch)' }), change('web', 'STOPPING', 'src/x.js changed (watch)', { by: 'watch' }),
      change('web', 'STOPPED', 'stopped by watch: exit status 0', { exit: 'exit status 0', expected: true }),
      change('web', 'EXITED', 'exit status 1, not expected, starts again', { level: 'warn', want: 'up', exit: 'exit status 1', expected: false }),
      change('web', 'BACKOFF', 'Exited too quickly', { from: 'STARTING', level: 'warn', exit: 'exit status 1', expected: false }), change('web', 'BACKOFF', 'Exited too quickly', { from: 'STARTING' }), change('web', 'BACKOFF', 'no such file', { from: 'STARTING' }),
      change('web', 'FATAL', 'Exited too quickly; gave up after 4 tries'),
    )).toEqual([
      'web started, pid 5', 'api ready', '- web: src/x.js changed (watch)', 'web stopped: exit status 0', 'web! exit status 1, not expected, starts again', 'web! exit status 1', 'web! ended before it counted as started (startsecs)', 'web! no such file',
      'web! given up: Exited too quickly; gave up after 4 tries; it is started again when a file changes',
    ])
  })

  it('is what the master warns of, but not what everybody knows who has just typed it', () => {
    const life = new DevLife([spec('web')])
    expect(told(
      life, entry({ msg: 'supervisord started with pid 1' }), entry({ level: 'warn', event: 'signal', msg: 'received SIGTERM' }), entry({ level: 'critical', event: 'root', msg: 'Supervisor is running as root.' }),
      entry({ level: 'warn', msg: 'watch of web: /a does not exist' }), '{"level":"wa', entry({ process: 'web', level: 'warn', msg: 'unhealthy: web (refused)' }),
    )).toEqual(['-! watch of web: /a does not exist', 'web! unhealthy: web (refused)'])
  })

  it('ends by itself when nothing runs and nothing will', () => {
    const lives = (one: Partial<ProcessSpec>, ...lines: readonly string[]): boolean => {
      const life = new DevLife([spec('a', one), spec('idle', { autostart: false })])
      told(life, ...lines)
      return life.over
    }
    expect([lives({}), lives({}, change('a', 'RUNNING')), lives({}, change('a', 'EXITED', 'exit status 1, not expected, starts again', { want: 'up' }))]).toEqual([false, false, false])
    expect([lives({}, change('a', 'EXITED', 'exit status 0')), lives({}, change('a', 'FATAL', 'x'))]).toEqual([true, true])
    expect(lives({}, change('a', 'STOPPING', 'its max_lifetime is over', { by: 'max_lifetime', want: 'up' }), change('a', 'STOPPED', '', { want: 'up' }))).toBe(false)
    expect(lives({ care: { watch } }, change('a', 'EXITED', 'exit status 0'))).toBe(false)
    const restarted = [change('a', 'STOPPING', 'SIGTERM sent, asked by ann', { by: 'ann' }), change('a', 'STOPPED', 'stopped by ann', { by: 'ann' })]
    expect([lives({}, ...restarted), lives({}, ...restarted, entry({ process: 'a', pid: 6, event: 'spawned' }), change('a', 'EXITED', 'exit status 0'))]).toEqual([false, true])
    const only = new DevLife([spec('a'), spec('b', { autostart: false, care: { watch } })])
    told(only, change('a', 'EXITED', 'exit status 0'))
    expect(only.over).toBe(true)
  })

  it('comes to a verdict: whoever failed and was not better afterwards', () => {
    const life = new DevLife([spec('a'), spec('b'), spec('c'), spec('d')])
    life.stop()
    told(
      life, change('a', 'BACKOFF', 'Exited too quickly'), change('a', 'RUNNING'), change('b', 'EXITED', 'exit status 3, not expected', { exit: 'exit status 3', expected: false }), change('c', 'FATAL', 'no such file'),
      entry({ process: 'd', level: 'warn', event: 'kill' }), change('d', 'STOPPED', '', { exit: 'terminated by SIGKILL' }), change('a', 'EXITED', 'exit status 0'),
    )
    expect(life.problems).toEqual(['b: exit status 3, not expected', 'c: no such file', expect.stringMatching(/^d: it had to be killed/)])
    life.stop()
    told(life, entry({ process: 'd', level: 'warn', event: 'kill' }))
    expect(life.problems.at(-1)).toBe('d: it was killed, since you would not wait any longer')
  })

  it('does not hang on the words of the master: whatever they are, it ends when it should, with the same verdict', () => {
    const fates: readonly (readonly [Partial<ProcessSpec>, ProcInput, over: boolean, failed: boolean])[] = [
      [{ autorestart: 'never' }, exited(code(0)), true, false], [{ autorestart: 'never' }, exited(code(1)), true, true], [{ autorestart: 'always' }, exited(code(1)), false, true],
      [{ autorestart: 'always' }, exited(code(0)), false, false], [{}, { type: 'stop', by: 'ann' }, false, false], [{}, { type: 'recycle', reason: 'old', by: 'max_memory', now: true }, false, false],
    ]
    for (const [change, input, over, failed] of fates) {
      const proc = procIn('RUNNING', {}, change)
      const life = new DevLife([{ ...proc.spec, autostart: true }])
      const log = new MasterLog((level, _, fields) => void life.read(JSON.stringify({ level, ...fields, reason: 'other words', ...(fields?.exit !== undefined && { exit: 'other words' }), msg: 'other words' })))
      const take = (one: ProcInput): void => { for (const effect of stepped(proc, one)) if (effect.type === 'event') log.event(effect.body, effect.proc) }
      take(input)
      if (proc.state === 'STOPPING') take(exited(code(0)))
      expect([life.over, life.problems.length > 0], JSON.stringify([change, input])).toEqual([over, failed])
    }
  })
})

describe('The screen of nsup dev', () => {
  function screen(names: readonly string[], colour = false, style: 'lines' | 'json' = 'lines') {
    const lines: string[] = []
    const output: Output = { isTTY: true, columns: 80, colour, write: () => undefined, line: (text) => void lines.push(text) }
    return { lines, screen: new Screen(output, labelsOf(names.map((namespec) => ({ namespec, name: namespec.split(':').at(-1) ?? '' }))), style) }
  }

  it('aligns the names, marks stderr, and shows the group where two have one name', () => {
    const { lines, screen: shown } = screen(['a:web', 'b:web', 'db'])
    shown.line('a:web', 'stdout', 'hello')
    shown.line('db', 'stderr', 'oops')
    shown.line('nsup', 'state', 'stopping')
    expect(lines).toEqual(['a:web | hello', 'db    ! oops', 'nsup  * stopping'])
  })

  it('gives a name the same colour each time, and no two the same as long as there are some', () => {
    const colours = (names: readonly string[]): string[] => {
      const { lines, screen: shown } = screen(names, true)
      for (const name of names) shown.line(name, 'stdout', '')
      return lines.map((line) => line.slice(0, 5))
    }
    const names = ['web', 'db', 'mail', 'cron', 'queue']
    expect(new Set(colours(names)).size).toBe(5)
    expect(colours([...names].reverse()).reverse()).toEqual(colours(names))
  })

  it('lets no program clear the screen or colour the lines of others', () => {
    const { lines, screen: shown } = screen(['a'], true)
    shown.line('a', 'stdout', '\u001b[2J\u001b[H\u001bc\u001b]0;title\u0007\u001b[32mgreen')
    shown.line('a', 'stdout', '10%\r50%\r100%\r')
    expect(lines.map((line) => line.slice(line.indexOf('|') + 2))).toEqual(['\u001b[32mgreen\u001b[0m', '100%'])
    const plain = screen(['a'])
    plain.screen.line('a', 'stdout', 'x\u001b[1Ay')
    expect(plain.lines).toEqual(['a    | xy'])
  })

  it('speaks JSON to programs', () => {
    const { lines, screen: shown } = screen(['a'], true, 'json')
    shown.line('a', 'stderr', 'x\u001b[1m')
    expect(lines.map((line) => JSON.parse(line) as unknown)).toEqual([{ process: 'a', stream: 'stderr', text: 'x\u001b[1m' }])
  })
})

describe('The tail of a log', () => {
  it('shows all that stands there when asked, the end without a newline too, and cuts what has no end', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'nsup-dev-'))
    onTestFinished(() => { rmSync(folder, { recursive: true, force: true }) })
    const file = join(folder, 'x.log')
    writeFileSync(file, 'one\ntw')
    const lines: string[] = []
    const tail = new Tail(file, (line) => lines.push(line))
    await tail.caughtUp()
    expect(lines.splice(0)).toEqual(['one', 'tw'])
    appendFileSync(file, `${'x'.repeat(200_000)}\nlast`)
    await tail.close()
    expect([lines.at(-1), lines.length > 2, Math.max(...lines.map((line) => line.length)) <= 140_000]).toEqual(['last', true, true])
  })
})
