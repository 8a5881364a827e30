/** What supervisord answers over HTTP beside its methods: wrong paths and verbs, the streams of logs, connections that stay open. */
import { appendFileSync } from 'node:fs'
import { beforeAll, describe, expect, it } from 'vitest'
import { untilFile } from '../e2e/waits.ts'
import { head, startPair } from './pair.ts'
import type { Answer, Pair } from './pair.ts'

const config = `${head}
[program:talks]
command=sh -c 'printf "%%01500d" 7; printf wrong >&2; exec cat'
startsecs=0
stdout_logfile={dir}/talks.out
stderr_logfile={dir}/talks.err
[program:silent]
command=cat
autostart=false
stdout_logfile={dir}/silent.out
stderr_logfile=NONE
[program:pool]
command=sh -c 'printf pool; exec cat'
process_name=%(program_name)s_%(process_num)d
startsecs=0
stdout_logfile={dir}/pool.out
redirect_stderr=true
`

let pair: Pair
beforeAll(async () => {
  pair = await startPair(config)
  await pair.both(async (side) => {
    await untilFile(side.place.path('talks.out'), '7')
    await untilFile(side.place.path('talks.err'), 'wrong')
    await untilFile(side.place.path('pool.out'), 'pool')
  })
}, 60_000)

/** What both answer; the body only where it is not words for a person. */
async function same(request: object): Promise<Answer> {
  const { real, ours } = await pair.both((side) => side.send(request))
  const shown = (answer: Answer): Answer => (answer.status === 200 ? answer : { status: answer.status ?? 0 })
  expect(shown(ours), JSON.stringify(request)).toEqual(shown(real))
  return ours
}

describe('/logtail', () => {
  it.each([
    ['talks', 1024], ['talks/stdout', 1024], ['talks/stderr', 5], ['talks%3Atalks', 1024], ['talks:talks/stderr', 5], ['pool:pool_0', 4], ['pool%3apool_0/stdout', 4],
  ])('streams %s from its last kilobyte, in chunks', async (name, most) => {
    const answer = await same({ verb: 'GET', path: `/logtail/${name}`, most })
    expect(answer).toMatchObject({ status: 200, type: 'text/plain;charset=utf-8', chunked: 'chunked', buffering: 'no', modified: true, length: false })
    expect(answer.body).toHaveLength(most)
  })
  it.each(['no-such', 'no-such/stdout', 'talks/nope', 'talks/stdout/more', 'silent', 'silent/stderr', 'pool', 'pool:pool_0/stderr', 'pool:*', 'no:such', ''])('answers %j with 404', async (name) => {
    expect((await same({ verb: 'GET', path: `/logtail/${name}` })).status).toBe(404)
  })
  it.each(['POST', 'HEAD', 'PUT', 'DELETE'])('takes no %s', async (verb) => {
    expect((await same({ verb, path: '/logtail/talks', raw: '' })).status).toBe(400)
    expect((await same({ verb, path: '/mainlogtail', raw: '' })).status).toBe(400)
  })
  it('shows what comes', async () => {
    const { real, ours } = await pair.both(async (side) => {
      const answer = side.send({ verb: 'GET', path: '/logtail/pool:pool_0', most: 8 })
      appendFileSync(side.place.path('pool.out'), 'more')
      return (await answer).body
    })
    expect([real, ours]).toEqual(['poolmore', 'poolmore'])
  })
})

describe('/mainlogtail', () => {
  it('streams the log of the master, in chunks', async () => {
    const { real, ours } = await pair.both((side) => side.send({ verb: 'GET', path: '/mainlogtail', most: 20 }))
    const { body: one, ...rest } = real
    const { body: other, ...ourRest } = ours
    expect(ourRest).toEqual(rest)
    expect([one?.length, other?.length]).toEqual([20, 20])
  })
})

describe('other paths', () => {
  const call = '<methodCall><methodName>supervisor.getAPIVersion</methodName></methodCall>'
  it.each([['GET', '/no/such'], ['GET', '/../../etc/passwd'], ['GET', '/%2e%2e/%2e%2e/etc/passwd'], ['GET', '/RPC2'], ['GET', '/RPC2/x'], ['HEAD', '/RPC2'], ['PUT', '/RPC2'], ['GET', '/rpc2']])('%s %s is refused alike', async (verb, path) => {
    const { real, ours } = await pair.both((side) => side.send({ verb, path }))
    expect(ours.status).toBe(real.status)
  })
  it.each(['/RPC2', '/RPC2/', '/RPC2xyz', '/RPC2?a=b'])('POST %s is XML-RPC, with a length', async (path) => {
    expect(await same({ raw: call, path })).toMatchObject({ status: 200, type: 'text/xml', length: true })
  })
  it('a connection may be used again, as Python\'s own client does', async () => {
    for (let i = 0; i < 3; i++) {
      const { real, ours } = await pair.both((side) => side.call('supervisor.getAPIVersion'))
      expect(ours).toEqual(real)
    }
  })
})
