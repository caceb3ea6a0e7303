import { describe, expect, test } from 'bun:test'
import type { User } from '../../console/src/api/client.ts'
import {
  describeGuard,
  describePersonChange,
  describePersonState,
  invertChanges,
} from '../../console/src/features/people/describe-person.ts'
import { suggestPassword } from '../../console/src/lib/suggest-password.ts'
import { applyUserChange } from '../../console/src/panels/people-cache.ts'
import { describeObstacle } from '../../console/src/panels/people-obstacle.ts'
import { describeRoleChange, findRole, namePerson } from '../../console/src/panels/people-words.ts'

const ada: User = {
  id: '018f0000-0000-7000-8000-000000000001',
  email: 'ada@people.example',
  full_name: 'Ada Lovelace',
  scope: 'core',
  tenant_id: null,
  is_active: true,
  is_verified: true,
  is_owner: false,
  is_superuser: false,
  created_at: '2026-11-01T08:00:00.000Z',
}
const bob: User = { ...ada, id: '018f0000-0000-7000-8000-000000000002', email: 'bob@people.example', full_name: null }

describe('a suggested password', () => {
  test('takes every letter equally often and leaves out bytes that would favour some', () => {
    const asked: number[] = []
    // 248 to 255 are beyond the last whole round of 31 letters; the first draw holds nothing else.
    const draws = [new Uint8Array(20).fill(255), new Uint8Array(20).map((_, at) => at), new Uint8Array(20).fill(247)]
    const password = suggestPassword((bytes) => {
      asked.push(bytes)
      return draws[asked.length - 1] ?? new Uint8Array(bytes)
    })
    expect(password).toBe('abcde-fghjk-mnpqr-stuvw')
    expect(asked).toHaveLength(2)
  })

  test('is long enough for the server, differs each time and has no letter that is mistaken for another', () => {
    const made = Array.from({ length: 200 }, () =>
      suggestPassword((bytes) => crypto.getRandomValues(new Uint8Array(bytes))),
    )
    expect(new Set(made).size).toBe(made.length)
    for (const password of made) expect(password).toMatch(/^[a-hjkmnp-z2-9]{5}(-[a-hjkmnp-z2-9]{5}){3}$/)
  })
})

describe('a change that is shown before it is done', () => {
  const changed = { ...ada, tenant_id: 'acme' }

  test('is seen in pages, in a single page and in the one that is open, and nobody else changes', () => {
    const change = { id: ada.id, changes: { tenant_id: 'acme' } }
    expect(applyUserChange({ pages: [{ items: [bob] }, { items: [ada] }] }, change)).toEqual({
      pages: [{ items: [bob] }, { items: [changed] }],
    })
    expect(applyUserChange({ items: [ada, bob] }, change)).toEqual({ items: [changed, bob] })
    expect(applyUserChange(ada, change)).toEqual(changed)
    expect(applyUserChange(bob, change)).toEqual(bob)
    expect(applyUserChange(null, change)).toBeNull()
  })

  test('leaves what was cached as it was, so that it can be taken back', () => {
    const before = { pages: [{ items: [ada] }] }
    applyUserChange(before, { id: ada.id, changes: { tenant_id: 'acme' } })
    expect(before.pages[0]?.items[0]?.tenant_id).toBeNull()
  })
})

describe('a person', () => {
  test('is called by name, else by address', () => {
    expect([ada, bob, { ...ada, full_name: '  ' }].map(namePerson)).toEqual([
      'Ada Lovelace',
      'bob@people.example',
      'ada@people.example',
    ])
  })

  test('made a superuser keeps what it owns; made a member loses both roles', () => {
    expect(findRole({ is_superuser: true, is_owner: true })).toBe('superuser')
    expect(findRole({ is_superuser: false, is_owner: true })).toBe('owner')
    expect(describeRoleChange('superuser')).toEqual({ is_superuser: true })
    expect(describeRoleChange('owner')).toEqual({ is_superuser: false, is_owner: true })
    expect(describeRoleChange('plain')).toEqual({ is_superuser: false, is_owner: false })
  })

  test('cannot be assigned where it is already, nor before its address is verified', () => {
    const obstacle = (user: User) => describeObstacle({ user, tenantId: 'acme' })
    expect(obstacle(ada)).toBeUndefined()
    expect(obstacle({ ...ada, tenant_id: 'beta' })).toBeUndefined()
    expect(obstacle({ ...ada, tenant_id: 'acme' })).toBe('Assigned here already')
    expect(obstacle({ ...ada, is_verified: false })).toContain('not verified')
  })
})

describe('what can be done with a platform user', () => {
  const superuser: User = { ...ada, is_superuser: true }
  const guard = (user: User, options: { meId?: string; activeSuperusers?: number } = {}) =>
    describeGuard({ user, meId: options.meId ?? bob.id, activeSuperusers: options.activeSuperusers })

  test('the last active superuser is kept, with the reason the server would give', () => {
    expect(guard(superuser, { activeSuperusers: 1 })).toContain('last superuser')
    expect(guard(superuser, { activeSuperusers: 1, meId: ada.id })).toContain('last superuser')
    expect(guard(superuser, { activeSuperusers: 2 })).toBeUndefined()
    // Switched off, it is none of the active ones: the server lets it go.
    expect(guard({ ...superuser, is_active: false }, { activeSuperusers: 1 })).toBeUndefined()
    expect(guard(ada, { activeSuperusers: 1 })).toBeUndefined()
    // Not counted yet: the server decides.
    expect(guard(superuser)).toBeUndefined()
  })

  test('nobody takes away their own account', () => {
    expect(guard(superuser, { activeSuperusers: 2, meId: ada.id })).toContain('Your own account')
  })

  test('a change and what undoes it are told in words, each the other’s inverse', () => {
    const changes = [
      [{ is_active: false }, 'Ada Lovelace switched off', { is_active: true }],
      [{ full_name: 'Ada King' }, 'Ada Lovelace renamed to Ada King', { full_name: 'Ada Lovelace' }],
      [{ full_name: null }, 'Ada Lovelace renamed to ada@people.example', { full_name: 'Ada Lovelace' }],
      [{ is_verified: false }, 'Ada Lovelace marked as not verified', { is_verified: true }],
      [describeRoleChange('superuser'), 'Ada Lovelace is a superuser now', { is_superuser: false }],
      [describeRoleChange('owner'), 'Ada Lovelace is an owner now', { is_superuser: false, is_owner: false }],
    ] as const
    for (const [change, done, inverse] of changes) {
      expect(describePersonChange({ user: ada, changes: change }).done).toBe(done)
      expect(invertChanges({ user: ada, changes: change })).toEqual(inverse)
    }
    expect(describePersonChange({ user: ada, changes: { is_active: false } }).failed).toBe(
      'Ada Lovelace was not switched off',
    )
  })

  test('states need no colour: off before unverified, as nobody signs in then', () => {
    expect(describePersonState({ ...ada, is_active: false, is_verified: false }).words).toBe('Switched off')
    expect(describePersonState({ ...ada, is_verified: false })).toEqual({ kind: 'attention', words: 'Not verified' })
    expect(describePersonState(ada)).toEqual({ kind: 'fine', words: 'Active' })
  })
})
