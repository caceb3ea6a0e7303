import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { call } from '../../support/call.ts'
import { makeTenant } from '../../support/people.ts'
import { withoutRequestId } from '../../support/problem.ts'
import { ask, eventually } from '../../support/scenario.ts'
import { type KeyScenario, minuteMs, startKeyScenario } from './key-scenario.ts'

let here: KeyScenario

beforeAll(async () => {
  here = await startKeyScenario()
})
afterAll(() => here.stop())

describe('a key', () => {
  test('is shown once: afterwards its name, last characters and times are all that anybody gets', async () => {
    const made = await here.as(here.owner, 'POST /admin/tenants/acme/api-keys', { name: ' Website ' })
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
      created_by: here.owner.email,
      created_at: here.clock.now().toISOString(),
      rotated_at: null,
      grace_until: null,
      last_used_at: null,
      secret,
    })
    const listed = await here.as(here.owner, 'GET /admin/tenants/acme/api-keys')
    expect(listed.body.items).toEqual([{ ...made.body, secret: undefined }])
    expect(listed.text).not.toContain(secret)
    const rows = await here.sql`select k::text as line from api_keys k`
    expect(rows.filter(({ line }) => String(line).includes(secret.slice(10)))).toEqual([])
  })

  test('opens what a tenant’s token opens: chat, streams, its own conversations and who it is', async () => {
    const { id, secret } = await here.make({ name: 'Server' })
    const streamed = await ask(here.app, { token: secret, message: 'What is streamed?' })
    expect(streamed.events.at(-1)?.event).toBe('done')
    const answered = await here.as({ token: secret }, 'POST /chat', { message: 'What is asked?' })
    expect(answered.status).toBe(200)
    const sessions = await here.use(secret)
    expect(sessions.body.items.map((each: { id: string }) => each.id)).toEqual([
      answered.body.session_id,
      streamed.data('start').session_id,
    ])
    expect((await here.as({ token: secret }, `DELETE /chat/sessions/${answered.body.session_id}`)).status).toBe(204)
    expect((await here.as({ token: secret }, 'GET /users/me')).body).toMatchObject({
      id,
      full_name: 'Server',
      scope: 'tenant',
      tenant_id: 'acme',
      is_superuser: false,
    })
    const rows = await here.sql`
      select distinct source, user_id::text, tenant_id from usage_ledger where user_id = ${id}`
    expect([...rows]).toEqual([{ source: 'api_key', user_id: id, tenant_id: 'acme' }])
  })

  test('has conversations of its own: nobody else’s, and nobody else has its', async () => {
    const [one, other] = [await here.make(), await here.make()]
    const { body } = await here.as({ token: one.secret }, 'POST /chat', { message: 'Mine' })
    for (const token of [other.secret, here.tenantUser.token]) {
      expect((await here.as({ token }, `GET /chat/sessions/${body.session_id}`)).status).toBe(404)
      const entered = await here.as({ token }, 'POST /chat', { message: 'Hello', session_id: body.session_id })
      expect(entered.body.code).toBe('session.not_found')
    }
  })

  test('is no person: it is in no list of users, changes no account and signs out of nothing', async () => {
    const { id, secret } = await here.make()
    await here.as({ token: secret }, 'POST /chat', { message: 'Here I am' })
    const users = await here.as(here.owner, 'GET /admin/tenants/acme/users')
    expect(users.text).not.toContain(id)
    expect((await here.as(here.owner, `DELETE /admin/tenants/acme/users/${id}`)).body.code).toBe('user.not_found')
    for (const route of ['PATCH /users/me', 'POST /auth/logout']) {
      expect((await here.as({ token: secret }, route, {})).body.code).toBe('auth.forbidden')
    }
    const guess = { email: `${id}@api-key.invalid`, password: 'whatever it may be' }
    const signedIn = await call(here.app, 'POST /auth/login', { tenant: 'acme', body: guess })
    expect(signedIn.body.code).toBe('auth.invalid_credentials')
  })

  test('manages nothing: the platform’s routes stay shut', async () => {
    const { secret } = await here.make()
    for (const route of ['GET /admin/tenants/acme/api-keys', 'GET /admin/tenants', 'GET /organizations']) {
      expect((await here.as({ token: secret }, route)).body.code).toBe('scope.core_required')
    }
  })

  test('does what its scopes say, and what it is refused is in the audit log', async () => {
    const asking = await here.make({ scopes: ['chat'] })
    const reading = await here.make({ scopes: ['conversations'] })
    expect((await here.as({ token: asking.secret }, 'POST /chat', { message: 'Hello' })).status).toBe(200)
    const refused = await here.as({ token: asking.secret }, 'GET /chat/sessions')
    expect([refused.status, refused.body.code]).toEqual([403, 'auth.forbidden'])
    expect(refused.body.detail).toContain('"conversations"')
    expect((await here.use(reading.secret)).status).toBe(200)
    expect((await here.as({ token: reading.secret }, 'POST /chat', { message: 'Hello' })).body.code).toBe(
      'auth.forbidden',
    )
    const rows = await here.sql`select outcome from audit_log where actor_id in ${here.sql([asking.id, reading.id])}`
    expect([...rows]).toEqual([{ outcome: 'denied' }, { outcome: 'denied' }])
  })

  test('A6: enters no other tenant by header, whether or not there is one', async () => {
    const { secret } = await here.make()
    for (const tenant of ['beta', 'nosuch']) {
      const reply = await call(here.app, 'GET /chat/sessions', { token: secret, tenant })
      expect([tenant, reply.status, reply.body.code]).toEqual([tenant, 403, 'tenant.mismatch'])
    }
    expect((await call(here.app, 'GET /chat/sessions', { token: secret, tenant: 'acme' })).status).toBe(200)
    const malformed = await call(here.app, 'GET /chat/sessions', { token: secret, tenant: 'acme, beta' })
    expect(malformed.body.code).toBe('tenant.malformed')
  })

  test('B1: cut, padded, changed or of another key it is 401 like every other nothing', async () => {
    const [one, other] = [await here.make(), await here.make()]
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
    for (const token of forged) expect(withoutRequestId(await here.use(token))).toEqual(await here.asNobody())
  })

  test('expires when it was told to', async () => {
    const { secret } = await here.make({
      expires_at: new Date(here.clock.now().getTime() + 5 * minuteMs).toISOString(),
    })
    expect((await here.use(secret)).status).toBe(200)
    here.clock.advanceMs(5 * minuteMs)
    expect(withoutRequestId(await here.use(secret))).toEqual(await here.asNobody())
    expect((await here.list()).at(-1)).toMatchObject({ status: 'expired' })
  })

  test('stops with its tenant and starts with it again', async () => {
    const { secret } = await here.make({}, 'beta')
    await here.as(here.superuser, 'DELETE /admin/tenants/beta')
    const refused = await here.use(secret)
    expect([refused.status, refused.body.code]).toEqual([403, 'tenant.inactive'])
    await here.as(here.superuser, 'POST /admin/tenants/beta/activate')
    expect((await here.use(secret)).status).toBe(200)
  })

  test('tells when it was last used, at most once a minute', async () => {
    const { id, secret } = await here.make()
    const lastUse = async (): Promise<unknown> => (await here.list()).find((key) => key.id === id)?.last_used_at
    const first = here.clock.now().toISOString()
    await here.use(secret)
    await eventually(async () => (await lastUse()) === first)
    here.clock.advanceMs(minuteMs - 1)
    await here.use(secret)
    await here.use(secret)
    expect(await lastUse()).toBe(first)
    here.clock.advanceMs(1)
    await here.use(secret)
    await eventually(async () => (await lastUse()) === here.clock.now().toISOString())
  })
})

describe('who manages keys', () => {
  test('another tenant’s key is as missing as none', async () => {
    const foreign = await here.make({}, 'beta')
    const phantom = '00000000-0000-7000-8000-000000000000'
    for (const route of ['DELETE /admin/tenants/acme/api-keys/ID', 'POST /admin/tenants/acme/api-keys/ID/rotate']) {
      const [one, other] = [
        await here.as(here.owner, route.replace('ID', foreign.id)),
        await here.as(here.owner, route.replace('ID', phantom)),
      ]
      expect([one.status, one.body.code]).toEqual([404, 'api_key.not_found'])
      expect(withoutRequestId(one)).toEqual(withoutRequestId(other))
    }
    expect((await here.as(here.stranger, 'GET /admin/tenants/acme/api-keys')).body.code).toBe('tenant.not_found')
    expect((await here.use(foreign.secret)).status).toBe(200)
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
    const reply = await here.as(here.owner, 'POST /admin/tenants/acme/api-keys', body)
    expect([reply.status, reply.body.errors?.[0]?.path]).toEqual([422, path])
  })

  test('a tenant has fifty keys at most, also when many are asked for at once', async () => {
    await makeTenant(here.app, here.superuser, 'many')
    const made = await Promise.all(
      Array.from({ length: 60 }, (_, n) =>
        here.as(here.superuser, 'POST /admin/tenants/many/api-keys', { name: `Key ${n}` }),
      ),
    )
    expect(made.filter(({ status }) => status === 201).length).toBe(50)
    expect(new Set(made.filter(({ status }) => status !== 201).map(({ body }) => body.code))).toEqual(
      new Set(['api_key.too_many']),
    )
  })
})
