/** What a person sees: the status table on a real terminal (a pty that `script` opens) of some width, with colours or without. */
import { join } from 'node:path'
import { execa } from 'execa'
import { beforeAll, describe, expect, it } from 'vitest'
import { sharedPlace } from './harness.ts'
import type { Place } from './harness.ts'
import { root } from './root.ts'
import { untilState } from './waits.ts'

const config = `[supervisord]
[program:web]
command=cat
startsecs=0
[program:reports]
command=/usr/local/bin/make-the-reports-of-the-day-and-send-them-to-everybody-who-asked
startretries=0
[program:idle]
command=cat
autostart=false
[program:checkin]
command=cat
startsecs=0
process_name=%(program_name)s_%(process_num)02d
numprocs=2
`

let place: Place
beforeAll(async () => {
  place = sharedPlace('ini', config)
  await place.master()
  for (const name of ['web', 'checkin:checkin_00', 'checkin:checkin_01']) await untilState(place, name, 'RUNNING')
  await untilState(place, 'reports', 'FATAL')
})

interface Screen {
  readonly text: string
  /** Without colours. */
  readonly lines: readonly string[]
  readonly exitCode: number | undefined
}

/** Runs `nsup` on a terminal of so many columns. */
async function onTerminal(columns: number, words: string, env: Readonly<Record<string, string>> = {}): Promise<Screen> {
  const command = `stty cols ${String(columns)} rows 24; exec '${process.execPath}' '${join(root, 'bin', 'nsup')}' -c '${place.config}' ${words}`
  const { stdout, exitCode } = await execa('script', ['-qec', command, '/dev/null'], {
    cwd: place.dir, env: { ...place.env, NO_COLOR: '', FORCE_COLOR: '', TERM: 'xterm-256color', SHELL: '/bin/sh', ...env }, reject: false,
  })
  const text = stdout.replaceAll('\r\n', '\n')
  return { text, lines: text.replace(/\x1b\[[\d;]*m/g, '').trimEnd().split('\n'), exitCode }
}

describe('status on a terminal', () => {
  it.each([40, 80, 120, 200])('of %i columns is a table that fits, with the reason of what does not run', async (columns) => {
    const { lines, exitCode } = await onTerminal(columns, 'status')
    expect(exitCode).toBe(3)
    expect(lines).toHaveLength(6)
    for (const line of lines) expect(line.length, line).toBeLessThanOrEqual(columns)
    expect(lines[0]).toMatch(/^name +state/)
    expect(lines.find((line) => line.startsWith('checkin:checkin_01'))).toMatch(/^checkin:checkin_01 +RUNNING/)
    const fatal = lines.find((line) => line.startsWith('reports')) ?? ''
    if (columns < 80) return expect(fatal).toMatch(/^reports +FATAL/)
    expect(lines[0]).toMatch(/reason$/)
    expect(fatal).toMatch(columns === 80 ? /^reports +FATAL.* can't find comman.*…$/ : /^reports +FATAL.* can't find command '\/usr\/local\/bin\//)
    expect(lines.find((line) => line.startsWith('idle'))).toMatch(/^idle +STOPPED .* not started: auto/)
    expect(lines.find((line) => line.startsWith('web'))).toMatch(/^web +RUNNING +\d+ /)
  })

  it('has a colour for each kind of state, and none with NO_COLOR', async () => {
    const { text, lines } = await onTerminal(120, 'status')
    expect(text).toContain('\x1b[32mRUNNING\x1b[0m')
    expect(text).toContain('\x1b[31mFATAL\x1b[0m')
    expect(text).toContain('\x1b[2mSTOPPED\x1b[0m')
    const plain = await onTerminal(120, 'status', { NO_COLOR: '1' })
    expect(plain.text).not.toContain('\x1b')
    const shape = (all: readonly string[]): string[] => all.map((line) => line.replace(/\d+/g, 'N').replace(/ +/g, ' '))
    expect(shape(plain.lines)[0]).toBe(shape(lines)[0])
    expect(plain.lines).toHaveLength(lines.length)
  })

  it('is supervisorctl\'s lines for --plain and on a terminal that can do nothing', async () => {
    const piped = (await place.nsup('status')).stdout.replace(/uptime \S+/g, 'uptime T')
    for (const screen of [await onTerminal(80, 'status --plain'), await onTerminal(80, 'status', { TERM: 'dumb' })]) {
      expect(screen.text.trimEnd().replace(/uptime \S+/g, 'uptime T')).toBe(piped.trimEnd())
    }
  })
})
