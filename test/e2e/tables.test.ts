/** Shared tables as workers, clients and people use them, over masters that are killed. */
import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { fixture, newPlace } from './harness.ts'
import { untilFile } from './waits.ts'

const workers = 3

describe('Shared tables', () => {
  it('count every request once over all workers, over a master that is killed and one that hands over', async () => {
    const place = newPlace('yaml', '')
    place.write(place.config, JSON.stringify({
      tables: { counters: { columns: { value: 'int' }, persist: true } },
      programs: { w: { command: fixture('counts.mjs', place.path('begun'), place.path('stop'), `${place.path('done')}-%(process_num)d`), numprocs: workers, tables: ['counters'], startsecs: 0 } },
    }))
    const first = await place.master()
    await untilFile(place.path('begun'), 'begun')
    process.kill(first.pid, 'SIGKILL')
    await first.ended
    const second = await place.master()
    place.write('stop', '')
    const results = []
    for (let at = 0; at < workers; at += 1) {
      await untilFile(place.path(`done-${String(at)}`), 'counted')
      results.push(JSON.parse(readFileSync(place.path(`done-${String(at)}`), 'utf8')) as { counted: number; unknown: number })
    }
    const counted = results.reduce((sum, one) => sum + one.counted, 0)
    const unknown = results.reduce((sum, one) => sum + one.unknown, 0)
    expect(unknown).toBeLessThanOrEqual(workers)
    const hits = async (): Promise<number> => (await place.client().call('operate', { table: 'counters', op: 'get', key: 'hits', column: 'value' })).value as number
    const sum = await hits()
    expect(sum).toBeGreaterThanOrEqual(counted)
    expect(sum).toBeLessThanOrEqual(counted + unknown)
    await place.nsup('shutdown', '--keep-workers')
    await second.ended
    await place.master()
    expect(await hits()).toBe(sum)
  })

  it('answer a worker that writes the plain protocol, and people at the command line', async () => {
    const place = newPlace('yaml', '')
    const ask = (words: string): string => `printf '%s\\n' '{"table":${words}}' >&"$NSUP_REPORT_FD"; read -r line <&"$NSUP_INBOX_FD"; echo "$line" >> "$1"\n`
    const script = place.write('worker.sh', [
      ask('{"id":1,"name":"counters","op":"incr","key":"hits","column":"value","by":5}'),
      ask('{"id":"b","name":"counters","op":"set","key":"a","row":{"note":"too long for it"}}'),
      ask('{"id":3,"name":"other","op":"count"}'),
      'echo end >> "$1"\nexec sleep 1000\n',
    ].join(''))
    place.write(place.config, JSON.stringify({
      tables: { counters: { columns: { value: 'int', note: 'string(8)' }, rows_max: 2 }, other: { columns: { value: 'int' } } },
      programs: { w: { command: ['sh', script, place.path('answers')], tables: ['counters'], startsecs: 0 } },
    }))
    await place.master()
    await untilFile(place.path('answers'), 'end')
    expect(place.read('answers').trim().split('\n').slice(0, 3).map((line) => JSON.parse(line) as unknown)).toMatchObject([
      { reply: { id: 1, value: 5 } },
      { reply: { id: 'b', error: { code: 'TOO_LONG', message: 'note takes at most 8 bytes, this text has 15' } } },
      { reply: { id: 3, error: { code: 'NOT_ALLOWED' } } },
    ])
    const said = async (...words: string[]): Promise<unknown> => {
      const { stdout, stderr, exitCode } = await place.nsup('table', ...words)
      return [exitCode, `${stdout}${stderr}`.trim().replace(/ +/g, ' ')]
    }
    expect(await said('counters', 'set', 'a', 'note=hi', '--ttl', '1h')).toEqual([0, 'a: set'])
    expect(await said('counters')).toEqual([0, expect.stringMatching(/^key value note expires in\na 0 hi (59m 59s|1h 0m)\nhits 5$/)])
    expect(await said('counters', 'incr', 'b')).toEqual([1, expect.stringContaining('the table counters is full: it has 2 rows (rows_max)')])

    const config = JSON.parse(place.read(place.config)) as { tables: { counters: { columns: object } } }
    config.tables.counters.columns = { value: 'float' }
    place.write(place.config, JSON.stringify(config))
    const { stdout, stderr, exitCode } = await place.nsup('update')
    expect([exitCode === 0, `${stdout}${stderr}`]).toEqual([false, expect.stringContaining("the table counters cannot be changed: the row 'a' has something in the column note, which is no more")])
    const operate = async (words: object): Promise<unknown> => (await place.client().call('operate', { table: 'counters', op: 'get', ...words })).value
    expect(await operate({ op: 'del', key: 'a' })).toBe(true)
    expect((await place.nsup('update')).exitCode).toBe(0)
    expect(await operate({ op: 'incr', key: 'hits', by: 0.5 })).toBe(5.5)
  })
})
