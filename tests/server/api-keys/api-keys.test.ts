import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { call, iterateEvents, type Reply, send } from '../../support/call.ts'
import { createClockAhead, type TestClock } from '../../support/clock.ts'
import { makeTenant, makeUser, type Person, signIn } from '../../support/people.ts'
import { withoutRequestId } from '../../support/problem.ts'
import { ask, eventually, type Scenario, startScenario } from '../../support/scenario.ts'

const minuteMs = 60_000

let clock: TestClock
let scenario: Scenario
let owner: Person
let stranger: Person
let tenantUser: Person

beforeAll(async () => {
  clock = createClockAhead()
  scenario = await startScenario({ clock, env: { ACCESS_TOKEN_EXPIRE_MINUTES: '1440' } })
  const { app, superuser } = scenario
  owner = await makeUser(app, superuser, { is_owner: true })
  stranger = await makeUser(app, superuser, { is_owner: true })
  await makeTenant(app, superuser, 'acme', { owner_id: owner.id })
  await makeTenant(app, superuser, 'beta', { owner_id: stranger.id })
  const assigned = await makeUser(app, superuser, { tenant: 'acme' })
  tenantUser = await signIn(app, assigned.email, 'acme')
})
afterAll(() => scenario.stop())

const as = (person: { token: string }, route: string, body?: unknown, headers?: Record<string, string>) =>
  call(scenario.app, route, { token: person.token, body, headers })
const make = async (body: Record<string, unknown> = {}, tenant = 'acme'): Promise<{ id: string; secret: string }> => {
  const made = await as(scenario.superuser, `POST /admin/tenants/${tenant}/api-keys`, { name: 'Website', ...body })
  if (made.status !== 201) throw new Error(`no key: ${made.text}`)
  return made.body
}
const list = async (person: Person = owner): Promise<Record<string, unknown>[]> =>
  (await as(person, 'GET /admin/tenants/acme/api-keys')).body.items
const use = (secret: string, on: { url: string } = scenario.app): Promise<Reply> =>
  call(on, 'GET /chat/sessions', { token: secret })
/** What everybody gets whose token is nothing. */
const asNobody = async (): Promise<unknown> => withoutRequestId(await use('tk_'.padEnd(67, 'x')))

describe('a key', () => {
  test('is shown once: afterwards its name, last characters and times are all that anybody gets', async () => {
    const made = await as(owner, 'POST /admin/tenants/acme/api-keys', { name: ' Website ' })
    expect([made.status, made.headers.get('cache-control')]).toEqual([201, 'no-store'])
    const { secret, id } = made.body
    expect(secret).toMatch(/^tk_[\w-]{64}$/)
    expect(made.body).toEqual({
      id,
      name: 'Website',
      last4: secret.slice(-4),
      scopes: ['chat', 'conversations'],
      status: 'active',
      expires_at: null,
      created_by: owner.email,
      created_at: clock.now().toISOString(),
      rotated_at: null,
      grace_until: null,
      last_used_at: null,
      secret,
    })
    const listed = await as(owner, 'GET /admin/tenants/acme/api-keys')
    expect(listed.body.items).toEqual([{ ...made.body, secret: undefined }])
    expect(listed.text).not.toContain(secret)
    const rows = await scenario.sql`select k::text as line from api_keys k`
    expect(rows.filter(({ line }) => String(line).includes(secret.slice(10)))).toEqual([])
  })

  test('opens what a tenant’s token opens: chat, streams, its own conversations and who it is', async () => {
    const { id, secret } = await make({ name: 'Server' })
    const streamed = await ask(scenario.app, { token: secret, message: 'What is streamed?' })
    expect(streamed.events.at(-1)?.event).toBe('done')
    const answered = await as({ token: secret }, 'POST /chat', { message: 'What is asked?' })
    expect(answered.status).toBe(200)
    const sessions = await use(secret)
    expect(sessions.body.items.map((each: { id: string }) => each.id)).toEqual([
      answered.body.session_id,
      streamed.data('start').session_id,
    ])
    expect((await as({ token: secret }, `DELETE /chat/sessions/${answered.body.session_id}`)).status).toBe(204)
    expect((await as({ token: secret }, 'GET /users/me')).body).toMatchObject({
      id,
      full_name: 'Server',
      scope: 'tenant',
      tenant_id: 'acme',
      is_superuser: false,
    })
    const rows = await scenario.sql`
      select distinct source, user_id::text, tenant_id from usage_ledger where user_id = ${id}`
    expect([...rows]).toEqual([{ source: 'api_key', user_id: id, tenant_id: 'acme' }])
  })

  test('has conversations of its own: nobody else’s, and nobody else has its', async () => {
    const [one, other] = [await make(), await make()]
    const { body } = await as({ token: one.secret }, 'POST /chat', { message: 'Mine' })
    for (const token of [other.secret, tenantUser.token]) {
      expect((await as({ token }, `GET /chat/sessions/${body.session_id}`)).status).toBe(404)
      const entered = await as({ token }, 'POST /chat', { message: 'Hello', session_id: body.session_id })
      expect(entered.body.code).toBe('session.not_found')
    }
  })

  test('is no person: it is in no list of users, changes no account and signs out of nothing', async () => {
    const { id, secret } = await make()
    await as({ token: secret }, 'POST /chat', { message: 'Here I am' })
    const users = await as(owner, 'GET /admin/tenants/acme/users')
    expect(users.text).not.toContain(id)
    expect((await as(owner, `DELETE /admin/tenants/acme/users/${id}`)).body.code).toBe('user.not_found')
    for (const route of ['PATCH /users/me', 'POST /auth/logout']) {
      expect((await as({ token: secret }, route, {})).body.code).toBe('auth.forbidden')
    }
    const guess = { email: `${id}@api-key.invalid`, password: 'whatever it may be' }
    const signedIn = await call(scenario.app, 'POST /auth/login', { tenant: 'acme', body: guess })
    expect(signedIn.body.code).toBe('auth.invalid_credentials')
  })

  test('manages nothing: the platform’s routes stay shut', async () => {
    const { secret } = await make()
    for (const route of ['GET /admin/tenants/acme/api-keys', 'GET /admin/tenants', 'GET /organizations']) {
      expect((await as({ token: secret }, route)).body.code).toBe('scope.core_required')
    }
  })

  test('does what its scopes say, and what it is refused is in the audit log', async () => {
    const asking = await make({ scopes: ['chat'] })
    const reading = await make({ scopes: ['conversations'] })
    expect((await as({ token: asking.secret }, 'POST /chat', { message: 'Hello' })).status).toBe(200)
    const refused = await as({ token: asking.secret }, 'GET /chat/sessions')
    expect([refused.status, refused.body.code]).toEqual([403, 'auth.forbidden'])
    expect(refused.body.detail).toContain('"conversations"')
    expect((await use(reading.secret)).status).toBe(200)
    expect((await as({ token: reading.secret }, 'POST /chat', { message: 'Hello' })).body.code).toBe('auth.forbidden')
    const rows =
      await scenario.sql`select outcome from audit_log where actor_id in ${scenario.sql([asking.id, reading.id])}`
    expect([...rows]).toEqual([{ outcome: 'denied' }, { outcome: 'denied' }])
  })

  test('A6: enters no other tenant by header, whether or not there is one', async () => {
    const { secret } = await make()
    for (const tenant of ['beta', 'nosuch']) {
      const reply = await call(scenario.app, 'GET /chat/sessions', { token: secret, tenant })
      expect([tenant, reply.status, reply.body.code]).toEqual([tenant, 403, 'tenant.mismatch'])
    }
    expect((await call(scenario.app, 'GET /chat/sessions', { token: secret, tenant: 'acme' })).status).toBe(200)
    const malformed = await call(scenario.app, 'GET /chat/sessions', { token: secret, tenant: 'acme, beta' })
    expect(malformed.body.code).toBe('tenant.malformed')
  })

  test('B1: cut, padded, changed or of another key it is 401 like every other nothing', async () => {
    const [one, other] = [await make(), await make()]
    const flip = (text: string, at: number): string =>
      text.slice(0, at) + (text[at] === 'A' ? 'B' : 'A') + text.slice(at + 1)
    const forged = [
      one.secret.slice(0, -1),
      `${one.secret}A`,
      one.secret.slice(3),
      `TK_${one.secret.slice(3)}`,
      flip(one.secret, 5),
      flip(one.secret, 40),
      one.secret.slice(0, 24) + other.secret.slice(24),
      'tk_',
      `tk_${'A'.repeat(64)}`,
    ]
    for (const token of forged) expect(withoutRequestId(await use(token))).toEqual((await asNobody()) as object)
  })

  test('expires when it was told to', async () => {
    const { secret } = await make({ expires_at: new Date(clock.now().getTime() + 5 * minuteMs).toISOString() })
    expect((await use(secret)).status).toBe(200)
    clock.advanceMs(5 * minuteMs)
    expect(withoutRequestId(await use(secret))).toEqual((await asNobody()) as object)
    expect((await list()).at(-1)).toMatchObject({ status: 'expired' })
  })

  test('stops with its tenant and starts with it again', async () => {
    const { secret } = await make({}, 'beta')
    await as(scenario.superuser, 'DELETE /admin/tenants/beta')
    const refused = await use(secret)
    expect([refused.status, refused.body.code]).toEqual([403, 'tenant.inactive'])
    await as(scenario.superuser, 'POST /admin/tenants/beta/activate')
    expect((await use(secret)).status).toBe(200)
  })

  test('tells when it was last used, at most once a minute', async () => {
    const { id, secret } = await make()
    const lastUse = async (): Promise<unknown> => (await list()).find((key) => key.id === id)?.last_used_at
    const first = clock.now().toISOString()
    await use(secret)
    await eventually(async () => (await lastUse()) === first)
    clock.advanceMs(minuteMs - 1)
    await use(secret)
    await use(secret)
    expect(await lastUse()).toBe(first)
    clock.advanceMs(1)
    await use(secret)
    await eventually(async () => (await lastUse()) === clock.now().toISOString())
  })
})

describe('rotating', () => {
  const rotate = (id: string, body?: unknown, headers?: Record<string, string>) =>
    as(owner, `POST /admin/tenants/acme/api-keys/${id}/rotate`, body, headers)

  test('gives a new secret and leaves the one before its grace: a day unless told otherwise', async () => {
    const { id, secret } = await make()
    const rotated = await rotate(id)
    expect(rotated.status).toBe(200)
    expect(rotated.body).toMatchObject({
      id,
      grace_until: new Date(clock.now().getTime() + 24 * 60 * minuteMs).toISOString(),
      rotated_at: clock.now().toISOString(),
    })
    expect([(await use(secret)).status, (await use(rotated.body.secret)).status]).toEqual([200, 200])
  })

  test('ends the secret before when its grace is over', async () => {
    const { id, secret } = await make()
    const rotated = await rotate(id, { grace_minutes: 30 })
    clock.advanceMs(30 * minuteMs - 1)
    expect([(await use(secret)).status, (await use(rotated.body.secret)).status]).toEqual([200, 200])
    clock.advanceMs(1)
    expect([(await use(secret)).status, (await use(rotated.body.secret)).status]).toEqual([401, 200])
    expect((await list()).find((key) => key.id === id)).toMatchObject({ grace_until: null })
  })

  test('keeps the key’s conversations, and without a grace ends the secret before at once on every replica', async () => {
    const replica = await scenario.app.startReplica()
    try {
      const { id, secret } = await make()
      const asked = await as({ token: secret }, 'POST /chat', { message: 'Before' })
      expect((await use(secret, replica)).status).toBe(200)
      const rotated = await rotate(id, { grace_minutes: 0 })
      expect((await use(secret)).status).toBe(401)
      await eventually(async () => (await use(secret, replica)).status === 401, 1_000)
      const kept = await use(rotated.body.secret, replica)
      expect(kept.body.items).toMatchObject([{ id: asked.body.session_id }])
    } finally {
      await replica.stop()
    }
  })

  test('twice within a grace leaves both secrets before theirs', async () => {
    const { id, secret } = await make()
    const second = (await rotate(id, { grace_minutes: 10 })).body.secret
    const third = (await rotate(id, { grace_minutes: 5 })).body.secret
    const statuses = async () => Promise.all([secret, second, third].map(async (each) => (await use(each)).status))
    expect(await statuses()).toEqual([200, 200, 200])
    clock.advanceMs(5 * minuteMs)
    expect(await statuses()).toEqual([200, 401, 200])
    clock.advanceMs(5 * minuteMs)
    expect(await statuses()).toEqual([401, 401, 200])
  })

  test('sent again with its Idempotency-Key gives the same secret, which is kept sealed only', async () => {
    const { id } = await make()
    const headers = { 'idempotency-key': 'rotate-once' }
    const [first, again] = [await rotate(id, {}, headers), await rotate(id, {}, headers)]
    expect(again.body).toEqual(first.body)
    const rows = await scenario.sql`select body::text as body from idempotency_keys`
    expect(rows.length).toBe(1)
    expect(rows.filter(({ body }) => String(body).includes(first.body.secret))).toEqual([])
  })
})

describe('revoking', () => {
  const revoke = (id: string, person: Person = owner) => as(person, `DELETE /admin/tenants/acme/api-keys/${id}`)

  test('A10: by the API or by SQL it refuses new requests within 1 s on every replica and cuts open streams', async () => {
    const { app, model, sql } = scenario
    model.behave({ tokens: 2_000, delayMs: 20 })
    model.behave({ tokens: 2_000, delayMs: 20 })
    const replica = await app.startReplica()
    try {
      const bySql = (id: string): Promise<unknown> => sql`update api_keys set revoked_at = now() where id = ${id}`
      for (const end of [revoke, bySql]) {
        const { id, secret } = await make()
        expect((await use(secret, replica)).status).toBe(200)
        const stream = await send(replica, 'POST /chat/stream', { token: secret, body: { message: 'Go on' } })
        const events = iterateEvents(stream)
        while ((await events.next()).value?.event !== 'delta');
        const startedMs = performance.now()
        await end(id)
        await eventually(async () => (await use(secret, replica)).status === 401, 1_000)
        let last: unknown
        for await (const event of events) last = event.data.code ?? event.event
        expect(last).toBe('auth.token_invalid')
        expect(performance.now() - startedMs).toBeLessThan(5_000)
      }
    } finally {
      await replica.stop()
    }
  })

  test('takes it from the list and is told in the audit log, without its secret', async () => {
    const { id, secret } = await make({ name: 'Old' })
    expect((await revoke(id)).status).toBe(204)
    expect((await list()).filter((key) => key.id === id)).toEqual([])
    expect((await revoke(id)).body.code).toBe('api_key.not_found')
    const rows =
      await scenario.sql`select action, outcome, after, before from audit_log where target_id = ${id} order by at`
    expect([...rows]).toMatchObject([
      { action: 'api_key.created', outcome: 'done', after: { name: 'Old', scopes: ['chat', 'conversations'] } },
      { action: 'api_key.revoked', outcome: 'done', before: { name: 'Old' } },
    ])
    expect(JSON.stringify(rows)).not.toContain(secret)
  })
})

describe('who manages keys', () => {
  test('another tenant’s key is as missing as none', async () => {
    const foreign = await make({}, 'beta')
    const phantom = '00000000-0000-7000-8000-000000000000'
    for (const route of ['DELETE /admin/tenants/acme/api-keys/ID', 'POST /admin/tenants/acme/api-keys/ID/rotate']) {
      const [one, other] = [
        await as(owner, route.replace('ID', foreign.id)),
        await as(owner, route.replace('ID', phantom)),
      ]
      expect([one.status, one.body.code]).toEqual([404, 'api_key.not_found'])
      expect(withoutRequestId(one)).toEqual(withoutRequestId(other) as object)
    }
    expect((await as(stranger, 'GET /admin/tenants/acme/api-keys')).body.code).toBe('tenant.not_found')
    expect((await use(foreign.secret)).status).toBe(200)
  })

  test.each([
    [{}, 'name'],
    [{ name: '  ' }, 'name'],
    [{ name: 'x'.repeat(101) }, 'name'],
    [{ name: 'a', scopes: [] }, 'scopes'],
    [{ name: 'a', scopes: ['admin'] }, 'scopes.0'],
    [{ name: 'a', expires_at: '2001-01-01T00:00:00Z' }, 'expires_at'],
    [{ name: 'a', expires_at: 'tomorrow' }, 'expires_at'],
    [{ name: 'a', expires_at: '2031-02-30T00:00:00Z' }, 'expires_at'],
    [{ name: 'a', tenant_id: 'beta' }, 'tenant_id'],
  ])('a bad body is told which field: %j', async (body, path) => {
    const reply = await as(owner, 'POST /admin/tenants/acme/api-keys', body)
    expect([reply.status, reply.body.errors?.[0]?.path]).toEqual([422, path])
  })

  test('a tenant has fifty keys at most, also when many are asked for at once', async () => {
    await makeTenant(scenario.app, scenario.superuser, 'many')
    const made = await Promise.all(
      Array.from({ length: 60 }, (_, n) =>
        as(scenario.superuser, 'POST /admin/tenants/many/api-keys', { name: `Key ${n}` }),
      ),
    )
    expect(made.filter(({ status }) => status === 201).length).toBe(50)
    expect(new Set(made.filter(({ status }) => status !== 201).map(({ body }) => body.code))).toEqual(
      new Set(['api_key.too_many']),
    )
  })
})
