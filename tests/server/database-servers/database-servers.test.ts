import { afterAll, beforeAll, expect, test } from 'bun:test'
import postgres from 'postgres'
import { call } from '../../support/call.ts'
import { makeDedicatedTenant } from '../../support/dedicated.ts'
import { type Scenario, startScenario } from '../../support/scenario.ts'
import { makeUser } from '../../support/people.ts'
import { ask } from '../../support/scenario.ts'
import { startTestServer, type TestServer } from '../../support/test-server.ts'

/** Superusers register further database servers; new dedicated tenants go to the least loaded. */

let scenario: Scenario
let second: TestServer
const address = () => {
  const url = new URL(second.url)
  Object.assign(url, { username: 'weak', password: 'canary-server-password' })
  return url.toString()
}

beforeAll(async () => {
  ;[scenario, second] = await Promise.all([startScenario(), startTestServer()])
  const admin = postgres(second.url, { max: 1, onnotice: () => undefined })
  await admin`create role weak login nosuperuser createdb createrole password 'canary-server-password'`
  await admin`create role powerless login password 'canary-server-password'`
  await admin.end()
})
afterAll(async () => {
  await scenario.stop()
  await second.stop()
})

const api = (route: string, body?: unknown, headers?: Record<string, string>) =>
  call(scenario.app, route, { token: scenario.superuser.token, body, headers })

test('an address is tried before it is saved: unreachable, refused and powerless ones are 422, and nothing is kept', async () => {
  const wrong = [
    'postgres://weak:x@127.0.0.1:1/postgres',
    address().replace('canary-server-password', 'wrong-password'),
    address().replace('weak', 'powerless'),
    'mysql://weak:x@127.0.0.1/postgres',
  ]
  for (const tried of wrong) {
    const reply = await api('POST /admin/database-servers', { name: 'second', address: tried })
    expect([reply.status, reply.body.errors?.[0]?.path]).toEqual([422, 'address'])
    expect(reply.text).not.toMatch(/canary-server|wrong-password/)
  }
  expect((await api('GET /admin/database-servers')).body.items).toHaveLength(1)
})

test('a server is registered, takes the next tenants, drains, and is forgotten when nobody lives there', async () => {
  const made = await api('POST /admin/database-servers', { name: 'second', address: address(), connections_max: 20 })
  expect(made.status).toBe(201)
  expect(made.text).not.toContain('canary-server-password')
  expect(made.body).toMatchObject({ name: 'second', is_built_in: false, tenants: 0, connections_max: 20 })
  const { id } = made.body
  const [row] = await scenario.sql`select address from database_servers where id = ${id}`
  expect(row?.address).toStartWith('v1.')
  const again = await api('POST /admin/database-servers', { name: 'third', address: address() })
  expect([again.status, again.body.errors?.[0]?.message]).toEqual([
    422,
    'leads to “second”, which is registered already',
  ])
  const [builtIn] = (await api('GET /admin/database-servers')).body.items.filter(
    (server: { is_built_in: boolean }) => server.is_built_in,
  )
  const alias = await api('POST /admin/database-servers', { name: 'alias', address: process.env.TEST_SERVER_URL ?? '' })
  expect([alias.status, alias.body.errors?.[0]?.message]).toEqual([
    422,
    `leads to “${builtIn.name}”, which is registered already`,
  ])
  const renamed = await api(`PATCH /admin/database-servers/${builtIn.id}`, { name: 'Second' })
  expect([renamed.status, renamed.body.code]).toEqual([409, 'database_server.name_taken'])

  // One is made here, so the other server is the less loaded one.
  const first = await makeDedicatedTenant(scenario.app, scenario.superuser, 'first')
  const tenant = await makeDedicatedTenant(scenario.app, scenario.superuser, 'away')
  expect(first.database_server_id).not.toBe(id)
  expect(tenant.database_server_id).toBe(id)
  const user = await makeUser(scenario.app, scenario.superuser, { tenant: 'away' })
  expect((await ask(scenario.app, { token: user.token })).events.at(-1)?.event).toBe('done')
  const look = postgres(second.url, { max: 1 })
  expect(await look`select 1 from pg_database where datname = ${tenant.database_name}`).toHaveLength(1)
  expect(
    await scenario.sql`select 1 from pg_database where shobj_description(oid, 'pg_database') like ${`%:${tenant.number}`}
    and starts_with(shobj_description(oid, 'pg_database'), 'tenantry:' || (select id from installation))`,
  ).toHaveLength(0)
  const listed = (await api('GET /admin/database-servers')).body.items
  expect(listed.map((server: { tenants: number }) => server.tenants)).toEqual([1, 1])
  expect(listed[1].connections.max).toBe(15)

  expect((await api(`PATCH /admin/database-servers/${id}`, { is_draining: true })).body.is_draining).toBe(true)
  const refused = await api('POST /admin/tenants', { id: 'late', name: 'Late', database_server_id: id })
  expect([refused.status, refused.body.code]).toEqual([409, 'tenant.dedicated_unavailable'])
  expect((await makeDedicatedTenant(scenario.app, scenario.superuser, 'third')).database_server_id).not.toBe(id)

  const inUse = await api(`DELETE /admin/database-servers/${id}`)
  expect([inUse.status, inUse.body.code]).toEqual([409, 'database_server.in_use'])
  expect((await api('DELETE /admin/tenants/away?purge=true', undefined, { 'x-confirm': 'away' })).status).toBe(200)
  expect(await look`select 1 from pg_database where datname = ${tenant.database_name}`).toHaveLength(0)
  await look.end()
  expect((await api(`DELETE /admin/database-servers/${id}`)).status).toBe(204)
  expect((await api(`GET /admin/database-servers/${id}`)).status).toBe(404)
  const audited =
    await scenario.sql`select action, after::text as after from audit_log where target_type = 'database_server'`
  expect(audited.map(({ action }) => action)).toEqual([
    'database_server.added',
    'database_server.updated',
    'database_server.removed',
  ])
  expect(JSON.stringify(audited)).not.toContain('canary-server-password')
}, 30_000)

test('the server of the core database can be neither forgotten nor given another address', async () => {
  const [builtIn] = (await api('GET /admin/database-servers')).body.items
  expect((await api(`DELETE /admin/database-servers/${builtIn.id}`)).body.code).toBe('database_server.in_use')
  const moved = await api(`PATCH /admin/database-servers/${builtIn.id}`, { address: address() })
  expect([moved.status, moved.body.errors[0].path]).toEqual([422, 'address'])
  const capped = await api(`PATCH /admin/database-servers/${builtIn.id}`, { tenants_max: 0 })
  expect(capped.body.tenants_max).toBe(0)
  const full = await api('POST /admin/tenants', { id: 'full', name: 'Full', isolation: 'dedicated' })
  expect([full.status, full.body.code]).toEqual([409, 'tenant.dedicated_unavailable'])
})
