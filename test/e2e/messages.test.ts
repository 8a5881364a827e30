/** Messages between workers, with masters that are killed, and from the command line. */
import { describe, expect, it } from 'vitest'
import { fixture, newPlace } from './harness.ts'
import { untilFile, untilState, untilTold } from './waits.ts'

const numbers = (text: string, word: string): number[] => [...text.matchAll(new RegExp(`^${word} (\\d+)`, 'gm'))].map(([, digits]) => Number(digits))

describe('messages', () => {
  // Both ends write down themselves what they see: of what they print, a master that is killed may take a chunk with it.
  it('arrive once and in order while masters are killed and workers started anew', async () => {
    const [rounds, each] = [3, 1000]
    const total = rounds * each
    const place = newPlace('yaml', `
defaults: { startsecs: 0, messages: true }
programs:
  source: { command: ${JSON.stringify(fixture('sends-numbers.mjs', 'source.seen'))}, directory: '%(here)s' }
  sink: { command: ${JSON.stringify(fixture('takes-numbers.mjs', 'sink.seen'))}, directory: '%(here)s', ready: report }
`)
    let master = await place.master()
    for (let from = 0; from < total; from += each) {
      await place.client().call('send', { to: 'source', data: { to: 'sink', from, below: from + each } })
      await untilFile(place.path('sink.seen'), (text) => numbers(text, 'got').some((number) => number >= from))
      process.kill(master.pid, 'SIGKILL')
      await master.ended
      master = await place.master()
      await place.client().call('restart', { targets: ['sink'] })
      await untilFile(place.path('source.seen'), `sent below ${String(from + each)}`)
    }
    await place.client().call('send', { to: 'sink', data: { number: total } })
    const seen = await untilFile(place.path('sink.seen'), new RegExp(`^got ${String(total)} `, 'm'))
    const got = numbers(seen, 'got')
    expect(got).toEqual([...got].sort((a, b) => a - b))
    expect(new Set(got).size).toBe(got.length)
    const said = place.read('source.seen')
    expect(numbers(said, 'taken').filter((number) => !got.includes(number))).toEqual([])
    // Of what was on its way when a master was killed nobody knows; what it held between reading and writing is lost.
    expect(said.split('\n').filter((line) => line !== '' && !/^(taken|MASTER_CHANGED|sent below) /.test(line))).toEqual([])
    expect(numbers(said, 'taken').length + numbers(said, 'MASTER_CHANGED').length).toBe(total)
    expect(total + 1 - got.length).toBeLessThanOrEqual(8 * rounds)
    expect(seen).toContain(' in 4')
    expect(await place.one('sink')).toMatchObject({ report: { rubbish: 0 } })
    expect((await place.nsup('health', 'sink', '--json')).stdout).toContain('"processed_count"')
  })

  it('wait for a worker that is not there, survive the master, and are told to whom they went', async () => {
    const place = newPlace('yaml', `
defaults: { startsecs: 0, stdout_logfile: '%(here)s/%(program_name)s.log' }
programs:
  later: { command: "sh -c 'test -e go || exit 1; while read -r line <&$NSUP_INBOX_FD; do echo $line; done'", directory: '%(here)s', messages: true, restart_backoff: "initial=1h max=1h", startretries: 100 }
  plain: { command: sleep 600 }
`)
    const first = await place.master()
    await untilState(place, 'later', 'BACKOFF')
    expect((await place.nsup('send', 'later', '{"one":1}')).stdout).toMatch(/^later: sent \(message \d+\)\n$/)
    await place.client().call('send', { to: 'later', data: 'two' })
    expect(await place.nsup('send', 'plain', 'x')).toMatchObject({ exitCode: 1, stdout: expect.stringContaining('messages: true') as unknown })
    expect((await place.nsup('describe', 'later')).stdout).toMatch(/inbox +2 messages wait/)
    process.kill(first.pid, 'SIGKILL')
    await first.ended
    const second = await place.master()
    await untilState(place, 'later', 'BACKOFF')
    place.write('go', '')
    await place.client().call('send', { to: 'later', data: 'three' })
    process.kill(second.pid, 'SIGTERM')
    await second.ended
    await place.master()
    const text = await untilFile(place.path('later.log'), 'three')
    expect(text.split('\n').filter((line) => line !== '').map((line) => (JSON.parse(line) as { message: { data: unknown } }).message.data)).toEqual([{ one: 1 }, 'two', 'three'])
    expect(await place.client().call('describe', { target: 'later' })).toMatchObject({ inbox: { waiting: 0, delivered: 3, refused: 0 } })
  })

  it('keep a worker busy while one is in hand, beside its jobs too, and a restart waits for that', async () => {
    const place = newPlace('yaml', `
defaults: { startsecs: 0, messages: true, busy_wait: 10m, ready: report, stdout_logfile: '%(here)s/%(program_name)s.log' }
programs:
  takes: { command: ${JSON.stringify(fixture('holds-message.mjs'))} }
  both: { command: ${JSON.stringify(fixture('holds-message.mjs', 'and-a-job'))} }
`)
    await place.master()
    for (const name of ['takes', 'both']) await untilState(place, name, 'RUNNING')
    const of = async (name: string): Promise<number> => (await place.client().call('send', { to: name, data: 'the table' })).n
    const [one, two] = [await of('takes'), await of('both')]
    await untilTold(place, 'takes', ({ job }) => job === String(one))
    const { pid } = await untilTold(place, 'both', ({ job }) => job === `the job, ${String(two)}`)
    const { workers } = await place.client().call('health', { targets: ['takes', 'both'], timeout: 20_000 })
    expect(workers).toMatchObject([
      { health: { is_processing: true, current_job: 'the job', current_message: two, messages_processed: 0 } },
      { health: { processed_count: 0, is_processing: true, current_job: one, current_job_since: expect.any(String) as string } },
    ])
    const restarted = place.nsup('restart', 'takes')
    const held = await untilTold(place, 'takes', ({ reason }) => reason.includes(`waits until job ${String(one)} is done`))
    process.kill(held.pid, 'SIGUSR2')
    expect((await restarted).exitCode).toBe(0)
    expect(place.read('takes.log')).toContain('done the table in 1')
    expect(await place.one('takes')).toMatchObject({ incarnation: 2, job: null })
    process.kill(pid, 'SIGUSR2')
    await untilTold(place, 'both', ({ job }) => job === 'the job')
  })
})
