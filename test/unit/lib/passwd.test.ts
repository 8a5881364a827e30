import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir, userInfo } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { lookupGroup, lookupUser } from '../../../src/lib/passwd.ts'
import type { AccountFiles } from '../../../src/lib/passwd.ts'

const folder = mkdtempSync(join(tmpdir(), 'nsup-passwd-'))
const files: AccountFiles = { passwd: join(folder, 'passwd'), group: join(folder, 'group'), fallback: false }
writeFileSync(files.passwd, [
  '# a comment: with: colons',
  'root:x:0:0:root:/root:/bin/bash',
  'broken:x',
  '+::::::',
  'shop:x:1234:77:The shop,,,:/srv/shop:/usr/sbin/nologin',
  '5000:x:41:41::/nowhere:/bin/sh',
].join('\n'))
writeFileSync(files.group, 'root:x:0:\nstaff:x:77:shop,root\n')
afterAll(() => rmSync(folder, { recursive: true }))

describe('lookupUser', () => {
  it('finds a user by name and by id', () => {
    const shop = { uid: 1234, gid: 77, name: 'shop', home: '/srv/shop' }
    expect(lookupUser('shop', files)).toEqual(shop)
    expect(lookupUser('1234', files)).toEqual(shop)
    expect(lookupUser('0', files)?.name).toBe('root')
  })

  it('takes digits for an id even where a user is named so', () => {
    expect(lookupUser('5000', files)).toBeUndefined()
    expect(lookupUser('41', files)?.name).toBe('5000')
  })

  it.each(['', 'nobody-here', 'broken', '+', '#', 'a:b', '--help', '99999', 'a\nb'])('finds nobody for %j', (name) => {
    expect(lookupUser(name, files)).toBeUndefined()
  })

  it('finds nobody where there is no file', () => {
    expect(lookupUser('root', { ...files, passwd: join(folder, 'none') })).toBeUndefined()
  })

  it('knows on the real machine who runs this test, and nobody of a made-up name', () => {
    const me = userInfo()
    expect(lookupUser(me.username)).toMatchObject({ uid: me.uid, gid: me.gid })
    expect(lookupUser('no-such-user-of-nsup')).toBeUndefined()
  })
})

describe('lookupGroup', () => {
  it('finds a group by name and by id', () => {
    expect(lookupGroup('staff', files)).toEqual({ gid: 77, name: 'staff' })
    expect(lookupGroup('77', files)).toEqual({ gid: 77, name: 'staff' })
    expect(lookupGroup('shop', files)).toBeUndefined()
  })
})
