/** Event listeners in the config: what they have beside the options of a program, and what they cannot have. */
import { describe, expect, it } from 'vitest'
import { changesRestart } from '../../../src/config/changes.ts'
import { processOf, tempFolder } from './harness.ts'

const folder = tempFolder()
const head = '[supervisord]\n[eventlistener:e]\ncommand=cat\n'

describe('an event listener in INI', () => {
  it('is a group of its own, first to start and last to stop', () => {
    const { config, problems } = folder.good('a.conf', `${head}events=tick_5, PROCESS_STATE,TICK_5\nnumprocs=2\nprocess_name=%(program_name)s_%(process_num)d
stdout_capture_maxbytes=1MB\nstdout_events_enabled=true\nstderr_events_enabled=true\n[program:x]\ncommand=cat\n`)
    expect(problems).toEqual([])
    expect(config.groups.map(({ name, priority }) => [name, priority])).toEqual([['e', -1], ['x', 999]])
    const spec = processOf(config, 'e:e_1')
    expect(spec.listener).toEqual({ events: ['TICK_5', 'PROCESS_STATE'], bufferSize: 10 })
    expect([spec.priority, spec.stdout.captureMaxBytes, spec.stdout.events, spec.stderr.events]).toEqual([999, 0, false, true])
    expect(processOf(config, 'x:x').listener).toBeUndefined()
  })

  it('takes a priority and a size of its buffer, and the stock handler of results', () => {
    const more = 'events=EVENT\npriority=5\nbuffer_size=100\nresult_handler=supervisor.dispatchers:default_handler\n'
    const { config } = folder.good('b.conf', `${head}${more}`)
    expect(config.groups[0]?.priority).toBe(5)
    expect(processOf(config, 'e:e')).toMatchObject({ priority: 5, listener: { events: ['EVENT'], bufferSize: 100 } })
  })

  it.each([
    ['', "c.conf:2:1: error: events in section 'eventlistener:e' is required; add events"],
    ['events=\n', "c.conf:4:8: error: events in section 'eventlistener:e': names no event type"],
    ['events=TICK_6\n', "c.conf:4:8: error: events in section 'eventlistener:e': unknown event type TICK_6 (did you mean TICK_5?)"],
    ['events=EVENT\nbuffer_size=0\n', "c.conf:5:13: error: buffer_size in section 'eventlistener:e': '0' is less than 1"],
    ['events=EVENT\nresult_handler=my.own:handler\n', "c.conf:5:16: error: result_handler in section 'eventlistener:e': 'my.own:handler' is a Python function and cannot be loaded; only supervisor.dispatchers:default_handler is built in"],
    ['events=EVENT\nredirect_stderr=true\n', "c.conf:5:17: error: redirect_stderr in section 'eventlistener:e': true is not allowed for an event listener, because what it writes to stderr would break its protocol; remove the line"],
  ])('is refused with %j', (options, problem) => {
    expect(folder.bad('c.conf', `${head}${options}`)).toContain(problem)
  })

  it('has to start anew when its events or its buffer change', () => {
    const load = (options: string): ReturnType<typeof processOf> => processOf(folder.good('d.conf', `${head}${options}`).config, 'e:e')
    const before = load('events=TICK_5\n')
    expect(changesRestart(before, load('events=TICK_5\n'))).toBe(false)
    expect(changesRestart(before, load('events=TICK_60\n'))).toBe(true)
    expect(changesRestart(before, load('events=TICK_5\nbuffer_size=11\n'))).toBe(true)
  })

  it('is no member of a group, and no namesake of a program', () => {
    expect(folder.bad('f.conf', `${head}events=EVENT\n[group:g]\nprograms=e\n`)[0]).toContain('names unknown program or fcgi-program e')
    const { problems } = folder.good('g.conf', `${head}events=EVENT\n[program:e]\ncommand=cat\n`)
    expect(problems[0]).toContain("two of the programs, event listeners and groups are named 'e'; only the first by priority is kept")
  })
})

describe('an event listener in YAML', () => {
  it('has a list of events, and does not take the defaults of programs', () => {
    const { config } = folder.good('a.yaml', `defaults: { redirect_stderr: true }
eventlisteners: { e: { command: cat, events: [PROCESS_STATE, TICK], numprocs: 2 } }\n`)
    expect(config.groups).toMatchObject([{ name: 'e', priority: -1, processes: [{ name: 'e_00' }, { name: 'e_01' }] }])
    expect(processOf(config, 'e:e_00').listener?.events).toEqual(['PROCESS_STATE', 'TICK'])
  })

  it('does not know a type that is none', () => {
    expect(folder.bad('b.yaml', 'eventlisteners: { e: { command: cat, events: [PROCES_STATE] } }\n')[0]).toContain('did you mean PROCESS_STATE?')
  })
})
