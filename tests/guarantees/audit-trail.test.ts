import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'bun:test'
import { sql as rawSql } from 'drizzle-orm'
import { call, type CallOptions, type Reply } from '../support/call.ts'
import { makeTenant, makeUser, password, type Person } from '../support/people.ts'
import { type Scenario, startScenario } from '../support/scenario.ts'

/** B13: each admin write, denied access and secret test leaves exactly one row, in the transaction of its effect. */

let scenario: Scenario
let user: Person
let owner: Person

beforeAll(async () => {
  scenario = await startScenario()
  const { app, superuser } = scenario
  owner = await makeUser(app, superuser, { is_owner: true })
  await makeTenant(app, superuser, 'acme', { owner_id: owner.id, system_prompt: 'One' })
  user = await makeUser(app, superuser, { tenant: 'acme' })
})
beforeEach(async () => {
  await scenario.sql`truncate audit_log`
})
afterAll(() => scenario.stop())

const api = (route: string, body?: unknown, more?: CallOptions): Promise<Reply> =>
  call(scenario.app, route, { token: scenario.superuser.token, body, ...more })
interface AuditRow {
  action: string
  outcome: string
  actor_id: string
  actor_email: string
  tenant_id: string | null
  target_type: string
  target_id: string
  request_id: string
  address: string | null
  before: Record<string, unknown> | null
  after: Record<string, unknown> | null
}
const audits = async (): Promise<AuditRow[]> =>
  Array.from(await scenario.sql<AuditRow[]>`select * from audit_log order by at, id`)

describe('B13: an admin write', () => {
  const writes: [string, string, string, unknown, string[]][] = [
    ['tenant.created', 'POST', '/admin/tenants', { id: 'made', name: 'Made' }, []],
    ['tenant.updated', 'PATCH', '/admin/tenants/acme', { name: 'New', system_prompt: 'Two' }, []],
    [
      'tenant.updated',
      'PUT',
      '/admin/tenants/acme',
      { model_api_key: 'sk-audit-canary-1234' },
      ['sk-audit-canary-1234'],
    ],
    [
      'price.added',
      'POST',
      '/admin/prices',
      {
        provider: 'openai',
        model: 'audited',
        input_per_million_micro_usd: 1,
        output_per_million_micro_usd: 2,
      },
      [],
    ],
    ['tenant.updated', 'DELETE', '/admin/tenants/acme', undefined, []],
    ['tenant.updated', 'POST', '/admin/tenants/acme/activate', undefined, []],
    ['tenant.prompt_restored', 'POST', '/admin/tenants/acme/prompts/1/restore', undefined, []],
    [
      'tenant.pinecone_tested',
      'POST',
      '/admin/tenants/acme/pinecone/test',
      { pinecone_api_key: 'pcsk-audit-canary' },
      ['pcsk-audit-canary'],
    ],
    [
      'tenant.model_tested',
      'POST',
      '/admin/tenants/acme/model/test',
      { model_api_key: 'sk-draft-canary-99' },
      ['sk-draft-canary-99'],
    ],
    ['api_key.created', 'POST', '/admin/tenants/acme/api-keys', { name: 'Audited' }, ['tk_']],
    ['user.created', 'POST', '/admin/users', { email: 'audit@people.example', password }, [password]],
    [
      'user.updated',
      'PATCH',
      '/admin/users/USER',
      { full_name: 'Named', password: 'another long password' },
      ['another long password'],
    ],
    ['user.unassigned', 'DELETE', '/admin/users/USER/tenant', undefined, []],
    ['user.assigned', 'PUT', '/admin/users/USER/tenant', { tenant_id: 'acme' }, []],
    ['user.deleted', 'DELETE', '/admin/users/USER', undefined, []],
  ]

  test.each(writes)(
    '%s (%s %s) is one row that names who, what and from where, and holds no secret',
    async (...write) => {
      const [action, method, path, body, secrets] = write
      const reply = await api(`${method} ${path.replace('USER', user.id)}`, body)
      expect(reply.status).toBeLessThan(300)
      const rows = await audits()
      expect(rows.map((row) => row.action)).toEqual([action])
      expect(rows[0]).toMatchObject({
        outcome: 'done',
        actor_id: scenario.superuser.id,
        actor_email: scenario.superuser.email,
        target_type: action.split('.')[0],
        request_id: reply.headers.get('x-request-id'),
        address: '127.0.0.1',
      })
      for (const secret of [...secrets, 'argon2', 'v1.']) expect(JSON.stringify(rows)).not.toContain(secret)
    },
  )

  test('a purge is its attempt and its outcome, as it also writes to the tenant’s store', async () => {
    await makeTenant(scenario.app, scenario.superuser, 'purged')
    await scenario.sql`truncate audit_log`
    await api('DELETE /admin/tenants/purged?purge=true', undefined, { headers: { 'x-confirm': 'purged' } })
    expect((await audits()).map(({ action }) => action)).toEqual(['tenant.purge_started', 'tenant.purged'])
  })

  test('tells what changed and from what, and nothing else', async () => {
    await api('PATCH /admin/tenants/acme', { name: 'Before', retrieval_top_k: 3 })
    await scenario.sql`truncate audit_log`
    await api('PATCH /admin/tenants/acme', { name: 'After', retrieval_top_k: 4, pinecone_api_key: 'pcsk-told-canary' })
    const [row] = await audits()
    expect(row?.before).toEqual({ name: 'Before', retrieval_top_k: 3, pinecone_api_key: expect.any(Object) })
    expect(row?.after).toEqual({
      name: 'After',
      retrieval_top_k: 4,
      pinecone_api_key: { set: true, last4: 'nary', updated_at: expect.any(String) },
    })
  })

  test.each([
    ['POST /admin/tenants', { id: 'acme', name: 'Taken' }, 409],
    ['POST /admin/tenants', { id: 'counts', name: 'Reserved' }, 422],
    ['PATCH /admin/tenants/acme', { model_base_url: 'http://10.0.0.1/v1' }, 422],
    ['PATCH /admin/tenants/nobody', { name: 'X' }, 404],
    ['POST /admin/tenants/acme/prompts/99/restore', undefined, 404],
    ['GET /admin/tenants/acme', undefined, 200],
  ])('%s %j without an effect leaves no row', async (route, body, status) => {
    expect((await api(route, body)).status).toBe(status)
    expect(await audits()).toEqual([])
  })
})

describe('B13: a write and its row stand or fall together', () => {
  const failing = async (table: string, timing: string, work: () => Promise<void>): Promise<void> => {
    await scenario.sql.unsafe(`
      create or replace function fail_on_purpose() returns trigger language plpgsql as
        $$ begin raise exception 'fails on purpose'; end $$;
      create trigger fail_on_purpose ${timing} on ${table} for each row execute function fail_on_purpose()`)
    try {
      await work()
    } finally {
      await scenario.sql.unsafe(`drop trigger fail_on_purpose on ${table}`)
    }
  }
  const attempts: [string, string, unknown][] = [
    ['POST', '/admin/tenants', { id: 'never', name: 'Never' }],
    ['PATCH', '/admin/tenants/acme', { name: 'Never' }],
    ['POST', '/admin/users', { email: 'never@people.example', password }],
    ['PUT', '/admin/users/OWNER/tenant', { tenant_id: 'acme' }],
    ['DELETE', '/admin/users/OWNER', undefined],
  ]
  const everything = async (): Promise<string> => {
    const [row] = await scenario.sql`
      select (select jsonb_agg(t order by id) from tenants t)::text || (select jsonb_agg(u order by id) from users u)::text as all`
    return row?.all
  }

  test.each(attempts)('%s %s with a failing audit log changes nothing', async (method, path, body) => {
    const before = await everything()
    await failing('audit_log', 'before insert', async () => {
      const reply = await api(`${method} ${path.replace('OWNER', owner.id)}`, body)
      expect([reply.status, reply.body.code]).toEqual([500, 'server.error'])
      expect(reply.text).not.toContain('on purpose')
    })
    expect(await everything()).toBe(before)
    expect(await audits()).toEqual([])
  })

  test.each(attempts)('%s %s that fails itself leaves no row', async (method, path, body) => {
    const before = await everything()
    const table = path.startsWith('/admin/users') ? 'users' : 'tenants'
    await failing(table, 'after insert or update or delete', async () => {
      expect((await api(`${method} ${path.replace('OWNER', owner.id)}`, body)).status).toBe(500)
    })
    expect(await everything()).toBe(before)
    expect(await audits()).toEqual([])
  })
})

describe('B13: denied access', () => {
  test.each([
    ['a user at an admin route', 'GET /admin/tenants'],
    ['a user at a manager’s route', 'PATCH /admin/tenants/acme'],
    ['an owner at another’s tenant', 'GET /admin/tenants/foreign'],
    ['an owner at a superuser’s route', 'GET /admin/audit'],
  ])('%s is one row, outcome denied', async (name, route) => {
    const { app, superuser } = scenario
    if (route.endsWith('foreign')) await makeTenant(app, superuser, 'foreign')
    const stranger = await makeUser(app, superuser, { is_owner: name.includes('owner') })
    await scenario.sql`truncate audit_log`
    const reply = await call(app, route, { token: stranger.token, body: route.startsWith('PATCH') ? {} : undefined })
    expect([403, 404]).toContain(reply.status)
    const rows = await audits()
    expect(rows).toHaveLength(1)
    expect(rows[0]).toMatchObject({
      action: 'access.denied',
      outcome: 'denied',
      actor_id: stranger.id,
      target_id: route,
      request_id: reply.headers.get('x-request-id'),
    })
  })
})

test('B13: the runtime role may add and read audit rows, not change, delete or empty them', async () => {
  await api('PATCH /admin/tenants/acme', { name: 'Kept' })
  const { db } = scenario.app.services.core
  for (const statement of ["update audit_log set action = 'x'", 'delete from audit_log', 'truncate audit_log']) {
    const failure: unknown = await db.execute(rawSql.raw(statement)).catch((error: unknown) => error)
    expect(failure).toMatchObject({ cause: { code: '42501' } })
  }
  expect((await audits()).map(({ action }) => action)).toEqual(['tenant.updated'])
})

test('B13: an entry names the platform users it speaks of, never a tenant’s own', async () => {
  await api('PATCH /admin/tenants/acme', { owner_id: null })
  await api('PATCH /admin/tenants/acme', { owner_id: owner.id })
  const own = await api('POST /admin/tenants/acme/users', { email: 'end.user@canary.example', password })
  expect(own.status).toBe(201)
  const { body, text } = await api('GET /admin/audit?limit=50')
  const [changed] = body.items.filter(
    ({ after }: { after: Record<string, unknown> | null }) => after?.owner_id === owner.id,
  )
  expect(changed.names).toEqual({ [owner.id]: owner.email })
  const made = body.items.filter(({ target_id: id }: { target_id: string }) => id === own.body.id)
  expect(made).not.toBeEmpty()
  expect(made.every(({ names }: { names: object }) => Object.keys(names).length === 0)).toBe(true)
  expect(text).not.toContain('canary.example')
})
