import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { call, type Reply } from '../support/call.ts'
import { makeSuperuser, makeTenant, makeUser, password, type Person } from '../support/people.ts'
import { openOwner } from '../support/scenario.ts'
import { startApp, type TestApp } from '../support/start-app.ts'

/** D12: one Idempotency-Key, one effect. */

let app: TestApp
let superuser: Person
let other: Person
let sql: ReturnType<typeof openOwner>
let keys = 0
const newKey = (): string => `key-${(keys += 1)}-${crypto.randomUUID()}`

beforeAll(async () => {
  app = await startApp()
  sql = openOwner(app)
  superuser = await makeSuperuser(app)
  other = await makeUser(app, superuser, { is_superuser: true })
})
afterAll(async () => {
  await sql.end()
  await app.stop()
})

function create(
  route: string,
  body: unknown,
  key: string,
  options: { as?: Person; on?: TestApp } = {},
): Promise<Reply> {
  const { as = superuser, on = app } = options
  return call(on, `POST ${route}`, { token: as.token, body, headers: { 'idempotency-key': key } })
}
const rowsOf = async (id: string): Promise<number> => {
  const [row] = await sql<{ tenants: number; versions: number; audits: number }[]>`
    select (select count(*)::int from tenants where id = ${id}) as tenants,
      (select count(*)::int from tenant_prompt_versions where tenant_id = ${id}) as versions,
      (select count(*)::int from audit_log where tenant_id = ${id} and action = 'tenant.created') as audits`
  expect(new Set(Object.values(row ?? {})).size).toBe(1)
  return row?.tenants ?? 0
}

describe('D12: one Idempotency-Key', () => {
  test('used 50 times at once on two replicas has one effect; all get that answer, or 409 to try again', async () => {
    const replica = await app.startReplica()
    const key = newKey()
    const body = { id: 'once', name: 'Once', system_prompt: 'x' }
    const replies = await Promise.all(
      Array.from({ length: 50 }, (_, n) => create('/admin/tenants', body, key, { on: n % 2 ? app : replica })),
    )
    const statuses = new Set(replies.map(({ status }) => status))
    expect([...statuses].every((status) => status === 201 || status === 409)).toBe(true)
    expect(statuses.has(201)).toBe(true)
    for (const { status, body, headers } of replies) {
      if (status === 201) continue
      expect([body.code, headers.get('retry-after')]).toEqual(['idempotency.in_flight', '1'])
    }
    expect(await rowsOf('once')).toBe(1)
    const later = await create('/admin/tenants', body, key, { on: replica })
    const bodies = [later, ...replies].filter(({ status }) => status === 201).map((reply) => reply.body)
    for (const answer of bodies) expect(answer).toEqual(bodies[0])
    expect(await rowsOf('once')).toBe(1)
    await replica.stop()
  })

  test('used again for a user replays the first answer, and makes nobody', async () => {
    const key = newKey()
    const body = { email: 'once@people.example', password }
    const first = await create('/admin/users', body, key)
    const again = await create('/admin/users', { password, email: 'once@people.example' }, key)
    expect([first.status, again.status]).toEqual([201, 201])
    expect(again.body).toEqual(first.body)
    expect(await sql`select 1 from users where email = 'once@people.example'`).toHaveLength(1)
    const kept = await sql`select string_agg(i::text, '') as text from idempotency_keys i`
    expect(JSON.stringify(kept)).not.toContain(password)
  })

  test('with another body, or at another route, is 422 idempotency.mismatch without an effect', async () => {
    const key = newKey()
    const body = { id: 'first', name: 'First' }
    expect((await create('/admin/tenants', body, key)).status).toBe(201)
    const bodies = [
      { id: 'second', name: 'First' },
      { ...body, model: null },
      { ...body, name: 'first' },
    ]
    for (const changed of bodies) {
      const reply = await create('/admin/tenants', changed, key)
      expect([reply.status, reply.body.code]).toEqual([422, 'idempotency.mismatch'])
    }
    const elsewhere = await create('/admin/users', { email: 'else@people.example', password }, key)
    expect([elsewhere.status, elsewhere.body.code]).toEqual([422, 'idempotency.mismatch'])
    expect(await rowsOf('second')).toBe(0)
    expect(await sql`select 1 from users where email = 'else@people.example'`).toHaveLength(0)
    expect((await create('/admin/tenants/', { name: 'First', id: 'first' }, key)).status).toBe(201)
  })

  test('belongs to its caller: another’s is another', async () => {
    const key = newKey()
    expect((await create('/admin/tenants', { id: 'mine', name: 'Mine' }, key)).status).toBe(201)
    const theirs = await create('/admin/tenants', { id: 'theirs', name: 'Theirs' }, key, { as: other })
    expect([theirs.status, theirs.body.id]).toEqual([201, 'theirs'])
  })

  test('keeps nothing of a failure: the same request may succeed later', async () => {
    const key = newKey()
    const body = { id: 'later', name: 'Later' }
    await makeTenant(app, superuser, 'later')
    const refused = await create('/admin/tenants', body, key)
    expect([refused.status, refused.body.code]).toEqual([409, 'tenant.id_taken'])
    expect((await create('/admin/tenants', { id: 'x'.repeat(64), name: 'X' }, key)).status).toBe(422)
    expect(await sql`select 1 from idempotency_keys where key = ${key}`).toHaveLength(0)
    await call(app, 'DELETE /admin/tenants/later?purge=true', {
      token: superuser.token,
      headers: { 'x-confirm': 'later' },
    })
    expect((await create('/admin/tenants', body, key)).status).toBe(201)
  })

  test('is forgotten after 24 hours', async () => {
    const key = newKey()
    expect((await create('/admin/tenants', { id: 'old', name: 'Old' }, key)).status).toBe(201)
    await sql`update idempotency_keys set created_at = now() - interval '23 hours 59 minutes' where key = ${key}`
    expect((await create('/admin/tenants', { id: 'old-2', name: 'Old' }, key)).status).toBe(422)
    await sql`update idempotency_keys set created_at = now() - interval '24 hours 1 minute' where key = ${key}`
    const fresh = await create('/admin/tenants', { id: 'old-2', name: 'Old' }, key)
    expect([fresh.status, fresh.body.id]).toEqual([201, 'old-2'])
  })

  test.each(['', ' ', 'with space', 'é', 'x'.repeat(256)])(
    '%p is no key: 400 request.malformed, nothing is made',
    async (key) => {
      const headers = { 'idempotency-key': Buffer.from(key, 'utf8').toString('latin1') }
      const body = { id: 'keyless', name: 'X' }
      const reply = await call(app, 'POST /admin/tenants', { token: superuser.token, body, headers })
      expect([reply.status, reply.body.code]).toEqual([400, 'request.malformed'])
      expect(await rowsOf('keyless')).toBe(0)
    },
  )

  test('is ignored by chat: each request is an answer of its own', async () => {
    await makeTenant(app, superuser, 'chatty')
    const user = await makeUser(app, superuser, { tenant: 'chatty' })
    const key = newKey()
    const first = await create('/chat', { message: 'One' }, key, { as: user })
    const second = await create('/chat', { message: 'Two' }, key, { as: user })
    expect([first.status, second.status]).toEqual([200, 200])
    expect(second.body.message_id).not.toBe(first.body.message_id)
  })
})
