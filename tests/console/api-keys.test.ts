import { describe, expect, test } from 'bun:test'
import { ApiProblem } from '../../console/src/api/problem.ts'
import {
  describeEnds,
  describeRefusal,
  describeScopes,
  findExpiry,
} from '../../console/src/features/api-keys/api-key-words.ts'

const now = new Date('2026-11-20T12:00:00Z')
const key = { status: 'active' as const, expires_at: null, grace_until: null }

describe('how a key is', () => {
  test('is told by what needs somebody first: expired, an old secret, a near end', () => {
    const near = '2026-11-30T12:00:00Z'
    const grace = '2026-11-20T13:30:00Z'
    const tell = (changes: object) => describeEnds({ key: { ...key, ...changes }, now })
    expect(tell({})).toEqual({ kind: 'fine', words: 'Never expires' })
    expect(tell({ expires_at: '2027-02-18T12:00:00Z' })).toEqual({ kind: 'fine', words: 'Expires 18 Feb 2027' })
    expect(tell({ expires_at: near })).toEqual({ kind: 'attention', words: 'Expires on 30 Nov' })
    expect(tell({ expires_at: near, grace_until: grace })).toEqual({
      kind: 'working',
      words: 'Old secret works for 90 minutes more',
    })
    expect(tell({ status: 'expired', expires_at: near, grace_until: grace })).toEqual({
      kind: 'suspended',
      words: 'Expired',
    })
    expect(tell({ grace_until: '2026-11-20T11:59:00Z' })).toEqual({ kind: 'fine', words: 'Never expires' })
  })

  test('a scope is named when it is not all of them', () => {
    expect(describeScopes(['chat', 'conversations'])).toBe('Everything')
    expect(describeScopes(['chat'])).toBe('Ask only')
    expect(describeScopes(['conversations'])).toBe('Conversations only')
  })
})

test('a key that lasts some days ends so many days from now, and 0 is never', () => {
  expect(findExpiry({ days: 0, now })).toBeNull()
  expect(findExpiry({ days: 30, now })).toBe('2026-12-20T12:00:00.000Z')
})

test('a full list and a key that is gone have sentences of their own', () => {
  const tell = (code: string) =>
    describeRefusal(new ApiProblem({ status: 409, code, detail: 'The detail of the server.' })).title
  expect(tell('api_key.too_many')).toBe('There are as many keys as there may be.')
  expect(tell('api_key.not_found')).toBe('This key is gone.')
  expect(tell('network.unreachable')).toBe('The server did not answer.')
})
