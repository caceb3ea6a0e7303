import { afterAll, beforeAll, expect, test } from 'bun:test'
import { call, iterateEvents, send, type SseEvent } from '../../support/call.ts'
import { inDatabase, makeDedicatedTenant } from '../../support/dedicated.ts'
import { onDatabase } from '../../support/owner-sql.ts'
import { makeUser, password, type Person, signIn } from '../../support/people.ts'
import { ask, eventually, type Scenario, startScenario } from '../../support/scenario.ts'
import type { TestApp } from '../../support/start-app.ts'
import { startTestServer, type TestServer } from '../../support/test-server.ts'

/** A tenant moves from one database server to another while two replicas serve it. */

const messagesBefore = 4_000

let here: Scenario
let replica: TestApp
let second: TestServer
let serverIds: { builtIn: string; second: string }
/** A database of somebody else's with the name that the first tenant's would have, as on a shared server. */
const others = 'tenant_1'
let isOthersMine = false

beforeAll(async () => {
  ;[here, second] = await Promise.all([startScenario(), startTestServer()])
  replica = await here.app.startReplica()
  isOthersMine = await here.sql.unsafe(`create database ${others}`).then(
    () => true,
    () => false,
  )
  const made = await as('POST /admin/database-servers', { name: 'second', address: second.url })
  const [builtIn] = (await as('GET /admin/database-servers')).body.items
  serverIds = { builtIn: builtIn.id, second: made.body.id }
}, 60_000)
afterAll(async () => {
  await replica.stop()
  if (isOthersMine) await here.sql.unsafe(`drop database ${others}`)
  await here.stop()
  await second.stop()
})

const as = (route: string, body?: unknown) => call(here.app, route, { token: here.superuser.token, body })

async function startMove(id: string, serverId: string): Promise<void> {
  const started = await as(`POST /admin/tenants/${id}/move`, { isolation: 'dedicated', database_server_id: serverId })
  expect([started.status, started.body.code]).toEqual([202, undefined])
}

const endOf = (id: string) =>
  eventually(async () => {
    const { body } = await as(`GET /admin/tenants/${id}/move`)
    return body.ended_at ? body : undefined
  }, 60_000)

async function makeEndUser(tenant: string, name: string): Promise<Person> {
  const email = `${name}@people.example`
  await as(`POST /admin/tenants/${tenant}/users`, { email, password })
  return signIn(here.app, email, tenant)
}

/** A tenant's database, wherever it is, as its owner sees it. */
async function inStoreOf<T>(id: string, work: Parameters<typeof onDatabase<T>>[1]): Promise<T> {
  const { database_server_id, database_name } = (await as(`GET /admin/tenants/${id}`)).body
  if (database_server_id === serverIds.builtIn) return inDatabase(here.app, database_name, work)
  const url = new URL(second.url)
  url.pathname = `/${database_name}`
  return onDatabase(url.toString(), work)
}

/** A long history, so that the copy takes its time. */
async function fill(id: string, userId: string): Promise<void> {
  await inStoreOf(id, async (store) => {
    await store`insert into tenant.chat_sessions (tenant_id, id, user_id, title)
      select ${id}, gen_random_uuid(), ${userId}, 'Session ' || n from generate_series(1, 40) n`
    await store`insert into tenant.chat_messages (tenant_id, id, session_id, role, content)
      select ${id}, gen_random_uuid(), s.id, 'user', repeat('A long conversation. ', 30)
      from tenant.chat_sessions s, generate_series(1, ${messagesBefore / 40}) n where s.title like 'Session %'`
  })
}

/** Asks for a long answer; reads it to its end beside whatever else happens. */
async function openStream(
  base: TestApp,
  person: Person,
  message: string,
): Promise<{ ended: Promise<SseEvent | undefined> }> {
  const response = await send(base, 'POST /chat/stream', { token: person.token, body: { message } })
  expect(response.status).toBe(200)
  const reading = async (): Promise<SseEvent | undefined> => {
    let last: SseEvent | undefined
    for await (const event of iterateEvents(response)) last = event
    return last
  }
  return { ended: reading() }
}

test('answers that two replicas are giving go on across the switch; what is deleted and who signs in meanwhile is so on the other server', async () => {
  const id = (await makeDedicatedTenant(here.app, here.superuser, 'mover', { database_server_id: serverIds.builtIn }))
    .id
  const [una, dan] = [await makeEndUser(id, 'una'), await makeEndUser(id, 'dan')]
  const linked = await makeUser(here.app, here.superuser, { tenant: id })
  await fill(id, una.id)
  const doomed = (await ask(here.app, { token: dan.token, message: 'Forget this' })).data('start').session_id
  const kept = (await ask(here.app, { token: dan.token, message: 'Keep this' })).data('start').session_id

  const { promise: moved, resolve: noteMoved } = Promise.withResolvers<void>()
  here.model.behave({ tokens: 5, delayMs: 20, repeatsUntil: moved }, { sticky: true })
  const streams = [
    await openStream(here.app, una, 'On the one replica'),
    await openStream(replica, dan, 'On the other replica'),
    await openStream(replica, linked, 'Of a linked user'),
  ]
  await startMove(id, serverIds.second)
  expect((await call(replica, `DELETE /chat/sessions/${doomed}`, { token: dan.token })).status).toBe(204)
  const newcomer = await makeEndUser(id, 'newcomer')
  const moving = new AbortController()
  const signingIn = (async () => {
    let last = una
    for (; !moving.signal.aborted; await Bun.sleep(100)) last = await signIn(replica, una.email, id)
    return last
  })()
  const move = await endOf(id)
  moving.abort()
  noteMoved()
  const again = await signingIn
  expect(move).toMatchObject({ step: 'moved', failure: null })
  // The answers were under way until then, and end where the tenant is now.
  const ends = await Promise.all(streams.map(({ ended }) => ended))
  expect(ends.map((last) => last?.event)).toEqual(['done', 'done', 'done'])
  here.model.reset()
  expect((await as(`GET /admin/tenants/${id}`)).body).toMatchObject({
    database_server_id: serverIds.second,
    state: 'active',
  })
  const stored = await inStoreOf(
    id,
    (store) => store<{ id: string; status: string }[]>`select id::text, status from tenant.chat_messages
      where role = 'assistant' and id = any(${ends.map((last) => String(last?.data.message_id))}::uuid[])`,
  )
  expect(stored.map(({ status }) => status)).toEqual(['completed', 'completed', 'completed'])
  for (const base of [here.app, replica]) {
    const sessions = await call(base, 'GET /chat/sessions', { token: dan.token })
    const ids = sessions.body.items.map((session: { id: string }) => session.id)
    expect([ids.includes(kept), ids.includes(doomed)]).toEqual([true, false])
    for (const person of [una, linked, newcomer, again]) {
      expect((await call(base, 'GET /chat/sessions', { token: person.token })).status).toBe(200)
    }
  }
  const [count] = await inStoreOf(id, (store) => store`select count(*)::int as n from tenant.chat_messages`)
  // Two short turns of dan, one of them deleted, and the three that were open.
  expect(count?.n).toBe(messagesBefore + 2 + 6)

  // Back again: what it left on the built-in server is still kept there, under another stamp and the name it had.
  await startMove(id, serverIds.builtIn)
  expect(await endOf(id)).toMatchObject({ step: 'moved', failure: null })
  const [back] = await inStoreOf(id, (store) => store`select count(*)::int as n from tenant.chat_messages`)
  expect(back).toEqual(count)
  const copies = await here.sql<{ stamp: string }[]>`
    select substr(shobj_description(d.oid, 'pg_database'), length('tenantry:' || i.id || ':') + 1) as stamp
    from pg_database d, installation i
    where starts_with(shobj_description(d.oid, 'pg_database'), 'tenantry:' || i.id || ':') order by 1`
  const ofTenant = copies.map(({ stamp }) => stamp).filter((stamp) => /^(kept:)?1(:|$)/.test(stamp))
  expect(ofTenant).toEqual(['1', expect.stringMatching(/^kept:1:/)])
}, 120_000)

test('the source goes down midway: the tenant stays there, others notice nothing, and all of it is there when the server is back', async () => {
  const id = (await makeDedicatedTenant(here.app, here.superuser, 'stranded', { database_server_id: serverIds.second }))
    .id
  const [user, neighbour] = [
    await makeEndUser(id, 'sam'),
    await makeUser(here.app, here.superuser, { tenant: 'mover' }),
  ]
  await fill(id, user.id)
  await startMove(id, serverIds.builtIn)
  await eventually(async () => (await as(`GET /admin/tenants/${id}/move`)).body.rows_copied > 500, 20_000)
  await second.goDown()
  const lost = await eventually(async () => {
    const reply = await call(here.app, 'GET /chat/sessions', { token: user.token })
    return reply.status === 200 ? undefined : reply
  })
  expect([lost.status, lost.headers.has('retry-after')]).toEqual([503, true])
  for (const base of [here.app, replica]) {
    const untouched = await call(base, 'GET /chat/sessions', { token: neighbour.token })
    expect([untouched.status, untouched.text]).toEqual([200, expect.anything()])
  }
  await second.comeBack()
  await as(`PATCH /admin/database-servers/${serverIds.second}`, { address: second.url })
  const move = await endOf(id)
  expect(move.step).toBe('failed')
  expect((await as(`GET /admin/tenants/${id}`)).body).toMatchObject({
    state: 'active',
    database_server_id: serverIds.second,
  })
  for (const base of [here.app, replica]) {
    await eventually(async () => (await ask(base, { token: user.token })).data('done'), 10_000)
  }
  const [count] = await inStoreOf(id, (store) => store`select count(*)::int as n from tenant.chat_messages`)
  expect(count?.n).toBe(messagesBefore + 4)
  await startMove(id, serverIds.builtIn)
  expect(await endOf(id)).toMatchObject({ step: 'moved', failure: null })
  const [moved] = await inStoreOf(id, (store) => store`select count(*)::int as n from tenant.chat_messages`)
  expect(moved).toEqual(count)
}, 120_000)
