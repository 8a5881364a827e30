import { describe, expect, it } from 'vitest'
import { ownerOf, userChange } from '../../../src/os/users.ts'

describe('userChange', () => {
  it('has nothing to do without a user, and for the own one', () => {
    expect(userChange(null, 0)).toEqual({ ok: true, to: null })
    expect(userChange('root', 0)).toEqual({ ok: true, to: null })
  })

  it('lets root become another user with that one’s group', () => {
    expect(userChange('daemon', 0)).toEqual({ ok: true, to: { uid: 1, gid: 1 } })
  })

  it('says why it cannot be', () => {
    expect(userChange('no-such-user', 0)).toEqual({ ok: false, reason: "couldn't setuid to no-such-user: no such user" })
    const reason = "couldn't setuid to root: only a master that runs as root can change users"
    expect(userChange('root', 1000)).toEqual({ ok: false, reason })
  })
})

describe('ownerOf', () => {
  it('reads a user, and a user with a group', () => {
    expect(ownerOf('daemon')).toEqual({ uid: 1, gid: 1 })
    expect(ownerOf('daemon:root')).toEqual({ uid: 1, gid: 0 })
    expect(ownerOf('daemon:')).toEqual({ uid: 1, gid: 1 })
    expect(ownerOf('0:1')).toEqual({ uid: 0, gid: 1 })
  })

  it('says who does not exist', () => {
    expect(ownerOf('no-such-user')).toBe('no such user: no-such-user')
    expect(ownerOf('root:no-such-group')).toBe('no such group: no-such-group')
  })
})
