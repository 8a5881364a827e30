import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { formatBytes, parseBoolean, parseBytes, parseDuration, parseInteger, parseOctal } from '../../../src/lib/units.ts'

describe('units', () => {
  it('reads whole numbers with sign and blanks, and nothing else', () => {
    expect(parseInteger(' -5 ')).toBe(-5)
    expect(parseInteger('+7')).toBe(7)
    expect(Object.is(parseInteger('-0'), 0)).toBe(true)
    for (const bad of ['', '1.5', '1e3', 'x', '0x10', '9007199254740993']) expect(parseInteger(bad), bad).toBeUndefined()
  })

  it('reads booleans in any case', () => {
    expect(['yes', 'True', 'ON', '1'].map(parseBoolean)).toEqual([true, true, true, true])
    expect(['no', 'False', 'OFF', '0'].map(parseBoolean)).toEqual([false, false, false, false])
    expect(['', '2', 'y', 'constructor'].map(parseBoolean)).toEqual([undefined, undefined, undefined, undefined])
  })

  it('reads octal modes with and without a prefix', () => {
    expect(['022', '22', '0o22', ' 0O22 '].map(parseOctal)).toEqual([18, 18, 18, 18])
    expect(['8', '', '0x7', '-1'].map(parseOctal)).toEqual([undefined, undefined, undefined, undefined])
  })

  it('reads sizes in powers of 1024', () => {
    expect(parseBytes('50MB')).toBe(52_428_800)
    expect(parseBytes('2 kb')).toBe(2048)
    expect(parseBytes('1Gb')).toBe(1024 ** 3)
    expect(parseBytes('0')).toBe(0)
    for (const bad of ['10K', '1.5MB', '-1', 'MB', '99999999999GB']) expect(parseBytes(bad), bad).toBeUndefined()
  })

  it('reads durations as milliseconds', () => {
    expect(['10', '30s', '1500ms', '2m', '1h', '1d', '0.5', '.25s', '1.5 m', '-1'].map(parseDuration))
      .toEqual([10_000, 30_000, 1500, 120_000, 3_600_000, 86_400_000, 500, 250, 90_000, -1000])
    for (const bad of ['', 's', '5 weeks', '1h30m', '1e3', '9'.repeat(40)]) expect(parseDuration(bad), bad).toBeUndefined()
  })

  it('shows sizes that read back as the same', () => {
    expect([512, 1536, 52_428_800, 3 * 1024 ** 3].map(formatBytes)).toEqual(['512 B', '1.5 KB', '50 MB', '3 GB'])
    fc.assert(fc.property(fc.integer({ min: 1, max: 1023 }), fc.constantFrom('KB', 'MB', 'GB'), (count, unit) => {
      expect(formatBytes(parseBytes(`${count}${unit}`) ?? -1)).toBe(`${count} ${unit}`)
    }))
  })

  it('never throws', () => {
    fc.assert(fc.property(fc.string({ unit: 'binary-ascii' }), (text) => {
      for (const read of [parseInteger, parseBoolean, parseOctal, parseBytes, parseDuration]) {
        const value = read(text)
        expect(value === undefined || typeof value === 'boolean' || Number.isSafeInteger(value)).toBe(true)
      }
    }))
  })
})
