/** FastCGI programs beside the built program: a Python worker accepts on the socket that the master bound, whoever dies. */
import { once } from 'node:events'
import { existsSync, mkdirSync, statSync, writeFileSync } from 'node:fs'
import { connect, createServer } from 'node:net'
import type { AddressInfo } from 'node:net'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { newPlace } from './harness.ts'
import type { Master, Place, Process } from './harness.ts'
import { untilFile, untilSaid, untilState } from './waits.ts'

const script = fileURLToPath(new URL('../fixtures/fcgi.py', import.meta.url))
const master = '[supervisord]\n'

/** A section of one FastCGI program, up at once. */
const program = (name: string, socket: string, more = ''): string =>
  `[fcgi-program:${name}]\ncommand=python3 '${script}' ${name}_%(process_num)d\nsocket=${socket}\nstartsecs=0\nstdout_logfile=%(here)s/%(program_name)s.log\n${more}\n`

/** A port that nobody has at this moment. */
async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  return port
}

/** The whole answer to one connection, or the code of why there was none. */
function ask(where: string | number, text: string): Promise<string> {
  return new Promise((resolve) => {
    let answer = ''
    const socket = typeof where === 'string' ? connect(where) : connect(where, '127.0.0.1')
    socket.setEncoding('utf8').on('data', (chunk: string) => (answer += chunk))
    socket.once('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message))
    socket.once('end', () => resolve(answer))
    socket.write(text)
  })
}

const until = (place: Place, log: string, times: number): Promise<string> => untilFile(place.path(log), (text) => text.split('ready').length > times)

describe('an fcgi-program', () => {
  it('is served on tcp by all of its processes, and has no stdin', async () => {
    const port = await freePort()
    const place = newPlace('ini', `${master}${program('f', `tcp://localhost:${String(port)}`, 'numprocs=2\nprocess_name=f_%(process_num)d')}`)
    const said = await place.master()
    await until(place, 'f.log', 1)
    await untilSaid(said, /spawned: 'f_1'/)
    expect(said.said().match(/Creating socket tcp:\/\/localhost:\d+/g)).toEqual([`Creating socket tcp://localhost:${String(port)}`])
    const pids = new Set((await place.processes()).map(({ pid }) => pid))
    expect(pids.size).toBe(2)
    const answered = await Promise.all(Array.from({ length: 8 }, () => ask(port, 'x')))
    for (const answer of answered) {
      expect(answer).toMatch(/^f_[01] \d+ x$/)
      expect(pids).toContain(Number(answer.split(' ')[1]))
    }
    await place.nsup('stop', 'f:f_0')
    expect(await ask(port, 'y')).toMatch(/^f_1 \d+ y$/)
    await expect(place.client().call('stdin', { target: 'f:f_1', text: 'x' })).rejects.toMatchObject({ fault: 'NO_FILE' })
    await place.nsup('stop', 'f:*')
    await untilSaid(said, `Closing socket tcp://localhost:${String(port)}`)
    expect(await ask(port, 'z')).toBe('ECONNREFUSED')
    await place.nsup('start', 'f:f_0')
    expect(await ask(port, 'again')).toMatch(/^f_0 \d+ again$/)
  })

  it('is served on a unix socket with owner and mode, in the way of whatever was there, and leaves the path behind', async () => {
    const place = newPlace('ini', `${master}${program('f', 'unix://%(here)s/f.sock', 'socket_mode=0640')}`)
    const path = place.path('f.sock')
    writeFileSync(path, 'in the way')
    const said = await place.master()
    await until(place, 'f.log', 1)
    expect(statSync(path).isSocket()).toBe(true)
    expect((statSync(path).mode & 0o777).toString(8)).toBe('640')
    expect(await ask(path, 'x')).toMatch(/^f_0 \d+ x$/)
    await place.nsup('stop', 'f')
    await untilSaid(said, `Closing socket unix://${path}`)
    expect(existsSync(path)).toBe(true)
    expect(await ask(path, 'x')).toBe('ECONNREFUSED')
    await place.nsup('start', 'f')
    expect(await ask(path, 'y')).toMatch(/^f_0 \d+ y$/)
  })

  it('that dies at once leaves connections waiting for the next one', async () => {
    const place = newPlace('ini', '')
    place.write(place.config, `${master}${program('f', 'unix://%(here)s/f.sock').replace('_%(process_num)d', ` '${place.dir}'`).replace('startsecs=0', 'startsecs=1')}`)
    await place.master()
    await untilState(place, 'f', 'BACKOFF')
    expect(await ask(place.path('f.sock'), 'early')).toMatch(/^f \d+ early$/)
  })

  it('keeps its socket over a crash and over a restart', async () => {
    const place = newPlace('ini', `${master}${program('f', 'unix://%(here)s/f.sock', 'autorestart=true')}`)
    const said = await place.master()
    await until(place, 'f.log', 1)
    const path = place.path('f.sock')
    const first = await ask(path, 'quit')
    const second = await ask(path, 'x')
    expect(second).not.toBe(first)
    expect(second).toMatch(/ x$/)
    const [restarted, third] = await Promise.all([place.nsup('restart', 'f'), until(place, 'f.log', 3).then(() => ask(path, 'z'))])
    expect(restarted.exitCode).toBe(0)
    expect(third).toMatch(/ z$/)
    expect(third.split(' ')[1]).not.toBe(second.split(' ')[1])
    expect(said.said().match(/(Creating|Closing) socket/g)).toEqual(['Creating socket'])
  })

  it('keeps its socket as a member of a group', async () => {
    const place = newPlace('ini', `${master}${program('f', 'unix://%(here)s/f.sock')}[program:x]\ncommand=sleep 1000\n[group:g]\nprograms=x,f\n`)
    await place.master()
    expect((await place.processes()).map(({ namespec }) => namespec)).toEqual(['g:f', 'g:x'])
    await until(place, 'f.log', 1)
    expect(await ask(place.path('f.sock'), 'x')).toMatch(/^f_0 \d+ x$/)
  })

  it('that cannot have its address is not spawned, and says why', async () => {
    const server = createServer().listen(0, '127.0.0.1')
    await once(server, 'listening')
    const { port } = server.address() as AddressInfo
    const place = newPlace('ini', `${master}${program('f', `tcp://127.0.0.1:${String(port)}`, 'startretries=0')}${program('h', 'unix:///no/such/folder/h.sock', 'startretries=0')}`)
    await place.master()
    expect((await untilState(place, 'f', 'FATAL')).description).toBe(`couldn't create the socket tcp://127.0.0.1:${String(port)}: the address is in use (EADDRINUSE)`)
    expect((await untilState(place, 'h', 'FATAL')).description).toBe("couldn't create the socket unix:///no/such/folder/h.sock: no such folder")
    server.close()
    await once(server, 'close')
    expect((await place.nsup('start', 'f')).exitCode).toBe(0)
    expect(await ask(port, 'x')).toMatch(/^f_0 \d+ x$/)
  })

  it('applies another backlog, mode and address by update', async () => {
    const config = (socket: string, more: string): string => `${master}${program('f', socket, more)}`
    const place = newPlace('ini', config('unix://%(here)s/f.sock', 'socket_mode=0600'))
    const said = await place.master()
    await until(place, 'f.log', 1)
    place.write(place.config, config('unix://%(here)s/f.sock', 'socket_mode=0660\nsocket_backlog=9'))
    await place.nsup('update')
    await until(place, 'f.log', 2)
    expect((statSync(place.path('f.sock')).mode & 0o777).toString(8)).toBe('660')
    expect(await ask(place.path('f.sock'), 'x')).toMatch(/ x$/)
    place.write(place.config, config('unix://%(here)s/g.sock', ''))
    await place.nsup('update')
    await untilSaid(said, `Closing socket unix://${place.path('f.sock')}`)
    expect(await ask(place.path('g.sock'), 'x')).toMatch(/ x$/)
  })
})

describe('the socket of an fcgi-program', () => {
  it('is shown by describe and by status --json', async () => {
    const place = newPlace('ini', `${master}${program('f', 'unix://%(here)s/f.sock', 'socket_mode=0660\nsocket_backlog=7')}[program:x]\ncommand=cat\n`)
    await place.master()
    await until(place, 'f.log', 1)
    const url = `unix://${place.path('f.sock')}`
    const { processes } = JSON.parse((await place.nsup('status', '--json')).stdout) as { processes: Process[] }
    expect(processes.map(({ namespec, socket }) => [namespec, socket])).toEqual([['f', url], ['x', null]])
    expect((await place.nsup('describe', 'f')).stdout).toContain(` ${url} (descriptor 0, backlog 7, mode 0660`)
    expect((await place.nsup('describe', 'x')).stdout).not.toContain('socket')
    const { processes: described } = JSON.parse((await place.nsup('describe', 'f', '--json')).stdout) as { processes: Process[] }
    expect(described[0]).toMatchObject({ socket: url, config: { socket: { url, backlog: 7, mode: '0660' } } })
  })
})

describe('after kill -9 of the master', () => {
  /** Kills the master of a place whose processes are up, and starts the next one, in front of whose PATH `perl` may be another. */
  async function nextMaster(place: Place, up: () => Promise<unknown>, perl?: string): Promise<Master> {
    const first = await place.master()
    await up()
    process.kill(first.pid, 'SIGKILL')
    await first.ended
    if (perl === undefined) return place.master()
    mkdirSync(place.path('bin'))
    place.write('bin/perl', `#!/bin/sh\n${perl}\n`, 0o755)
    return place.master([], { PATH: `${place.path('bin')}:${process.env['PATH'] ?? ''}` })
  }

  const two = (port: number): string =>
    `${master}${program('f', `tcp://127.0.0.1:${String(port)}`, 'numprocs=2\nprocess_name=f_%(process_num)d\nstartretries=0')}${program('u', 'unix://%(here)s/u.sock', 'autorestart=true')}`
  const refused = "echo 'pidfd_getfd: Operation not permitted' >&2; exit 1"

  it('the workers serve on, and the next master takes their sockets back: nothing is bound anew', async () => {
    const port = await freePort()
    const place = newPlace('ini', two(port))
    const second = await nextMaster(place, () => Promise.all([until(place, 'f.log', 2), until(place, 'u.log', 1)]))
    const said = await untilSaid(second, /adopted: 'u'/)
    if (/cannot be taken back \([^)]*pidfd_getfd: Operation not permitted/.test(said)) return // the next test is about such machines
    expect(said.match(/Taking back socket \S+/g)?.sort()).toEqual([
      `Taking back socket tcp://127.0.0.1:${String(port)}`, `Taking back socket unix://${place.path('u.sock')}`,
    ])
    const pids = new Map((await place.processes()).map(({ namespec, pid }) => [namespec, pid]))
    expect((await place.nsup('restart', 'f:f_0')).exitCode).toBe(0)
    expect((await place.nsup('stop', 'f:f_1')).exitCode).toBe(0)
    expect(await ask(port, 'x')).toMatch(/^f_0 \d+ x$/)
    expect((await ask(port, 'x')).split(' ')[1]).not.toBe(String(pids.get('f:f_0')))
    const path = place.path('u.sock')
    const inode = statSync(path).ino
    expect(await ask(path, 'quit')).toBe(`u_0 ${String(pids.get('u'))} quit`)
    expect(await ask(path, 'waits for the next')).toMatch(/^u_0 \d+ waits for the next$/)
    expect(statSync(path).ino).toBe(inode)
    expect(second.said()).not.toContain('Creating socket')
    await place.nsup('stop', 'all')
    await untilSaid(second, `Closing socket unix://${path}`)
    expect(await ask(path, 'x')).toBe('ECONNREFUSED')
    expect(await ask(port, 'x')).toBe('ECONNREFUSED')
  })

  it('an orderly hand-over keeps it too', async () => {
    const place = newPlace('ini', `${master}${program('u', 'unix://%(here)s/u.sock', 'autorestart=true')}`)
    const first = await place.master()
    await until(place, 'u.log', 1)
    expect((await place.nsup('shutdown', '--keep-workers')).exitCode).toBe(0)
    await first.ended
    const answer = await ask(place.path('u.sock'), 'between')
    const second = await place.master()
    const said = await untilSaid(second, /adopted: 'u'/)
    if (/cannot be taken back \([^)]*pidfd_getfd: Operation not permitted/.test(said)) return
    expect(said).toContain(`Taking back socket unix://${place.path('u.sock')} from u (pid ${answer.split(' ')[1] ?? ''})`)
    await ask(place.path('u.sock'), 'quit')
    expect(await ask(place.path('u.sock'), 'next')).toMatch(/^u_0 \d+ next$/)
  })

  it.each([
    ['the kernel refuses it', refused, 'pidfd_getfd: Operation not permitted'],
    ['perl is none', 'exit 0', 'perl ended early'],
  ])('a restart binds anew where %s, and it is said', async (_, perl, reason) => {
    const port = await freePort()
    const place = newPlace('ini', `${master}${program('f', `tcp://127.0.0.1:${String(port)}`)}${program('u', 'unix://%(here)s/u.sock')}`)
    const second = await nextMaster(place, () => Promise.all([until(place, 'f.log', 1), until(place, 'u.log', 1)]), perl)
    await untilSaid(second, `the socket unix://${place.path('u.sock')} of an earlier master cannot be taken back (u: ${reason}): the next start binds it anew`)
    await untilSaid(second, /adopted: 'u'/)
    const before = [await ask(port, 'x'), await ask(place.path('u.sock'), 'x')]
    expect(before).toEqual([expect.stringMatching(/^f_0 \d+ x$/), expect.stringMatching(/^u_0 \d+ x$/)])
    expect((await place.nsup('restart', 'all')).exitCode).toBe(0)
    for (const where of [port, place.path('u.sock')]) {
      const answer = await ask(where, 'x')
      expect(answer).toMatch(/ x$/)
      expect(before).not.toContain(answer)
    }
  })

  it('one of two that share a port cannot start anew without the other where it is refused, and says what to do', async () => {
    const port = await freePort()
    const place = newPlace('ini', two(port))
    const second = await nextMaster(place, () => until(place, 'f.log', 2), refused)
    await untilSaid(second, /adopted: 'f_1'/)
    await place.nsup('restart', 'f:f_0')
    expect((await untilState(place, 'f:f_0', 'FATAL')).description).toBe(
      `couldn't create the socket tcp://127.0.0.1:${String(port)}: the address is in use (EADDRINUSE); f:f_1 hold it since an earlier master: restart them together`,
    )
    expect((await place.nsup('restart', 'f:*')).exitCode).toBe(0)
    expect(await ask(port, 'x')).toMatch(/^f_[01] \d+ x$/)
  })
})
