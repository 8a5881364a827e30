/** Which comment belongs to what. */
import { expect, it } from 'vitest'
import { commentsOf } from '../../../src/config/ini-comments.ts'

const text = `; a whole file
# about nothing

; the first section
[a]
x=1 ; beside x
;y=2
# about z
z=3
  more ; beside more
; the end of a

; the second section
[b]
w=#1
; the very end`
const comments = commentsOf(text, { headers: new Set([5, 14]), options: new Set([6, 9, 15]) })

it('keeps the top of the file apart from the first section', () => {
  expect(comments.head).toEqual([' a whole file', ' about nothing'])
  expect(comments.before.get(5)).toEqual([' the first section'])
})

it('gives an option what is above and beside it', () => {
  expect(comments.beside.get(6)).toBe(' beside x')
  expect(comments.before.get(9)).toEqual(['y=2', ' about z'])
  expect(comments.beside.has(15)).toBe(false)
})

it('gives a section what comes after its last option, up to an empty line', () => {
  expect(comments.after.get(5)).toEqual([' the end of a'])
  expect(comments.before.get(14)).toEqual([' the second section'])
  expect(comments.after.get(14)).toEqual([' the very end'])
})

it('drops what a comment in YAML must not hold', () => {
  const found = commentsOf('; a\u0007b\u2028c é\n[x]\n', { headers: new Set([2]), options: new Set() })
  expect(found.before.get(2)).toEqual([' abc é'])
})
