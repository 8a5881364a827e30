/** A worker that runs as somebody else. Root becomes nobody; everybody else can only stay who they are. */
import { userInfo } from 'node:os'
import { expect, it } from 'vitest'
import { newPlace } from './harness.ts'
import { untilFile, untilState } from './waits.ts'

const own = userInfo()
const user = own.uid === 0 ? 'nobody' : own.username

it(`a worker with user: ${user} is that user, may open /dev/stdout, and keeps its environment`, async () => {
  const place = newPlace('yaml', `
programs:
  who:
    command: sh -c 'id -un > /dev/stdout; echo home $HOME; exec sleep 600'
    user: ${user}
    environment: { HOME: /home/of/the/config }
    startsecs: 0
    stdout_logfile: '%(here)s/who.log'
`)
  await place.master()
  await untilState(place, 'who', 'RUNNING')
  await untilFile(place.path('who.log'), (text) => text.includes('home'))
  expect(place.read('who.log')).toBe(`${user}\nhome /home/of/the/config\n`)
})
