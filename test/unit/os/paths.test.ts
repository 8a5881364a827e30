import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, relative } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { directoryProblem, findCommand } from '../../../src/os/paths.ts'

const folder = mkdtempSync(join(tmpdir(), 'nsup-paths-'))
const [one, two] = [join(folder, 'one'), join(folder, 'two')]
for (const each of [one, two]) mkdirSync(each)
file(join(one, 'tool'), 0o755)
file(join(two, 'tool'), 0o755)
file(join(one, 'plain'), 0o644)
file(join(two, 'plain'), 0o755)
mkdirSync(join(one, 'dir'))
afterAll(() => rmSync(folder, { recursive: true }))

function file(path: string, mode: number): void {
  writeFileSync(path, '#!/bin/sh\n')
  chmodSync(path, mode)
}

const find = (word: string | undefined, PATH?: string): ReturnType<typeof findCommand> =>
  findCommand({ argv: word === undefined ? [] : [word], commandProblem: null }, PATH === undefined ? {} : { PATH })

describe('findCommand', () => {
  it('takes the first of the PATH', () => {
    expect(find('tool', `${folder}/none:${two}:${one}`)).toEqual({ ok: true, path: join(two, 'tool') })
    expect(find('tool', `${one}/`)).toEqual({ ok: true, path: join(one, 'tool') })
  })

  it('looks into /bin, /usr/bin and /usr/local/bin where there is no PATH', () => {
    expect(find('sh')).toEqual({ ok: true, path: '/bin/sh' })
  })

  it('takes a word with a slash as it is, relative to the own directory', () => {
    const path = relative(process.cwd(), join(one, 'tool'))
    expect(find(path, two)).toEqual({ ok: true, path })
    expect(find('./tool', one)).toMatchObject({ fault: 'NO_FILE' })
  })

  it('says what is wrong in the words of supervisord', () => {
    const no = (fault: string, reason: string): unknown => ({ ok: false, fault, reason })
    expect(find('nope', one)).toEqual(no('NO_FILE', "can't find command 'nope'"))
    expect(find('/no/such')).toEqual(no('NO_FILE', "can't find command '/no/such'"))
    expect(find(`${one}/tool/x`)).toEqual(no('NO_FILE', `can't find command '${one}/tool/x'`))
    expect(find("it's", one)).toEqual(no('NO_FILE', 'can\'t find command "it\'s"'))
    expect(find(undefined)).toEqual(no('NOT_EXECUTABLE', 'command is empty'))
    expect(find(join(one, 'dir'))).toEqual(no('NOT_EXECUTABLE', `command at '${one}/dir' is a directory`))
  })

  it('stops at the first file of that name, even if it cannot be run', () => {
    const reason = `command at '${one}/plain' is not executable`
    expect(find('plain', `${one}:${two}`)).toEqual({ ok: false, fault: 'NOT_EXECUTABLE', reason })
    expect(find('plain', two)).toMatchObject({ ok: true })
  })

  it('hands on why the command could not be split', () => {
    const commandProblem = "can't parse command 'a \"': no closing quotation"
    expect(findCommand({ argv: [], commandProblem }, {})).toEqual({ ok: false, fault: 'NOT_EXECUTABLE', reason: commandProblem })
  })
})

describe('directoryProblem', () => {
  it('accepts a folder, and none', () => {
    expect(directoryProblem(folder)).toBeNull()
    expect(directoryProblem(null)).toBeNull()
  })

  it('says why not', () => {
    const reason = (path: string): string | undefined => directoryProblem(path)?.reason
    expect(reason('/no/such')).toBe("couldn't chdir to /no/such: ENOENT")
    expect(reason(join(one, 'tool'))).toBe(`couldn't chdir to ${one}/tool: ENOTDIR`)
  })
})
