import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { call, type Reply } from '../support/call.ts'
import { createClockAhead, type TestClock } from '../support/clock.ts'
import { asOwner } from '../support/owner-sql.ts'
import { sendRaw } from '../support/raw-http.ts'
import { makeSuperuser, makeTenant, makeUser, type Person, password, signIn } from '../support/people.ts'
import { withoutRequestId } from '../support/problem.ts'
import { startApp, type TestApp } from '../support/start-app.ts'

let app: TestApp
let replica: TestApp
let clock: TestClock
let superuser: Person
let user: Person

beforeAll(async () => {
  clock = createClockAhead()
  app = await startApp({ clock })
  replica = await app.startReplica()
  superuser = await makeSuperuser(app)
  await makeTenant(app, superuser, 'acme')
  user = await makeUser(app, superuser, { tenant: 'acme' })
})
afterAll(async () => {
  await replica.stop()
  await app.stop()
})

const refresh = (token: string, base: TestApp = app): Promise<Reply> =>
  call(base, 'POST /auth/refresh', { body: { refresh_token: token } })
const statusOf = async (token: string, base: TestApp = app): Promise<number> =>
  (await call(base, 'GET /users/me', { token })).status
const sessionIdOf = (token: string): string =>
  JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString()).sid

async function expectRevoked(token: string): Promise<void> {
  for (const base of [app, replica]) {
    const until = performance.now() + 1_000
    while ((await statusOf(token, base)) === 200 && performance.now() < until) await Bun.sleep(10)
    expect(await statusOf(token, base)).toBe(401)
  }
}

describe.each([
  { scope: 'core', enter: () => signIn(app, user.email) },
  { scope: 'tenant', enter: () => signIn(app, user.email, 'acme') },
])('a session of scope $scope', ({ enter }) => {
  test('B6: 50 parallel uses of one refresh token, over two replicas, get one and the same successor', async () => {
    const person = await enter()
    const replies = await Promise.all(
      Array.from({ length: 50 }, (_, n) => refresh(person.refreshToken, n % 2 ? app : replica)),
    )
    expect(replies.map((reply) => reply.status)).toEqual(replies.map(() => 200))
    const successors = new Set(replies.map((reply) => reply.body.refresh_token))
    expect(successors.size).toBe(1)
    expect([...successors][0]).not.toBe(person.refreshToken)
    for (const reply of replies.slice(0, 5)) expect(await statusOf(reply.body.access_token)).toBe(200)
  })

  test('B6: within 10 s of the first use the same token gets the same successor again', async () => {
    const person = await enter()
    const first = await refresh(person.refreshToken)
    clock.advanceMs(9_900)
    const again = await refresh(person.refreshToken, replica)
    expect([again.status, again.body.refresh_token]).toEqual([200, first.body.refresh_token])
    expect((await refresh(first.body.refresh_token)).status).toBe(200)
  })

  test('B6: later reuse revokes the family: the successor and the access tokens are refused, too', async () => {
    const person = await enter()
    const first = await refresh(person.refreshToken)
    clock.advanceMs(10_001)
    const reuse = await refresh(person.refreshToken)
    expect([reuse.status, reuse.body.code]).toEqual([401, 'auth.token_invalid'])
    expect((await refresh(first.body.refresh_token)).status).toBe(401)
    await expectRevoked(first.body.access_token)
    await expectRevoked(person.token)
    const [row] = await asOwner(
      app,
      (sql) => sql`select revoked_reason from sign_in_sessions where id = ${sessionIdOf(person.token)}`,
    )
    expect(row?.revoked_reason).toBe('refresh token reused')
  })

  test('B6: a token older than the previous one revokes the family after its 10 s', async () => {
    const person = await enter()
    const second = await refresh(person.refreshToken)
    const third = await refresh(second.body.refresh_token)
    clock.advanceMs(10_001)
    expect((await refresh(person.refreshToken)).status).toBe(401)
    expect((await refresh(third.body.refresh_token)).status).toBe(401)
    await expectRevoked(third.body.access_token)
  })

  test('B6: guessed, tampered and foreign tokens get the same 401 and revoke nothing', async () => {
    const person = await enter()
    const bytes = Buffer.from(person.refreshToken.slice(4), 'base64url')
    const flip = (at: number): string => {
      const changed = Buffer.from(bytes)
      changed[at] = (changed[at] ?? 0) ^ 1
      return `trt_${changed.toString('base64url')}`
    }
    const guesses = [
      ...[0, 15, 16, 47, 48, 63].map(flip),
      person.refreshToken.slice(0, -1),
      `${person.refreshToken}AA`,
      person.refreshToken.slice(4),
      `trt_${Buffer.concat([bytes.subarray(0, 16), Buffer.alloc(48)]).toString('base64url')}`,
      `trt_${Buffer.alloc(64).toString('base64url')}`,
      'trt_',
      'x',
      sessionIdOf(person.token),
    ]
    const reference = withoutRequestId(await refresh('trt_nothing'))
    for (const guess of guesses) {
      expect(withoutRequestId(await refresh(guess))).toEqual(reference)
    }
    expect(await statusOf(person.token)).toBe(200)
    expect((await refresh(person.refreshToken)).status).toBe(200)
  })

  test('B6: sign-out and a disabled user stop the refresh', async () => {
    const signedOut = await enter()
    expect((await call(app, 'POST /auth/logout', { token: signedOut.token })).status).toBe(204)
    expect((await refresh(signedOut.refreshToken)).status).toBe(401)
    const disabled = await enter()
    const set = (is_active: boolean) =>
      call(app, `PATCH /admin/users/${user.id}`, { token: superuser.token, body: { is_active } })
    expect((await set(false)).status).toBe(200)
    expect((await refresh(disabled.refreshToken)).status).toBe(401)
    expect((await set(true)).status).toBe(200)
    expect((await refresh(disabled.refreshToken)).status).toBe(401)
  })
})

test('B6: a session ends after 30 days, however often it was refreshed', async () => {
  const later = createClockAhead()
  const aged = await startApp({ database: app.database, clock: later })
  const person = await signIn(aged, user.email)
  later.advanceMs(30 * 86_400_000 - 60_000)
  const last = await refresh(person.refreshToken, aged)
  expect(last.status).toBe(200)
  later.advanceMs(61_000)
  expect((await refresh(last.body.refresh_token, aged)).status).toBe(401)
  await aged.stop()
})

test('B6: what is stored of a refresh token does not open anything', async () => {
  const person = await signIn(app, user.email)
  const [row] = await asOwner(
    app,
    (sql) => sql`select refresh_hash from sign_in_sessions where id = ${sessionIdOf(person.token)}`,
  )
  const dump = await asOwner(app, (sql) => sql`select s::text as line from sign_in_sessions s`)
  expect(dump.filter((line) => String(line.line).includes(person.refreshToken.slice(8)))).toEqual([])
  expect((await refresh(String(row?.refresh_hash))).status).toBe(401)
})

test('B6: refresh follows the user: moved to another tenant, the next token says so', async () => {
  await makeTenant(app, superuser, 'beta')
  const mover = await makeUser(app, superuser, { tenant: 'acme' })
  const core = await signIn(app, mover.email)
  const insider = await signIn(app, mover.email, 'acme')
  await call(app, `PUT /admin/users/${mover.id}/tenant`, { token: superuser.token, body: { tenant_id: 'beta' } })
  const stale = await call(app, 'GET /chat/sessions', { token: core.token })
  expect([stale.status, stale.body.code]).toEqual([401, 'auth.token_stale'])
  const next = await refresh(core.refreshToken)
  expect((await call(app, 'GET /users/me', { token: next.body.access_token })).body.tenant_id).toBe('beta')
  expect((await refresh(insider.refreshToken)).status).toBe(401)
})

describe('cookie sessions', () => {
  const own = (base: TestApp): Record<string, string> => ({ origin: base.url })
  const cookieOf = (reply: Reply): string => reply.headers.get('set-cookie')?.split(';')[0] ?? ''
  const enter = (headers: Record<string, string>) =>
    call(app, 'POST /auth/login', { headers, body: { email: user.email, password, session: 'cookie' } })

  test('B6: the cookie is HttpOnly, SameSite=Strict, for /auth alone, and the token is nowhere in the body', async () => {
    const reply = await enter(own(app))
    expect(reply.status).toBe(200)
    expect(reply.headers.get('cache-control')).toBe('no-store')
    const attributes = (reply.headers.get('set-cookie') ?? '').split('; ').slice(1)
    expect(attributes.toSorted()).toEqual(['HttpOnly', 'Max-Age=2592000', 'Path=/auth', 'SameSite=Strict'])
    expect(reply.body.refresh_token).toBeUndefined()
    expect(reply.text).not.toContain('trt_')
    expect(cookieOf(reply)).toContain('=trt_')
  })

  test('B6: under https the cookie is Secure', async () => {
    const secure = await startApp({ database: app.database, env: { PUBLIC_URL: 'https://chat.example' } })
    const login = (origin: string) =>
      call(secure, 'POST /auth/login', {
        headers: { origin },
        body: { email: user.email, password, session: 'cookie' },
      })
    const reply = await login('https://chat.example')
    expect(reply.headers.get('set-cookie')).toContain('; Secure')
    expect((await login(secure.url)).status).toBe(403)
    expect((await login('http://chat.example')).status).toBe(403)
    await secure.stop()
  })

  test('B11: a cookie session is neither made nor used from any origin but the server’s own', async () => {
    const cookie = cookieOf(await enter(own(app)))
    const { port } = new URL(app.url)
    const foreign: Record<string, string>[] = [
      {},
      { origin: 'https://evil.example' },
      { origin: 'null' },
      { origin: app.url.replace('http:', 'https:') },
      { origin: `http://127.0.0.1:${Number(port) + 1}` },
      { origin: `${app.url}.evil.example` },
      { origin: `http://localhost:${port}` },
      { origin: `${app.url}/` },
      { origin: `${app.url}, https://evil.example` },
      { referer: `${app.url}/console/` },
    ]
    for (const headers of foreign) {
      const login = await enter(headers)
      expect([headers, login.status, login.body.code]).toEqual([headers, 403, 'auth.forbidden'])
      expect(login.headers.get('set-cookie')).toBeNull()
      const refreshed = await call(app, 'POST /auth/refresh', { headers: { ...headers, cookie }, body: {} })
      expect([headers, refreshed.status, refreshed.body.code]).toEqual([headers, 403, 'auth.forbidden'])
      expect(refreshed.headers.get('set-cookie')).toBeNull()
      expect(refreshed.text).not.toContain('access_token')
    }
    const reply = await call(app, 'POST /auth/refresh', { headers: { ...own(app), cookie }, body: {} })
    expect(reply.status).toBe(200)
    expect(cookieOf(reply)).not.toBe(cookie)
    expect(reply.body.refresh_token).toBeUndefined()
  })

  test('B6: a cookie’s token does not work in the body, nor a body’s in the cookie', async () => {
    const cookie = cookieOf(await enter(own(app)))
    const token = cookie.slice(cookie.indexOf('=') + 1)
    expect((await refresh(token)).status).toBe(401)
    const person = await signIn(app, user.email)
    const name = cookie.slice(0, cookie.indexOf('='))
    const mixed = await call(app, 'POST /auth/refresh', {
      headers: { ...own(app), cookie: `${name}=${person.refreshToken}` },
      body: {},
    })
    expect(mixed.status).toBe(401)
    // Neither attempt ended anything.
    expect((await call(app, 'POST /auth/refresh', { headers: { ...own(app), cookie }, body: {} })).status).toBe(200)
    expect((await refresh(person.refreshToken)).status).toBe(200)
  })

  test('B6: sign-out takes the cookie away', async () => {
    const login = await enter(own(app))
    const cookie = cookieOf(login)
    const reply = await call(app, 'POST /auth/logout', {
      token: login.body.access_token,
      headers: { ...own(app), cookie },
    })
    expect(reply.status).toBe(204)
    expect(reply.headers.get('set-cookie')).toMatch(/=; Max-Age=0; Path=\/auth; HttpOnly; SameSite=Strict$/)
    expect((await call(app, 'POST /auth/refresh', { headers: { ...own(app), cookie }, body: {} })).status).toBe(401)
  })
})

test.each([null, '', '{}'])('a refresh without a token is 401, also when the body is %p of JSON', async (body) => {
  const lines = ['POST /auth/refresh HTTP/1.1', 'Content-Type: application/json; charset=utf-8']
  const reply = await sendRaw(app, lines, { body })
  expect([reply.status, JSON.parse(reply.body).code]).toEqual([401, 'auth.token_invalid'])
})
