import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { call, type Reply } from '../../support/call.ts'
import { makeSuperuser, makeTenant, makeUser, password, type Person, signIn } from '../../support/people.ts'
import { openOwner } from '../../support/scenario.ts'
import { startApp, type TestApp } from '../../support/start-app.ts'

const next = 'the password after the change'
let app: TestApp
let replica: TestApp
let superuser: Person
let sql: ReturnType<typeof openOwner>
let addresses = 0

beforeAll(async () => {
  app = await startApp({ env: { TRUSTED_PROXY_HOPS: '1' } })
  replica = await app.startReplica()
  superuser = await makeSuperuser(app)
  await makeTenant(app, superuser, 'pooled')
  await makeTenant(app, superuser, 'apart', { isolation: 'dedicated' })
  sql = openOwner(app)
}, 60_000)
afterAll(async () => {
  await sql.end()
  await replica.stop()
  await app.stop()
})

/** Tries to change the password, each time from another address, by turns at both replicas. */
const change = (person: Person, current_password: string | undefined, body: object = { password: next }) =>
  call(addresses % 2 === 0 ? app : replica, 'PATCH /users/me', {
    token: person.token,
    headers: { 'x-forwarded-for': `10.8.0.${++addresses % 250}` },
    body: { ...body, current_password },
  })

/** Answers of so many wrong guesses at once. */
async function guess(person: Person, times: number): Promise<Reply[]> {
  return Promise.all(Array.from({ length: times }, (_, n) => change(person, `a wrong guess ${n}`)))
}
const countStatuses = (replies: Reply[]): Record<number, number> => {
  const counts: Record<number, number> = {}
  for (const { status } of replies) counts[status] = (counts[status] ?? 0) + 1
  return counts
}
/** The quarter of an hour is over. */
const passWindow = () => sql`update sign_in_tries set began_at = began_at - interval '15 minutes'`

async function makeEndUser(tenant: string): Promise<Person> {
  const email = `end${++addresses}@${tenant}.example`
  const body = { email, password }
  await call(app, `POST /admin/tenants/${tenant}/users`, { token: superuser.token, body })
  return signIn(app, email, tenant)
}

const kinds: { kind: string; tenant?: string; make: () => Promise<Person> }[] = [
  { kind: 'a platform user', make: () => makeUser(app, superuser) },
  { kind: 'an end user of a pooled tenant', tenant: 'pooled', make: () => makeEndUser('pooled') },
  { kind: 'an end user of a dedicated tenant', tenant: 'apart', make: () => makeEndUser('apart') },
]

describe.each(kinds)('B4: whoever has a token of $kind', ({ tenant, make }) => {
  test('may guess at the password ten times in 15 minutes, from all addresses and at all replicas together', async () => {
    const person = await make()
    const elsewhere = await signIn(app, person.email, tenant)
    expect(countStatuses(await guess(person, 25))).toEqual({ 422: 10, 429: 15 })
    const refused = await change(person, password)
    expect(refused.status).toBe(429)
    expect(refused.body).toMatchObject({ code: 'limit.password_guesses', scope: 'session', limit: 10, spent: 10 })
    expect(Number(refused.headers.get('retry-after'))).toBeWithin(1, 901)
    expect(refused.body.detail).toMatch(/^There were too many wrong passwords\. Try again in 1[45] minutes/)
    // What needs no password goes on, and so does another session of the same person.
    expect((await change(person, undefined, { full_name: 'Somebody' })).status).toBe(200)
    expect((await change(elsewhere, 'a wrong guess')).status).toBe(422)
    await passWindow()
    expect((await change(person, password)).status).toBe(200)
    expect((await signIn(app, person.email, tenant).catch(() => undefined))?.token).toBeUndefined()
  })

  test('has no session any more after the twentieth wrong one; that is audited', async () => {
    const person = await make()
    const elsewhere = await signIn(app, person.email, tenant)
    await guess(person, 10)
    await passWindow()
    for (let n = 0; n < 9; n++) expect((await change(person, 'a wrong guess')).status).toBe(422)
    const last = await change(person, 'a wrong guess')
    expect([last.status, last.body.code]).toEqual([401, 'auth.token_invalid'])
    expect(last.body.detail).toContain('this session has ended')
    const refresh = await call(app, 'POST /auth/refresh', { body: { refresh_token: person.refreshToken } })
    expect(refresh.status).toBe(401)
    expect((await change(person, password)).status).toBe(401)
    expect((await call(app, 'GET /users/me', { token: elsewhere.token })).status).toBe(200)
    const rows = await sql`select outcome, tenant_id, after from audit_log
      where action = 'session.ended' and target_id = ${person.id}`
    expect([...rows]).toMatchObject([
      { outcome: 'denied', tenant_id: tenant ?? null, after: { reason: 'too many wrong passwords' } },
    ])
  })
})

test('B4: the right password forgets the wrong ones before it', async () => {
  const person = await makeUser(app, superuser)
  let current = password
  for (let round = 0; round < 4; round++) {
    expect(countStatuses(await guess(person, 9))).toEqual({ 422: 9 })
    const chosen = `${next} ${round}`
    expect((await change(person, current, { password: chosen })).status).toBe(200)
    current = chosen
  }
})

test('a change of the password without the current one says what is missing, and is no guess', async () => {
  const person = await makeUser(app, superuser)
  for (let n = 0; n < 12; n++) {
    const reply = await change(person, undefined)
    expect(reply.status).toBe(422)
    expect(reply.body.errors).toEqual([{ path: 'current_password', message: 'is needed to change the password' }])
  }
  expect((await change(person, password)).status).toBe(200)
})
