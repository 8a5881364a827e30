/** The command line of supervisord beside nsupd's, and every form of a value in a config: what is taken, what is refused, what becomes of it. */
import { beforeAll, describe, expect, it } from 'vitest'
import { sharedPlace } from '../e2e/harness.ts'
import type { Place, Ran } from '../e2e/harness.ts'
import { head, masked, startPair, stockPrograms } from './pair.ts'
import type { Asked } from './pair.ts'

/** How one of the two refuses to start. */
interface Refused {
  /** Lines of stderr, without the program's name. */
  readonly lines: readonly string[]
  readonly exitCode: number | undefined
}

let place: Place
let stock: Asked<Ran>
beforeAll(() => {
  place = sharedPlace('ini', '')
  stock = stockPrograms(place)
  return () => stock.end()
})

function refused({ stderr, exitCode }: Ran): Refused {
  return { lines: stderr.trimEnd().replace(/For help, use \S+ -h$/, 'For help, use {program} -h').split('\n'), exitCode }
}

async function real(text: string, flags: readonly string[] = []): Promise<Refused> {
  const config = place.write('real.conf', text)
  return refused(await stock.ask({ program: 'supervisord', args: ['-n', '-c', config, ...flags] }))
}

async function ours(text: string, flags: readonly string[] = []): Promise<Refused> {
  const config = place.write('ours.conf', text)
  return refused(await place.run('nsupd', ['-n', '-c', config, ...flags]))
}

/** Starts both on a command line that neither takes. */
async function refusals(text: string, flags: readonly string[] = []): Promise<{ readonly real: Refused; readonly ours: Refused }> {
  const [one, other] = await Promise.all([real(text, flags), ours(text, flags)])
  return { real: one, ours: other }
}

describe('a command line', () => {
  it.each([
    ['--nonsense'], ['-x'], ['stray'], ['stray', '-e'], ['-e', 'info', 'stray', 'more'], ['-'], ['--', 'stray'], ['-e'], ['-i'], ['--identifier'], ['-s', '-y'],
    ['-e', 'info', '-e', 'warn'], ['-e', 'info', '--loglevel=debug'], ['-s', '-s'], ['-ss'], ['-sx'], ['-s=1'], ['--silent=1'], ['--no'], ['--log', 'x'], ['--strip', '--nonsense'], ['-einfo', '-x'],
    ['--loglevel=', '--nonsense'], ['-kt', '--bad'], ['-e', 'info', '-e', 'warn', '-v', '--bad'],
  ].map((flags) => [flags] as const))('is refused in the same words: %j', async (flags) => {
    const { real, ours } = await refusals('[supervisord]\n', flags)
    expect(real.exitCode).toBe(2)
    expect(ours).toEqual(real)
  })
  it.each([
    ['-e', 'bogus'], ['-y', '1.5MB'], ['-y', '10K'], ['-q', '/no/such'], ['-l', '/no/such/log'], ['-u', 'no-such-user'], ['--user=99999'], ['-m', '9'], ['-z', 'x'], ['-a', 'x'],
    ['--minprocs=x'], ['-j', '/no/such/pid'], ['-d', '/no/such'], ['--logfile_b', 'x'],
  ].map((flags) => [flags] as const))('with a bad value is refused, nsup says where and what instead: %j', async (flags) => {
    const { real, ours } = await refusals('[supervisord]\n', flags)
    expect([real.exitCode, ours.exitCode]).toEqual([2, 2])
    expect(real.lines[0]).toMatch(/^Error: /)
    expect(ours.lines[0]).toMatch(/^command line:1:1: error: /)
    expect(ours.lines.at(-1)).toBe(real.lines.at(-1))
  })
  it('with --profile_options is refused by nsup alone: there is no Python to profile', async () => {
    const { real, ours } = await refusals('nothing', ['--profile_options=cumulative'])
    expect(real.lines.join()).not.toContain('profile_options')
    expect(ours.lines[0]).toBe('Error: option --profile_options not recognized')
  })
  it.each(['-v', '--version', '-h', '-?', '--help', '--vers'])('that asks: %s, is answered without a config, exit 0', async (flag) => {
    const real = await stock.ask({ program: 'supervisord', args: [flag, '-e', 'bogus'] })
    const ours = await place.run('nsupd', [flag, '-e', 'bogus'])
    expect([real.exitCode, ours.exitCode]).toEqual([0, 0])
    expect([real.stderr, ours.stderr]).toEqual(['', ''])
    expect(ours.stdout).toMatch(/^(\d+\.\d+\.\d+\n$|nsupd: )/)
  })
})

/** What each option takes and refuses; `where` is put around it. */
const forms: Readonly<Record<string, { readonly good: readonly string[]; readonly bad: readonly string[] }>> = {
  autostart: { good: ['yes', 'TRUE', 'On', '1', 'no', 'False', 'OFF', '0'], bad: ['maybe', '2', 'y', '', 't'] },
  autorestart: { good: ['true', 'unexpected', 'UnExpected', '0'], bad: ['always', ''] },
  startsecs: { good: ['0', '+3', '-1', '007', '1_0', ' 5'], bad: ['1.5', '1s', '', 'ten', '0x10'] },
  priority: { good: ['-1', '999'], bad: ['1.0', ''] },
  numprocs: { good: ['0', '1'], bad: ['2', 'x', '1.0'] },
  exitcodes: { good: ['0', '0,2', ' 1 , 255 ', '', '+3'], bad: ['256', '-1', 'a', '1,,2', '0,', '1 2'] },
  stopsignal: { good: ['TERM', 'sigusr1', '9', 'Hup', 'RTMIN', '0', 'CLD'], bad: ['NOPE', '99', '', '-9', '35'] },
  stdout_logfile_maxbytes: { good: ['0', '10', '10KB', '10 kb', '5MB', '1Gb', '1_0kb'], bad: ['10K', '1.5MB', 'x', '', 'MB', '10 k b', '1TB', '-1'] },
  stdout_logfile_backups: { good: ['0', '3'], bad: ['x', '1.5', '', '-1'] },
  stdout_capture_maxbytes: { good: ['0', '1MB'], bad: ['x'] },
  redirect_stderr: { good: ['true'], bad: ['perhaps'] },
  stdout_logfile: { good: ['NONE', 'off', 'Auto', 'syslog', 'plain.log', '/dev/null', '~/x.log', '%(here)s/a.log', './b.log'], bad: ['/no/such/folder/x.log', 'sub/x.log'] },
  umask: { good: ['022', '22', '0o22', '0O7', '7_7'], bad: ['9', '0x1', '', 'rwx'] },
  process_name: { good: ['a_%(process_num)02d', '%(program_name)s', 'x.y', '%(group_name)s%%'], bad: ['a b', 'a:b', 'a/b', '%(nope)s', '%s', '%(program_name)', '100%'] },
  environment: { good: ['A=1', 'A="b c",D=\'e,f\'', 'A=1,', 'A=1,B=2 ,C=3', '', 'A=/a.b+c-(d):e', 'A = b', 'A="%%"', 'A="a=b"'], bad: ['A', 'A=b@c', 'A=', 'A=1,B', 'A=%', '=1', 'A="x'] },
  directory: { good: ['/no/such', '%(ENV_HOME)s', '~', 'rel'], bad: ['%(ENV_NO_SUCH_VARIABLE)s', '%Y', '%(process_nam)d'] },
  command: { good: ['a', 'date +%%Y', '%(program_name)-10s', '%(process_num)x %(numprocs)d', '%(host_node_name)s', "a 'b"], bad: ['date +%Y', '%(x)s', '%()s', '%(program_name)d', '%'] },
  serverurl: { good: ['AUTO', 'auto', 'http://x', 'anything'], bad: [] },
  stdout_events_enabled: { good: ['on'], bad: ['x'] },
  user: { good: ['root', '0', 'nobody'], bad: [] },
  stopasgroup: { good: ['true', 'false'], bad: ['true\nkillasgroup=false'] },
  killasgroup: { good: ['true'], bad: ['2'] },
}

/** What nsup refuses though supervisord takes it: negative amounts, and the text of its whole table of names as a name. */
const meant: readonly string[] = ['stdout_logfile_maxbytes=-1', 'stdout_logfile_backups=-1', 'process_name=%s']

const given = (option: string, value: string): string => `${option === 'command' ? '' : 'command=x\n'}${option}=${value}\n`
const pairsOf = (which: 'good' | 'bad'): (readonly [option: string, value: string])[] => Object.entries(forms).flatMap(([option, both]) => both[which].map((value) => [option, value] as const))

describe('a config', () => {
  it('with a value that is none is refused by both, and nsup names every one at once', async () => {
    const bad = pairsOf('bad')
    const takenAfterAll: string[] = []
    for (const [option, value] of bad) {
      // What is read later tells that the value was taken.
      const { lines, exitCode } = await real(`[supervisord]\n[program:p]\n${given(option, value)}[eventlistener:later]\ncommand=x\n`)
      if (exitCode !== 2 || lines.some((line) => line.includes('eventlistener:later'))) takenAfterAll.push(`${option}=${value}`)
    }
    expect(takenAfterAll).toEqual(meant)
    const { lines, exitCode } = await ours(`[supervisord]\n${bad.map(([option, value], i) => `[program:p${i}.]\n${given(option, value)}`).join('')}`)
    expect(exitCode).toBe(2)
    const missed = bad.filter((_, i) => !lines.some((line) => line.includes(': error: ') && line.includes(`'program:p${i}.'`)))
    expect(missed).toEqual([])
  })

  it('with any form of a value has the same of it', async () => {
    const programs = pairsOf('good').map(([option, value], i) => {
      // Nothing shall start: what would be on by default is turned off.
      const start = option === 'autostart' ? 'startretries=0\n' : 'autostart=false\n'
      return `[program:${option}-${i}]\n${given(option, value)}${start}`
    })
    const pair = await startPair(`${head}${programs.join('')}`)
    const { real, ours } = await pair.both(async (side) => (masked(side, await side.call('supervisor.getAllConfigInfo')) as { value: { name: string; startsecs: number; stdout_logfile: string }[] }).value)
    expect(real.length).toBeGreaterThan(50)
    // nsup shows no negative time, and paths as they are: absolute.
    const shown = real.map((one) => {
      const relative = /^(?:\.\/)?([\w.]+\.log)$/.exec(one.stdout_logfile)?.[1]
      return { ...one, startsecs: Math.max(0, one.startsecs), stdout_logfile: relative === undefined ? one.stdout_logfile : `{dir}/${relative}` }
    })
    expect(shown).not.toEqual(real)
    expect(ours).toEqual(shown)
  })
})

describe('a config without [rpcinterface:supervisor]', () => {
  it('has no supervisor methods under supervisord; nsup always has them', async () => {
    const pair = await startPair(head.replace(/\[rpcinterface:supervisor\]\n.*\n/, ''))
    const { real, ours } = await pair.both((side) => side.call('supervisor.getState'))
    expect(real.fault).toEqual([1, 'UNKNOWN_METHOD'])
    expect(ours.value).toMatchObject({ statecode: 1 })
    expect((await pair.real.ctl(['status'])).stdout).toContain('did not recognize the supervisor namespace commands')
    expect((await pair.ours.ctl(['status'])).exitCode).toBe(0)
  })
})
