import { describe, expect, it } from 'vitest'
import type { ServerSpec } from '../../../src/config/config.ts'
import { environmentBase, environmentOf } from '../../../src/daemon/environment.ts'
import { procIn } from '../core/procs.ts'

const unix = { kind: 'unix', path: '/run/s.sock' } as ServerSpec
const inet = { kind: 'inet', host: '', port: 9001 } as ServerSpec

describe('The environment of a worker', () => {
  it('is the master\'s, without what concerns the master alone', () => {
    const base = environmentBase({ PATH: '/bin', NSUP_DAEMONIZED: '1', EMPTY: '', GONE: undefined }, [], '/run/i', '/run/i/nsup.sock')
    expect(base.inherited).toEqual({ PATH: '/bin', EMPTY: '' })
  })

  it('names the process in supervisord\'s words and in nsup\'s', () => {
    const base = environmentBase({}, [inet, unix], '/run/i', '/run/i/nsup.sock')
    const proc = procIn('STARTING', { incarnation: 3 }, { group: 'shop', name: 'web_1', processNum: 1 })
    expect(environmentOf(base, proc)).toMatchObject({
      SUPERVISOR_ENABLED: '1', SUPERVISOR_PROCESS_NAME: 'web_1', SUPERVISOR_GROUP_NAME: 'shop', SUPERVISOR_SERVER_URL: 'unix:///run/s.sock',
      NSUP_PROCESS: 'shop:web_1', NSUP_INSTANCE: '1', NSUP_INCARNATION: '3', NSUP_RUN: '/run/i',
    })
  })

  it('counts the processes of a program from 0, wherever numprocs_start lets their names begin', () => {
    const base = environmentBase({}, [], '/run/i', '/run/i/nsup.sock')
    const proc = procIn('STARTING', {}, { processNum: 12, instance: 2 })
    expect(environmentOf(base, proc)).toMatchObject({ NSUP_INSTANCE: '2', NODE_APP_INSTANCE: '2' })
  })

  it('lets the config win, but not over what the next master knows its own by', () => {
    const base = environmentBase({ A: 'inherited' }, [], '/run/i', '/run/i/nsup.sock')
    const environment = { A: 'config', SUPERVISOR_ENABLED: '0', NSUP_RUN: '/elsewhere', NSUP_INCARNATION: '99' }
    const proc = procIn('STARTING', {}, { environment })
    expect(environmentOf(base, proc)).toMatchObject({ A: 'config', SUPERVISOR_ENABLED: '0', NSUP_RUN: '/run/i', NSUP_INCARNATION: '1' })
  })

  it('has the URL of the program, else of the first unix server, else of the first inet server, else of the private one', () => {
    const url = (servers: readonly ServerSpec[], serverurl: string | null): string | undefined =>
      environmentOf(environmentBase({}, servers, '/run/i', '/run/i/nsup.sock'), procIn('STARTING', {}, { serverurl }))['SUPERVISOR_SERVER_URL']
    expect(url([unix, inet], 'http://own')).toBe('http://own')
    expect(url([inet, unix], null)).toBe('unix:///run/s.sock')
    expect(url([inet], null)).toBe('http://localhost:9001')
    expect(url([], null)).toBe('unix:///run/i/nsup.sock')
  })
})
