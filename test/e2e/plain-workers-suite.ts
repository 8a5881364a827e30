/** The workers of examples/workers under a real master, one suite for all languages. Who runs it chooses which of them are there. */
import { mkdirSync, readdirSync, utimesSync } from 'node:fs'
import { open } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { parse, stringify } from 'yaml'
import { makeFifos } from '../../src/os/fifo.ts'
import { newPlace } from './harness.ts'
import type { Place } from './harness.ts'
import { root } from './root.ts'
import { untilFile, untilProcess, untilState } from './waits.ts'

const folder = join(root, 'examples/workers')

interface Programs {
  defaults: Record<string, unknown>
  programs: Record<string, { readonly command: string | readonly string[]; readonly [option: string]: unknown }>
}

/** The config of the examples with these programs and jobs, and one that says each message that it gets. */
function configOf(text: string, languages: readonly string[]): string {
  const config = parse(text.replaceAll('%(here)s', folder)) as Programs
  // Without busy_wait the signal comes in the middle of the job, which is what is to be seen here.
  const environment = { MAX_JOBS: '4', PYTHONDONTWRITEBYTECODE: '1' }
  config.defaults = { ...config.defaults, startsecs: 0, stdout_logfile: '%(here)s/%(program_name)s.log', environment }
  const programs = languages.flatMap((language) => [
    [language, { ...config.programs[language], busy_wait: 0 }],
    [`tidy-${language}`, { ...config.programs[`tidy-${language}`], command: jobOf(config.programs[`tidy-${language}`]?.command, language) }],
  ] as const)
  config.programs = {
    ...Object.fromEntries(programs),
    results: { command: `sh -c 'while read -r line <&$NSUP_INBOX_FD; do echo "$line"; done'`, messages: true },
  } as Programs['programs']
  return stringify(config)
}

/** The command with a folder of its own in place of the example's. */
function jobOf(command: string | readonly string[] | undefined, language: string): unknown {
  expect(command).toHaveLength(4)
  const [shell, file, , days] = command ?? []
  return [shell, file, `%(here)s/old-${language}`, days]
}

interface Result {
  readonly message: { readonly from: string; readonly data: { readonly file: string; readonly words: number } }
}

const resultsIn = (text: string, from: string): Result['message'][] =>
  text.split('\n').filter((line) => line !== '').map((line) => (JSON.parse(line) as Result).message).filter((message) => message.from === from)

/** A life of one worker: a restart in the middle of a job with others behind it, and its end as planned. */
async function live(place: Place, language: string): Promise<void> {
  const client = place.client()
  const send = (file: string, more: object = {}): Promise<unknown> => client.call('send', { to: language, data: { file, reply_to: 'results', ...more } })
  const slow = place.path(`${language}.slow`)
  expect(makeFifos([slow])).toMatchObject({ ok: true })
  const opened = open(slow, 'w') // a file that grows until it is closed; it is open as soon as the worker reads it
  const files = ['two', 'three', 'four'].map((name) => place.write(`${language}.${name}`, 'one two\nthree\n'))
  await send(slow)
  const end = await opened
  const first = await place.one(language)
  // One of them takes several lines; who can read such a one does.
  for (const [at, file] of files.entries()) await send(file, at === 1 && language !== 'sh' ? { note: 'x'.repeat(10_000) } : {})
  const restarted = client.call('restart', { targets: [language] })
  await untilState(place, language, 'STOPPING')
  process.kill(first.pid, 'SIGINT')
  await end.writeFile('one two\n')
  await end.close()
  await restarted

  const done = await untilFile(place.path('results.log'), (text) => resultsIn(text, language).length === 4)
  expect(resultsIn(done, language).map(({ data: { file, words } }) => [file, words])).toEqual([[slow, 2], ...files.map((file) => [file, 3])])
  await untilFile(place.path(`${language}.log`), (text) => text.split('Job done').length === 5) // counted by then
  const { workers: [health] } = await client.call('health', { targets: [language], timeout: 20_000 })
  expect(health).toMatchObject({ answered: true, via: 'report', processed_count: 3, health: { failed_count: 0 } })

  await send(place.path('nothing'))
  const last = await untilProcess(place, language, 'recycled', ({ incarnation, ready }) => incarnation === 3 && ready)
  expect(last.exits).toMatchObject([{ incarnation: 1, code: 0, wanted: true }, { incarnation: 2, code: 0, expected: true, wanted: false }])
  expect(last).toMatchObject({ crashes: 0, report: { rubbish: 0 } })
  const log = place.read(`${language}.log`)
  for (const [said, times] of [['received shutdown signal', 1], ['ignored repeated signal', 1], ['Job done', 4], ['Job failed', 1], ['gracefully shutdown', 2]] as const) {
    expect([said, log.split(said).length - 1]).toEqual([said, times])
  }
}

/** The first run of a job: what is old goes, what is young stays. */
async function tidy(place: Place, language: string): Promise<void> {
  const { exits } = await untilProcess(place, `tidy-${language}`, 'after its first run', (one) => one.state === 'EXITED' && one.exits !== undefined && one.exits.length > 0)
  expect(exits).toMatchObject([{ code: 0, expected: true }])
  expect(readdirSync(place.path(`old-${language}`))).toEqual(['young'])
}

export function plainWorkersLive(languages: readonly string[]): void {
  it(`work, answer, count, drain and lose nothing in ${languages.join(' and ')}`, async () => {
    const place = newPlace('yaml', '')
    place.write(place.config, configOf(place.read(join(folder, 'programs.yaml')), languages))
    for (const language of languages) {
      mkdirSync(place.path(`old-${language}`))
      utimesSync(place.write(`old-${language}/old`, ''), 0, 0)
      place.write(`old-${language}/young`, '')
    }
    await place.master()
    await Promise.all(languages.flatMap((language) => [live(place, language), tidy(place, language)]))
    for (const [key, each] of [['words', 11], ['removed', 1]] as const) {
      expect(await place.nsup('table', 'counters', 'get', key, 'value')).toMatchObject({ exitCode: 0, stdout: `${String(each * languages.length)}\n` })
    }
  })
}
