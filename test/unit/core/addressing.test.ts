import { describe, expect, it } from 'vitest'
import { address } from '../../../src/core/addressing.ts'
import type { Addressee, Mode } from '../../../src/core/addressing.ts'

const one = (group: string, name: string, program = name): Addressee => ({ group, name, spec: { program } })
const shop = [
  one('shop', 'checkin_00', 'checkin'), one('shop', 'checkin_01', 'checkin'), one('shop', 'web'),
  one('mail', 'mail'), one('twin', 'worker', 'a'), one('other', 'worker', 'b'), one('odd', 'web2'), one('odd', 'mixed', 'web3'), one('x', 'mixed_0', 'mixed'), one('x', 'mixed_1', 'mixed'),
]

const found = (to: string, mode?: Mode): string => {
  const answer = address(to, mode, shop)
  return answer.kind === 'problem' ? `! ${answer.sentence}` : `${answer.kind} ${answer.procs.map(({ group, name }) => `${group}:${name}`).join(' ')}`
}

describe('an address', () => {
  it.each<[string, Mode | undefined, string]>([
    ['shop:checkin_01', undefined, 'exact shop:checkin_01'],
    ['checkin_01', undefined, 'exact shop:checkin_01'],
    ['mail', undefined, 'exact mail:mail'],
    ['mail', 'all', 'exact mail:mail'],
    ['checkin', undefined, 'one shop:checkin_00 shop:checkin_01'],
    ['checkin', 'all', 'all shop:checkin_00 shop:checkin_01'],
    ['shop:checkin', undefined, 'one shop:checkin_00 shop:checkin_01'],
    ['checkin:*', undefined, 'all shop:checkin_00 shop:checkin_01'],
    ['shop:*', undefined, 'all shop:checkin_00 shop:checkin_01 shop:web'],
    ['shop:', undefined, 'all shop:checkin_00 shop:checkin_01 shop:web'],
    ['shop:*', 'one', 'one shop:checkin_00 shop:checkin_01 shop:web'],
    ['shop', undefined, 'one shop:checkin_00 shop:checkin_01 shop:web'],
    ['shop', 'all', 'all shop:checkin_00 shop:checkin_01 shop:web'],
    ['odd:mixed', undefined, 'exact odd:mixed'],
    ['x:mixed', undefined, 'one x:mixed_0 x:mixed_1'],
  ])('%s (%s) means %s', (to, mode, meant) => {
    expect(found(to, mode)).toBe(meant)
  })

  it('that means two things is refused with both', () => {
    expect(found('worker')).toBe('! worker is twin:worker and other:worker: name one')
    expect(found('mixed')).toBe('! mixed is a program and the process odd:mixed: say x:mixed or odd:mixed')
  })

  it('that means nothing is refused, with what may be meant', () => {
    expect(found('chekin')).toBe('! there is no process, program or group "chekin"; did you mean checkin?')
    for (const to of ['shp:*', 'shop:chekin_00', 'nobody at all', '', ':']) expect(found(to)).toMatch(/^! there is no/)
  })

  it.each([
    ['all', 'this would be several: shop:*, odd:*, x:*, mail, twin:worker and 1 more'],
    ['*', 'this would be several: shop:*, odd:*, x:*, mail, twin:worker and 1 more'],
    ['checkin*', 'this would be checkin:*'],
    ['sho?', 'this would be shop:*'],
    ['mai*', 'this would be mail'],
    ['shop:*_01', 'this would be shop:checkin_01'],
    ['we*', 'this would be several: shop:web, odd:web2'],
    ['twin:w*', 'this would be twin:worker'],
    ['*:worker', 'this would be several: twin:worker, other:worker'],
    ['zzz*', 'NAME:* for all of it'],
    [`${'*'.repeat(200)}shop`, 'NAME:* for all of it'],
  ])('%s is none, and is answered with what would have meant that', (to, end) => {
    const said = found(to)
    expect(said).toMatch(/^! there is no process, program or group ".*"; an address is no pattern, but a process, a program or a group: NAME for one of it, NAME:\* for all of it/)
    expect(said.endsWith(end)).toBe(true)
    for (const one of /several/.test(said) ? [] : (/would be (.*)$/.exec(said)?.slice(1) ?? [])) expect(found(one)).toMatch(/^(exact|all) /)
  })

  it('may be all, or have a star, where somebody is called so', () => {
    const answer = address('all', undefined, [...shop, one('all', 'all')])
    expect(answer).toMatchObject({ kind: 'exact', procs: [{ name: 'all' }] })
  })
})
