import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { call, type Reply } from '../../support/call.ts'
import { makeTenant, makeUser } from '../../support/people.ts'
import { eventually, type Scenario, startScenario } from '../../support/scenario.ts'

let scenario: Scenario

interface Row {
  tenant?: string
  user?: string | null
  purpose?: string
  provider?: string
  model?: string
  prompt?: number
  completion?: number
  cost?: number | null
  status?: string
  firstTokenMs?: number | null
  at: string
}

beforeAll(async () => {
  scenario = await startScenario()
  for (const id of ['acme', 'beta', 'empty']) await makeTenant(scenario.app, scenario.superuser, id)
})
afterAll(() => scenario.stop())

async function addCalls(rows: Row[]): Promise<void> {
  for (const row of rows) {
    const { tenant = 'acme', user = null, purpose = 'chat', provider = 'openai', model = 'gpt-4o-mini' } = row
    const { prompt = 10, completion = 5, cost = 7, status = 'completed', firstTokenMs = null, at } = row
    const isOpen = status === 'reserved'
    await scenario.sql`
      insert into usage_ledger (id, tenant_id, user_id, source, purpose, provider, model, prompt_tokens,
        completion_tokens, cost_micro_usd, status, usage_source, first_token_ms, request_id, created_at,
        lease_expires_at, settled_at)
      values (gen_random_uuid(), ${tenant}, ${user}, 'api', ${purpose}, ${provider}, ${model}, ${prompt}, ${completion},
        ${cost}, ${status}, 'provider', ${firstTokenMs}, 'r', ${at},
        ${isOpen ? new Date(Date.now() + 3_600_000) : null}, ${isOpen ? null : at})`
  }
}

const usageOf = (path: string, headers?: Record<string, string>): Promise<Reply> =>
  call(scenario.app, `GET ${path}`, { token: scenario.superuser.token, headers })

describe('GET …/usage', () => {
  const user = '018f0000-0000-7000-8000-000000000001'

  beforeAll(() =>
    addCalls([
      { at: '2026-03-01T00:00:00Z', user, firstTokenMs: 100 },
      { at: '2026-03-01T00:59:59.999Z', firstTokenMs: 200 },
      { at: '2026-03-01T01:00:00Z', firstTokenMs: 300, status: 'failed', completion: 0 },
      { at: '2026-03-01T23:30:00Z', firstTokenMs: 1_000, status: 'aborted', model: 'gpt-4.1-mini', cost: null },
      { at: '2026-03-02T00:00:00Z', purpose: 'embedding', model: 'text-embedding-3-small', completion: 0, cost: null },
      { at: '2026-03-02T00:00:01Z', status: 'reserved', prompt: 5_000, cost: 5_000 },
      { at: '2026-04-01T00:00:00Z', purpose: 'test' },
      { at: '2026-03-01T00:00:00Z', tenant: 'beta', prompt: 99 },
    ]),
  )

  test('sums settled calls of a UTC day to exactly the contract’s fields; reserved ones do not count', async () => {
    const { body } = await usageOf('/admin/tenants/acme/usage?from=2026-03-01&to=2026-03-03')
    expect(body.next_cursor).toBeNull()
    expect(body.items).toEqual([
      {
        bucket: '2026-03-01T00:00:00.000Z',
        requests: 4,
        failed: 1,
        aborted: 1,
        prompt_tokens: 40,
        completion_tokens: 15,
        total_tokens: 55,
        cost_micro_usd: 21,
        unpriced_requests: 1,
        first_token_ms_p50: 200,
        first_token_ms_p95: 1_000,
      },
      {
        bucket: '2026-03-02T00:00:00.000Z',
        requests: 1,
        failed: 0,
        aborted: 0,
        prompt_tokens: 10,
        completion_tokens: 0,
        total_tokens: 10,
        // The price is unknown, so the cost is: it is never 0.
        cost_micro_usd: null,
        unpriced_requests: 1,
        first_token_ms_p50: null,
        first_token_ms_p95: null,
      },
    ])
  })

  test('cuts time into hours, days and months, `to` not included', async () => {
    const range = 'from=2026-03-01T00:00:00Z&to=2026-04-01T00:00:00Z'
    const bucketsOf = async (bucket: string): Promise<[string, number][]> => {
      const { body } = await usageOf(`/admin/tenants/acme/usage?${range}&bucket=${bucket}`)
      return body.items.map((item: { bucket: string; requests: number }) => [item.bucket, item.requests])
    }
    expect(await bucketsOf('hour')).toEqual([
      ['2026-03-01T00:00:00.000Z', 2],
      ['2026-03-01T01:00:00.000Z', 1],
      ['2026-03-01T23:00:00.000Z', 1],
      ['2026-03-02T00:00:00.000Z', 1],
    ])
    expect(await bucketsOf('day')).toEqual([
      ['2026-03-01T00:00:00.000Z', 4],
      ['2026-03-02T00:00:00.000Z', 1],
    ])
    expect(await bucketsOf('month')).toEqual([['2026-03-01T00:00:00.000Z', 5]])
    const west = await usageOf(
      '/admin/tenants/acme/usage?from=2026-02-28T20:00:00-04:00&to=2026-03-01T01:00:00%2B00:00',
    )
    expect(west.body.items[0].requests).toBe(2)
  })

  test.each([
    ['model', 'model', ['gpt-4o-mini', 'gpt-4.1-mini', 'text-embedding-3-small']],
    ['user', 'user_id', [null, user]],
    ['purpose', 'purpose', ['chat', 'embedding']],
    ['tenant', 'tenant_id', ['acme']],
  ])('groups by %s, the biggest first, with no other group field', async (group, field, values) => {
    const { body } = await usageOf(
      `/admin/tenants/acme/usage?from=2026-03-01&to=2026-04-01&bucket=month&group_by=${group}`,
    )
    expect(body.items.map((item: Record<string, unknown>) => item[field])).toEqual(values)
    const groupFields = ['tenant_id', 'model', 'user_id', 'purpose'].filter((name) => name in body.items[0])
    expect(groupFields).toEqual([field])
  })

  test('by user names API keys, revoked ones too, and platform users, to a tenant’s managers only its own', async () => {
    const { app, superuser, sql } = scenario
    const { token } = superuser
    const makeKey = async (tenant: string, name: string): Promise<string> =>
      (await call(app, `POST /admin/tenants/${tenant}/api-keys`, { token, body: { name, scopes: ['chat'] } })).body.id
    const [key, gone, foreign] = [
      await makeKey('acme', 'Website'),
      await makeKey('acme', 'Old one'),
      await makeKey('beta', 'Theirs'),
    ]
    expect((await call(app, `DELETE /admin/tenants/acme/api-keys/${gone}`, { token })).status).toBe(204)
    const member = await makeUser(app, superuser, { tenant: 'acme' })
    const at = '2026-01-10T00:00:00Z'
    // Not everything may be told to an owner: a superuser tried it, and a row names another tenant's key.
    for (const id of [key, gone, member.id, superuser.id, foreign]) await addCalls([{ at, user: id }])
    const query = 'from=2026-01-01&to=2026-02-01&bucket=month&group_by=user'
    const read = async (path: string, as: string): Promise<Record<string, unknown>> => {
      const { body } = await call(app, `GET ${path}?${query}`, { token: as })
      return Object.fromEntries(
        body.items.map((item: Record<string, unknown>) => [item.user_id, [item.user_kind, item.user_name]]),
      )
    }
    const all = {
      [key]: ['api_key', 'Website'],
      [gone]: ['api_key', 'Old one'],
      [member.id]: ['user', member.email],
      [superuser.id]: ['user', superuser.email],
      [foreign]: ['api_key', 'Theirs'],
    }
    expect(await read('/admin/usage', token)).toEqual(all)
    const owner = await makeUser(app, superuser, { is_owner: true })
    await sql`update tenants set owner_id = ${owner.id} where id = 'acme'`
    await eventually(async () => (await call(app, 'GET /admin/tenants/acme', { token: owner.token })).status === 200)
    expect(await read('/admin/tenants/acme/usage', owner.token)).toEqual({
      ...all,
      [superuser.id]: [null, null],
      [foreign]: [null, null],
    })
    const csv = await usageOf(`/admin/usage?${query}`, { accept: 'text/csv' })
    expect(csv.text).toContain('bucket,user_id,user_kind,user_name,requests')
    expect(csv.text).toContain(`${gone},api_key,Old one,1`)
  })

  test('of all tenants is for superusers, of one for its managers, and never holds another’s', async () => {
    const { app, superuser, sql } = scenario
    const all = await usageOf('/admin/usage?from=2026-03-01&to=2026-03-02&group_by=tenant')
    expect(all.body.items.map((item: Record<string, unknown>) => [item.tenant_id, item.requests])).toEqual([
      ['acme', 4],
      ['beta', 1],
    ])
    const owner = await makeUser(app, superuser, { is_owner: true })
    await sql`update tenants set owner_id = ${owner.id} where id = 'beta'`
    const own = await call(app, 'GET /admin/tenants/beta/usage?from=2026-03-01&to=2026-03-02', { token: owner.token })
    expect(own.body.items.map((item: { prompt_tokens: number }) => item.prompt_tokens)).toEqual([99])
    expect((await call(app, 'GET /admin/tenants/acme/usage', { token: owner.token })).status).toBe(404)
    expect((await call(app, 'GET /admin/usage', { token: owner.token })).status).toBe(403)
  })

  test('the default is the last 30 days by day', async () => {
    const ago = (days: number): string => new Date(Date.now() - days * 86_400_000).toISOString()
    await addCalls([
      { tenant: 'empty', at: ago(29) },
      { tenant: 'empty', at: ago(31) },
    ])
    const { body } = await usageOf('/admin/tenants/empty/usage')
    expect(body.items.map((item: { bucket: string }) => item.bucket)).toEqual([`${ago(29).slice(0, 10)}T00:00:00.000Z`])
  })

  test('is CSV when that is asked for, and a cell is never a formula', async () => {
    await addCalls([{ at: '2025-01-01T00:00:00Z', model: '=cmd|"x"!A1', cost: null, firstTokenMs: 12 }])
    const path = '/admin/tenants/acme/usage?from=2025-01-01&to=2025-01-02&group_by=model'
    const csv = await usageOf(path, { accept: 'text/html;q=0.5, text/csv' })
    expect(csv.headers.get('content-type')).toBe('text/csv; charset=utf-8')
    expect(csv.headers.get('content-disposition')).toBe('attachment; filename="usage-acme-2025-01-01-2025-01-02.csv"')
    expect(csv.text).toBe(
      'bucket,model,requests,failed,aborted,prompt_tokens,completion_tokens,total_tokens,cost_micro_usd,' +
        'unpriced_requests,first_token_ms_p50,first_token_ms_p95\r\n' +
        `2025-01-01T00:00:00.000Z,"'=cmd|""x""!A1",1,0,0,10,5,15,,1,12,12\r\n`,
    )
    expect((await usageOf(path)).headers.get('content-type')).toStartWith('application/json')
  })

  test.each([
    ['a bucket that is none', 'bucket=week'],
    ['a group that is none', 'group_by=key'],
    ['a time that is none', 'from=yesterday'],
    ['an impossible date', 'from=2026-13-01'],
    ['a date before history', 'from=0000-01-01'],
    ['thirty days that begin before history', 'to=0001-01-01T00:00:00Z'],
    ['an empty time', 'from='],
    ['an end before the beginning', 'from=2026-03-02&to=2026-03-01'],
    ['too many buckets', 'bucket=hour&from=1990-01-01&to=2026-01-01'],
  ])('%s is 422 request.invalid', async (_name, query) => {
    for (const path of ['/admin/usage', '/admin/tenants/acme/usage']) {
      const reply = await usageOf(`${path}?${query}`)
      expect([reply.status, reply.body.code]).toEqual([422, 'request.invalid'])
    }
  })
})
