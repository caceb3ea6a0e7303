import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { call } from '../../support/call.ts'
import { inDatabase, makeDedicatedTenant } from '../../support/dedicated.ts'
import { makeTenant, makeUser, password, type Person, signIn } from '../../support/people.ts'
import { ask, type Scenario, startScenario } from '../../support/scenario.ts'

/** Tenants with a database of their own: features cannot tell them from pooled ones, `psql` can. */

let scenario: Scenario
let superuser: Person

beforeAll(async () => {
  scenario = await startScenario()
  superuser = scenario.superuser
})
afterAll(() => scenario.stop())

const api = (route: string, body?: unknown, headers?: Record<string, string>) =>
  call(scenario.app, route, { token: superuser.token, body, headers })

const makeDedicated = (id: string, settings: Record<string, unknown> = {}) =>
  makeDedicatedTenant(scenario.app, superuser, id, settings)

async function makeEndUser(tenant: string, email: string): Promise<Person> {
  const made = await api(`POST /admin/tenants/${tenant}/users`, { email, password })
  expect(made.status).toBe(201)
  return signIn(scenario.app, email, tenant)
}

describe('a tenant whose database could not be made', () => {
  const failure = 'The disk of the database server is full.'
  const signIn = (tenant: string, who: { email: string; password: string }) =>
    call(scenario.app, 'POST /auth/login', { tenant, body: who })

  test.each(['failed', 'provisioning'])(
    'in state %s answers a wrong password like an unknown tenant, and tells its state after the right one',
    async (state) => {
      const id = `unmade-${state}`
      await scenario.sql`insert into tenants (id, name, isolation, state, failure, database_server_id)
        select ${id}, 'Unmade', 'dedicated', 'failed', ${failure}, id from database_servers where is_built_in`
      const member = await makeUser(scenario.app, superuser)
      await scenario.sql`update users set tenant_id = ${id} where id = ${member.id}`
      await scenario.sql`update tenants set state = ${state} where id = ${id}`
      const right = { email: member.email, password }
      const wrong = { email: member.email, password: 'not the right password' }
      const stranger = { email: 'nobody@people.example', password: 'not the right password' }
      for (const who of [wrong, stranger]) {
        const [here, nowhere] = [await signIn(id, who), await signIn('no-such-tenant', who)]
        expect([here.status, here.body.code, here.body.detail]).toEqual([
          nowhere.status,
          nowhere.body.code,
          nowhere.body.detail,
        ])
      }
      const told = await signIn(id, right)
      expect([told.status, told.body.code]).toEqual(
        state === 'failed' ? [403, 'tenant.inactive'] : [503, 'tenant.migrating'],
      )
      expect(told.text).not.toContain(failure)
      await scenario.sql`update users set tenant_id = null where id = ${member.id}`
      await scenario.sql`delete from tenants where id = ${id}`
    },
  )

  test('says so to whoever manages it, on its pages and when entered', async () => {
    await scenario.sql`insert into tenants (id, name, isolation, state, failure, database_server_id)
      select 'unmade', 'Unmade', 'dedicated', 'failed', ${failure}, id from database_servers where is_built_in`
    expect((await api('GET /admin/tenants/unmade')).body).toMatchObject({ failure, is_self_made: false })
    const users = await api('GET /admin/tenants/unmade/users')
    expect([users.status, users.body.code]).toEqual([503, 'tenant.database_unavailable'])
    expect(users.body.detail).toContain('could not be made')
    const entered = await call(scenario.app, 'GET /chat/sessions', { token: superuser.token, tenant: 'unmade' })
    expect([entered.status, entered.body.code]).toEqual([403, 'tenant.inactive'])
    expect(entered.body.detail).toContain(failure)
    await scenario.sql`delete from tenants where id = 'unmade'`
  })
})

describe('a dedicated tenant', () => {
  test('is made with a database and a role of its own, and says where it lives', async () => {
    const tenant = await makeDedicated('own')
    expect(tenant).toMatchObject({ isolation: 'dedicated', state: 'active', failure: null })
    expect(tenant.database_name).toMatch(/^tenant_\d+(_[0-9a-f]{8})?$/)
    const [server] = await scenario.sql`select id::text from database_servers where is_built_in`
    expect(tenant.database_server_id).toBe(server?.id)
    const [row] = await scenario.sql`select database_role, database_password from tenants where id = 'own'`
    expect(row?.database_password).toStartWith('v1.')
    const [role] = await scenario.sql`select rolsuper, rolbypassrls, rolcreatedb, rolcreaterole, rolcanlogin
      from pg_roles where rolname = ${row?.database_role}`
    expect(role).toMatchObject({
      rolsuper: false,
      rolbypassrls: false,
      rolcreatedb: false,
      rolcreaterole: false,
      rolcanlogin: true,
    })
    expect((await scenario.sql`select * from tenant_migrations where tenant_id = 'own'`)[0]).toMatchObject({
      state: 'applied',
    })
  })

  test('serves chat, conversations, users and usage like any other', async () => {
    await makeDedicated('chatty', { system_prompt: 'You speak for Chatty.' })
    const user = await makeUser(scenario.app, superuser, { tenant: 'chatty' })
    const first = await ask(scenario.app, { token: user.token, message: 'Hello?' })
    expect(first.events.at(-1)?.event).toBe('done')
    const session = first.data('start').session_id
    const again = await call(scenario.app, 'POST /chat', {
      token: user.token,
      body: { message: 'And again?', session_id: session },
    })
    expect(again.status).toBe(200)
    const messages = await call(scenario.app, `GET /chat/sessions/${session}/messages`, { token: user.token })
    expect(messages.body.items.map((item: { role: string }) => item.role)).toEqual([
      'user',
      'assistant',
      'user',
      'assistant',
    ])
    const usage = await api('GET /admin/tenants/chatty/usage')
    expect(usage.body.items[0]).toMatchObject({ requests: 2, failed: 0, aborted: 0 })
    expect((await api('GET /admin/tenants/chatty/users')).body.items).toHaveLength(1)
    const end = await makeEndUser('chatty', 'end@people.example')
    expect((await call(scenario.app, 'GET /users/me', { token: end.token })).body).toMatchObject({
      scope: 'tenant',
      tenant_id: 'chatty',
    })
    const mine = await call(scenario.app, 'GET /chat/sessions', { token: end.token })
    expect(mine.body.items).toEqual([])
    const stolen = await call(scenario.app, `GET /chat/sessions/${session}/messages`, { token: end.token })
    expect(stolen.status).toBe(404)
  })

  test('has the same address with another password than its neighbours, dedicated and pooled', async () => {
    await makeDedicated('twin-a')
    await makeDedicated('twin-b')
    await makeTenant(scenario.app, superuser, 'twin-c')
    const email = 'same@people.example'
    const passwords: Record<string, string> = {
      'twin-a': 'password of the first twin',
      'twin-b': 'password of the second twin',
      'twin-c': 'password of the third twin',
    }
    for (const [tenant, own] of Object.entries(passwords)) {
      expect((await api(`POST /admin/tenants/${tenant}/users`, { email, password: own })).status).toBe(201)
    }
    for (const tenant of Object.keys(passwords)) {
      for (const [other, own] of Object.entries(passwords)) {
        const reply = await call(scenario.app, 'POST /auth/login', { tenant, body: { email, password: own } })
        expect(reply.status).toBe(tenant === other ? 200 : 401)
      }
    }
  })

  test('with psql one sees a database for each, and not a byte of one in another or of any in core', async () => {
    const tenants = [await makeDedicated('bytes-a'), await makeDedicated('bytes-b')]
    for (const { id } of tenants) {
      const user = await makeEndUser(id, `canary-${id}@people.example`)
      await ask(scenario.app, { token: user.token, message: `canary-${id}` })
    }
    for (const { id, database_name: name } of tenants) {
      await inDatabase(scenario.app, name, async (sql) => {
        expect(await sql`select distinct tenant_id from tenant.chat_messages`).toEqual([{ tenant_id: id }] as never)
        expect(await sql`select 1 from tenant.chat_messages where content = ${`canary-${id}`}`).toHaveLength(1)
      })
    }
    for (const table of ['tenant_users', 'chat_sessions', 'chat_messages']) {
      const rows = await scenario.sql`select 1 from tenant.${scenario.sql(table)} where tenant_id like 'bytes-%'`
      expect(rows).toHaveLength(0)
    }
  })

  test('is destroyed by a purge, database and role, with a receipt; the id is free again', async () => {
    const tenant = await makeDedicated('gone')
    const user = await makeEndUser('gone', 'gone@people.example')
    await ask(scenario.app, { token: user.token })
    const [row] = await scenario.sql`select database_role from tenants where id = 'gone'`
    const purged = await api('DELETE /admin/tenants/gone?purge=true', undefined, { 'x-confirm': 'gone' })
    expect(purged.status).toBe(200)
    expect(purged.body.deleted).toMatchObject({
      chat_messages: 2,
      chat_sessions: 1,
      tenant_users: 1,
      databases: 1,
      roles: 1,
    })
    const left = await scenario.sql`select datname from pg_database where datname = ${tenant.database_name}
      union all select rolname from pg_roles where rolname = ${row?.database_role}`
    expect(left).toHaveLength(0)
    const again = await makeDedicated('gone')
    expect(again.number).toBeGreaterThan(tenant.number)
  })

  test('keeps its place: writing another isolation or server down is refused', async () => {
    await makeDedicated('stays')
    await makeTenant(scenario.app, superuser, 'pooled-stays')
    for (const [id, body] of [
      ['stays', { isolation: 'pooled' }],
      ['stays', { database_server_id: null }],
      ['pooled-stays', { isolation: 'dedicated' }],
    ] as const) {
      expect((await api(`PATCH /admin/tenants/${id}`, body)).status).toBe(422)
    }
    expect((await api('PATCH /admin/tenants/stays', { isolation: 'dedicated', name: 'Stays' })).status).toBe(200)
  })
})
