import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { expand } from '../../../src/config/expand.ts'
import type { Format } from '../../../src/config/raw.ts'

const names = {
  plain: { program_name: 'web', process_num: 7, here: '/etc' },
  env: [{ HOME: '/root', EMPTY: '', PERCENT: '100%(x)s' }, { HOME: '/srv', UNSET: undefined }],
}

function expanded(text: string, format: Format = 'ini'): string {
  const result = expand(text, names, format)
  return result.ok ? result.text : `${result.reason} ${result.what} at ${result.offset}`
}

describe('expansion', () => {
  it('knows the printf conversions', () => {
    expect(expanded('%(program_name)s_%(process_num)02d')).toBe('web_07')
    expect(expanded('[%(program_name)-5s|%(program_name)5s|%(program_name).2s]')).toBe('[web  |  web|we]')
    expect(expanded('%(process_num)x %(process_num)#x %(process_num)o %(process_num)+d %(process_num)5.3d|%(process_num)-4d|')).toBe('7 0x7 7 +7   007|7   |')
    expect(expanded('%(process_num).2f %(process_num)e %(process_num)g %(process_num)s %(program_name)r')).toBe("7.00 7.000000e+00 7 7 'web'")
  })

  it('makes %% a percent sign and does not expand what came out', () => {
    expect(expanded('100%% %(ENV_PERCENT)s')).toBe('100% 100%(x)s')
  })

  it('lets later variables win, and skips those that are not set', () => {
    expect(expanded('%(ENV_HOME)s')).toBe('/srv')
    expect(expanded('%(ENV_UNSET)s')).toBe('unknown ENV_UNSET at 0')
  })

  it('says what is unknown or malformed, and where', () => {
    expect(expanded('a %(nope)s')).toBe('unknown nope at 2')
    expect(expanded('date +%Y')).toBe('malformed %Y at 6')
    expect(expanded('%(program_name)d')).toBe('malformed %(program_name)d at 0')
    expect(expanded('50%')).toBe('malformed % at 2')
    expect(expanded('%(constructor)s %(ENV_toString)s')).toBe('unknown constructor at 0')
    expect(expanded('%(process_num)99999999s')).toBe('malformed %( at 0')
  })

  it('knows ${VAR} in YAML only', () => {
    expect(expanded('${HOME}')).toBe('${HOME}')
    expect(expanded('${HOME} ${EMPTY} ${EMPTY:-x} ${NOPE:-a b} ${NOPE:-} $${HOME} $HOME $$ $', 'yaml')).toBe('/srv  x a b  ${HOME} $HOME $$ $')
    expect(expanded('x ${NOPE}', 'yaml')).toBe('unknown ENV_NOPE at 2')
    expect(expanded('${HOME%/x}', 'yaml')).toBe('malformed ${ at 0')
    expect(expanded('${PERCENT}', 'yaml')).toBe('100%(x)s')
  })

  it('never throws, and leaves text without marks as it is', () => {
    const piece = fc.oneof(fc.string({ unit: 'binary-ascii' }), fc.constantFrom('%', '%(', '%(here)', 's', 'd', '${', '}', '$', ':-', '%(process_num)', 'c', '.', '9', '0'))
    fc.assert(fc.property(fc.array(piece), fc.constantFrom<Format>('ini', 'yaml'), (pieces, format) => {
      const text = pieces.join('')
      const result = expand(text, names, format)
      if (!/[%$]/.test(text)) expect(result).toEqual({ ok: true, text })
      else expect(typeof result.ok).toBe('boolean')
    }), { numRuns: 500 })
  })
})
