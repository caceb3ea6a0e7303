import { describe, expect, test } from 'bun:test'
import {
  applyTenantUserChange,
  describeDeletion,
  describeTenantUserChange,
  describeTenantUserKind,
  describeTenantUserState,
} from '../../console/src/features/tenant-users/describe-tenant-user.ts'
import type { TenantUser } from '../../console/src/features/tenant-users/tenant-users.queries.ts'

const own: TenantUser = {
  id: '018f0000-0000-7000-8000-000000000001',
  email: 'una@kepler.example',
  full_name: 'Una',
  scope: 'tenant',
  tenant_id: 'kepler-health',
  is_active: true,
  is_verified: true,
  is_owner: false,
  is_superuser: false,
  created_at: '2026-11-01T08:00:00.000Z',
  is_linked: false,
  has_access: true,
  linked_as: null,
  conversations: 3,
}
const assigned: TenantUser = { ...own, is_linked: true, linked_as: 'assigned' }

describe('a user of a tenant', () => {
  test.each([
    ['enters', own, 'Active'],
    ['is switched off here', { ...own, is_active: false, has_access: false }, 'Switched off'],
    ['has not verified its address', { ...own, is_verified: false }, 'Not verified'],
    ['has its platform account switched off', { ...assigned, has_access: false }, 'Account off'],
    ['left', { ...assigned, linked_as: 'left', has_access: false }, 'Left'],
    [
      'left, and was switched off before',
      { ...assigned, linked_as: 'left', is_active: false, has_access: false },
      'Left',
    ],
    ['had its platform account deleted', { ...assigned, linked_as: 'deleted', has_access: false }, 'Account deleted'],
  ] satisfies [string, TenantUser, string][])('that %s is told in words', (_name, user, words) => {
    expect(describeTenantUserState(user).words).toBe(words)
  })

  test('whoever cannot enter is never shown as fine', () => {
    for (const linked_as of [null, 'assigned', 'owner', 'superuser', 'left', 'deleted'] as const) {
      for (const is_active of [true, false]) {
        const user = { ...own, linked_as, is_active, has_access: false }
        expect(describeTenantUserState(user).kind).toBe('suspended')
      }
    }
  })

  test('is told apart by how it enters', () => {
    const kinds = [null, 'assigned', 'owner', 'superuser'] as const
    const words = kinds.map((linked_as) => describeTenantUserKind({ linked_as }).kind)
    expect(words).toEqual(['Own user', 'Assigned', 'Owner', 'Superuser'])
  })

  test('shown as it will be: switched on it enters, unless it left or its account is gone', () => {
    const off = { ...own, is_active: false, has_access: false }
    const turned = (user: TenantUser, is_active: boolean) =>
      applyTenantUserChange({ user, changes: { is_active } }).has_access
    expect(turned(off, true)).toBe(true)
    expect(turned(own, false)).toBe(false)
    expect(turned({ ...off, linked_as: 'left' }, true)).toBe(false)
    expect(turned({ ...off, linked_as: 'deleted' }, true)).toBe(false)
    expect(applyTenantUserChange({ user: off, changes: { full_name: 'Oda' } })).toEqual({ ...off, full_name: 'Oda' })
  })

  test('a change and a failure name the person and what was done', () => {
    const words = (changes: Parameters<typeof describeTenantUserChange>[0]['changes']) =>
      describeTenantUserChange({ user: own, changes })
    expect(words({ is_active: false })).toEqual({ done: 'Una switched off', failed: 'Una was not switched off' })
    expect(words({ full_name: null }).done).toBe('Una renamed to una@kepler.example')
  })

  test('a deletion counts the conversations that go with it', () => {
    expect([0, 1, 1306].map((conversations) => describeDeletion({ conversations }))).toEqual([
      'Deleted, the user is gone for good. There are no conversations.',
      'Deleted, the user is gone for good. 1 conversation goes with it.',
      'Deleted, the user is gone for good. 1,306 conversations go with it.',
    ])
  })
})
