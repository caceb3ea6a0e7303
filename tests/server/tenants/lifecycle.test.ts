import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'bun:test'
import { call, type CallOptions, iterateEvents, type Reply, send, type SseEvent } from '../../support/call.ts'
import { makeTenant, makeUser, signIn } from '../../support/people.ts'
import { ask, eventually, type Scenario, startScenario } from '../../support/scenario.ts'
import { addDocument } from '../chat/knowledge.ts'

let scenario: Scenario
let tenant = ''
let tenants = 0

beforeAll(async () => {
  scenario = await startScenario()
})
beforeEach(() => {
  scenario.model.reset()
  tenant = `tenant-${(tenants += 1)}`
})
afterAll(() => scenario.stop())

const api = (route: string, body?: unknown, more?: CallOptions): Promise<Reply> =>
  call(scenario.app, route, { token: scenario.superuser.token, body, ...more })

describe('switching off and on', () => {
  test('DELETE switches a tenant off and keeps everything; activate brings it back', async () => {
    const { app, superuser } = scenario
    await makeTenant(app, superuser, tenant)
    const user = await makeUser(app, superuser, { tenant })
    const { data } = await ask(app, { token: user.token })
    const gone = await api(`DELETE /admin/tenants/${tenant}`)
    expect([gone.status, gone.text]).toEqual([204, ''])
    expect((await api(`GET /admin/tenants/${tenant}`)).body).toMatchObject({
      is_active: false,
      deactivated_by: 'superuser',
    })
    for (const route of ['GET /chat/sessions', 'POST /chat']) {
      const refused = await call(app, route, {
        token: user.token,
        body: route.startsWith('POST') ? { message: 'x' } : undefined,
      })
      expect([refused.status, refused.body.code]).toEqual([403, 'tenant.inactive'])
    }
    expect((await api(`DELETE /admin/tenants/${tenant}`)).status).toBe(204)
    const back = await api(`POST /admin/tenants/${tenant}/activate`)
    expect([back.status, back.body.is_active, back.body.deactivated_by]).toEqual([200, true, null])
    const sessions = await call(app, 'GET /chat/sessions', { token: user.token })
    expect(sessions.body.items.map((item: { id: string }) => item.id)).toEqual([data('start').session_id])
  })

  test('an open stream of a tenant that is switched off ends with an error event, kept as aborted', async () => {
    const { app, superuser, model, sql } = scenario
    await makeTenant(app, superuser, tenant)
    const user = await makeUser(app, superuser, { tenant })
    model.behave({ tokens: 1_000, delayMs: 10 })
    const response = await send(app, 'POST /chat/stream', { token: user.token, body: { message: 'Go on' } })
    const events: SseEvent[] = []
    for await (const event of iterateEvents(response)) {
      events.push(event)
      if (events.length === 4) await api(`DELETE /admin/tenants/${tenant}`)
    }
    expect(events.at(-1)?.event).toBe('error')
    expect(events.at(-1)?.data).toMatchObject({ code: 'tenant.inactive', status: 403 })
    await eventually(() => model.openConnections() === 0, 1_000)
    const rows = await sql`select status from usage_ledger where tenant_id = ${tenant}`
    expect(rows.map(({ status }) => status)).toEqual(['aborted'])
  })

  test.each([
    'POST /admin/tenants/nobody/activate',
    'DELETE /admin/tenants/nobody',
    'DELETE /admin/tenants/nobody?purge=true',
  ])('%s is 404 tenant.not_found', async (route) => {
    const reply = await api(route, undefined, { headers: { 'x-confirm': 'nobody' } })
    expect([reply.status, reply.body.code]).toEqual([404, 'tenant.not_found'])
  })
})

describe('DELETE ?purge=true', () => {
  async function fill(): Promise<{ userId: string; other: string }> {
    const { app, superuser, sql } = scenario
    await makeTenant(app, superuser, tenant, { system_prompt: 'Purge me.', model_api_key: 'sk-purge-canary-1234' })
    const other = `${tenant}-other`
    await makeTenant(app, superuser, other)
    for (const id of [tenant, other]) await addDocument(sql, { tenant: id, title: 'Doc', passages: ['One.', 'Two.'] })
    const user = await makeUser(app, superuser, { tenant })
    const otherUser = await makeUser(app, superuser, { tenant: other })
    await ask(app, { token: user.token, body: { message: 'canary-purge-text', retrieval: 'off' } })
    await ask(app, { token: otherUser.token, body: { message: 'stays', retrieval: 'off' } })
    await signIn(app, user.email, tenant)
    return { userId: user.id, other }
  }

  test('without x-confirm, or with another id in it, is 422, and nothing is gone', async () => {
    const { other } = await fill()
    for (const headers of [undefined, { 'x-confirm': other }, { 'x-confirm': tenant.toUpperCase() }]) {
      const refused = await api(`DELETE /admin/tenants/${tenant}?purge=true`, undefined, { headers })
      expect([refused.status, refused.body.code, refused.body.errors[0].path]).toEqual([
        422,
        'request.invalid',
        'x-confirm',
      ])
    }
    expect((await api(`GET /admin/tenants/${tenant}`)).body.is_active).toBe(true)
  })

  test('destroys every row of the tenant and gives a receipt; others keep theirs', async () => {
    const { sql } = scenario
    const { userId, other } = await fill()
    const purged = await api(`DELETE /admin/tenants/${tenant}?purge=true`, undefined, {
      headers: { 'x-confirm': tenant },
    })
    expect(purged.status).toBe(200)
    expect(purged.body).toEqual({
      tenant_id: tenant,
      purged_at: expect.any(String),
      deleted: {
        chat_messages: 2,
        chat_sessions: 1,
        documents: 1,
        document_files: 1,
        chunks: 2,
        tenant_users: 1,
        sign_in_sessions: expect.any(Number),
        usage_ledger: 1,
        vectors: 0,
      },
      vectors_left: 0,
      usage: { calls: 1, total_tokens: expect.any(Number), cost_micro_usd: expect.any(Number) },
    })
    const tables = await sql<{ name: string }[]>`
      select quote_ident(table_schema) || '.' || quote_ident(table_name) as name from information_schema.columns
      where column_name = 'tenant_id' and table_schema in ('public', 'tenant') order by 1`
    expect(tables.length).toBeGreaterThanOrEqual(8)
    for (const { name } of tables) {
      const [row] = await sql.unsafe(
        'select count(*) filter (where tenant_id = $1)::int as mine, count(*) filter (where tenant_id = $2)::int as others ' +
          `from ${name}`,
        [tenant, other],
      )
      if (name === 'public.audit_log') expect(row?.mine).toBeGreaterThan(0)
      else expect({ name, rows: row?.mine }).toEqual({ name, rows: 0 })
      // Fences stand for tenants that are elsewhere.
      if (name.startsWith('tenant.') && name !== 'tenant.fences')
        expect({ name, kept: row?.others > 0 }).toEqual({ name, kept: true })
    }
    expect(await sql`select 1 from tenants where id = ${tenant}`).toHaveLength(0)
    const [audit] = await sql`select string_agg(a::text, '') as text from audit_log a where tenant_id = ${tenant}`
    expect(audit?.text).not.toContain('canary-purge-text')
    expect(audit?.text).not.toContain('sk-purge-canary')
    // The person stays, without a tenant; what was signed in there is not any more.
    expect((await api(`GET /admin/users/${userId}`)).body.tenant_id).toBeNull()
    for (const route of [
      `GET /admin/tenants/${tenant}`,
      `PATCH /admin/tenants/${tenant}`,
      `POST /admin/tenants/${tenant}/activate`,
    ]) {
      expect((await api(route, route.startsWith('PATCH') ? { name: 'X' } : undefined)).status).toBe(404)
    }
    // The id is free again, and the new tenant inherits nothing.
    await makeTenant(scenario.app, scenario.superuser, tenant)
    expect((await api(`GET /admin/tenants/${tenant}/prompts`)).body.items).toEqual([])
    expect((await api(`GET /admin/tenants/${tenant}/usage`)).body.items).toEqual([])
  })

  test('cuts what still streams there, and the call is not counted for anybody afterwards', async () => {
    const { app, model, sql } = scenario
    await makeTenant(app, scenario.superuser, tenant)
    const user = await makeUser(app, scenario.superuser, { tenant })
    model.behave({ tokens: 1_000, delayMs: 10 })
    const response = await send(app, 'POST /chat/stream', { token: user.token, body: { message: 'Go on' } })
    const events: SseEvent[] = []
    for await (const event of iterateEvents(response)) {
      events.push(event)
      if (events.length === 4) {
        const headers = { 'x-confirm': tenant }
        expect((await api(`DELETE /admin/tenants/${tenant}?purge=true`, undefined, { headers })).status).toBe(200)
      }
    }
    expect(events.at(-1)?.event).toBe('error')
    await eventually(() => app.services.openAnswers.size === 0)
    expect(await sql`select 1 from usage_ledger where tenant_id = ${tenant}`).toHaveLength(0)
    expect(await sql`select 1 from tenant.chat_messages where tenant_id = ${tenant}`).toHaveLength(0)
  })
})

describe('prompts', () => {
  test('each change is a version with its author; restoring makes a new one live', async () => {
    const { app, superuser } = scenario
    const owner = await makeUser(app, superuser, { is_owner: true })
    await makeTenant(app, superuser, tenant, { system_prompt: 'One', owner_id: owner.id })
    await api(`PATCH /admin/tenants/${tenant}`, { name: 'Same prompt' })
    await api(`PATCH /admin/tenants/${tenant}`, { system_prompt: 'One' })
    await call(app, `PATCH /admin/tenants/${tenant}`, { token: owner.token, body: { system_prompt: 'Two' } })
    await api(`PUT /admin/tenants/${tenant}`, { system_prompt: null })
    const listed = await api(`GET /admin/tenants/${tenant}/prompts`)
    expect(listed.body).toEqual({
      items: [
        {
          version: 3,
          system_prompt: null,
          author: expect.objectContaining({ id: superuser.id }),
          created_at: expect.any(String),
        },
        {
          version: 2,
          system_prompt: 'Two',
          author: { id: owner.id, email: owner.email, full_name: null },
          created_at: expect.any(String),
        },
        {
          version: 1,
          system_prompt: 'One',
          author: expect.objectContaining({ id: superuser.id }),
          created_at: expect.any(String),
        },
      ],
      next_cursor: null,
      default_prompt: expect.stringContaining('helpful assistant'),
    })
    const restored = await api(`POST /admin/tenants/${tenant}/prompts/2/restore`)
    expect([restored.status, restored.body.system_prompt]).toEqual([200, 'Two'])
    const pages = await api(`GET /admin/tenants/${tenant}/prompts?limit=3`)
    expect(pages.body.items.map((item: { version: number }) => item.version)).toEqual([4, 3, 2])
    const rest = await api(`GET /admin/tenants/${tenant}/prompts?limit=3&cursor=${pages.body.next_cursor}`)
    expect(rest.body.items.map((item: { version: number }) => item.version)).toEqual([1])
    expect(rest.body.next_cursor).toBeNull()
    for (const version of ['5', '0', '-1', 'x', '1.5', '99999999999999999999']) {
      const reply = await api(`POST /admin/tenants/${tenant}/prompts/${version}/restore`)
      expect([reply.status, reply.body.code]).toEqual([404, 'prompt.not_found'])
    }
  })

  test('what was written over a version that is not live any more changes nothing', async () => {
    await makeTenant(scenario.app, scenario.superuser, tenant)
    const write = (system_prompt: string | null, live_version: number): Promise<Reply> =>
      api(`PATCH /admin/tenants/${tenant}`, { system_prompt, name: 'Named too', live_version })
    expect((await write('One', 0)).status).toBe(200)
    for (const seen of [0, 2]) {
      const late = await write('Late', seen)
      expect([late.status, late.body.code, late.body.live_version]).toEqual([409, 'prompt.changed', 1])
    }
    expect((await write('Two', 1)).status).toBe(200)
    const restore = (seen: number): Promise<Reply> =>
      api(`POST /admin/tenants/${tenant}/prompts/1/restore?live_version=${seen}`)
    expect(await restore(1)).toMatchObject({ status: 409, body: { code: 'prompt.changed' } })
    expect(await restore(2)).toMatchObject({ status: 200, body: { system_prompt: 'One' } })
    for (const seen of [-1, 1.5, 'one', null]) {
      const unreadable = await api(`PATCH /admin/tenants/${tenant}`, { live_version: seen })
      expect([unreadable.status, unreadable.body.errors[0].path]).toEqual([422, 'live_version'])
    }
    const { body } = await api(`GET /admin/tenants/${tenant}/prompts`)
    expect(body.items.map((item: { system_prompt: string }) => item.system_prompt)).toEqual(['One', 'Two', 'One'])
    expect((await api('POST /admin/tenants', { id: `${tenant}-b`, name: 'B', live_version: 0 })).status).toBe(422)
  })

  test('of people who write over the same version at once, one succeeds and the others are told', async () => {
    await makeTenant(scenario.app, scenario.superuser, tenant, { system_prompt: 'One' })
    const texts = Array.from({ length: 8 }, (_, n) => `Prompt ${n}`)
    const replies = await Promise.all(
      texts.map((system_prompt) => api(`PATCH /admin/tenants/${tenant}`, { system_prompt, live_version: 1 })),
    )
    expect(replies.filter(({ status }) => status === 200)).toHaveLength(1)
    expect(replies.filter(({ body }) => body.code === 'prompt.changed')).toHaveLength(7)
    const { body } = await api(`GET /admin/tenants/${tenant}/prompts`)
    expect(body.items).toHaveLength(2)
  })

  test('parallel changes each get a version of their own, without gaps', async () => {
    await makeTenant(scenario.app, scenario.superuser, tenant)
    const texts = Array.from({ length: 10 }, (_, n) => `Prompt ${n}`)
    await Promise.all(texts.map((system_prompt) => api(`PATCH /admin/tenants/${tenant}`, { system_prompt })))
    const { body } = await api(`GET /admin/tenants/${tenant}/prompts`)
    expect(body.items.map((item: { version: number }) => item.version)).toEqual([10, 9, 8, 7, 6, 5, 4, 3, 2, 1])
    expect((await api(`GET /admin/tenants/${tenant}`)).body.system_prompt).toBe(body.items[0].system_prompt)
  })
})
