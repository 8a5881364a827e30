/** Bad input from outside: each gets a clear sentence, the master goes on, and nothing that ran is lost. */
import { randomBytes } from 'node:crypto'
import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { createConnection } from 'node:net'
import { request } from 'node:http'
import { beforeAll, describe, expect, it } from 'vitest'
import { newPlace, sharedPlace } from './harness.ts'
import type { Place } from './harness.ts'
import { untilFile } from './waits.ts'

const yaml = 'programs: { one: { command: sleep 600, startsecs: 0 } }\n'

describe('a config', () => {
  const bad: [string, (place: Place) => void, RegExp][] = [
    ['is a folder', (place) => { rmSync(place.config); mkdirSync(place.config) }, /programs\.yaml.*(folder|directory)/],
    ['is 10 MB of garbage', (place) => writeFileSync(place.config, randomBytes(10 * 1024 * 1024)), /programs\.yaml:.*error/],
    ['is 10 MB of text that is no config', (place) => writeFileSync(place.config, 'lorem ipsum: [\n'.repeat(700_000)), /programs\.yaml:.*error/],
    ['is empty of programs', (place) => writeFileSync(place.config, 'programms: {}\n'), /programs\.yaml:1:1: error: .*did you mean programs\?/],
    ['is not there', (place) => rmSync(place.config), /programs\.yaml/],
  ]
  it.each(bad)('that %s is refused in a sentence by check, by nsupd and by start', async (_, spoil, sentence) => {
    const place = newPlace('yaml', yaml)
    spoil(place)
    for (const args of [['check'], ['start', 'all']]) {
      const { stdout, stderr, exitCode } = await place.nsup(...args)
      expect(stdout + stderr).toMatch(sentence)
      expect((stdout + stderr).length).toBeLessThan(20_000)
      expect(stdout + stderr).not.toMatch(/^ +at /m)
      expect(exitCode).toBe(1)
    }
    const { stderr, exitCode } = await place.run('nsupd', ['-n', '-c', place.config])
    expect(stderr).toMatch(sentence)
    expect(exitCode).toBe(2)
    expect(place.left()).toEqual([])
  })

  it('whose problems are many shows them all at once, with places and suggestions, also as JSON', async () => {
    const place = newPlace('yaml', 'programs:\n  one: { command: sleep 600, autorestrat: true, stopsignal: FOO }\n  two: { numprocs: -x }\n')
    const { stdout, exitCode } = await place.nsup('check')
    expect(exitCode).toBe(1)
    expect(stdout).toMatch(/programs\.yaml:2:\d+: error: .*autorestrat.*did you mean autorestart\?/)
    expect(stdout).toMatch(/programs\.yaml:2:\d+: error: .*FOO/)
    expect(stdout).toMatch(/programs\.yaml:3:\d+: error: .*numprocs/)
    expect(stdout).toMatch(/programs\.yaml:3:\d+: error: .*command/)
    const json = await place.nsup('check', '--json')
    const { problems } = JSON.parse(json.stdout) as { problems: { file: string; line: number; column: number }[] }
    expect(problems).toHaveLength(4)
    expect(problems[0]).toMatchObject({ file: place.config, line: 2 })
    expect(json.exitCode).toBe(1)
  })

  it('in INI with an unknown key is taken, with a warning', async () => {
    const place = newPlace('ini', '[supervisord]\n[program:one]\ncommand=sleep 600\nstartsecs=0\nautorestrat=true\n[rpcinterface:supervisor]\nsupervisor.rpcinterface_factory = supervisor.rpcinterface:make_main_rpcinterface\n')
    const { stdout, exitCode } = await place.nsup('check')
    expect(exitCode).toBe(0)
    expect(stdout).toMatch(/supervisord\.conf:5:\d+: warning: .*autorestrat.*did you mean autorestart\?/)
    expect(stdout).not.toContain('rpcinterface')
    expect(await place.nsup('start', 'one')).toMatchObject({ exitCode: 0 })
    expect((await place.nsup('status')).stdout).toMatch(/^one +RUNNING/)
  })
})

describe('without a master', () => {
  it('every command says so in one sentence; status exits 4', async () => {
    const place = newPlace('yaml', yaml)
    const sentence = `nsup: no master runs for ${place.config} (start one with: nsup start all)\n`
    const codes: [string[], number][] = [
      [['status'], 4], [['stop', 'all'], 7], [['restart', 'all'], 7], [['signal', 'HUP', 'one'], 7], [['pid'], 7], [['tail', 'one'], 7],
      [['clear', 'one'], 7], [['maintail'], 7], [['version'], 7], [['reload'], 7], [['fg', 'one'], 7], [['describe', 'one'], 7],
      [['reread'], 1], [['update'], 1], [['add', 'one'], 1], [['remove', 'one'], 1], [['avail'], 1], [['shutdown'], 1],
    ]
    for (const [args, exitCode] of codes) {
      expect([args, await place.nsup(...args)]).toEqual([args, { stdout: '', stderr: expect.stringContaining(sentence.slice('nsup: '.length)) as string, exitCode }])
    }
    expect(place.left()).toEqual([])
  })

  it('a socket that is no socket, one that nobody listens on, and a bad address are told apart', async () => {
    const place = newPlace('yaml', yaml)
    const file = place.write('plain', 'x')
    const ask = async (url: string): Promise<[string, number | undefined]> => {
      const { stdout, stderr, exitCode } = await place.nsup('-s', url, 'version')
      return [stdout + stderr, exitCode]
    }
    expect(await ask(`unix://${file}`)).toEqual([expect.stringContaining('is no socket'), 1])
    expect(await ask(`unix://${place.path('none')}`)).toEqual([`unix://${place.path('none')} no such file\n`, 7])
    expect(await ask('http://127.0.0.1:1')).toEqual(['http://127.0.0.1:1 refused connection\n', 4])
    expect(await ask('ftp://x')).toEqual([expect.stringContaining('url must be http:// or unix://'), 1])
    expect((await place.nsup('-s', `unix://${place.path('none')}`, 'status')).exitCode).toBe(4)
  })

  it('a file in the place of the control socket does not stop a start', async () => {
    const place = newPlace('yaml', yaml)
    mkdirSync(place.runDir, { recursive: true, mode: 0o700 })
    writeFileSync(place.socket, 'not a socket')
    const { stdout, stderr, exitCode } = await place.nsup('start', 'all')
    const started = exitCode === 0 && stdout === 'one: started\n'
    expect(started || (exitCode === 1 && /is no socket/.test(stderr))).toBe(true)
  })
})

describe('a running master', () => {
  let place: Place
  beforeAll(async () => {
    place = sharedPlace('yaml', `programs: { one: { command: cat, startsecs: 0, stdout_logfile: '%(here)s/one.log' } }\n`)
    await place.master()
  })

  it('refuses a body above 1 MiB and goes on', async () => {
    expect(await post('/api/v1/start', 'x'.repeat(1024 * 1024 + 1))).toBe(413)
    expect(await post('/api/v1/start', '{"targets":')).toBe(400)
    expect(await post('/api/v1/start', '{"targets":7}')).toBe(400)
    expect(await post('/api/v1/nothing', '{}')).toBe(404)
    expect((await place.nsup('status')).exitCode).toBe(0)
  })

  it('survives what is no HTTP at all', async () => {
    for (const noise of ['\0\0\0\0\r\n\r\n', 'GET\r\n\r\n', `GET / HTTP/1.1\r\n${'a: b\r\n'.repeat(50_000)}`, randomBytes(100_000)]) {
      await new Promise<void>((resolve) => {
        const socket = createConnection(place.socket, () => void socket.end(noise))
        socket.on('error', () => resolve()).on('close', () => resolve()).resume()
      })
    }
    expect((await place.nsup('status')).exitCode).toBe(0)
  })

  it('refuses options and values that make no sense', async () => {
    expect(await place.nsup('status', '--nonsense')).toMatchObject({ exitCode: 2, stderr: expect.stringContaining('--nonsense') as string })
    expect(await place.nsup('stop', 'one', '--timeout', 'soon')).toMatchObject({ exitCode: 2, stderr: expect.stringContaining('soon') as string })
    expect((await place.nsup('tail', '-n', 'x', 'one')).stdout).toContain('not a number of lines')
    expect((await place.nsup('signal', '0', 'one'))).toMatchObject({ exitCode: 0, stdout: 'one: signalled\n' }) // is it there, and ours?
    expect((await place.nsup('signal', '999', 'one')).stdout).toBe('one: ERROR (bad signal name)\n')
    expect((await place.nsup('start', '../../etc/passwd')).stdout).toBe('../../etc/passwd: ERROR (no such process)\n')
  })

  it('describes itself with OpenAPI', async () => {
    const { info, paths } = JSON.parse(await get('/api/v1/openapi.json')) as { info: { version: string }; paths: Record<string, unknown> }
    expect(info.version).toMatch(/^\d+\.\d+\.\d+$/)
    expect(Object.keys(paths)).toEqual(expect.arrayContaining(['/api/v1/processes', '/api/v1/start', '/api/v1/events']))
  })

  it('lost nothing of what ran', async () => {
    expect(await place.one('one')).toMatchObject({ state: 'RUNNING', restarts: 0 })
    await place.client().call('stdin', { target: 'one', text: 'here\n' })
    await untilFile(place.path('one.log'), 'here\n')
  })

  function post(path: string, body: string): Promise<number> {
    return new Promise((resolve, reject) => {
      const headers = { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) }
      const sent = request({ socketPath: place.socket, path, method: 'POST', headers }, (answer) => {
        answer.resume()
        resolve(answer.statusCode ?? 0)
      })
      sent.on('error', reject).end(body)
    })
  }

  function get(path: string): Promise<string> {
    return new Promise((resolve, reject) => {
      request({ socketPath: place.socket, path }, (answer) => {
        let text = ''
        answer.setEncoding('utf8').on('data', (chunk: string) => (text += chunk)).on('end', () => resolve(text))
      }).on('error', reject).end()
    })
  }
})
