import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'bun:test'
import { slugOf } from '../../../server/features/tenants/organizations.usecases.ts'
import { call, type CallOptions, type Reply } from '../../support/call.ts'
import { readToken } from '../../support/mail.ts'
import { makeTenant, makeUser, password, type Person, signIn } from '../../support/people.ts'
import { withoutRequestId } from '../../support/problem.ts'
import { listRoutes } from '../../support/routes.ts'
import { ask, chatsSentTo, platformKey, type Scenario, startScenario } from '../../support/scenario.ts'
import { startApp } from '../../support/start-app.ts'

let scenario: Scenario
let owner: Person
let names = 0

beforeAll(async () => {
  scenario = await startScenario({ env: { ORGANIZATIONS_PER_OWNER: '3', OPENAI_API_KEY: platformKey } })
})
beforeEach(async () => {
  owner = await makeUser(scenario.app, scenario.superuser, { is_owner: true })
})
afterAll(() => scenario.stop())

const api = (route: string, options: CallOptions = {}): Promise<Reply> =>
  call(scenario.app, route, { token: owner.token, ...options })
const asSuperuser = (route: string, body?: unknown): Promise<Reply> =>
  call(scenario.app, route, { token: scenario.superuser.token, body })
const newName = (): string => `House ${++names}`
async function create(body: Record<string, unknown> = { name: newName() }): Promise<string> {
  const made = await api('POST /organizations', { body })
  if (made.status !== 201) throw new Error(`no organization was made: ${made.text}`)
  return made.body.id
}

describe('making an organization', () => {
  test('goes from registration to the first answer', async () => {
    const { app } = scenario
    const email = 'founder@people.example'
    await call(app, 'POST /auth/register', { body: { email, password } })
    owner = await signIn(app, email)
    const early = await api('POST /organizations', { body: { name: 'Too early' } })
    expect([early.status, early.body.code]).toEqual([403, 'user.not_verified'])
    const token = await readToken(app, scenario.superuser, { to: email, page: 'verify' })
    expect((await call(app, 'POST /auth/verify', { body: { token } })).status).toBe(200)
    const made = await api('POST /organizations', { body: { name: 'Åsa & Söner, Malmö' } })
    expect([made.status, made.body]).toMatchObject([
      201,
      {
        id: 'asa-soner-malmo',
        name: 'Åsa & Söner, Malmö',
        owner_id: owner.id,
        is_active: true,
        state: 'active',
        isolation: 'dedicated',
      },
    ])
    expect((await api('GET /organizations/asa-soner-malmo')).body).toEqual(made.body)
    expect((await api('GET /organizations')).body).toEqual({ items: [made.body], next_cursor: null })
    const { text } = await ask(app, { token: owner.token, tenant: 'asa-soner-malmo' })
    expect(text.length).toBeGreaterThan(0)
    const usage = await api('GET /admin/tenants/asa-soner-malmo/usage')
    expect(usage.body.items).toMatchObject([{ requests: 1 }])
  })

  test('takes an id that is given, and refuses one that is taken or reserved', async () => {
    const id = await create({ name: 'With an id', id: 'with-an-id' })
    expect(id).toBe('with-an-id')
    const taken = await api('POST /organizations', { body: { name: 'Again', id } })
    expect([taken.status, taken.body.code]).toEqual([409, 'tenant.id_taken'])
    for (const reserved of ['counts', 'import', 'new', 'UPPER', '', '-x']) {
      expect((await api('POST /organizations', { body: { name: 'x', id: reserved } })).status).toBe(422)
    }
    expect((await api('GET /organizations')).body.items).toHaveLength(1)
  })

  test('makes the id unique by a suffix when others have it, also many at once, and never a reserved one', async () => {
    const other = await makeUser(scenario.app, scenario.superuser, { is_owner: true })
    const made = await Promise.all(
      [owner, other].flatMap(({ token }) =>
        [1, 2].map(() => api('POST /organizations', { token, body: { name: 'Twins' } })),
      ),
    )
    expect(made.map(({ status }) => status)).toEqual([201, 201, 201, 201])
    const ids = made.map(({ body }) => String(body.id))
    expect(new Set(ids).size).toBe(4)
    for (const id of ids) expect(id).toMatch(/^twins(-[a-z0-9]{5})?$/)
    expect(await create({ name: 'Counts' })).toMatch(/^counts-[a-z0-9]{5}$/)
  })

  test('makes an id of any name', () => {
    expect(['  Ünïcode 9 ', '日本', '---', 'a'.repeat(99), `${'a'.repeat(49)} b`].map(slugOf)).toEqual([
      'unicode-9',
      'organization',
      'organization',
      'a'.repeat(50),
      'a'.repeat(49),
    ])
  })

  test('is allowed so many times, also when asked many times at once; those switched off count', async () => {
    const replies = await Promise.all(
      Array.from({ length: 8 }, () => api('POST /organizations', { body: { name: newName() } })),
    )
    expect(replies.map(({ status }) => status).toSorted((a, b) => a - b)).toEqual([
      201, 201, 201, 409, 409, 409, 409, 409,
    ])
    expect(new Set(replies.flatMap(({ body }) => body.code ?? []))).toEqual(new Set(['organization.limit_reached']))
    const { items } = (await api('GET /organizations')).body
    expect(items).toHaveLength(3)
    expect((await api(`DELETE /organizations/${items[0].id}`)).status).toBe(204)
    expect((await api('POST /organizations', { body: { name: newName() } })).status).toBe(409)
  })

  test('D12: with one Idempotency-Key 10 times at once makes one; another body is 422', async () => {
    const headers = { 'idempotency-key': crypto.randomUUID() }
    const body = { name: newName() }
    const replies = await Promise.all(Array.from({ length: 10 }, () => api('POST /organizations', { body, headers })))
    expect(replies.every(({ status }) => status === 201 || status === 409)).toBe(true)
    const again = await api('POST /organizations', { body, headers })
    expect(again.status).toBe(201)
    expect((await api('GET /organizations')).body.items).toEqual([again.body])
    const changed = await api('POST /organizations', { body: { name: newName() }, headers })
    expect([changed.status, changed.body.code]).toEqual([422, 'idempotency.mismatch'])
  })

  test('is written to the audit log with who did it', async () => {
    const id = await create()
    const rows = await scenario.sql`select action, actor_id, outcome from audit_log where tenant_id = ${id}`
    expect([...rows]).toEqual([{ action: 'tenant.created', actor_id: owner.id, outcome: 'done' }])
  })
})

test('an organization has a database of its own with its owner in it, and core not a byte of its users', async () => {
  const id = await create()
  const users = await api(`GET /admin/tenants/${id}/users`)
  expect(users.body.items).toMatchObject([{ id: owner.id, email: owner.email, is_linked: true, has_access: true }])
  const email = 'inside@people.example'
  expect((await call(scenario.app, 'POST /auth/register', { tenant: id, body: { email, password } })).status).toBe(201)
  const inside = await signIn(scenario.app, email, id)
  expect((await ask(scenario.app, { token: inside.token, message: 'canary of the inside' })).text).not.toBe('')
  const tables = await scenario.sql`select schemaname || '.' || tablename as name from pg_tables
    where schemaname in ('public', 'tenant')`
  expect(tables.length).toBeGreaterThan(15)
  for (const { name } of tables) {
    const rows = await scenario.sql.unsafe(
      `select 1 from ${name} t where t::text ~ 'inside@people|canary of the inside'`,
    )
    expect([name, rows.length]).toEqual([name, 0])
  }
})

describe('an organization', () => {
  test('is renamed by its owner, and by no field beside', async () => {
    const id = await create()
    const renamed = await api(`PATCH /organizations/${id}`, { body: { name: 'Renamed' } })
    expect([renamed.status, renamed.body.name, renamed.body.id]).toEqual([200, 'Renamed', id])
    for (const field of ['isolation', 'owner_id', 'is_active', 'limits', 'is_self_made']) {
      const refused = await api(`PATCH /organizations/${id}`, { body: { name: 'Renamed', [field]: true } })
      expect([field, refused.status]).toEqual([field, 422])
    }
  })

  test('is switched off and on by its owner: nobody gets in meanwhile', async () => {
    const id = await create()
    expect((await api(`DELETE /organizations/${id}`)).status).toBe(204)
    expect((await api(`GET /organizations/${id}`)).body).toMatchObject({ is_active: false, deactivated_by: 'owner' })
    const refused = await api('POST /chat', { tenant: id, body: { message: 'Hello?' } })
    expect([refused.status, refused.body.code]).toEqual([403, 'tenant.inactive'])
    const again = await api(`POST /organizations/${id}/activate`)
    expect(again.body).toMatchObject({ is_active: true, deactivated_by: null })
    expect((await api('POST /chat', { tenant: id, body: { message: 'Hello?' } })).status).toBe(200)
  })

  test('that a superuser switched off its owner cannot switch on, nor make its own', async () => {
    const id = await create()
    await asSuperuser(`DELETE /admin/tenants/${id}`)
    expect((await api(`DELETE /organizations/${id}`)).status).toBe(204)
    const refused = await api(`POST /organizations/${id}/activate`)
    expect([refused.status, refused.body.code]).toEqual([403, 'auth.forbidden'])
    expect((await api(`GET /organizations/${id}`)).body).toMatchObject({
      is_active: false,
      deactivated_by: 'superuser',
    })
    await asSuperuser(`POST /admin/tenants/${id}/activate`)
    expect((await api(`GET /organizations/${id}`)).body.is_active).toBe(true)
  })

  test('is seen by its owner alone: to other owners and to superusers it is missing', async () => {
    const id = await create()
    const stranger = await makeUser(scenario.app, scenario.superuser, { is_owner: true })
    const boss = await makeUser(scenario.app, scenario.superuser, { is_owner: true, is_superuser: true })
    for (const route of ['GET ID', 'PATCH ID', 'POST ID/activate', 'DELETE ID']) {
      const body = route.startsWith('PATCH') ? { name: 'Mine' } : undefined
      for (const { token } of [stranger, boss]) {
        const reply = (path: string): Promise<Reply> =>
          api(route.replace('ID', `/organizations/${path}`), { token, body })
        const [foreign, missing, impossible] = [await reply(id), await reply('no-such'), await reply("o'ther")]
        expect([route, foreign.status, foreign.body.code]).toEqual([route, 404, 'tenant.not_found'])
        expect(withoutRequestId(foreign)).toEqual(withoutRequestId(missing))
        expect(withoutRequestId(impossible)).toEqual(withoutRequestId(missing))
      }
    }
    expect((await api('GET /organizations', { token: stranger.token })).body.items).toEqual([])
    expect((await api(`GET /organizations/${id}`)).body).toMatchObject({ is_active: true })
  })

  test('is listed in pages, sorted and searched', async () => {
    for (const name of ['Beta', 'Alpha', 'Gamma']) await create({ name: `${name} ${newName()}` })
    const first = await api('GET /organizations?sort=name&limit=2')
    const second = await api(`GET /organizations?sort=name&limit=2&cursor=${first.body.next_cursor}`)
    const found = [...first.body.items, ...second.body.items].map(({ name }) => String(name).split(' ')[0])
    expect([found, second.body.next_cursor]).toEqual([['Alpha', 'Beta', 'Gamma'], null])
    expect((await api('GET /organizations?q=beta')).body.items).toHaveLength(1)
    const told = await api('GET /organizations?include=usage,total&limit=1')
    expect(told.body).toMatchObject({
      items: [{ usage: { requests_7d: 0, last_active_at: null }, failing: [] }],
      total: 3,
      organizations_max: 3,
    })
  })

  test('opens every route of managers for its owner and none of them for another one', async () => {
    const id = await create()
    const stranger = await makeUser(scenario.app, scenario.superuser, { is_owner: true })
    const paths = listRoutes(scenario.app.app)
      .filter(({ method, audience }) => method === 'GET' && audience === 'manager')
      .map(({ path }) => path.replace(':id', id))
      .filter((path) => !path.includes(':'))
    expect(paths.length).toBeGreaterThan(6)
    for (const path of paths) {
      expect([path, (await api(`GET ${path}`)).status]).toEqual([path, 200])
      const foreign = await api(`GET ${path}`, { token: stranger.token })
      expect([path, foreign.status]).toEqual([path, 404])
    }
  })
})

test('an owner’s own profile and sessions are the platform’s, and enter the organization by header', async () => {
  const id = await create()
  const me = await api('GET /users/me')
  expect(me.body).toMatchObject({ scope: 'core', is_owner: true, tenant_id: null })
  expect((await api('GET /chat/sessions', { tenant: id })).status).toBe(200)
  const inside = await signIn(scenario.app, owner.email, id)
  expect((await api('GET /users/me', { token: inside.token })).body).toMatchObject({ scope: 'tenant', tenant_id: id })
  const refused = await api('GET /organizations', { token: inside.token })
  expect([refused.status, refused.body.code]).toEqual([403, 'scope.core_required'])
})

describe('the platform’s model key', () => {
  test('is not for organizations that owners made, unless PLATFORM_MODEL_FOR_ORGANIZATIONS says so', async () => {
    const { database } = scenario.app
    const strict = await startApp({
      database,
      env: {
        OPENAI_API_KEY: platformKey,
        OPENAI_BASE_URL: scenario.model.url,
        PLATFORM_MODEL_FOR_ORGANIZATIONS: 'false',
        OFFLINE_MODEL: 'false',
      },
    })
    try {
      const id = await create()
      await makeTenant(scenario.app, scenario.superuser, 'onboarded', { owner_id: owner.id })
      const chat = (app: typeof strict, tenant: string): Promise<Reply> =>
        call(app, 'POST /chat', { token: owner.token, tenant, body: { message: 'Hello?' } })
      const sent = chatsSentTo(scenario.model).length
      const refused = await chat(strict, id)
      expect([refused.status, refused.body.code]).toEqual([503, 'model.not_configured'])
      expect(refused.text).not.toContain(platformKey)
      expect(chatsSentTo(scenario.model)).toHaveLength(sent)
      expect((await chat(strict, 'onboarded')).status).toBe(200)
      expect((await chat(scenario.app, id)).status).toBe(200)
      expect(chatsSentTo(scenario.model)).toHaveLength(sent + 2)
      const explicit = await api(`PATCH /admin/tenants/${id}`, { body: { model_provider: 'openai' } })
      expect(explicit.status).toBe(200)
      expect((await chat(strict, id)).body.code).toBe('model.not_configured')
    } finally {
      await strict.stop()
    }
  })
})
