/** The list of programs over a real folder: what is kept, what save and delete write, and what they refuse. */
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, rmdirSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import type { ByHandProgram } from '../../../src/config/by-hand.ts'
import { instanceOf } from '../../../src/config/instance.ts'
import type { GroupSpec } from '../../../src/core/spec.ts'
import { ByHandFile } from '../../../src/daemon/by-hand-file.ts'
import { ByHandList } from '../../../src/daemon/by-hand.ts'
import { ConfigSource } from '../../../src/daemon/config-source.ts'
import { Fault } from '../../../src/lib/fault.ts'
import { writeRecord } from '../../../src/os/records.ts'
import { textFiles } from '../../../src/os/replace-file.ts'

let dir: string
beforeEach(() => {
  dir = realpathSync(mkdtempSync(join(tmpdir(), 'nsup-list-')))
})
afterEach(() => {
  rmSync(dir, { recursive: true, force: true })
})

const order: ByHandProgram = { name: 'api', command: ['cat', 'a b'], directory: '/tmp', environment: { TOKEN: 'sesame' }, options: {} }

/** A list that knows nothing but its folder, as that of a new master; what it did to the groups is in `done`. */
function list(text: string | null, file = 'programs.yaml', files = textFiles) {
  const config = join(dir, file)
  if (text !== null && !existsSync(config)) writeFileSync(config, text)
  const instance = instanceOf(config, { NSUP_HOME: join(dir, 'home') })
  const settings = () => ({ env: {}, cwd: dir, logDir: dir })
  const source = new ConfigSource(config, instance, settings, new ByHandFile(instance.stateDir, textFiles))
  const done: string[] = []
  const groups = (): readonly GroupSpec[] => source.load(source.byHand.read().programs).config?.groups ?? []
  const actions = {
    groups,
    note: (reason: string) => void done.push(reason),
    activate: (name: string) => void done.push(`activate ${name}`),
    deactivate: (name: string) => {
      done.push(`deactivate ${name}`)
      return Promise.resolve()
    },
  }
  return { list: new ByHandList({ source, files }, actions, () => undefined), source, done, config, kept: join(instance.stateDir, 'by-hand.json') }
}

const faultOf = (act: () => unknown): string => {
  try {
    act()
  } catch (error) {
    if (error instanceof Fault) return `${error.fault}: ${error.detail ?? ''}`
    throw error
  }
  return 'none'
}

const refusal = (promise: Promise<unknown>): Promise<string> => promise.then(() => 'none', (error: Error) => error.message)

it('keeps a program for the next master, for its own user alone, and without a word in the config', () => {
  const one = list('programs: {a: {command: cat}}\n')
  expect(one.list.add(order, 'me')).toEqual([])
  expect(one.done).toEqual(['activate api'])
  expect(statSync(one.kept).mode & 0o777).toBe(0o600)
  const next = list(null)
  expect(next.list.names()).toEqual(['api'])
  expect(next.source.reread(() => undefined).groups.map(({ name }) => name)).toEqual(['a', 'api'])
  expect(readFileSync(one.config, 'utf8')).toBe('programs: {a: {command: cat}}\n')
})

it('refuses a name that is taken, an option that does not exist and a value that is wrong, and keeps nothing of it', () => {
  const one = list('[supervisord]\n[program:a]\ncommand=cat\n[program:b]\ncommand=cat\n[group:g]\nprograms=b\n', 'supervisord.conf')
  const add = (more: Partial<ByHandProgram>): string => faultOf(() => one.list.add({ ...order, ...more }, 'me'))
  for (const name of ['a', 'b']) expect(add({ name })).toContain(`${name} is there already: nsup restart ${name} restarts it, nsup delete ${name} removes it`)
  expect(add({ name: 'g' })).toContain('g is the name of a group or process already: take another with --name')
  expect(add({ options: { stopwaitsec: '3' } })).toContain('there is no option stopwaitsec; did you mean stopwaitsecs?')
  expect(add({ options: { numprocs: 'many' } })).toContain('numprocs')
  expect(add({ options: { command: 'x' } })).toContain('command is not set as an option')
  expect(add({ options: { environment: 'A=1' } })).toContain('given twice')
  for (const name of ['all', 'x*']) expect(add({ name })).toContain('it means several')
  expect(add({ name: 'x:y' })).toContain('BAD_ARGUMENTS')
  expect(existsSync(one.kept)).toBe(false)
  expect(one.done).toEqual([])
  expect(one.list.add({ ...order, options: { user: 'nobody-of-that-name' } }, 'me').join()).toContain('nobody-of-that-name')
})

it('saves into the file with its mode, knows its own lines again, and deletes them without a question', async () => {
  const text = '# mine\nprograms:\n  a: {command: cat} # why\n'
  const one = list(text)
  chmodSync(one.config, 0o640)
  one.list.add(order, 'me')
  expect(one.list.save('me')).toEqual({ file: one.config, programs: ['api'], exposed: false })
  expect(statSync(one.config).mode & 0o777).toBe(0o640)
  expect(one.list.names()).toEqual([])
  expect(one.list.save('me').programs).toEqual([])
  const next = list(null)
  expect(next.source.reread(() => undefined).groups.map(({ name }) => name)).toEqual(['a', 'api'])
  expect(await next.list.remove('api', { sure: false }, 'me')).toEqual({ result: 'deleted', file: one.config })
  expect(next.done).toEqual(['deactivate api'])
  expect(readFileSync(one.config, 'utf8')).toBe(text)
})

it('asks before it removes what somebody wrote, or has changed since', async () => {
  const one = list('programs:\n  a: {command: cat}\n')
  one.list.add(order, 'me')
  one.list.save('me')
  writeFileSync(one.config, readFileSync(one.config, 'utf8').replace('a b', 'b a'))
  for (const name of ['a', 'api']) expect(await one.list.remove(name, { sure: false }, 'me')).toEqual({ result: 'unsure', file: one.config })
  expect(one.done).toEqual(['activate api', 'save api'])
  expect(await one.list.remove('a', { sure: true }, 'me')).toMatchObject({ result: 'deleted' })
  expect(readFileSync(one.config, 'utf8')).not.toContain('  a:')
})

it('leaves a file alone in which a program cannot be written, or is needed by others, and says what to do', async () => {
  const one = list('[supervisord]\n[include]\nfiles=more.conf\n[program:a]\ncommand=cat\n[group:g]\nprograms=a\n', 'supervisord.conf')
  writeFileSync(join(dir, 'more.conf'), '[program:c]\ncommand=cat\n')
  expect(await refusal(one.list.remove('a', { sure: true }, 'me'))).toContain('a is needed by other parts of')
  expect(await refusal(one.list.remove('c', { sure: true }, 'me'))).toContain('does not stand in')
  expect(await refusal(one.list.remove('g', { sure: true }, 'me'))).toContain('delete takes the name of a program, here a')
  expect(await refusal(one.list.remove('cc', { sure: true }, 'me'))).toContain('BAD_NAME')
  one.list.add({ ...order, command: ['cat', 'a ; b'] }, 'me')
  const refused = faultOf(() => one.list.save('me'))
  expect(refused).toContain('cannot be written into')
  expect(refused).toContain('[program:api]\ncommand=')
  expect(refused).not.toContain('sesame')
  expect(one.list.names()).toEqual(['api'])
})

it('forgets what was added by hand, and leaves alone what has that name in an included file by now', async () => {
  const one = list('[supervisord]\n[include]\nfiles=more.conf\n', 'supervisord.conf')
  for (const name of ['api', 'web']) one.list.add({ ...order, name }, 'me')
  writeFileSync(join(dir, 'more.conf'), '[program:api]\ncommand=cat\n[program:web]\ncommand=cat\n')
  expect(await one.list.remove('api', { sure: false }, 'me')).toEqual({ result: 'deleted', file: null })
  expect(one.list.save('me')).toMatchObject({ programs: [] })
  expect(one.list.names()).toEqual([])
  expect(one.done).toEqual(['activate api', 'activate web'])
  expect(readFileSync(one.config, 'utf8')).not.toContain('program')
})

it('lets a program be called as a table is', () => {
  const one = list('tables: {api: {columns: {value: int}}}\nprograms: {}\n')
  expect(one.list.add(order, 'me')).toEqual([])
  expect(one.list.save('me').programs).toEqual(['api'])
})

it('says what to put into a file that it may not write, but no secret', async () => {
  const one = list('programs: {}\n', 'programs.yaml', { ...textFiles, replace: () => 'EACCES' })
  one.list.add(order, 'me')
  const refused = faultOf(() => one.list.save('me'))
  expect(refused).toContain(`${one.config} cannot be written (EACCES); put this in yourself, then nsup update\nprograms:\n  api:\n    command: [cat, a b]`)
  expect(refused).toContain('TOKEN: ...')
  writeFileSync(one.config, 'programs: {a: {command: cat}}\n')
  expect(await refusal(one.list.remove('a', { sure: true }, 'me'))).toContain('take a out of it by hand')
})

it('writes the file of an instance that was begun without one', () => {
  const one = list(null)
  const state = join(one.kept, '..')
  writeRecord(join(state, 'without-config'), '')
  expect(one.source.reread(() => undefined).groups).toEqual([])
  one.list.add(order, 'me')
  expect(one.list.save('me').programs).toEqual(['api'])
  expect(statSync(one.config).mode & 0o777).toBe(0o600)
  expect(existsSync(join(state, 'without-config'))).toBe(false)
  rmSync(one.config)
  expect(faultOf(() => one.source.reread(() => undefined))).toContain('there is no such file')
})

it('says that its own file cannot be read, writes nothing over it, and lets the config work', async () => {
  const one = list('programs: {a: {command: cat}}\n')
  const broken = ['{"version": 1, "progr', '', '{"version": 1, "programs": [{"name": "api"}]}']
  for (const text of broken) {
    writeRecord(one.kept, text)
    let said = ''
    expect(one.source.reread((line) => (said += line)).groups).toHaveLength(1)
    expect(said).toContain('by-hand.json cannot be read')
    expect(faultOf(() => one.list.add(order, 'me'))).toMatch(/by-hand.json cannot be read \(.+\): .*; mend it, or move it away, which forgets .+, then nsup update/)
    expect(faultOf(() => one.list.save('me'))).toContain('by-hand.json cannot be read')
    expect(await refusal(one.list.remove('a', { sure: true }, 'me'))).toContain('by-hand.json cannot be read')
    expect(readFileSync(one.kept, 'utf8')).toBe(text)
  }
  expect([readFileSync(one.config, 'utf8'), one.done]).toEqual(['programs: {a: {command: cat}}\n', []])
  rmSync(one.kept)
  expect(one.list.add(order, 'me')).toEqual([])
})

it('takes what cannot even be opened for there, and finds it mended without another start', () => {
  const one = list('programs: {}\n')
  mkdirSync(one.kept, { recursive: true }) // who is root may open any file
  expect(faultOf(() => one.list.add(order, 'me'))).toContain('by-hand.json cannot be read (EISDIR): no program that was added by hand is known')
  rmdirSync(one.kept)
  writeRecord(one.kept, JSON.stringify({ version: 1, programs: [order] }))
  expect(one.source.reread(() => undefined).groups.map(({ name }) => name)).toEqual(['api'])
  expect(one.list.add({ ...order, name: 'web' }, 'me')).toEqual([])
  expect(list(null).list.names()).toEqual(['api', 'web'])
})

it('lets what runs run on when its file is broken under a running master, and loses neither', () => {
  const one = list('programs: {}\n')
  one.list.add(order, 'me')
  const whole = readFileSync(one.kept, 'utf8')
  writeFileSync(one.kept, whole.slice(0, 40))
  expect(one.source.reread(() => undefined).groups.map(({ name }) => name)).toEqual(['api'])
  expect(faultOf(() => one.list.add({ ...order, name: 'web' }, 'me'))).toContain('what was added by hand runs on, as it was read before')
  expect(readFileSync(one.kept, 'utf8')).toBe(whole.slice(0, 40))
  rmSync(join(one.kept, '..'), { recursive: true })
  one.source.reread(() => undefined)
  expect(readFileSync(one.kept, 'utf8')).toBe(whole)
  one.list.add({ ...order, name: 'web' }, 'me')
  expect(list(null).list.names()).toEqual(['api', 'web'])
})
