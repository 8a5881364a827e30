/** FastCGI programs in the config: the socket that they have beside the options of a program, alone and in groups. */
import { describe, expect, it } from 'vitest'
import { changesRestart, sameSpec } from '../../../src/config/changes.ts'
import { processOf, tempFolder } from './harness.ts'

const folder = tempFolder()
const head = '[supervisord]\n[fcgi-program:f]\ncommand=cat\n'

describe('an fcgi-program in INI', () => {
  it('has a tcp socket that its processes share', () => {
    const { config, problems } = folder.good('a.conf', `${head}socket=tcp://localhost:9000\nnumprocs=2\nprocess_name=f%(process_num)d\npriority=5\n`)
    expect(problems).toEqual([])
    expect(config.groups.map(({ name, priority }) => [name, priority])).toEqual([['f', 5]])
    for (const name of ['f:f0', 'f:f1']) {
      expect(processOf(config, name).socket).toEqual({ kind: 'tcp', host: 'localhost', port: 9000, backlog: 4096 })
    }
  })

  it('has a unix socket, with names expanded, that is its user\'s and the group\'s of that user, with mode 0700', () => {
    const { config } = folder.good('b.conf', `${head}socket=unix://%(here)s//%(program_name)s.sock\nuser=root\n`)
    expect(processOf(config, 'f:f').socket).toEqual({ kind: 'unix', path: `${folder.path}/f.sock`, owner: 'root:', mode: 0o700, backlog: 4096 })
  })

  it('takes a path that ends in a slash, as supervisord does', () => {
    expect(processOf(folder.good('s.conf', `${head}socket=unix:///run/f/\n`).config, 'f:f').socket).toMatchObject({ path: '/run/f' })
  })

  it('takes owner, mode and backlog of the socket', () => {
    const { config } = folder.good('c.conf', `${head}socket=unix:///run/f\nsocket_owner=root:root\nsocket_mode=0666\nsocket_backlog=16\nuser=root\n`)
    expect(processOf(config, 'f:f').socket).toEqual({ kind: 'unix', path: '/run/f', owner: 'root:root', mode: 0o666, backlog: 16 })
  })

  it.each([
    ['', "d.conf:2:1: error: socket in section 'fcgi-program:f' is required; add socket"],
    ['socket=9000\n', "d.conf:4:8: error: socket in section 'fcgi-program:f': '9000' is not unix:///absolute/path or tcp://host:port"],
    ['socket=unix://f.sock\n', "d.conf:4:8: error: socket in section 'fcgi-program:f': 'f.sock' is not an absolute path of a socket"],
    ['socket=unix:///\n', "d.conf:4:8: error: socket in section 'fcgi-program:f': '/' is not an absolute path of a socket"],
    ['socket=tcp://localhost\n', "d.conf:4:8: error: socket in section 'fcgi-program:f': 'tcp://localhost' is not unix:///absolute/path or tcp://host:port"],
    ['socket=tcp://localhost:0\n', "d.conf:4:8: error: socket in section 'fcgi-program:f': 'tcp://localhost:0' does not end in a port from 1 to 65535"],
    ['socket=tcp://a:1\nsocket_mode=0700\n', "d.conf:5:1: error: socket_mode in section 'fcgi-program:f': a tcp socket has no owner and no mode; remove the line, or listen on unix:///path"],
    ['socket=tcp://a:1\nsocket_owner=root\n', "d.conf:5:1: error: socket_owner in section 'fcgi-program:f': a tcp socket has no owner and no mode; remove the line, or listen on unix:///path"],
    ['socket=tcp://a:1\nsocket_backlog=65536\n', "d.conf:5:16: error: socket_backlog in section 'fcgi-program:f': '65536' is more than 65535"],
    ['socket=tcp://a:1\nsocket_backlog=0\n', "d.conf:5:16: error: socket_backlog in section 'fcgi-program:f': '0' is less than 1"],
    ['socket=unix:///f\nsocket_owner=nobody-here\n', "d.conf:5:14: error: socket_owner in section 'fcgi-program:f': there is no user 'nobody-here'"],
  ])('is refused with %j', (options, problem) => {
    expect(folder.bad('d.conf', `${head}${options}`)).toContain(problem)
  })

  it('keeps its socket in a group, beside programs', () => {
    const { config, problems } = folder.good('e.conf', `${head}socket=tcp://a:1\n[program:x]\ncommand=cat\n[group:g]\nprograms=x,f\n`)
    expect(problems).toEqual([])
    expect(config.groups.map(({ name }) => name)).toEqual(['g'])
    expect(processOf(config, 'g:f').socket).toMatchObject({ host: 'a', port: 1 })
    expect(processOf(config, 'g:x').socket).toBeUndefined()
  })

  it('must not share the name of a program where a group names it', () => {
    expect(folder.bad('f.conf', `${head}socket=tcp://a:1\n[program:f]\ncommand=cat\n[group:g]\nprograms=f\n`))
      .toContain("f.conf:8:10: error: group:g: 'f' is ambiguous: there is a program and an fcgi-program of that name")
  })

  it('has to start anew when anything of its socket changes', () => {
    const load = (options: string): ReturnType<typeof processOf> => processOf(folder.good('h.conf', `${head}${options}`).config, 'f:f')
    const before = load('socket=unix:///run/f\n')
    expect(sameSpec(before, load('socket=unix:///run/f\nsocket_mode=0700\n'))).toBe(true)
    for (const change of ['socket=unix:///run/g\n', 'socket=tcp://a:1\n', 'socket=unix:///run/f\nsocket_backlog=7\n', 'socket=unix:///run/f\nsocket_mode=0770\n']) {
      expect(changesRestart(before, load(change)), change).toBe(true)
    }
  })
})

describe('an fcgi-program in YAML', () => {
  it('has the same words, takes the defaults of programs and can be a member of a group', () => {
    const { config, problems } = folder.good('a.yaml', `defaults: { startsecs: 5 }
fcgi_programs: { f: { command: cat, socket: 'unix:///run/f', socket_mode: 0770, numprocs: 2 } }
groups: { g: { programs: [f] } }\n`)
    expect(problems).toEqual([])
    expect(config.groups).toMatchObject([{ name: 'g', processes: [{ name: 'f_00' }, { name: 'f_01' }] }])
    expect(processOf(config, 'g:f_01')).toMatchObject({ startsecs: 5000, socket: { path: '/run/f', mode: 0o770 } })
  })
})
