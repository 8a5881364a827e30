/** The shell, with lines from a pipe and with keys of a terminal that is none. */
import { readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { PassThrough, Readable } from 'node:stream'
import { expect, it, onTestFinished } from 'vitest'
import { AuthenticationError } from '../../../src/api/client.ts'
import { openHistory } from '../../../src/cli/history.ts'
import { openKeyboard } from '../../../src/cli/keyboard.ts'
import type { KeySource } from '../../../src/cli/keyboard.ts'
import { columnize } from '../../../src/cli/columnize.ts'
import { bare, command, outcome, project, status } from './harness.ts'
import type { Answers, Settings } from './harness.ts'

const answers: Answers = {
  status: () => ({ processes: [status('web')], missing: [] }),
  info: () => ({ version: '9.9', pid: 4242 }),
  stop: () => ({ outcomes: [outcome('web')], missing: [] }),
  shutdown: () => { throw new Error('nobody may ask for it') },
  reload: () => ({ ok: true }),
}
const line = `${'web'.padEnd(33)}${'RUNNING'.padEnd(10)}pid 42, uptime 0:00:09\n`
const typed = (text: string): KeySource => Readable.from([text])
const shell = (text: string, more: Answers = {}, settings: Settings = {}) => command([], { ...answers, ...more }, { keys: typed(text), ...settings })

it('shows the status, then obeys line after line, and ends with the input', async () => {
  const { code, out } = await shell('version\n\n  stop   web \n')
  expect(out).toBe(`${line}supervisor> 9.9\nsupervisor> supervisor> web: stopped\nsupervisor> \n`)
  expect(code).toBe(0)
})

it.each(['quit', 'exit', 'quit now'])('leaves at %s, with exit code 0 whatever has failed', async (word) => {
  const { code, out } = await shell(`nonsense  here\n${word}\nversion\n`)
  expect(out).toBe(`${line}supervisor> *** Unknown syntax: nonsense  here\nsupervisor> \n`)
  expect(code).toBe(0)
})

it('opens by -i too, runs a command that follows -i alone, and passes on the options it was given', async () => {
  expect((await bare(['-i', '-s', 'unix:///nowhere/x.sock'], answers, { keys: typed('quit\n') })).out).toBe(`${line}supervisor> \n`)
  expect((await command(['-i', 'version'], answers)).out).toBe('9.9\n')
  expect((await command(['--json'], answers, { keys: typed('version\n') })).out).toContain('{\n  "version": "9.9"\n}')
})

it('starts a command that stands in quotes', async () => {
  const more = { brief: () => ({ processes: [], missing: [{ target: 'sleep 9', kind: 'process', suggestion: null }] }), launch: () => ({ name: 'z', warnings: [] }), start: () => ({ outcomes: [], missing: [] }) }
  const { asked } = await shell('start "sleep 9" --name z\n', more)
  expect(asked.find(({ method }) => method === 'launch')?.params).toMatchObject({ name: 'z', command: 'sleep 9' })
})

it('takes a command up to where its letters end, ? for help and ! for nothing', async () => {
  const { out } = await shell('?\nhelp nowhere\n!ls\nversion;\nsto\n')
  expect(out).toContain('default commands (type help <topic>):\n=====================================\nadd ')
  expect(out).toContain('supervisor> *** No help on nowhere\n')
  expect(out).toContain('supervisor> *** Unknown syntax: !ls\n')
  expect(out).toContain('supervisor> Error: version accepts no arguments\n')
  expect((await shell('sto\n')).err).toBe('did you mean stop?\n')
})

it('shows of a command only its own options, since the shell has the others', async () => {
  const { out } = await shell('help tail\ntail -f\ntail\n')
  expect(out).toContain('--follow')
  expect(out).not.toContain('--serverurl')
  expect(out).toContain('supervisor> Error: tail requires process name\nsupervisor> Error: too few arguments\nnsup tail ')
})

it.each([
  ['shutdown', 'Really shut the remote supervisord process down y/N? '],
  ['reload', 'Really restart the remote supervisord process y/N? '],
])('asks before %s, and takes all but a yes for a no', async (word, question) => {
  for (const answer of ['n', '', 'oh no']) {
    const { out, asked } = await shell(`${word}\n${answer}\nversion\n`)
    expect(out).toBe(`${line}supervisor> ${question}supervisor> 9.9\nsupervisor> \n`)
    expect(asked.map(({ method }) => method)).not.toContain(word)
  }
  expect((await shell(`${word}`)).out).toBe(`${line}supervisor> ${question}supervisor> \n`)
  const { out, asked } = await shell('reload\nYes\n')
  expect(out).toContain('y/N? Restarted supervisord\n')
  expect(asked.map(({ method }) => method)).toContain('reload')
})

it('asks with -i and a command too, and a script without -i is not asked', async () => {
  const refused = await command(['-i', 'reload'], answers, { keys: typed('n\n') })
  expect(refused.out).toBe('Really restart the remote supervisord process y/N? ')
  expect(refused.asked).toEqual([])
  expect((await command(['reload'], answers)).out).toBe('Restarted supervisord\n')
})

it('asks for name and password where the server wants them, and goes on with them', async () => {
  let tries = 0
  const guarded: Answers = { status: () => { if (++tries < 3) throw new AuthenticationError(); return { processes: [status('web')], missing: [] } } }
  const { out } = await shell('me\nwrong\nme\nright\nversion\n', guarded)
  const refused = 'Server requires authentication\nUsername:Password:'
  expect(out).toBe(`${refused}${refused}${line}supervisor> 9.9\nsupervisor> \n`)
  expect((await command(['status'], guarded)).out).toContain('web')
  tries = 0
  expect(await command(['status'], guarded)).toMatchObject({ code: 1, out: 'Server requires authentication\n' })
  tries = 0
  expect((await shell('', guarded)).out).toBe('Server requires authentication\nUsername:supervisor> \n')
})

it('opens another server and stays with it, and refuses what is no address', async () => {
  const { out } = await shell('open ftp://x\nopen\nopen http://localhost:1\n')
  const refusal = 'ERROR: url must be http:// or unix://\n'
  expect(out).toBe(`${line}supervisor> ${refusal}supervisor> ${refusal}supervisor> ${line}supervisor> \n`)
  expect(await command(['open', 'http://localhost:1'], answers)).toMatchObject({ code: 0, out: line })
  expect(await command(['open'], answers)).toMatchObject({ code: 1, out: refusal })
})

it('takes the prompt of the config, and shows help where there is none yet', async () => {
  const place = project()
  onTestFinished(place.remove)
  writeFileSync(place.config, 'programs:\n  web: {command: cat}\nsupervisorctl: {prompt: shop}\n')
  const { out } = await bare(['-c', place.config], answers, { env: place.env, keys: typed('quit\n') })
  expect(out).toBe(`${line}shop> \n`)
  expect((await bare(['-h'], answers)).out).toContain('nsup COMMAND [WORDS] [OPTIONS]')
})

it('ends at Ctrl-C, while a command that can be interrupted only ends that command', async () => {
  const keys = new PassThrough()
  let interrupt: () => void = () => expect.unreachable()
  const streams: Settings['streams'] = async function* (_method, _params, signal) {
    const aborted = new Promise<void>((resolve) => signal?.addEventListener('abort', () => resolve()))
    interrupt()
    await aborted
    keys.write('version\n')
    yield* []
  }
  const logged: Answers = { ...answers, status: () => ({ processes: [status('web', { stdout_logfile: '/x' })], missing: [] }) }
  const version: Answers = { info: () => { queueMicrotask(interrupt); return { version: '9.9', pid: 1 } } }
  keys.write('tail -f web\n')
  const { code, out } = await command([], { ...logged, ...version }, { keys, streams, onInterrupt: (listener) => (interrupt = listener) })
  expect(out).toContain('supervisor> ==> Press Ctrl-C to exit <==\n')
  expect(out).toMatch(/supervisor> 9\.9\n(supervisor> )?\n$/)
  expect(code).toBe(0)
})

interface Terminal {
  readonly keys: PassThrough & KeySource
  readonly screen: { readonly isTTY: true; readonly columns: number; write: (text: string) => void }
  readonly modes: boolean[]
  readonly shown: () => string
}

function terminal(): Terminal {
  let shown = ''
  const modes: boolean[] = []
  const keys = Object.assign(new PassThrough(), { isTTY: true, setRawMode: (mode: boolean) => void modes.push(mode) })
  return { keys, modes, screen: { isTTY: true, columns: 80, write: (text) => void (shown += text) }, shown: () => shown }
}

it('keeps what was a command in the history, and neither answers nor passwords', async () => {
  const { keys, screen, shown } = terminal()
  const keyboard = openKeyboard(keys, screen, { history: ['older'] })
  const ask = (text: string, question: object): Promise<string | undefined> => {
    const answer = keyboard.ask('> ', question)
    keys.write(text)
    return answer
  }
  expect(await ask('status\r', { remember: true })).toBe('status')
  expect(await ask('hunter2\r', { secret: true })).toBe('hunter2')
  expect(await ask('y\r', {})).toBe('y')
  expect(shown()).not.toContain('hunter2')
  expect(await ask('\x1b[A\r', { remember: true })).toBe('status')
  expect(await ask('\x1b[A\x1b[A\r', { remember: true })).toBe('older')
  keyboard.close()
})

it('gives the terminal back between two lines, and goes on after an end of file', async () => {
  const { keys, screen, modes } = terminal()
  const keyboard = openKeyboard(keys, screen)
  const first = keyboard.ask('> ')
  keys.write('\x04')
  expect(await first).toBeUndefined()
  expect(modes.at(-1)).toBe(false)
  const second = keyboard.ask('> ')
  keys.write('on\r')
  expect(await second).toBe('on')
  expect(modes.at(-1)).toBe(false)
  keyboard.close()
})

it('keeps lines that were typed ahead, and tells of Ctrl-C', async () => {
  const { keys, screen } = terminal()
  const leaving = new AbortController()
  const keyboard = openKeyboard(keys, screen, { onInterrupt: () => leaving.abort() })
  const first = keyboard.ask('> ')
  keys.write('one\rtwo\r')
  expect([await first, await keyboard.ask('> ')]).toEqual(['one', 'two'])
  const third = keyboard.ask('> ', { signal: leaving.signal })
  keys.write('\x03')
  expect(await third).toBeUndefined()
  expect(leaving.signal.aborted).toBe(true)
  keyboard.close()
})

it.each([
  ['a command', 'shutd', 'own '],
  ['a live name', 'stop we', 'b '],
  ['a group', 'restart shop:*', ' '],
  ['a signal', 'signal HU', 'P '],
  ['a name after a signal', 'signal HUP we', 'b '],
  ['a topic', 'help maint', 'ail '],
])('completes %s', async (_what, text, rest) => {
  const { keys, screen, shown } = terminal()
  const more = { status: () => ({ processes: [status('web'), status('shop:a'), status('shop:b')], missing: [] }) }
  const until = (fits: string): Promise<void> => new Promise((resolve) => {
    const write = screen.write
    screen.write = (written) => {
      write(written)
      if (shown().endsWith(fits)) resolve()
    }
  })
  const prompted = until('\x1b[13G')
  const over = command(['--plain'], { ...answers, ...more }, { keys, screen })
  await prompted
  const typedOut = until(text.slice(-1))
  keys.write(text)
  await typedOut
  const completed = until(rest)
  keys.write('\t')
  await completed
  keys.write('\x15\x04')
  expect((await over).code).toBe(0)
})

it('writes the history line by line for its owner only, and cuts a long one', () => {
  const place = project()
  onTestFinished(place.remove)
  const file = join(place.folder, 'history')
  const complaints: string[] = []
  const history = openHistory(file, (sentence) => complaints.push(sentence))
  history.add('status')
  history.add('stop web')
  expect(readFileSync(file, 'utf8')).toBe('status\nstop web\n')
  expect(statSync(file).mode & 0o777).toBe(0o600)
  expect(openHistory(file, (sentence) => complaints.push(sentence)).lines).toEqual(['stop web', 'status'])
  writeFileSync(file, 'x\n'.repeat(3000))
  expect(openHistory(file, (sentence) => complaints.push(sentence)).lines).toHaveLength(1000)
  expect(readFileSync(file, 'utf8')).toHaveLength(2000)
  expect(complaints).toEqual([])
  const bad = openHistory(place.folder, (sentence) => complaints.push(sentence))
  bad.add('status')
  expect(complaints).toEqual([expect.stringContaining(`the history cannot be kept in ${place.folder}`)])
})

it('lays words out downwards in as few rows as fit', () => {
  expect(columnize(['a', 'b', 'cc', 'd', 'e'], 9)).toBe('a  cc  e\nb  d\n')
  expect(columnize(['a', 'b', 'cc', 'd', 'e'], 8)).toBe('a  cc  e\nb  d\n')
  expect(columnize(['a', 'b', 'cc'], 3)).toBe('a\nb\ncc\n')
  expect(columnize([], 80)).toBe('')
})
