import { describe, expect, test } from 'bun:test'
import { describeState } from '../../console/src/features/tenants/describe-state.ts'
import { rankByLikeness } from '../../console/src/features/tenants/rank-by-likeness.ts'
import { checkTenantId, deriveTenantId } from '../../console/src/features/tenants/tenant-id.ts'
import { checkWhole } from '../../console/src/lib/rules.ts'
import { checkScore, checkTenantName } from '../../console/src/features/tenants/tenant-rules.ts'
import { tenantsView } from '../../console/src/features/tenants/tenants.view.ts'

describe('the id of a new tenant', () => {
  test('follows from its name and is one the server takes', () => {
    expect(deriveTenantId('Kepler Health')).toBe('kepler-health')
    expect(deriveTenantId('  Löwe & Söhne GmbH  ')).toBe('lowe-and-sohne-gmbh')
    expect(deriveTenantId('_Straße 7!')).toBe('strasse-7')
    for (const name of ['Kepler Health', '--a--', `${'very '.repeat(40)}long`, 'Ångström 9']) {
      expect(checkTenantId(deriveTenantId(name))).toBeUndefined()
    }
  })

  test('is empty when the name offers nothing, and then is asked for', () => {
    expect(deriveTenantId('東京')).toBe('')
    expect(checkTenantId('')).toBe('Enter an id.')
  })

  test('is refused in words before the server has to', () => {
    expect(checkTenantId('_a')).toContain('Start with')
    expect(checkTenantId('Kepler')).toContain('lower-case')
    expect(checkTenantId('a b')).toContain('only')
    expect(checkTenantId('a'.repeat(64))).toContain('63')
    expect(checkTenantId('a'.repeat(63))).toBeUndefined()
  })
})

describe('the state of a tenant', () => {
  const active = { is_active: true, state: 'active' as const }
  test('names the connection that fails', () => {
    expect(describeState(active)).toEqual({ kind: 'fine', words: 'Active' })
    expect(describeState({ ...active, failing: [] }).words).toBe('Active')
    expect(describeState({ ...active, failing: ['pinecone'] })).toEqual({ kind: 'failed', words: 'Pinecone fails' })
    expect(describeState({ ...active, failing: ['model', 'pinecone'] }).words).toBe('Model and Pinecone fail')
  })

  test('a suspended tenant needs nobody, whatever fails', () => {
    expect(describeState({ is_active: false, state: 'active', failing: ['model'] }).kind).toBe('suspended')
    expect(describeState({ is_active: false, state: 'deleting' }).words).toBe('Purge unfinished')
    expect(describeState({ is_active: true, state: 'provisioning', failing: ['model'] }).kind).toBe('working')
  })
})

describe('the list of tenants', () => {
  test('keeps its view in the address, without defaults', () => {
    expect(tenantsView.validate({ state: 'all', q: '', sort: '-requests' })).toEqual({})
    expect(tenantsView.validate({ state: 'attention', q: 'kep', sort: 'name', new: 'yes', other: 'x' })).toEqual({
      state: 'attention',
      q: 'kep',
      sort: 'name',
      new: true,
    })
    expect(tenantsView.validate({ state: 'gone', sort: 'password' })).toEqual({})
  })

  test('offers the tenant that begins most like what was searched', () => {
    const tenants = [
      { id: 'kestrel', name: 'Kestrel' },
      { id: 'kepler-health', name: 'Kepler Health' },
    ]
    expect(rankByLikeness({ search: 'Keplar', tenants })[0]?.id).toBe('kepler-health')
  })
})

test('numbers and names of the settings are checked before they are sent', () => {
  const check = checkWhole({ min: 1, max: 200_000 })
  expect(check('4096')).toBe(true)
  for (const text of ['', '0', '1.5', '-1', '200001', '1e3']) expect(check(text)).toContain('1 to 200,000')
  expect(checkScore('')).toBe(true)
  expect(checkScore('-0.25')).toBe(true)
  expect(checkScore('much')).not.toBe(true)
  expect(checkTenantName('  ')).toBe('Enter a name.')
})
