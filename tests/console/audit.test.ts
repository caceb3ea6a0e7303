import { expect, test } from 'bun:test'
import { Glob } from 'bun'
import { readMadeMs } from '../../console/src/features/audit/audit.queries.ts'
import {
  actions,
  compareSides,
  describeAction,
  describeActor,
  describeTarget,
} from '../../console/src/features/audit/describe-entry.ts'

test('every action that the server records can be filtered by', async () => {
  const files = await Array.fromAsync(new Glob('server/**/*.ts').scan('.'))
  const texts = await Promise.all(files.map((file) => Bun.file(file).text()))
  const recorded = texts.flatMap((text) =>
    [...text.matchAll(/\baction: '([a-z_]+\.[a-z_]+)'/g)].map(([, name]) => name),
  )
  expect(new Set(recorded).size).toBeGreaterThan(10)
  expect([...new Set(recorded)].filter((name) => name !== undefined && !actions.includes(name))).toEqual([])
})

test('an action is told in words', () => {
  expect(describeAction('user.password_reset')).toBe('User password reset')
  expect(describeAction('tenant.pinecone_tested')).toBe('Pinecone tested')
  expect(describeAction('tenant_user.created.attempted')).toBe('Attempt: tenant user created')
})

test('what a tenant’s settings were changed in is told instead of its id, which stands beside it', () => {
  const entry = {
    target_type: 'tenant',
    target_id: 'acme',
    tenant_id: 'acme',
    action: 'tenant.updated',
    after: null,
    names: {},
  }
  expect(describeTarget({ ...entry, after: { name: 'Acme', retrieval: 'off' } })).toBe('name, retrieval')
  expect(describeTarget(entry)).toBe('acme')
  expect(describeTarget({ ...entry, action: 'tenant.created', after: { name: 'Acme' } })).toBe('acme')
})

test('both sides of a change stand beside each other, and what a side lacks is not made up', () => {
  const sides = { before: { name: 'Old', limit: null }, after: { name: 'New', tags: ['a'] }, names: {} }
  expect(compareSides(sides)).toEqual([
    { field: 'name', before: 'Old', after: 'New' },
    { field: 'limit', before: 'null', after: undefined },
    { field: 'tags', before: undefined, after: '[\n  "a"\n]' },
  ])
  expect(compareSides({ before: null, after: null, names: {} })).toEqual([])
})

test('people and servers are told by their names where they are known, and their ids stay', () => {
  const id = '018f0000-0000-7000-8000-000000000001'
  const names = { [id]: 'ada@people.example' }
  const entry = { target_type: 'user', target_id: id, tenant_id: null, action: 'user.created', after: null, names }
  expect(describeTarget(entry)).toBe('ada@people.example')
  expect(describeTarget({ ...entry, names: {} })).toBe(id)
  expect(compareSides({ before: { owner_id: null }, after: { owner_id: id }, names })).toEqual([
    { field: 'owner_id', before: 'null', after: `ada@people.example\n${id}` },
  ])
})

test('the time of an entry is read from its id, and from nothing else', () => {
  expect(readMadeMs('017f22e2-79b0-7cc3-98c4-dc0c0c07398f')).toBe(Date.UTC(2022, 1, 22, 19, 22, 22))
  expect(readMadeMs('017f22e2-79b0-4cc3-98c4-dc0c0c07398f')).toBeUndefined()
  expect(readMadeMs('')).toBeUndefined()
})

test('an entry without an actor says whether somebody came unsigned or the server acted by itself', () => {
  const actor = { id: '018f0000-0000-7000-8000-000000000001', email: null }
  expect(describeActor({ actor, address: null })).toEqual({ name: actor.id, isPerson: true })
  expect(describeActor({ actor: { ...actor, email: 'maren@tenantry.example' }, address: null }).name).toBe(
    'maren@tenantry.example',
  )
  expect(describeActor({ actor: null, address: '203.0.113.9' })).toEqual({ name: 'Not signed in', isPerson: false })
  expect(describeActor({ actor: null, address: null })).toEqual({ name: 'System', isPerson: false })
})
