/** The limit of open files that workers get: what the master was started with, not what Node has raised its own to. */
import { readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { execa } from 'execa'
import { expect, it } from 'vitest'
import { openFilesRow, parseLimit } from '../../src/lib/limits.ts'
import { newPlace } from './harness.ts'
import type { Place } from './harness.ts'
import { root } from './root.ts'
import { untilFile } from './waits.ts'

const ini = (minfds: number): string => `[supervisord]\nminfds=${minfds}\n[program:tells]
command=sh -c 'echo "$(ulimit -Sn) $(ulimit -Hn) \${NSUP_NOFILE:-none} \${NSUP_NODE:-none} told"; exec sleep 600'\nstdout_logfile=%(here)s/tells.log\n`

const env = { PATH: `${dirname(process.execPath)}:${process.env['PATH'] ?? ''}` }
const own = parseLimit(readFileSync('/proc/self/limits', 'utf8'), openFilesRow)?.hard

async function told(place: Place): Promise<string> {
  const text = await untilFile(place.path('tells.log'), 'told')
  return text.trim().split('\n').at(-1) ?? ''
}

it.each([
  ['the soft limit that nsupd was started with', 700, 700],
  ['minfds, where that is more', 750, 750],
])('is %s', async (_, minfds, expected) => {
  const place = newPlace('ini', ini(minfds))
  await place.master([], env, 'ulimit -Sn 700; exec "$@"')
  expect(await told(place)).toBe(`${expected} ${String(own)} none none told`)
  expect((await place.one('tells')).pid).toBeGreaterThan(0)
  const master = parseLimit(readFileSync(`/proc/${(await place.client().call('info', {})).pid}/limits`, 'utf8'), openFilesRow)
  expect(master?.soft).toBe(expected)
})

it('is the limit of the shell in which nsup start brings a master up', async () => {
  const place = newPlace('ini', ini(700))
  // Not exec: the shell, whose limit counts, must be there.
  const { exitCode } = await execa('sh', ['-c', 'ulimit -Sn 700; "$@"; exit $?', 'sh', process.execPath, join(root, 'bin/nsup'), '-c', place.config, 'start', 'all'], { cwd: place.dir, env: place.env })
  expect(exitCode).toBe(0)
  expect(await told(place)).toBe(`700 ${String(own)} none none told`)
})
