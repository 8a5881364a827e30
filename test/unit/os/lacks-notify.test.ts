import { expect, it } from 'vitest'
import type { CareSpec } from '../../../src/core/care.ts'
import { lacksNotify, notifyLack } from '../../../src/os/lacks-notify.ts'
import { specOf } from './worlds.ts'

const care: CareSpec = { ready: { by: { kind: 'notify' }, timeout: 1000 } }

it('says at the option that asks for systemd\'s protocol why it cannot be had', () => {
  const lacks = notifyLack(() => 'the package koffi cannot be loaded')
  expect(lacks(specOf(['a'], { care }))).toMatchObject({ severity: 'error', option: 'ready', message: 'a NOTIFY_SOCKET cannot be had: the package koffi cannot be loaded' })
  expect(lacks(specOf(['a'], { care: { notify: true } }))).toMatchObject({ option: 'notify' })
})

it('does not look where nobody asks', () => {
  let looked = 0
  const lacks = notifyLack(() => (looked += 1))
  expect(lacks(specOf(['a']))).toBeNull()
  expect(lacks(specOf(['a'], { care: { report: true } }))).toBeNull()
  expect(looked).toBe(0)
})

it('finds that this machine can', () => {
  expect(lacksNotify(specOf(['a'], { care }))).toBeNull()
})
