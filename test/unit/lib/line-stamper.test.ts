import fc from 'fast-check'
import { expect, test } from 'vitest'
import { LineStamper } from '../../../src/lib/line-stamper.ts'

test('puts one prefix before each line, wherever the stream is cut', () => {
  fc.assert(
    fc.property(fc.array(fc.string({ unit: fc.constantFrom('a', 'é', '\n'), maxLength: 9 })), (chunks) => {
      const stamper = new LineStamper(() => '> ')
      const stamped = chunks.map((chunk) => Buffer.from(stamper.stamp(Buffer.from(chunk))))
      const whole = chunks.join('')
      expect(Buffer.concat(stamped).toString()).toBe(whole.replace(/^(?=[^]|\n)/gm, (_, at: number) => (at < whole.length ? '> ' : '')))
    }),
  )
})
