import { describe, expect, it } from 'vitest'
import { parseFlags, usage, UsageError } from '../../../src/daemon/flags.ts'

describe('The flags of nsupd', () => {
  it('are supervisord\'s, short and long, with values beside or behind', () => {
    expect(parseFlags(['-n', '-c', '/c.conf', '-l/log', '--loglevel=debug', '-y', '1MB', '--logfile_backups', '3'])).toEqual({
      help: false,
      version: false,
      configuration: '/c.conf',
      overrides: { nodaemon: 'true', logfile: '/log', loglevel: 'debug', logfile_maxbytes: '1MB', logfile_backups: '3' },
    })
    expect(parseFlags(['-nt']).overrides).toEqual({ nodaemon: 'true', strip_ansi: 'true' })
  })

  it('ask for the help by any of its names', () => {
    for (const flag of ['-h', '-?', '--help']) expect(parseFlags([flag]).help).toBe(true)
    expect(parseFlags(['-v'])).toMatchObject({ version: true, overrides: {} })
  })

  it.each([
    [['--nonsense'], 'option --nonsense not recognized'],
    [['-Z'], 'option -Z not recognized'],
    [['extra'], "positional arguments are not supported: ['extra']"],
    [['-c'], 'option -c requires argument'],
    [['--nodaemon=yes'], 'option --nodaemon must not have an argument'],
    [['-n', '--nodaemon'], "conflicting command line option '--nodaemon'"],
    [['--constructor'], 'option --constructor not recognized'],
  ])('refuse %j in one sentence', (args, sentence) => {
    expect(() => parseFlags(args)).toThrow(UsageError)
    expect(() => parseFlags(args)).toThrow(sentence)
  })

  it('are all in the usage text', () => {
    const text = usage()
    for (const letter of 'ncumdlyzejiqatksvh') expect(text).toMatch(new RegExp(`^ {2}-${letter}, --\\w+`, 'm'))
  })
})
