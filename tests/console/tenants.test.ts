import { describe, expect, test } from 'bun:test'
import { describeState } from '../../console/src/panels/tenant-state.ts'
import { rankByLikeness } from '../../console/src/features/tenants/rank-by-likeness.ts'
import { checkTenantName, checkWhole } from '../../console/src/lib/rules.ts'
import { tenantsView } from '../../console/src/features/tenants/tenants.view.ts'

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
    expect(tenantsView.validate({ state: 'attention', q: 'kep', sort: 'name', other: 'x' })).toEqual({
      state: 'attention',
      q: 'kep',
      sort: 'name',
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
  expect(checkTenantName('  ')).toBe('Enter a name.')
})
