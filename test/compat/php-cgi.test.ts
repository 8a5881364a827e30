/** PHP behind FastCGI, as PHP-FPM's place is taken: php-cgi workers that share a socket, asked without a pause whatever happens to them. */
import { readdirSync, watch, writeFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { newPlace } from '../e2e/harness.ts'
import type { Place } from '../e2e/harness.ts'
import { untilProcess, untilSaid, untilState } from '../e2e/waits.ts'
import { request } from './fastcgi-client.ts'

/** Answers with its pid and its version; asked to `hold`, says that it has begun and waits for the file `go`. */
const script = `<?php
if ($_SERVER['QUERY_STRING'] === 'hold') {
  file_put_contents(__DIR__ . '/held-' . getmypid(), '');
  while (!file_exists(__DIR__ . '/go')) { usleep(5000); clearstatcache(); }
}
echo getmypid(), ' ', getenv('VERSION'), ' ', $_SERVER['QUERY_STRING'];
`

/** `share`: how many requests a child takes before it makes room for the next one. */
const config = (version: string, share: number): string => `[supervisord]
logfile=%(here)s/main.log
[fcgi-program:php]
command=php-cgi -n -d opcache.enable=0
process_name=%(program_name)s_%(process_num)d
numprocs=3
socket=unix://%(here)s/php.sock
socket_mode=0600
startsecs=0
autorestart=true
environment=VERSION="${version}",PHP_FCGI_MAX_REQUESTS="${String(share)}"
`

function phpPlace(share: number): Place {
  const place = newPlace('ini', config('one', share))
  place.write('index.php', script)
  return place
}

/** A master whose children are all there. */
async function masterOf(place: Place): ReturnType<Place['master']> {
  const master = await place.master()
  for (const name of ['php_0', 'php_1', 'php_2']) await untilState(place, `php:${name}`, 'RUNNING')
  return master
}

const ask = (place: Place, query: string): Promise<string> => request(place.path('php.sock'), place.path('index.php'), query)

/** Asks four at a time until told to stop; every answer has to be whole. */
function customers(place: Place): { readonly stop: () => Promise<string[]>; readonly answered: (count: number) => Promise<void> } {
  const answers: string[] = []
  let open = true
  let look = (): void => undefined
  const customer = async (id: number): Promise<void> => {
    for (let turn = 0; open; turn += 1) {
      const answer = await ask(place, `${String(id)}-${String(turn)}`)
      if (!answer.endsWith(` ${String(id)}-${String(turn)}`)) throw new Error(`customer ${String(id)} got ${answer}`)
      answers.push(answer)
      look()
    }
  }
  const all = Promise.all([0, 1, 2, 3].map(customer))
  return {
    stop: async () => {
      open = false
      await all
      return answers
    },
    answered: (count) => Promise.race([all.then(() => undefined), new Promise<void>((resolve) => {
      const wanted = answers.length + count
      look = () => {
        if (answers.length >= wanted) resolve()
      }
    })]),
  }
}

const pids = async (place: Place): Promise<number[]> => (await place.processes()).map(({ pid }) => pid).sort()
const pidOf = (answer: string): number => Number(answer.split(' ')[0])

describe('php-cgi as an fcgi-program', () => {
  it('answers with several children at once', async () => {
    const place = phpPlace(40)
    await masterOf(place)
    const held = [ask(place, 'hold'), ask(place, 'hold'), ask(place, 'hold')]
    await untilHeld(place, 3)
    writeFileSync(place.path('go'), '')
    expect((await Promise.all(held)).map(pidOf).sort()).toEqual(await pids(place))
  })

  it('loses no request when it is done with its share of them, is restarted, or gets another config', async () => {
    const place = phpPlace(40)
    await masterOf(place)
    const before = await pids(place)
    const asking = customers(place)
    await asking.answered(200) // each child ends after forty
    expect((await place.nsup('restart', 'php:*')).exitCode).toBe(0)
    await asking.answered(20)
    place.write(place.config, config('two', 40))
    expect((await place.nsup('update')).exitCode).toBe(0)
    await asking.answered(20)
    const answers = await asking.stop()
    expect(new Set(answers.map((answer) => answer.split(' ')[1]))).toEqual(new Set(['one', 'two']))
    expect(answers.at(-1)).toMatch(/^\d+ two /)
    expect(new Set(answers.map(pidOf)).size).toBeGreaterThan(9)
    expect((await pids(place)).filter((pid) => before.includes(pid))).toEqual([])
  })

  it('goes on when one is killed, when the master is, and when all are under the next one', async () => {
    const place = phpPlace(1_000_000)
    const first = await masterOf(place)
    const victim = (await place.one('php:php_1')).pid
    process.kill(victim, 'SIGKILL')
    await untilProcess(place, 'php:php_1', 'with another pid', ({ pid }) => pid !== 0 && pid !== victim)
    const asking = customers(place)
    await asking.answered(20)
    process.kill(first.pid, 'SIGKILL')
    await first.ended
    const second = await masterOf(place)
    await asking.answered(20)
    await asking.stop()
    const said = await untilSaid(second, /adopted: 'php_2'/)
    if (/pidfd_getfd: Operation not permitted/.test(said)) return // a container that forbids it: then they have to be restarted
    const old = await pids(place)
    for (const pid of old) process.kill(pid, 'SIGKILL')
    // Who is being killed may still accept, and take a request with it.
    for (const name of ['php:php_0', 'php:php_1', 'php:php_2']) await untilProcess(place, name, 'with another pid', ({ pid }) => pid !== 0 && !old.includes(pid))
    const answers = await Promise.all(Array.from({ length: 12 }, (_, at) => ask(place, String(at))))
    expect(answers.filter((answer) => old.includes(pidOf(answer)))).toEqual([])
    expect(second.said()).not.toContain('Creating socket')
  })
})

/** Resolves when so many requests are being held. */
function untilHeld(place: Place, count: number): Promise<void> {
  return new Promise((resolve) => {
    const look = (): void => {
      if (readdirSync(place.dir).filter((name) => name.startsWith('held-')).length < count) return
      watcher.close()
      resolve()
    }
    const watcher = watch(place.dir, look)
    look()
  })
}
