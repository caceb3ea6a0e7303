import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { call } from '../support/call.ts'
import { asOwner } from '../support/owner-sql.ts'
import { makeSuperuser, makeTenant, makeUser, type Person } from '../support/people.ts'
import { startApp, type TestApp } from '../support/start-app.ts'

let app: TestApp
let superuser: Person

beforeAll(async () => {
  app = await startApp()
  superuser = await makeSuperuser(app)
})
afterAll(() => app.stop())

describe('tenant ids', () => {
  test('A7: an id with quotes, 64 bytes, Unicode or capitals is 422 and makes nothing', async () => {
    const odd = [
      "acme'; drop table tenants; --",
      'a"b',
      'a`b',
      'a'.repeat(64),
      'ä',
      '日本',
      'Acme',
      '-a',
      '_a',
      'a b',
      'a.b',
      'a/b',
      'a\u0000',
      '',
      '..',
      'counts',
      'import',
    ]
    for (const id of odd) {
      const reply = await call(app, 'POST /admin/tenants', { token: superuser.token, body: { id, name: 'Odd' } })
      expect([id, reply.status, reply.body.code]).toEqual([id, 422, 'request.invalid'])
    }
    const [row] = await asOwner(app, (sql) => sql`select count(*)::int as n from tenants where name = 'Odd'`)
    expect(row?.n).toBe(0)
  })

  test('A7: an id that is the name of a database or schema is only text: nothing is named after it', async () => {
    const before = await asOwner(app, (sql) => sql`select datname from pg_database order by 1`)
    const roles = await asOwner(app, (sql) => sql`select rolname from pg_roles order by 1`)
    for (const id of ['postgres', 'template1', 'public', 'tenant', 'pg_catalog', 'a'.repeat(63), '0', 'constructor']) {
      await makeTenant(app, superuser, id)
      expect((await call(app, `GET /admin/tenants/${id}`, { token: superuser.token })).body.id).toBe(id)
      const member = await makeUser(app, superuser, { tenant: id })
      expect((await call(app, 'GET /chat/sessions', { token: member.token })).body).toEqual({
        items: [],
        next_cursor: null,
      })
    }
    const after = await asOwner(app, (sql) => sql`select datname from pg_database order by 1`)
    const made = (now: Iterable<Record<string, unknown>>, known: Iterable<Record<string, unknown>>, column: string) =>
      [...now].map((row) => String(row[column])).filter((name) => ![...known].some((row) => row[column] === name))
    // Other test files make theirs on the same server meanwhile.
    expect(made(after, before, 'datname').filter((name) => !/^(tenantry_|tenant_\d)/.test(name))).toEqual([])
    const rolesAfter = await asOwner(app, (sql) => sql`select rolname from pg_roles order by 1`)
    expect(made(rolesAfter, roles, 'rolname').filter((name) => !name.startsWith('tenantry_'))).toEqual([])
  })
})
