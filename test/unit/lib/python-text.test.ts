/** Bytes as the text of an event. */
import { expect, it } from 'vitest'
import { eventText } from '../../../src/lib/python-text.ts'

it.each([
  ['plain text\n', Buffer.from('plain text\n')],
  ['é 日本 😀', Buffer.from('é 日本 😀')],
  ['\ufeffbom', Buffer.from('\ufeffbom')],
  ["Undecodable: b'\\xff\\x00 a\\n\\t\\r\\\\'", Buffer.from([0xff, 0, 0x20, 0x61, 10, 9, 13, 0x5c])],
  ["Undecodable: b\"it's \\xfe\"", Buffer.concat([Buffer.from("it's "), Buffer.from([0xfe])])],
  ["Undecodable: b'it\\'s \"\\xfe'", Buffer.concat([Buffer.from("it's \""), Buffer.from([0xfe])])],
])('is %j', (text, bytes) => {
  expect(eventText(bytes)).toBe(text)
})
