import { expect, test } from 'vitest'
import { findCommand } from '../../../src/cli/commands.ts'
import { parse } from '../../../src/cli/parse.ts'

const read = (line: string) => parse(line.split(' ').filter(Boolean), findCommand)

test('options stand before or after the command', () => {
  for (const line of ['-c a.yaml --json status web', 'status web --json -c a.yaml', 'status --configuration=a.yaml web --json']) {
    expect(read(line)).toMatchObject({
      kind: 'command', command: { name: 'status' }, words: ['web'], options: { configuration: 'a.yaml', json: true },
    })
  }
})

test('a number as an option stays among the words', () => {
  expect(read('tail -100 web')).toMatchObject({ kind: 'command', words: ['-100', 'web'] })
  expect(read('tail -f -100 web stderr')).toMatchObject({ words: ['-100', 'web', 'stderr'], options: { follow: true } })
})

test('after -- nothing is an option', () => {
  expect(read('start -- --json')).toMatchObject({ kind: 'command', words: ['--json'], options: {} })
})

test('words that look like numbers stay words', () => {
  expect(read('signal 10 007')).toMatchObject({ words: ['10', '007'] })
})

test('the timeout is read as seconds and must be above 0', () => {
  expect(read('stop all --timeout 1.5')).toMatchObject({ kind: 'command', timeout: 1500 })
  for (const bad of ['0', '-1', 'soon', 'Infinity']) {
    expect(read(`stop all --timeout ${bad}`)).toMatchObject({ kind: 'bad-option', sentence: expect.stringContaining('--timeout') as string })
  }
})

test('an option that is not known, or not of this command, or without its value, is refused by name', () => {
  expect(read('status --bogus')).toMatchObject({ kind: 'bad-option', sentence: 'there is no option --bogus' })
  expect(read('status -f')).toMatchObject({ kind: 'bad-option', sentence: 'the command status has no option -f' })
  expect(read('status -c')).toMatchObject({ kind: 'bad-option' })
})

test('short flags may be grouped, and a command may be called by its other name', () => {
  expect(read('tail -fn 5 web')).toMatchObject({ words: ['web'], options: { follow: true, lines: '5' } })
  expect(read('ls')).toMatchObject({ kind: 'command', command: { name: 'status' } })
})

test('an unknown command keeps its whole line', () => {
  expect(read('frobnicate a b')).toEqual({ kind: 'unknown-command', line: 'frobnicate a b', word: 'frobnicate' })
  expect(read('')).toEqual({ kind: 'none', options: {} })
})
