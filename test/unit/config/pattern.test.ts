import { describe, expect, it } from 'vitest'
import { patternProblem } from '../../../src/config/pattern.ts'

describe('A pattern', () => {
  it.each([
    '(a+)+b', '(a*)*b', '(a|a)*b', '(a|ab|b)*c', '(\\w+\\s?)*x', '(.*)+$', '([a-z]+|\\d+|[a-z0-9])*!', '(?=(a+)+b)x', '(a|a?)+z', '(a{1,100}){1,100}', '(x+x+)+y',
    '(?:(?:ab)*)*', '(a?){60}a{60}', '(?:[\\s\\S]|.)*x', '(?:é+|[^a])+x',
  ])('that can match the same text in more and more ways is refused: %s', (pattern) => {
    expect(patternProblem(pattern)?.reason).toContain('can take forever')
  })

  it.each([
    'ready', 'listening on .*:\\d+', '^(?:\\d+\\.)+\\d+$', '(\\d{1,3}\\s?){4}', '([a-z]+ )*x', '(ab|ac)*', 'a+b+c+', '[^]]+', '\\[x\\]{2}', '(a|b)*c', 'foo{bar', '(?<n>\\w+)=',
    '\\bup\\b', '^$', '(?:a|b|cd)+', 'started in \\d+(\\.\\d+)? s', '(?:x?y)*', '(?<!not )ready', '\\u0041+\\x42*\\cA\\0', 'a'.repeat(900),
  ])('that cannot is taken: %s', (pattern) => {
    expect(patternProblem(pattern)).toBeUndefined()
  })

  it('that is none, too long or refers to its groups is refused', () => {
    const reasons = ['', '(', 'a'.repeat(1001), '(a)\\1', '(?<n>a)\\k<n>'].map((pattern) => patternProblem(pattern)?.reason ?? '')
    expect(reasons.map((reason) => /empty|compile|1000|reference/.exec(reason)?.[0])).toEqual(['empty', 'compile', '1000', 'reference', 'reference'])
  })

  it('is judged in a bounded number of steps, however it is made', () => {
    const words = `(?:${Array.from({ length: 150 }, (_, i) => `a${String(i)}`).join('|')})*`
    expect(patternProblem(words)?.reason).toContain('too many repeated choices to be checked')
    for (const pattern of ['(?:[a-z]+\\d+[a-z]*){20}'.repeat(8), '(?:[a-z][a-z])*'.repeat(60), '(?:'.repeat(160) + 'a' + ')+'.repeat(160), '(?:.?){500}']) patternProblem(pattern)
  })
})
