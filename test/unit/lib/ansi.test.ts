import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { AnsiStripper } from '../../../src/lib/ansi.ts'

const strip = (...chunks: string[]): string => {
  const stripper = new AnsiStripper()
  return chunks.map((chunk) => Buffer.from(stripper.strip(Buffer.from(chunk))).toString()).join('')
}

describe('AnsiStripper', () => {
  test.each([
    ['colours', 'a\u001b[1;31mb\u001b[0mc', 'abc'],
    ['any final byte of a CSI', 'a\u001b[2~b\u001b[?25hc\u001b[3Gd', 'abcd'],
    ['an OSC that ends with BEL', 'a\u001b]0;title\u0007b', 'ab'],
    ['an OSC that ends with ESC backslash', 'a\u001b]8;;http://x\u001b\\b', 'ab'],
    ['short sequences with intermediates', 'a\u001b(Bb\u001b=c', 'abc'],
    ['a sequence broken off by a line end, whose next line is kept', 'a\u001b[31\nb', 'a\nb'],
  ])('removes %s', (_, given, expected) => {
    expect(strip(given)).toBe(expected)
  })

  test('gives back the very chunk when there is nothing to remove', () => {
    const chunk = Buffer.from('plain\n')
    expect(new AnsiStripper().strip(chunk)).toBe(chunk)
  })

  test('does not care where a stream is cut into chunks', () => {
    const piece = fc.constantFrom('text', '\n', '\u001b', '[', '31', 'm', ']0;t', '\u0007', '\\', '(B', 'é')
    fc.assert(
      fc.property(fc.array(piece), fc.array(fc.nat(40)), (pieces, cuts) => {
        const whole = Buffer.from(pieces.join(''))
        const stripper = new AnsiStripper()
        const borders = [...cuts.map((cut) => cut % (whole.length + 1)), 0, whole.length].sort((a, b) => a - b)
        const parts = borders.slice(1).map((end, index) => Buffer.from(stripper.strip(whole.subarray(borders[index], end))))
        expect(Buffer.concat(parts)).toEqual(Buffer.from(new AnsiStripper().strip(whole)))
      }),
    )
  })
})
