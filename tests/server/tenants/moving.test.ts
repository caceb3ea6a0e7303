import { afterAll, beforeAll, expect, test } from 'bun:test'
import { sql } from 'drizzle-orm'
import type postgres from 'postgres'
import { parseTenantId } from '../../../server/platform/ids.ts'
import { call } from '../../support/call.ts'
import { inDatabase } from '../../support/dedicated.ts'
import { makeTenant, makeUser, type Person, signIn, password } from '../../support/people.ts'
import { ask, eventually, type Scenario, startScenario } from '../../support/scenario.ts'
import { addDocument } from '../chat/knowledge.ts'

let here: Scenario
let tenants = 0

beforeAll(async () => {
  here = await startScenario()
})
afterAll(() => here.stop())

const as = (route: string, body?: unknown) => call(here.app, route, { token: here.superuser.token, body })

/** A pooled tenant with both kinds of users, conversations and a document. */
async function makeFullTenant(): Promise<{ id: string; una: Person; linked: Person }> {
  const id = await makeTenant(here.app, here.superuser, `moved-${(tenants += 1)}`, { system_prompt: 'Be kind.' })
  await as(`POST /admin/tenants/${id}/users`, { email: 'una@people.example', password })
  const una = await signIn(here.app, 'una@people.example', id)
  const linked = await makeUser(here.app, here.superuser, { tenant: id })
  for (const user of [una, linked, una]) await ask(here.app, { token: user.token, message: `I am ${user.email}` })
  await addDocument(here.sql, { tenant: id, title: 'Refunds', passages: ['Refunds take 14 days.'] })
  return { id, una, linked }
}

async function move(id: string, target: Record<string, unknown>) {
  const started = await as(`POST /admin/tenants/${id}/move`, target)
  expect([started.status, started.body.code]).toEqual([202, undefined])
  return eventually(async () => {
    const { body } = await as(`GET /admin/tenants/${id}/move`)
    return body.ended_at ? body : undefined
  }, 100_000)
}

const messagesOf = async (person: Person): Promise<string[]> => {
  const sessions = await call(here.app, 'GET /chat/sessions', { token: person.token })
  const all: string[] = []
  for (const { id } of sessions.body.items) {
    const { body } = await call(here.app, `GET /chat/sessions/${id}/messages`, { token: person.token })
    all.push(...body.items.map((item: { id: string; content: string }) => `${item.id} ${item.content}`))
  }
  return all.sort()
}

test('a tenant moves to a database of its own and back with everything it has, and its users notice nothing', async () => {
  const { id, una, linked } = await makeFullTenant()
  const before = [await messagesOf(una), await messagesOf(linked)]
  const there = await move(id, { isolation: 'dedicated' })
  expect(there).toMatchObject({ step: 'moved', failure: null, source: { isolation: 'pooled' } })
  expect(there.rows_copied).toBe(there.rows_total)
  expect((await as(`GET /admin/tenants/${id}`)).body).toMatchObject({ isolation: 'dedicated', state: 'active' })
  expect([await messagesOf(una), await messagesOf(linked)]).toEqual(before)
  await ask(here.app, { token: una.token, message: 'Refunds?' })
  const [left] = await here.sql`select count(*)::int as n from tenant.chat_messages where tenant_id = ${id}`
  expect(left?.n).toBe(before.flat().length)

  const back = await move(id, { isolation: 'pooled' })
  expect(back).toMatchObject({ step: 'moved', target: { isolation: 'pooled' } })
  expect(await messagesOf(una)).toHaveLength((before[0]?.length ?? 0) + 2)
  await ask(here.app, { token: linked.token, message: 'Hello again' })
  const [now] = await here.sql`select count(*)::int as n from tenant.chat_messages where tenant_id = ${id}`
  expect(now?.n).toBe(before.flat().length + 4)
  const usage = await as(`GET /admin/tenants/${id}/usage`)
  expect(usage.body.items.reduce((sum: number, item: { requests: number }) => sum + item.requests, 0)).toBe(5)
})

/** Many messages at once, as years of use would leave them. */
async function fill(id: string, userId: string, messages: number): Promise<void> {
  const perSession = 100
  await here.sql`
    insert into tenant.chat_sessions (tenant_id, id, user_id, title)
    select ${id}, gen_random_uuid(), ${userId}, 'Session ' || n from generate_series(1, ${messages / perSession}) n`
  await here.sql`
    insert into tenant.chat_messages (tenant_id, id, session_id, role, content)
    select ${id}, gen_random_uuid(), s.id, case when n % 2 = 0 then 'assistant' else 'user' end,
      repeat('Message ' || n || ' of a long conversation. ', 12)
    from tenant.chat_sessions s, generate_series(1, ${perSession}) n
    where s.tenant_id = ${id} and s.title like 'Session %'`
}

function makeStop(): { signal: AbortSignal; stop: () => void } {
  const controller = new AbortController()
  return { signal: controller.signal, stop: () => controller.abort() }
}

/** Asks again and again until told to stop; keeps what was acknowledged and what was refused. */
function keepAsking(user: Person, asker: number) {
  const acknowledged: { messageId: string; text: string }[] = []
  const failures: string[] = []
  let slowestMs = 0
  const { signal, stop } = makeStop()
  const work = (async () => {
    for (let n = 0; !signal.aborted; n += 1) {
      const startedMs = performance.now()
      const text = `${asker} asks ${n}`
      try {
        const { data } = await ask(here.app, { token: user.token, message: text })
        if (data('done')) acknowledged.push({ messageId: data('done').message_id, text })
        else failures.push(JSON.stringify(data('error')))
      } catch (error) {
        failures.push(String(error))
      }
      slowestMs = Math.max(slowestMs, performance.now() - startedMs)
    }
  })()
  return {
    acknowledged,
    failures,
    async stop() {
      stop()
      await work
      return slowestMs
    },
  }
}

/** Reads again and again; counts what was refused. */
function keepReading(user: Person) {
  const failures: string[] = []
  let reads = 0
  const { signal, stop } = makeStop()
  const work = (async () => {
    while (!signal.aborted) {
      const reply = await call(here.app, 'GET /chat/sessions', { token: user.token })
      reads += 1
      if (reply.status !== 200) failures.push(reply.text)
    }
  })()
  return {
    failures,
    async stop() {
      stop()
      await work
      return reads
    },
  }
}

const messagesBefore = process.env.FULL ? 100_000 : 3_000

test('under continuous chats a move loses and doubles nothing that was acknowledged; reads never pause', async () => {
  const { id, una, linked } = await makeFullTenant()
  await fill(id, una.id, messagesBefore)
  here.model.behave({ tokens: 5, delayMs: 2 }, { sticky: true })
  const askers = [una, linked, una, linked].map((user, asker) => keepAsking(user, asker))
  const reader = keepReading(linked)
  const there = await move(id, { isolation: 'dedicated' })
  await eventually(() => askers.every(({ acknowledged }) => acknowledged.length > 3))
  const back = await move(id, { isolation: 'pooled' })
  const slowestMs = Math.max(...(await Promise.all(askers.map((asker) => asker.stop()))))
  const reads = await reader.stop()
  here.model.reset()

  expect([there.step, back.step]).toEqual(['moved', 'moved'])
  expect(askers.flatMap(({ failures }) => failures)).toEqual([])
  expect(reader.failures).toEqual([])
  const acknowledged = askers.flatMap((asker) => asker.acknowledged)
  const rows = await here.sql<{ id: string; role: string; content: string }[]>`
    select id::text, role, content from tenant.chat_messages where tenant_id = ${id}`
  const count = (wanted: (row: { id: string; content: string }) => boolean) => rows.filter(wanted).length
  for (const { messageId, text } of acknowledged) {
    expect([text, count((row) => row.id === messageId), count((row) => row.content === text)]).toEqual([text, 1, 1])
  }
  const [ledger] = await here.sql`
    select count(*)::int as n, count(*) filter (where status = 'completed')::int as completed
    from usage_ledger where tenant_id = ${id}`
  expect(ledger).toEqual({ n: acknowledged.length + 3, completed: acknowledged.length + 3 })
  console.info(
    `moved ${messagesBefore} messages: writes paused ${there.paused_ms} and ${back.paused_ms} ms, ` +
      `${acknowledged.length} answers, slowest ${Math.round(slowestMs)} ms, ${reads} reads`,
  )
}, 300_000)

test('a move that is ended before the switch leaves the tenant where it was, and nothing where it was to go', async () => {
  const { id, una } = await makeFullTenant()
  await fill(id, una.id, 5_000)
  const before = await messagesOf(una)
  expect((await as(`POST /admin/tenants/${id}/move`, { isolation: 'dedicated' })).status).toBe(202)
  expect((await as(`POST /admin/tenants/${id}/move`, { isolation: 'dedicated' })).body.code).toBe('tenant.move_refused')
  expect(
    (
      await call(here.app, `DELETE /admin/tenants/${id}?purge=true`, {
        token: here.superuser.token,
        headers: { 'x-confirm': id },
      })
    ).body.code,
  ).toBe('tenant.move_refused')
  expect((await as(`DELETE /admin/tenants/${id}/move`)).status).toBe(204)
  const ended = await eventually(async () => {
    const { body } = await as(`GET /admin/tenants/${id}/move`)
    return body.ended_at ? body : undefined
  }, 20_000)
  expect(ended).toMatchObject({ step: 'aborted', failure: null, source_kept_until: null })
  expect((await as(`GET /admin/tenants/${id}`)).body).toMatchObject({ isolation: 'pooled', state: 'active' })
  expect((await as(`DELETE /admin/tenants/${id}/move`)).body.code).toBe('move.not_found')
  expect(await messagesOf(una)).toEqual(before)
  await ask(here.app, { token: una.token })
  const [number] = await here.sql`select number from tenants where id = ${id}`
  const left = await eventually(async () => {
    const rows = await here.sql`select 1 from pg_database where datname = ${`tenant_${number?.number}`}`
    return rows.length === 0
  }, 20_000)
  expect(left).toBe(true)
})

test('a place where the tenant is already, or that cannot be, is refused', async () => {
  const id = await makeTenant(here.app, here.superuser, 'stays')
  expect((await as(`POST /admin/tenants/${id}/move`, { isolation: 'pooled' })).body.code).toBe('tenant.move_refused')
  const nowhere = { isolation: 'dedicated', database_server_id: crypto.randomUUID() }
  expect((await as(`POST /admin/tenants/${id}/move`, nowhere)).body.code).toBe('tenant.dedicated_unavailable')
  const both = { isolation: 'pooled', database_server_id: crypto.randomUUID() }
  expect((await as(`POST /admin/tenants/${id}/move`, both)).body.errors?.[0]?.path).toBe('database_server_id')
  expect((await as('POST /admin/tenants/nobody/move', { isolation: 'pooled' })).body.code).toBe('tenant.not_found')
  expect((await as(`GET /admin/tenants/${id}/move`)).body.code).toBe('move.not_found')
  const there = await move(id, { isolation: 'dedicated' })
  expect((await as(`POST /admin/tenants/${id}/move`, { isolation: 'dedicated' })).body.code).toBe('tenant.move_refused')
  expect(there.source_kept_until).not.toBeNull()
})

test('what a tenant left is destroyed when its time is over, and with the tenant', async () => {
  const { id, una } = await makeFullTenant()
  await move(id, { isolation: 'dedicated' })
  const [{ number } = { number: 0 }] = await here.sql<{ number: number }[]>`select number from tenants where id = ${id}`
  const rowsLeft = async (): Promise<number> => {
    const rows = await here.sql`select 1 from tenant.chat_messages where tenant_id = ${id}
      union all select 1 from tenant.fences where tenant_id = ${id}`
    return rows.length
  }
  expect(await rowsLeft()).toBeGreaterThan(1)
  await here.app.services.keptStores.sweep()
  expect(await rowsLeft()).toBeGreaterThan(1)
  await here.sql`update tenant_moves set source_kept_until = now() - interval '1 second' where tenant_id = ${id}`
  await here.app.services.keptStores.sweep()
  expect(await rowsLeft()).toBe(0)

  await move(id, { isolation: 'pooled' })
  const databases = () => here.sql`
    select datname from pg_database where shobj_description(oid, 'pg_database') like ${`tenantry:%:kept:${number}:%`}`
  expect(await databases()).toHaveLength(1)
  await ask(here.app, { token: una.token })
  const purged = await call(here.app, `DELETE /admin/tenants/${id}?purge=true`, {
    token: here.superuser.token,
    headers: { 'x-confirm': id },
  })
  expect(purged.status).toBe(200)
  expect(await databases()).toHaveLength(0)
  expect(await rowsLeft()).toBe(0)
})

test('a writer who still believes that the tenant is where it was writes nothing there, but in the new place', async () => {
  const { id } = await makeFullTenant()
  const { databases, directories } = here.app.services
  const tenantId = parseTenantId(id)
  const tenant = tenantId && (await directories.tenant(tenantId))
  if (!tenant) throw new Error('no tenant')
  const late = databases.scopeOf(tenant)
  await move(id, { isolation: 'dedicated' })
  await late.write((database) => database.execute(sql`update tenant.chat_sessions set title = 'late'`))
  const titles = (store: postgres.Sql) => store<{ title: string }[]>`
    select distinct title from tenant.chat_sessions where tenant_id = ${id}`
  expect((await titles(here.sql)).map(({ title }) => title)).not.toContain('late')
  const { database_name } = (await as(`GET /admin/tenants/${id}`)).body
  expect(await inDatabase(here.app, database_name, titles)).toMatchObject([{ title: 'late' }])
})
