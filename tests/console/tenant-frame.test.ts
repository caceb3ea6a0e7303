import { describe, expect, test } from 'bun:test'
import { countTab } from '../../console/src/features/tenants/count-tabs.ts'
import { findShownTab } from '../../console/src/features/tenants/use-tab-keys.ts'
import { auditView } from '../../console/src/features/audit/audit-view.ts'
import { homeView } from '../../console/src/features/home/home.view.ts'
import { tenantsView } from '../../console/src/features/tenants/tenants.view.ts'

const tabs = ['/tenants/$tenantId', '/tenants/$tenantId/prompt', '/tenants/$tenantId/settings'].map((to) => ({ to }))

describe('the tabs of a tenant', () => {
  test('the shown one is found by the routes that match, whatever the tenant is called', () => {
    const shown = (...paths: string[]) => findShownTab({ tabs, paths: ['/', '/tenants/$tenantId', ...paths] })
    expect(shown('/tenants/$tenantId/')).toBe(0)
    expect(shown('/tenants/$tenantId/prompt')).toBe(1)
    expect(shown('/tenants/$tenantId/settings', '/tenants/$tenantId/settings/limits')).toBe(2)
    expect(findShownTab({ tabs, paths: [] })).toBe(0)
  })

  test('a tab counts what it holds; a failing connection alarms, and healthy is silent', () => {
    const count = (path: string, failing: string[] = []) =>
      countTab({ path: `/tenants/$tenantId/${path}`, counts: { users: 1306, prompt_version: 12, failing } })
    expect(count('users')).toEqual({ count: '1,306' })
    expect(count('prompt')).toEqual({ count: 'v12' })
    expect(count('connections')).toEqual({})
    expect(count('connections', ['model'])).toEqual({ count: '1', alarming: true })
    expect(count('settings')).toEqual({})
    expect(countTab({ path: '/tenants/$tenantId/users', counts: undefined })).toEqual({})
  })
})

test('another search, filter or sort starts its list at the top; an opened entry or another figure moves nothing', () => {
  expect(tenantsView.startsAnew({ q: 'kep' })).toBe(true)
  expect(tenantsView.startsAnew({ sort: 'name' })).toBe(true)
  expect(auditView.startsAnew({ outcome: 'denied' })).toBe(true)
  expect(auditView.startsAnew({ open: undefined })).toBe(false)
  expect(homeView.startsAnew({ figure: 'cost' })).toBe(false)
})
