import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { call, type CallOptions, type Reply } from '../../support/call.ts'
import { makeTenant } from '../../support/people.ts'
import { type Scenario, startScenario } from '../../support/scenario.ts'

let scenario: Scenario

beforeAll(async () => {
  scenario = await startScenario()
})
afterAll(() => scenario.stop())

const api = (route: string, body?: unknown, more?: CallOptions): Promise<Reply> =>
  call(scenario.app, route, { token: scenario.superuser.token, body, ...more })

const unlimited = {
  requests_per_minute: null,
  tokens_per_minute: null,
  concurrent_streams: null,
  tokens_per_month: null,
  cost_per_month_micro_usd: null,
}
const unset = { set: false, last4: null, updated_at: null }
const time = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/

describe('POST /admin/tenants', () => {
  test('needs only id and name; the answer has exactly the fields of a tenant, and no secret', async () => {
    const made = await api('POST /admin/tenants', { id: 'acme', name: 'Acme' })
    expect(made.status).toBe(201)
    expect(made.body).toEqual({
      id: 'acme',
      number: expect.any(Number),
      name: 'Acme',
      owner_id: null,
      is_self_made: false,
      is_active: true,
      deactivated_by: null,
      isolation: 'pooled',
      state: 'active',
      failure: null,
      database_server_id: null,
      database_name: null,
      registration: 'open',
      system_prompt: null,
      retrieval: null,
      retrieval_top_k: 5,
      retrieval_score_min: null,
      retrieval_weights: null,
      retrieval_filter: null,
      pinecone_environment: null,
      pinecone_index: null,
      pinecone_namespace: null,
      pinecone_text_field: 'text',
      pinecone_api_key: unset,
      embedding_model: 'text-embedding-3-small',
      model_provider: null,
      model: null,
      model_base_url: null,
      model_api_key: unset,
      max_output_tokens: 4096,
      limits: { ...unlimited, soft: unlimited, per_user: { ...unlimited, soft: unlimited } },
      created_at: expect.stringMatching(time),
      updated_at: expect.stringMatching(time),
    })
    expect((await api('GET /admin/tenants/acme')).body).toEqual(made.body)
  })

  test.each(['a', '0', 'a_b-c', `a${'x'.repeat(62)}`])('takes the id %s', async (id) => {
    expect((await api('POST /admin/tenants', { id, name: 'X' })).status).toBe(201)
    expect((await api(`GET /admin/tenants/${id}`)).body.id).toBe(id)
  })

  test.each([
    '',
    'A',
    'ä',
    '-a',
    '_a',
    'a b',
    'a.b',
    "a'b",
    'a\n',
    `a${'x'.repeat(63)}`,
    'a/b',
    'counts',
    'import',
    null,
    7,
  ])('refuses the id %p with 422, and makes nothing', async (id) => {
    const [before] = await scenario.sql`select count(*) from tenants`
    const reply = await api('POST /admin/tenants', { id, name: 'X' })
    expect([reply.status, reply.body.code, reply.body.errors?.[0]?.path]).toEqual([422, 'request.invalid', 'id'])
    expect(await scenario.sql`select count(*) from tenants`).toMatchObject([{ ...before }])
  })

  test('refuses an id that is taken with 409 tenant.id_taken, and changes nothing', async () => {
    await makeTenant(scenario.app, scenario.superuser, 'taken', { system_prompt: 'First.' })
    const reply = await api('POST /admin/tenants', { id: 'taken', name: 'Second', system_prompt: 'Second.' })
    expect([reply.status, reply.body.code]).toEqual([409, 'tenant.id_taken'])
    expect((await api('GET /admin/tenants/taken')).body).toMatchObject({
      name: 'Tenant taken',
      system_prompt: 'First.',
    })
    expect((await api('GET /admin/tenants/taken/prompts')).body.items).toHaveLength(1)
  })

  test.each([
    ['no name', { id: 'x' }, 'name'],
    ['an empty name', { id: 'x', name: '' }, 'name'],
    ['a misspelt field', { id: 'x', name: 'X', sytem_prompt: 'x' }, 'sytem_prompt'],
    ['a state', { id: 'x', name: 'X', state: 'failed' }, 'state'],
    ['a number of its own', { id: 'x', name: 'X', number: 7 }, 'number'],
    ['too many passages', { id: 'x', name: 'X', retrieval_top_k: 51 }, 'retrieval_top_k'],
    ['a provider that is none', { id: 'x', name: 'X', model_provider: 'acme' }, 'model_provider'],
    ['a short key', { id: 'x', name: 'X', model_api_key: 'short' }, 'model_api_key'],
    ['a key with a line end', { id: 'x', name: 'X', model_api_key: 'sk-0123456789\nx' }, 'model_api_key'],
    ['an owner who is none', { id: 'x', name: 'X', owner_id: '018f0000-0000-7000-8000-000000000001' }, 'owner_id'],
  ])('refuses %s with 422 that names the field', async (_name, body, path) => {
    const reply = await api('POST /admin/tenants', body)
    expect([reply.status, reply.body.code, reply.body.errors[0].path]).toEqual([422, 'request.invalid', path])
  })
})

describe.each(['PUT', 'PATCH'])('%s /admin/tenants/{id}', (method) => {
  const id = `changed-by-${method.toLowerCase()}`
  const settings = {
    name: 'Old',
    system_prompt: 'Old prompt.',
    registration: 'invited',
    retrieval: 'keyword',
    retrieval_top_k: 9,
    retrieval_weights: { keyword: 1, semantic: 2 },
    retrieval_filter: { lang: 'en', nested: { $in: [1, 2] } },
    pinecone_index: 'old-index',
    model: 'gpt-4.1',
    max_output_tokens: 99,
  }

  beforeAll(() => makeTenant(scenario.app, scenario.superuser, id, settings))

  test('changes only what is given', async () => {
    const before = (await api(`GET /admin/tenants/${id}`)).body
    expect(before).toMatchObject(settings)
    for (const change of [{ name: 'New' }, { retrieval: null }, { model: null }, { retrieval_weights: null }, {}]) {
      const old = (await api(`GET /admin/tenants/${id}`)).body
      const changed = await api(`${method} /admin/tenants/${id}`, change)
      expect(changed.status).toBe(200)
      expect(changed.body).toEqual({ ...old, ...change, updated_at: changed.body.updated_at })
      expect((await api(`GET /admin/tenants/${id}`)).body).toEqual(changed.body)
    }
    const after = (await api(`GET /admin/tenants/${id}`)).body
    expect([after.number, after.created_at]).toEqual([before.number, before.created_at])
  })

  test('what may not be changed is refused, and nothing is', async () => {
    const before = (await api(`GET /admin/tenants/${id}`)).body
    const bodies = [
      { id: 'other' },
      { number: 1 },
      { state: 'failed' },
      { name: null },
      { retrieval_top_k: 0 },
      { name: 'N', x: 1 },
    ]
    for (const body of bodies) expect((await api(`${method} /admin/tenants/${id}`, body)).status).toBe(422)
    expect((await api(`GET /admin/tenants/${id}`)).body).toEqual(before)
  })

  test('of a tenant that is none is 404 tenant.not_found', async () => {
    for (const missing of ['nobody', 'NOT-AN-ID', 'x'.repeat(100), '%20', '..']) {
      const reply = await api(`${method} /admin/tenants/${missing}`, { name: 'X' })
      expect(reply.status).toBe(404)
    }
  })
})

describe('GET /admin/tenants', () => {
  const ids = ['list-a', 'list-b', 'list-c', 'list-d', 'list-e']

  beforeAll(async () => {
    for (const [index, id] of ids.entries()) {
      const name = `${['Berlin', 'athens', 'Cairo', 'Ätna', '100%_\\'][index]} listed`
      await makeTenant(scenario.app, scenario.superuser, id, { name })
    }
  })

  test.each(['created_at', '-created_at', 'updated_at', '-updated_at', 'name', '-name', 'id', '-id'])(
    'sorted by %s, pages hold every tenant once, in the order of the whole list',
    async (sort) => {
      const whole = (await api(`GET /admin/tenants?q=listed&limit=200&sort=${sort}`)).body.items
      const seen: unknown[] = []
      let cursor: string | null = null
      do {
        const page: Reply = await api(
          `GET /admin/tenants?q=listed&limit=2&sort=${sort}${cursor ? `&cursor=${encodeURIComponent(cursor)}` : ''}`,
        )
        expect(page.body.items.length).toBeLessThanOrEqual(2)
        seen.push(...page.body.items)
        cursor = page.body.next_cursor
      } while (cursor)
      expect(seen).toEqual(whole)
      expect(seen).toHaveLength(5)
      if (sort.endsWith('id') || sort.endsWith('created_at')) {
        const order = whole.map((item: { id: string }) => item.id)
        expect(order).toEqual(sort.startsWith('-') ? ids.toReversed() : ids)
      }
    },
  )

  test('searches id and name, wildcards taken literally', async () => {
    const found = async (q: string): Promise<string[]> =>
      (await api(`GET /admin/tenants?sort=id&q=${encodeURIComponent(q)}`)).body.items.map(
        (item: { id: string }) => item.id,
      )
    expect(await found('ATHENS')).toEqual(['list-b'])
    expect(await found('list-c')).toEqual(['list-c'])
    expect(await found('100%_\\')).toEqual(['list-e'])
    expect(await found('_ist-')).toEqual([])
    expect(await found("'; drop table tenants; --")).toEqual([])
  })

  test('filters by the model a tenant names, and by none', async () => {
    const named = async (model: string) =>
      (await api(`GET /admin/tenants?limit=200&model=${encodeURIComponent(model)}`)).body.items.map(
        ({ id }: { id: string }) => id,
      )
    await makeTenant(scenario.app, scenario.superuser, 'modelled', { model_provider: 'openai', model: 'gpt-4.1' })
    expect(await named('gpt-4.1')).toEqual(['modelled'])
    expect(await named('gpt-4.%')).toEqual([])
    expect(await named('')).not.toContain('modelled')
    expect(await named('')).not.toBeEmpty()
    const { body } = await api('GET /admin/tenants/counts')
    expect(body.models).toContainEqual({ model: 'gpt-4.1', tenants: 1 })
    expect(body.models.reduce((sum: number, row: { tenants: number }) => sum + row.tenants, 0)).toBe(body.all)
  })

  test('filters by when a tenant was created, the end not included', async () => {
    await makeTenant(scenario.app, scenario.superuser, 'old-one')
    await scenario.sql`update tenants set created_at = '2020-03-04T00:00:00Z' where id = 'old-one'`
    const between = async (from: string, to: string) =>
      (await api(`GET /admin/tenants?created_from=${from}&created_to=${to}`)).body.items.map(
        ({ id }: { id: string }) => id,
      )
    expect(await between('2020-03-04', '2020-03-05')).toEqual(['old-one'])
    expect(await between('2020-03-03', '2020-03-04')).toEqual([])
    expect((await api('GET /admin/tenants?created_from=2020-02-30')).status).toBe(422)
    await scenario.sql`update tenants set created_at = now() where id = 'old-one'`
  })

  test('searches the domains of a tenant, too', async () => {
    await makeTenant(scenario.app, scenario.superuser, 'with-domain')
    await api('POST /admin/tenants/with-domain/domains', { origin: 'https://chat.rosemary.example' })
    const { body } = await api('GET /admin/tenants?q=rosemary&include=total')
    expect([body.items.map(({ id }: { id: string }) => id), body.total]).toEqual([['with-domain'], 1])
  })

  test('filters by what is active', async () => {
    await api('DELETE /admin/tenants/list-a')
    const active = (await api('GET /admin/tenants?q=listed&is_active=true')).body.items
    const inactive = (await api('GET /admin/tenants?q=listed&is_active=false')).body.items
    expect(active.map((item: { id: string }) => item.id)).not.toContain('list-a')
    expect(inactive.map((item: { id: string }) => item.id)).toEqual(['list-a'])
  })

  test.each([
    'limit=0',
    'limit=201',
    'limit=-1',
    'limit=x',
    'limit=1.5',
    'sort=owner_id',
    'sort=name;',
    'is_active=perhaps',
    `q=${'x'.repeat(201)}`,
  ])('%s is 422', async (query) => {
    const reply = await api(`GET /admin/tenants?${query}`)
    expect([reply.status, reply.body.code]).toEqual([422, 'request.invalid'])
  })
})

test('every path is answered with and without a trailing slash', async () => {
  for (const path of [
    '/admin/tenants',
    '/admin/tenants/acme',
    '/admin/tenants/acme/prompts',
    '/admin/users',
    '/users/me',
  ]) {
    const [plain, slashed] = await Promise.all([api(`GET ${path}`), api(`GET ${path}/`)])
    expect([plain.status, slashed.status]).toEqual([200, 200])
    expect(slashed.body).toEqual(plain.body)
  }
  expect((await api('PATCH /admin/tenants/acme/', { name: 'Slashed' })).body.name).toBe('Slashed')
  expect((await api('POST /admin/tenants/', { id: 'slashed', name: 'X' })).status).toBe(201)
})
