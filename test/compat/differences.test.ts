/** Differences that are meant, and are not named beside something else: both sides are asked, and both answers asserted. */
import { writeFileSync } from 'node:fs'
import { beforeAll, expect, it } from 'vitest'
import { untilFile } from '../e2e/waits.ts'
import { head, startPair } from './pair.ts'
import type { Pair } from './pair.ts'

const config = `${head}
[program:bytes]
command=sh -c 'printf "a\\377b\\001c"; exec cat'
startsecs=0
stdout_logfile={dir}/bytes.out
stderr_logfile=NONE
`

let pair: Pair
beforeAll(async () => {
  pair = await startPair(config)
  await pair.both(async (side) => {
    await untilFile(side.place.path('bytes.out'), 'c')
  })
}, 60_000)

it('bytes of a log that are no text are replaced, where supervisord has no answer that a client can read', async () => {
  const { real, ours } = await pair.both((side) => side.call('supervisor.readProcessStdoutLog', 'bytes', 0, 0))
  expect(real.value).toBeUndefined()
  expect(ours.value).toBe('a\ufffdb\ufffdc')
})

it('a request over 1 MiB is refused, which supervisord takes', async () => {
  const { real, ours } = await pair.both((side) => side.call('supervisor.sendRemoteCommEvent', 'kind', 'x'.repeat(2 ** 20)))
  expect(real.value).toBe(true)
  // 413, or the connection closed while the client still sends.
  expect(ours.http ?? ours.error).toSatisfy((seen: unknown) => seen === 413 || /pipe|reset/i.test(String(seen)))
  expect((await pair.ours.call('supervisor.getState')).value).toMatchObject({ statename: 'RUNNING' })
})

it('restart with a broken config is fault 92, where supervisord says true and ends', async () => {
  const ours = pair.ours.place.read(pair.ours.place.config)
  writeFileSync(pair.ours.place.config, `${ours}[program:broken]\n`)
  const answer = await pair.ours.call('supervisor.restart')
  expect(answer.fault?.[0]).toBe(92)
  expect((await pair.ours.call('supervisor.getState')).value).toMatchObject({ statename: 'RUNNING' })
  writeFileSync(pair.ours.place.config, ours)
  writeFileSync(pair.real.place.config, `${pair.real.place.read(pair.real.place.config)}[program:broken]\n`)
  expect((await pair.real.call('supervisor.restart')).value).toBe(true)
  expect(await pair.real.ended).toBe(2)
})
