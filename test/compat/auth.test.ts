/** User names and passwords, over a TCP port and over a unix socket, as the stock supervisorctl meets them. */
import { beforeAll, describe, expect, it } from 'vitest'
import { head, startPair } from './pair.ts'
import type { Pair } from './pair.ts'

const config = `${head.replace('[supervisord]', '[unix_http_server:locked]\nfile={dir}/locked.sock\nusername=anna\npassword={SHA}e5e9fa1ba31ecd1ae84f75caaa474f3a663f05f4\n[inet_http_server]\nport=127.0.0.1:{port}\nusername=bob\npassword=se:cret\n[supervisord]')}
port={port}
[program:runs]
command=cat
startsecs=0
`

let pair: Pair
beforeAll(async () => {
  pair = await startPair(config)
  await pair.both((side) => side.until({ runs: ['RUNNING'] }))
}, 60_000)

describe.each(['http://localhost:{port}', 'unix://{dir}/locked.sock'])('%s', (url) => {
  const [user, password] = url.startsWith('http') ? ['bob', 'se:cret'] : ['anna', 'secret']
  it.each([
    ['the right ones', user, password], ['another password', user, 'wrong'], ['another user', 'eve', password], ['none', '', ''],
  ])('answers %s as supervisord does', async (_, name, word) => {
    for (const command of ['status', 'stop runs', 'start runs', 'tail -f nothing', 'reread']) {
      const { real, ours } = await pair.both((side) => {
        const port = /^port=(\d+)$/m.exec(side.place.read(side.place.config))?.[1] ?? ''
        const there = url.replace('{port}', port).replace('{dir}', side.place.dir)
        return side.ctl(['-s', there, ...(name === '' ? [] : ['-u', name, '-p', word]), ...command.split(' ')])
      })
      expect(ours, command).toEqual(real)
    }
  })
})
