/** What the options of jobs make, and what is said of those that are wrong or mean nothing. */
import { describe, expect, it } from 'vitest'
import { processOf, tempFolder } from './harness.ts'
import type { ProcessSpec } from '../../../src/core/spec.ts'

const folder = tempFolder()
const yaml = (options: string): string => `programs:\n  x:\n    command: cat\n${options.split('\n').map((line) => `    ${line}`).join('\n')}\n`
const made = (options: string): ProcessSpec => processOf(folder.good('job.yaml', yaml(options)).config, 'x:x')
const said = (options: string): readonly string[] => folder.good('job.yaml', yaml(options)).problems
const wrong = (options: string): string => folder.bad('job.yaml', yaml(options)).join('\n')

describe('A job', () => {
  it.each(['type: oneshot', 'interval: 60s', 'schedule: "@daily"'])('is made by %s, need not stay up, and is not restarted', (option) => {
    expect(made(option)).toMatchObject({ startsecs: 0, autorestart: 'never', care: { job: { overlap: 'skip', catchUp: 'none', spread: 0, retries: 0, runTimeout: null } } })
    expect(said(option)).toEqual([])
  })

  it('has to stay up where that is said, but not by the defaults of all', () => {
    expect(made('type: oneshot\nstartsecs: 3').startsecs).toBe(3000)
    const config = folder.good('d.yaml', 'defaults:\n  startsecs: 5\n  retries: 3\nprograms:\n  x: { command: cat, interval: 1m }\n  y: { command: cat }\n').config
    expect([processOf(config, 'x:x').startsecs, processOf(config, 'x:x').care?.job?.retries]).toEqual([0, 3])
    expect(processOf(config, 'y:y')).toMatchObject({ startsecs: 5000, autorestart: 'unexpected' })
    expect(processOf(config, 'y:y').care).toBeUndefined()
  })

  it('is none where that is said', () => {
    expect(made('type: service').care).toBeUndefined()
    expect(made('interval: ""').care).toBeUndefined()
  })
})

describe('What is wrong with a job', () => {
  it.each([
    ['schedule: "* * * *"', /job\.yaml:4:15: error: programs\.x\.schedule: '\* \* \* \*' has 4 fields.*write it as/],
    ['schedule: "61 * * * *"', /minute: 61/],
    ['schedule: "@daily"\ntimezone: Berlin', /job\.yaml:5:15: error: .*'Berlin' is no time zone \(did you mean Europe\/Berlin\?\)/],
    ['schedule: "@daily"\ntimezone: Europe/Berln', /did you mean Europe\/Berlin/],
    ['interval: 60s\nschedule: "@daily"', /schedule: and interval exclude each other; keep one/],
    ['type: service\ninterval: 60s', /type: service is not run again and again; write oneshot/],
    ['interval: 0', /not a duration longer than 0/],
    ['type: onshot', /did you mean oneshot/],
    ['interval: 1m\noverlap: stop', /there are skip, queue, replace/],
    ['interval: 1m\nretries: -1', /less than 0/],
  ])('is said with its place and what to write: %s', (options, message) => {
    expect(wrong(options)).toMatch(message)
  })

  it('is said of what does nothing', () => {
    expect(said('retries: 2').join()).toMatch(/warning: programs\.x\.retries does nothing without type: oneshot, interval or schedule/)
    expect(said('interval: 1m\ncatch_up: one').join()).toMatch(/catch_up does nothing without schedule/)
    expect(said('interval: 1m\nautorestart: true').join()).toMatch(/autorestart does nothing for a program that is a oneshot; retries says/)
    expect(said('type: oneshot\nspread: 5s').join()).toMatch(/spread does nothing without interval or schedule/)
  })

  it('refuses an event listener that would end', () => {
    expect(folder.bad('l.yaml', 'eventlisteners:\n  l: { command: cat, events: TICK_5, interval: 5s }\n').join()).toMatch(/an event listener has to go on/)
  })
})
