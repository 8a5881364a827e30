import { describe, expect, it } from 'vitest'
import { readAccount, readBlock } from '../../../src/daemon/health-account.ts'

const account = { processed_count: 3, is_processing: false, uptime: 12 }

describe('a line of output', () => {
  it.each([
    JSON.stringify(account),
    `[2026-11-22 03:48:01] app.INFO: Worker status ${JSON.stringify(account)} []`,
    `<!--XSUPERVISOR:BEGIN-->${JSON.stringify(account)}<!--XSUPERVISOR:END-->`,
    JSON.stringify({ message: 'Worker status', context: account, level: 200 }),
    JSON.stringify({ health: account }),
  ])('is an account: %s', (line) => {
    expect(readAccount(line)).toMatchObject(account)
  })

  it.each([
    'Worker status', '{"message":"Worker received shutdown signal","is_processing":true}', '{"message":"Worker gracefully shutdown","processed_count":1}',
    '{"status":"ok"}', '{"status":"ok","uptime":', '} uptime {', 'uptime {"a":1} status', '["uptime","status"]',
  ])('is none: %s', (line) => {
    expect(readAccount(line)).toBeNull()
  })
})

describe('a block for the master', () => {
  it('may hold any object, on several lines', () => {
    expect(readBlock('{"status": "ok"}')).toEqual({ status: 'ok' })
    expect(readBlock('{\n  "processed_count": 3,\n  "uptime": 12\n}\n')).toEqual({ processed_count: 3, uptime: 12 })
    expect(readBlock('hello')).toBeNull()
  })
})
