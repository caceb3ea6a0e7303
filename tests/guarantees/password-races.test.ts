import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { call, type Reply } from '../support/call.ts'
import { asOwner, whileTriggersRest } from '../support/owner-sql.ts'
import { makeSuperuser, makeTenant, makeUser, password, type Person, signIn } from '../support/people.ts'
import { startApp, type TestApp } from '../support/start-app.ts'

const reset = 'the password after the reset'
const stolen = 'the password the attacker wants'

/** The server whose password checks a test holds up, and another one by which things change meanwhile. */
let app: TestApp
let replica: TestApp
let superuser: Person
let people = 0

beforeAll(async () => {
  app = await startApp()
  replica = await app.startReplica()
  superuser = await makeSuperuser(replica)
  await makeTenant(replica, superuser, 'acme')
})
afterAll(async () => {
  await replica.stop()
  await app.stop()
})

/** Does something after the next password was verified and before anything comes of it. */
function afterNextVerification(work: () => Promise<unknown>): void {
  const { passwords } = app.services
  const original = { ...passwords }
  passwords.verify = async (given, hash) => {
    Object.assign(passwords, original)
    const verified = await original.verify(given, hash)
    await work()
    return verified
  }
}

/** A user, and how a manager resets its password or switches it off. */
interface Account {
  email: string
  /** The tenant that it signs in to. */
  tenant: string | undefined
  route: string
  table: string
}

async function makePlatformUser(): Promise<Account> {
  const { id, email } = await makeUser(replica, superuser)
  return { email, tenant: undefined, route: `PATCH /admin/users/${id}`, table: 'users' }
}

async function makeLinkedUser(): Promise<Account> {
  const { id, email } = await makeUser(replica, superuser, { tenant: 'acme' })
  return { email, tenant: 'acme', route: `PATCH /admin/users/${id}`, table: 'users' }
}

async function makeEndUser(): Promise<Account> {
  const email = `end-user-${++people}@acme.example`
  const { token } = superuser
  const made = await call(replica, 'POST /admin/tenants/acme/users', { token, body: { email, password } })
  if (made.status !== 201) throw new Error(`end user was not made: ${made.text}`)
  return {
    email,
    tenant: 'acme',
    route: `PATCH /admin/tenants/acme/users/${made.body.id}`,
    table: 'tenant.tenant_users',
  }
}

async function change(account: Account, body: Record<string, unknown>): Promise<void> {
  const changed = await call(replica, account.route, { token: superuser.token, body })
  if (changed.status !== 200) throw new Error(`not changed: ${changed.text}`)
}

const login = (account: Account, secret: string, base: TestApp = app): Promise<Reply> =>
  call(base, 'POST /auth/login', { tenant: account.tenant, body: { email: account.email, password: secret } })
const setPassword = (person: Person, body: Record<string, unknown>): Promise<Reply> =>
  call(app, 'PATCH /users/me', { token: person.token, body })

async function countLiveSessions({ email, table }: Account): Promise<number> {
  const [row] = await asOwner(
    app,
    (sql) => sql`select count(*)::int as live from sign_in_sessions
      where revoked_at is null and user_id = (select id from ${sql(table)} where email = ${email})`,
  )
  return row?.live
}

describe.each([
  { title: 'a platform user', make: makePlatformUser },
  { title: 'a platform user in its tenant', make: makeLinkedUser },
  { title: 'a tenant’s own user', make: makeEndUser },
])('$title', ({ make }) => {
  test('B3: a reset wins over a change of password that was verified before it', async () => {
    const account = await make()
    const attacker = await signIn(app, account.email, account.tenant)
    afterNextVerification(() => change(account, { password: reset }))
    const taken = await setPassword(attacker, { password: stolen, current_password: password })
    expect([taken.status, taken.body.code]).toEqual([422, 'request.invalid'])
    expect(taken.body.errors).toEqual([{ path: 'current_password', message: 'is not right' }])
    expect((await login(account, stolen)).status).toBe(401)
    expect((await login(account, reset)).status).toBe(200)
  })

  test('B3: a sign-in that was verified before a reset starts no session', async () => {
    const account = await make()
    afterNextVerification(() => change(account, { password: reset }))
    const late = await login(account, password)
    expect([late.status, late.body.code]).toEqual([401, 'auth.invalid_credentials'])
    expect(await countLiveSessions(account)).toBe(0)
    expect((await login(account, reset)).status).toBe(200)
  })

  test('B3: a sign-in that was verified before the account was switched off starts no session', async () => {
    const account = await make()
    afterNextVerification(() => change(account, { is_active: false }))
    const late = await login(account, password)
    expect([late.status, late.body.code]).toEqual([403, 'user.inactive'])
    expect(await countLiveSessions(account)).toBe(0)
  })

  test('B3: a sign-in waits for a reset under way and then starts no session', async () => {
    const account = await make()
    const before = await countLiveSessions(account)
    await asOwner(app, async (sql) => {
      let late: Promise<Reply> | undefined
      // Not what ends sessions by itself: the reset of a server does that after its write.
      await whileTriggersRest(sql, account.table, () =>
        sql.begin(async (transaction) => {
          await transaction`update ${sql(account.table)} set password_hash = 'reset' where email = ${account.email}`
          late = login(account, password)
          await Promise.race([late, untilSomebodyWaitsForALock()])
        }),
      )
      expect((await late)?.status).toBe(401)
    })
    expect(await countLiveSessions(account)).toBe(before)
  })

  test('B3: a sign-in that replaces an old kind of hash never undoes a reset', async () => {
    const account = await make()
    await giveBcryptHash(account)
    afterNextVerification(() => change(account, { password: reset }))
    expect((await login(account, password)).status).toBe(401)
    expect((await login(account, password)).status).toBe(401)
    expect((await login(account, reset)).status).toBe(200)
  })

  test('B3: parallel sign-ins that all replace an old kind of hash all succeed', async () => {
    const account = await make()
    await giveBcryptHash(account)
    const replies = await Promise.all([app, replica, app, replica].map((base) => login(account, password, base)))
    expect(replies.map(({ status }) => status)).toEqual([200, 200, 200, 200])
    expect(await countLiveSessions(account)).toBeGreaterThanOrEqual(4)
  })

  test('B3: when sessions cannot be ended, the password stays as it was', async () => {
    const account = await make()
    const person = await signIn(app, account.email, account.tenant)
    await asOwner(app, async (sql) => {
      await sql.unsafe(`create function fail() returns trigger language plpgsql as $$ begin raise 'no'; end $$`)
      await sql`create trigger fail before update of revoked_at on sign_in_sessions execute function fail()`
    })
    const failed = await setPassword(person, { password: stolen, current_password: password })
    await asOwner(app, (sql) => sql`drop function fail cascade`)
    expect(failed.status).toBeGreaterThanOrEqual(500)
    expect((await login(account, stolen)).status).toBe(401)
    expect((await login(account, password)).status).toBe(200)
  })
})

async function giveBcryptHash({ email, table }: Account): Promise<void> {
  const bcrypt = await Bun.password.hash(password, { algorithm: 'bcrypt', cost: 4 })
  await asOwner(app, (sql) => sql`update ${sql(table)} set password_hash = ${bcrypt} where email = ${email}`)
}

async function untilSomebodyWaitsForALock(): Promise<void> {
  await asOwner(app, async (sql) => {
    for (;;) {
      const waiting = await sql`select 1 from pg_stat_activity
        where datname = current_database() and cardinality(pg_blocking_pids(pid)) > 0`
      if (waiting.length > 0) return
      await Bun.sleep(10)
    }
  })
}
