import { afterAll, beforeAll, expect, test } from 'bun:test'
import { deleteOldSignInTries } from '../../server/data/sign-in-tries.data.ts'
import { call, type Reply } from '../support/call.ts'
import { createClockAhead, type TestClock } from '../support/clock.ts'
import { makeSuperuser, makeTenant, makeUser, password, type Person } from '../support/people.ts'
import { withoutRequestId } from '../support/problem.ts'
import { openOwner } from '../support/scenario.ts'
import { startApp, type TestApp } from '../support/start-app.ts'

/**
 * B4: on two replicas, with a Redis that is dead, wrong guesses are few, for accounts that there are and that there are
 * not; nobody else is kept out.
 */

const isFull = process.env.FULL === '1'
const guessesOnOne = isFull ? 10_000 : 400
const accountsGuessed = isFull ? 10_000 : 250
const atOnce = 20

let clock: TestClock
let app: TestApp
let replica: TestApp
let superuser: Person
let sql: ReturnType<typeof openOwner>

beforeAll(async () => {
  clock = createClockAhead()
  app = await startApp({ clock, env: { TRUSTED_PROXY_HOPS: '1', REDIS_URL: 'redis://127.0.0.1:1' } })
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

let addresses = 0
const newAddress = (): string => `10.9.${(++addresses >> 8) & 255}.${addresses & 255}`

interface Guess {
  email: string
  from: string
  tenant?: string
  password?: string
  on?: TestApp
}
const login = (guess: Guess): Promise<Reply> =>
  call(guess.on ?? app, 'POST /auth/login', {
    tenant: guess.tenant,
    headers: { 'x-forwarded-for': guess.from },
    body: { email: guess.email, password: guess.password ?? 'a wrong guess' },
  })

/** Sends guesses over both replicas, and counts the answers by their status. */
async function guessAll(guesses: Guess[]): Promise<Record<number, number>> {
  const counts: Record<number, number> = {}
  const queue = guesses.entries()
  await Promise.all(
    Array.from({ length: atOnce }, async () => {
      for (const [n, guess] of queue) {
        let reply = await login({ on: n % 2 === 0 ? app : replica, ...guess })
        // What waits for its turn behind too many others is told to come again.
        while (reply.status === 503) reply = await login(guess)
        counts[reply.status] = (counts[reply.status] ?? 0) + 1
      }
    }),
  )
  return counts
}

/** Lets the windows of the counts end, for the database and for the servers. */
async function passWindow(): Promise<void> {
  await sql`update sign_in_tries set began_at = began_at - interval '15 minutes'`
  clock.advanceMs(15 * 60_000)
}

async function addEndUser(tenant: string, email: string): Promise<void> {
  const body = { email, password }
  const made = await call(app, `POST /admin/tenants/${tenant}/users`, { token: superuser.token, body })
  expect(made.status).toBe(201)
}

const kinds: { title: string; tenant?: string; make: () => Promise<string> }[] = [
  { title: 'a platform user', make: async () => (await makeUser(app, superuser)).email },
  {
    title: 'a user of a pooled tenant',
    tenant: 'pooled',
    make: async () => {
      await addEndUser('pooled', 'end@pooled.example')
      return 'end@pooled.example'
    },
  },
  {
    title: 'a user of a dedicated tenant',
    tenant: 'apart',
    make: async () => {
      await addEndUser('apart', 'end@apart.example')
      return 'end@apart.example'
    },
  },
  { title: 'nobody', make: () => Promise.resolve('nobody@people.example') },
]

test.each(kinds)(
  'B4: of any number of guesses on $title from one address ten are looked at in 15 minutes',
  async ({ tenant, make }) => {
    const email = await make()
    const from = newAddress()
    const guesses = Array.from({ length: tenant ? 60 : guessesOnOne }, () => ({ email, from, tenant }))
    expect(await guessAll(guesses)).toEqual({ 401: 10, 429: guesses.length - 10 })
    const locked = await login({ email, from, tenant, password })
    expect([locked.status, locked.body.code, locked.body.scope]).toEqual([429, 'limit.sign_ins', 'account_and_address'])
    const seconds = Number(locked.headers.get('retry-after'))
    expect(seconds > 0 && seconds <= 900).toBe(true)
    const isSomebody = email !== 'nobody@people.example'
    expect((await login({ email, from: newAddress(), tenant, password })).status).toBe(isSomebody ? 200 : 401)
  },
  240_000,
)

test('B4: a locked account answers like one that there is not, and says nothing of which is which', async () => {
  const user = await makeUser(app, superuser)
  const from = newAddress()
  const replies: Reply[] = []
  for (const email of [user.email, 'missing@people.example']) {
    for (let n = 0; n < 10; n++) expect((await login({ email, from })).status).toBe(401)
    const locked = await login({ email, from })
    expect(locked.status).toBe(429)
    replies.push(locked)
  }
  const plain = replies.map((reply) => {
    const { resets_at: _at, detail: _detail, ...rest } = withoutRequestId(reply) as Record<string, unknown>
    return rest
  })
  expect(plain[0]).toEqual(plain[1] ?? {})
  expect(replies[0]?.body.detail).toBe(replies[1]?.body.detail)
})

test('B4: one guess each on many accounts from one address ends after a hundred; whoever signed in there before still does', async () => {
  const from = newAddress()
  const [regular, newcomer] = [await makeUser(app, superuser), await makeUser(app, superuser)]
  expect((await login({ email: regular.email, from, password })).status).toBe(200)
  const guesses = Array.from({ length: accountsGuessed }, (_, n) => ({ email: `person${n}@people.example`, from }))
  expect(await guessAll(guesses)).toEqual({ 401: 100, 429: accountsGuessed - 100 })
  expect((await login({ email: newcomer.email, from, password })).body).toMatchObject({ status: 429, scope: 'address' })
  expect((await login({ email: regular.email, from, password, on: replica })).status).toBe(200)
  expect((await login({ email: newcomer.email, from: newAddress(), password })).status).toBe(200)
}, 240_000)

test('B4: guesses from many addresses slow an account down, but its owner enters from anywhere, and at once from home', async () => {
  const user = await makeUser(app, superuser)
  const home = newAddress()
  expect((await login({ email: user.email, from: home, password })).status).toBe(200)
  const guesses = Array.from({ length: 11 }, () => newAddress()).flatMap((from) =>
    Array.from({ length: 9 }, () => ({ email: user.email, from })),
  )
  expect(await guessAll(guesses)).toEqual({ 401: 99 })
  const timed = async (from: string) => {
    const startedMs = performance.now()
    const { status } = await login({ email: user.email, from, password })
    return { status, isSlow: performance.now() - startedMs >= 1_900 }
  }
  for (let n = 0; n < 2; n++) await login({ email: user.email, from: newAddress() })
  expect(await timed(newAddress())).toEqual({ status: 200, isSlow: true })
  expect(await timed(home)).toEqual({ status: 200, isSlow: false })
  const flood = await Promise.all(Array.from({ length: 12 }, () => login({ email: user.email, from: newAddress() })))
  const refused = flood.filter(({ status }) => status === 429)
  expect(flood.length - refused.length).toBe(4)
  expect(refused.every(({ body }) => body.scope === 'account')).toBe(true)
}, 120_000)

test('B4: right passwords never count, however many at once', async () => {
  const user = await makeUser(app, superuser)
  const from = newAddress()
  for (let round = 0; round < 2; round++) {
    const replies = await Promise.all(Array.from({ length: 15 }, () => login({ email: user.email, from, password })))
    expect(replies.map(({ status }) => status)).toEqual(replies.map(() => 200))
  }
  for (let n = 0; n < 9; n++) expect((await login({ email: user.email, from })).status).toBe(401)
  expect((await login({ email: user.email, from, password })).status).toBe(200)
  for (let n = 0; n < 10; n++) expect((await login({ email: user.email, from })).status).toBe(401)
  expect((await login({ email: user.email, from })).status).toBe(429)
})

test('B4: the same guesses through another tenant, in capitals or through the other route are the same account', async () => {
  const user = await makeUser(app, superuser)
  const from = newAddress()
  const form = (email: string) =>
    call(app, 'POST /auth/token', {
      raw: new URLSearchParams({ username: email, password: 'a wrong guess' }).toString(),
      headers: { 'content-type': 'application/x-www-form-urlencoded', 'x-forwarded-for': from },
    })
  for (let n = 0; n < 3; n++) await login({ email: user.email, from, tenant: 'pooled' })
  for (let n = 0; n < 3; n++) await login({ email: user.email.toUpperCase(), from, tenant: 'nosuch' })
  for (let n = 0; n < 4; n++) expect((await form(user.email)).status).toBe(401)
  expect((await form(user.email)).body.code).toBe('limit.sign_ins')
})

test('B4: a proxy that names ports, too, hides nobody among them', async () => {
  const user = await makeUser(app, superuser)
  const [v4, v6] = [newAddress(), '2001:db8:7:7::1']
  for (let n = 0; n < 10; n++) await login({ email: user.email, from: `${v4}:${40_000 + n}` })
  expect((await login({ email: user.email, from: `${v4}:50000` })).body.code).toBe('limit.sign_ins')
  expect((await login({ email: user.email, from: v4 })).body.code).toBe('limit.sign_ins')
  for (let n = 0; n < 10; n++) await login({ email: user.email, from: `[${v6}]:${40_000 + n}` })
  expect((await login({ email: user.email, from: v6 })).body.code).toBe('limit.sign_ins')
})

test('D11: steps of the clock unlock nothing; the end of the window does', async () => {
  const user = await makeUser(app, superuser)
  const from = newAddress()
  for (let n = 0; n < 10; n++) await login({ email: user.email, from })
  for (const stepMs of [3_600_000, -7_200_000, 3_600_000]) {
    clock.stepWallMs(stepMs)
    for (const on of [app, replica]) expect((await login({ email: user.email, from, password, on })).status).toBe(429)
  }
  await passWindow()
  for (const on of [app, replica]) expect((await login({ email: user.email, from, password, on })).status).toBe(200)
})

test('B4: what is counted tells neither accounts nor addresses, and goes after its window', async () => {
  const rows = await sql<{ line: string }[]>`select t::text as line from sign_in_tries t`
  expect(rows.length).toBeGreaterThan(20)
  expect(rows.filter(({ line }) => /10\.9\.|@|example/.test(line))).toEqual([])
  await sql`update sign_in_tries set began_at = began_at - interval '2 hours'`
  await deleteOldSignInTries(app.services.core.db)
  const [left] = await sql<{ known: number; others: number }[]>`
    select count(succeeded_at)::int as known, count(*)::int - count(succeeded_at)::int as others from sign_in_tries`
  expect(left).toEqual({ known: expect.any(Number), others: 0 })
  expect(left?.known).toBeGreaterThan(0)
})
