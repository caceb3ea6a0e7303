import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'bun:test'
import { call, type Reply } from '../../support/call.ts'
import { makeTenant, makeUser, type Person } from '../../support/people.ts'
import { type Scenario, startScenario } from '../../support/scenario.ts'

let scenario: Scenario
let owner: Person
let tenant = ''
let tenants = 0

beforeAll(async () => {
  scenario = await startScenario()
})
beforeEach(async () => {
  tenant = `tenant-${(tenants += 1)}`
  owner = await makeUser(scenario.app, scenario.superuser, { is_owner: true })
})
afterAll(() => scenario.stop())

const api = (route: string, body?: unknown): Promise<Reply> =>
  call(scenario.app, route, { token: scenario.superuser.token, body })
const asOwner = (route: string, body?: unknown): Promise<Reply> =>
  call(scenario.app, route, { token: owner.token, body })
const linkedRows = async (): Promise<unknown[]> =>
  Array.from(
    await scenario.sql`
      select 1 from tenant.tenant_users where tenant_id = ${tenant} and id = ${owner.id} and core_user_id = ${owner.id}
        and password_hash is null`,
  )

describe('the owner of a tenant', () => {
  test('gets a linked row when it becomes the owner, at onboarding and later', async () => {
    const { app, superuser } = scenario
    await makeTenant(app, superuser, tenant, { owner_id: owner.id })
    expect(await linkedRows()).toHaveLength(1)
    owner = await makeUser(app, superuser, { is_owner: true })
    const changed = await api(`PATCH /admin/tenants/${tenant}`, { owner_id: owner.id })
    expect([changed.status, changed.body.owner_id]).toEqual([200, owner.id])
    expect(await linkedRows()).toHaveLength(1)
  })

  test('writes settings, but not what only superusers decide: 403, and nothing is changed', async () => {
    await makeTenant(scenario.app, scenario.superuser, tenant, { owner_id: owner.id })
    const changed = await asOwner(`PATCH /admin/tenants/${tenant}`, { name: 'Mine', system_prompt: 'Ours.' })
    expect([changed.status, changed.body.name]).toEqual([200, 'Mine'])
    const before = (await api(`GET /admin/tenants/${tenant}`)).body
    for (const body of [
      { is_active: true },
      { owner_id: null },
      { owner_id: scenario.superuser.id },
      { isolation: 'pooled' },
      { database_server_id: null },
      { name: 'With', is_active: false },
    ]) {
      const refused = await asOwner(`PUT /admin/tenants/${tenant}`, body)
      expect([refused.status, refused.body.code]).toEqual([403, 'auth.forbidden'])
    }
    for (const route of [
      `DELETE /admin/tenants/${tenant}`,
      `POST /admin/tenants/${tenant}/activate`,
      'GET /admin/tenants',
    ]) {
      expect((await asOwner(route)).status).toBe(403)
    }
    expect((await api(`GET /admin/tenants/${tenant}`)).body).toEqual(before)
  })

  test('sees no other tenant: the same 404 as for none', async () => {
    await makeTenant(scenario.app, scenario.superuser, tenant)
    for (const route of [
      'GET ID',
      'PATCH ID',
      'GET ID/prompts',
      'GET ID/usage',
      'GET ID/sessions',
      'POST ID/model/test',
    ]) {
      const body = route.startsWith('GET') ? undefined : {}
      const foreign = await asOwner(route.replace('ID', `/admin/tenants/${tenant}`), body)
      const missing = await asOwner(route.replace('ID', '/admin/tenants/no-such-tenant'), body)
      expect([foreign.status, { ...foreign.body, request_id: '' }]).toEqual([404, { ...missing.body, request_id: '' }])
    }
  })

  test('must be somebody who is an owner', async () => {
    const nobody = await makeUser(scenario.app, scenario.superuser)
    await makeTenant(scenario.app, scenario.superuser, tenant)
    const refused = await api(`PATCH /admin/tenants/${tenant}`, { owner_id: nobody.id })
    expect([refused.status, refused.body.errors[0].path]).toEqual([422, 'owner_id'])
  })

  test('whose address a user of the tenant already has is refused with 409, and nothing is changed', async () => {
    await makeTenant(scenario.app, scenario.superuser, tenant)
    await scenario.sql`
      insert into tenant.tenant_users (tenant_id, id, email, password_hash)
      values (${tenant}, gen_random_uuid(), ${owner.email.toUpperCase()}, 'x')`
    const before = (await api(`GET /admin/tenants/${tenant}`)).body
    const refused = await api(`PATCH /admin/tenants/${tenant}`, { owner_id: owner.id, name: 'Half done' })
    expect([refused.status, refused.body.code]).toEqual([409, 'user.email_taken'])
    expect((await api(`GET /admin/tenants/${tenant}`)).body).toEqual(before)
    const audited = await scenario.sql`
      select 1 from audit_log where tenant_id = ${tenant} and action = 'tenant.updated'`
    expect(audited).toHaveLength(0)
  })

  test('loses the tenant at once when another becomes its owner', async () => {
    const { app, superuser } = scenario
    await makeTenant(app, superuser, tenant, { owner_id: owner.id })
    expect((await asOwner(`GET /admin/tenants/${tenant}`)).status).toBe(200)
    const next = await makeUser(app, superuser, { is_owner: true })
    await api(`PATCH /admin/tenants/${tenant}`, { owner_id: next.id })
    expect((await asOwner(`GET /admin/tenants/${tenant}`)).status).toBe(404)
    expect((await call(app, `GET /admin/tenants/${tenant}`, { token: next.token })).status).toBe(200)
  })

  test('sees counts and times of conversations, never text', async () => {
    const { app, superuser } = scenario
    await makeTenant(app, superuser, tenant, { owner_id: owner.id })
    const user = await makeUser(app, superuser, { tenant })
    for (const message of ['canary-one', 'canary-two']) {
      expect((await call(app, 'POST /chat', { token: user.token, body: { message } })).status).toBe(200)
    }
    const { body, text } = await asOwner(`GET /admin/tenants/${tenant}/sessions`)
    expect(body.items).toHaveLength(2)
    for (const item of body.items) {
      expect(Object.keys(item).sort()).toEqual([
        'cost_micro_usd',
        'created_at',
        'id',
        'last_status',
        'messages',
        'total_tokens',
        'updated_at',
        'user_id',
      ])
      expect(item).toMatchObject({ messages: 2, user_id: user.id, last_status: 'completed' })
      expect(item.total_tokens).toBeGreaterThan(0)
    }
    expect(text).not.toContain('canary')
    const first = await asOwner(`GET /admin/tenants/${tenant}/sessions?limit=1`)
    const second = await asOwner(`GET /admin/tenants/${tenant}/sessions?limit=1&cursor=${first.body.next_cursor}`)
    expect([...first.body.items, ...second.body.items]).toEqual(body.items)
  })
})
