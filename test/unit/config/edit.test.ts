/** Programs are written into a config and taken out again, and not a letter of the rest changes. */
import { join } from 'node:path'
import fc from 'fast-check'
import { expect, it } from 'vitest'
import type { ByHandProgram } from '../../../src/config/by-hand.ts'
import { addToIni, entryInIni, removeFromIni } from '../../../src/config/edit-ini.ts'
import { addToYaml, entryInYaml, removeFromYaml } from '../../../src/config/edit-yaml.ts'
import { loadConfig } from '../../../src/config/load.ts'
import type { Loaded } from '../../../src/config/load.ts'
import { starterConfig } from '../../../src/config/starter.ts'
import { tempFolder } from './harness.ts'

const folder = tempFolder()

const api: ByHandProgram = {
  name: 'api', command: ['/usr/bin/node', '/srv/50%/app.js', '--port', '3000', 'a b', '', '${X}'], directory: '/tmp',
  environment: { A: 'x ${Y} 100%', B: '12', C: 'say "hi" \\ twice' }, options: { numprocs: '2', autorestart: 'true', stdout_logfile: 'NONE' },
}
const queue: ByHandProgram = { name: 'q', command: 'php artisan queue:work --n=%(process_num)d', directory: '/tmp', environment: {}, options: {} }

const load = (file: string, text: string, byHand: readonly ByHandProgram[] = []): Loaded =>
  loadConfig(join(folder.path, file), { env: {}, cwd: folder.path, logDir: folder.path, text, byHand })

const yamls: Readonly<Record<string, string>> = {
  'nothing': '',
  'the starter': starterConfig(),
  'a key without programs': '# c\nprograms: # d\ngroups: {}\n',
  'four blanks, a block of text and comments at the end': 'programs:\n    a:\n        command: |\n            cat\n            -n\n\n    # tail\n# end\nx-y: 1\n',
  'a value over several lines': 'programs:\n  a:\n    command: [cat,\n      b]   # hi\n  # q\n',
  'a list in lines': 'programs:\n  a:\n    command:\n    - cat\n    - b\ndefaults:\n  startsecs:   3   # three\n',
  'windows line ends': 'programs:\r\n  a:\r\n    command: cat\r\n',
  'aliases': 'x-a: &a\n  command: cat\nprograms:\n  a: *a\n  b:\n    <<: *a\n',
}

it.each(Object.entries(yamls))('writes programs into YAML with %s, means what was meant, and takes them out again', (_, text) => {
  const edited = addToYaml(text, [api, queue])
  const [now, then] = [load('a.yaml', text, [api, queue]), load('a.yaml', edited)]
  expect(now.problems).toEqual([])
  expect(then.config?.groups).toEqual(now.config?.groups)
  expect(then.config?.groups.some(({ name }) => name === 'api')).toBe(true)
  const lines = edited.split('\n')
  for (const line of text.split('\n')) expect(lines).toContain(line)
  const back = removeFromYaml(removeFromYaml(edited, 'api'), 'q')
  expect(back === '' || back === 'programs:\n' ? '' : back).toBe(text)
})

it('writes a file that is no text of lines anew, and JSON as JSON', () => {
  expect(addToYaml('programs: {}\n', [queue])).toBe('programs:\n  q:\n    command: php artisan queue:work --n=%(process_num)d\n    directory: /tmp\n')
  const json = addToYaml('{"programs":{"a":{"command":"cat"}}}', [queue])
  expect(JSON.parse(json)).toEqual({ programs: { a: { command: 'cat' }, q: { command: queue.command, directory: '/tmp' } } })
  expect(JSON.parse(removeFromYaml(json, 'q'))).toEqual({ programs: { a: { command: 'cat' } } })
})

it('knows the lines of a program, and keeps the comments that stand between others', () => {
  const text = 'programs:\n  # of a\n  a:\n    command: cat # why\n  # of b\n  b: {command: cat}\n'
  expect(entryInYaml(text, 'a')).toBe('  a:\n    command: cat # why\n')
  expect(entryInYaml(text, 'c')).toBeNull()
  expect(entryInYaml('programs: {a: {command: cat}, b: 1}', 'a')).toBe('a: {command: cat}')
  expect(removeFromYaml(text, 'a')).toBe('programs:\n  # of a\n  # of b\n  b: {command: cat}\n')
})

const ini = '[supervisord]\n\n; of x\n[program:x]\ncommand=cat   ; why\n  -n\n; of the group\n[group:g]\nprograms=x'

it('writes programs at the end of an INI, means what was meant, and takes them out again', () => {
  const edited = addToIni(ini, [api, queue])
  const [now, then] = [load('a.conf', ini, [api, queue]), load('a.conf', edited)]
  expect(now.problems).toEqual([])
  expect(then.config?.groups).toEqual(now.config?.groups)
  expect(now.config?.groups.find(({ name }) => name === 'api')?.processes.map(({ name, argv }) => [name, argv])).toEqual(['api_00', 'api_01'].map((name) => [name, api.command]))
  expect(edited.startsWith(`${ini}\n`)).toBe(true)
  expect(removeFromIni(removeFromIni(edited, 'q'), 'api')).toBe(`${ini}\n`)
  expect(removeFromIni(removeFromIni(edited, 'api'), 'q')).toBe(`${ini}\n`)
  expect(entryInIni(edited, 'x')).toBe('[program:x]\ncommand=cat   ; why\n  -n\n')
  expect(() => removeFromIni(`${ini}\n[program:x]\nstartsecs=3\n`, 'x')).toThrow('in several places')
})

it('takes words, folders and values of the environment as they are, whatever is in them', () => {
  const value = fc.string({ unit: fc.constantFrom('a', ' ', '%', '$', '{', '}', '"', "'", '\\', ';', '#', ',', '=', '(', ')', 's') })
  fc.assert(fc.property(fc.array(value, { minLength: 1 }), value, fc.constantFrom('a.yaml', 'a.conf'), (words, text, file) => {
    const program = { ...api, command: ['cat', ...words], environment: { V: text } }
    const { config, problems } = load(file, file === 'a.conf' ? '[supervisord]\n' : '', [program])
    expect(problems).toEqual([])
    expect(config?.groups[0]?.processes[0]).toMatchObject({ argv: program.command, environment: { V: text } })
    if (file === 'a.yaml') expect(load(file, addToYaml('', [program])).config?.groups).toEqual(config?.groups)
  }), { numRuns: 60 })
})

it('leaves out what cannot be read any more, and what stands in the file by now, and nothing else', () => {
  const bad = { ...queue, name: 'bad', options: { numprocs: 'many' } }
  const { config, problems, left } = load('a.yaml', 'programs: {q: {command: cat}}\n', [bad, api, queue])
  expect(config?.groups.map(({ name }) => name).sort()).toEqual(['api', 'q'])
  expect([...left].map(([name, why]) => [name, why[0]?.message])).toEqual([['bad', expect.stringContaining('programs.bad.numprocs')]])
  expect(problems.map(({ message }) => message)).toEqual([expect.stringContaining('q stands in the config now')])
  expect(config?.groups.find(({ name }) => name === 'q')?.processes[0]?.command).toBe('cat')
})
