import { afterAll, beforeAll, expect, test } from 'bun:test'
import { randomUUID } from 'node:crypto'
import { join } from 'node:path'
import { placeOfTenantSecret } from '../../server/answering/tenant-secrets.ts'
import { sealedColumns } from '../../server/data/sealed-columns.ts'
import { rotateSecrets } from '../../server/features/system/rotate-secrets.ts'
import { placeOfMail } from '../../server/mail/links.ts'
import { parseTenantId } from '../../server/platform/ids.ts'
import { createSecretBox, type SecretBox } from '../../server/platform/secrets.ts'
import { call } from '../support/call.ts'
import { dumpSchema } from '../support/database-dump.ts'
import { createTestDatabase, type TestDatabase } from '../support/databases.ts'
import { type FakeOpenAi, startFakeOpenAi } from '../support/fake-openai.ts'
import { readToken } from '../support/mail.ts'
import { makeSuperuser, makeTenant, makeUser, password, type Person } from '../support/people.ts'
import { ask, eventually, openOwner } from '../support/scenario.ts'
import { startApp, type TestApp } from '../support/start-app.ts'

const root = join(import.meta.dir, '../..')
const former = { SECRET_KEY: `former-key-${randomUUID()}`, JWT_SECRET_KEY: `former-jwt-${randomUUID()}` }
const next = { SECRET_KEY: `next-key-${randomUUID()}`, JWT_SECRET_KEY: `next-jwt-${randomUUID()}` }
const both = {
  ...next,
  SECRET_KEY_PREVIOUS: former.SECRET_KEY,
  JWT_SECRET_KEY_PREVIOUS: former.JWT_SECRET_KEY,
}
const tenantsSealed = process.env.FULL === '1' ? 4_000 : 600
const mailsSealed = process.env.FULL === '1' ? 6_000 : 900
const readersAtOnce = 4

let model: FakeOpenAi
let database: TestDatabase
let sql: ReturnType<typeof openOwner>
let before: TestApp
let app: TestApp
let formerBox: SecretBox
let superuser: Person
let keyed: string
let resetToken: string

beforeAll(async () => {
  model = await startFakeOpenAi({ expectKey: 'sk-of-the-tenant' })
  database = await createTestDatabase()
  formerBox = await createSecretBox(former.SECRET_KEY)
  sql = openOwner({ database })
  before = await startApp({ database, env: former })
  await sealOneOfEach()
  await sealMany()
}, 120_000)
afterAll(async () => {
  await sql.end()
  await app?.stop()
  await before.stop()
  await database.drop()
  await model.stop()
})

const admin = (at: TestApp, route: string, body?: unknown, headers?: Record<string, string>) =>
  call(at, route, { token: superuser.token, body, headers })

/** Something in every sealed column there is. */
async function sealOneOfEach(): Promise<void> {
  superuser = await makeSuperuser(before)
  const own = { model_provider: 'openai-compatible', model: 'gpt-4o-mini', model_base_url: model.url }
  await makeTenant(before, superuser, 'acme', {
    ...own,
    model_api_key: 'sk-of-the-tenant',
    pinecone_api_key: 'pcsk-of-the-tenant',
  })
  await makeTenant(before, superuser, 'apart', { isolation: 'dedicated' })
  const user = await makeUser(before, superuser)
  await call(before, 'POST /auth/password/forgot', { body: { email: user.email } })
  resetToken = await readToken(before, superuser, { to: user.email, page: 'reset' })
  const invited = await admin(before, 'POST /admin/tenants/acme/invites', { email: 'new@people.example' }, idempotent)
  expect(invited.status).toBe(201)
  const made = await admin(
    before,
    'POST /admin/tenants/acme/api-keys',
    { name: 'Kept' },
    { 'idempotency-key': 'a-key' },
  )
  keyed = made.body.secret
  const id = randomUUID()
  const address = await formerBox.seal({ table: 'database_servers', column: 'address', row: id }, 'postgres://nowhere/')
  await sql`insert into database_servers (id, name, address, host, is_draining)
    values (${id}, 'Second', ${address}, 'nowhere', true)`
}
const idempotent = { 'idempotency-key': 'an-invite' }

/** Rows enough for a rotation to take its time. */
async function sealMany(): Promise<void> {
  const tenants = await Promise.all(
    Array.from({ length: tenantsSealed }, async (_, n) => {
      const id = `sealed-${n}`
      return { id, key: await formerBox.seal(placeOfTenantSecret(id, 'modelApiKey'), `sk-of-${id}`) }
    }),
  )
  await sql`insert into tenants (id, name, model_api_key, model_api_key_last4)
    select id, id, key, 'seal' from jsonb_to_recordset(${JSON.stringify(tenants)}::text::jsonb) as t(id text, key text)`
  const mails = await Promise.all(
    Array.from({ length: mailsSealed }, async () => {
      const id = randomUUID()
      return { id, content: await formerBox.seal(placeOfMail(id), JSON.stringify({ to: `${id}@people.example` })) }
    }),
  )
  await sql`insert into outgoing_mail (id, stage, address_digest, content, created_at)
    select id, 'failed', 'former', content, now()
    from jsonb_to_recordset(${JSON.stringify(mails)}::text::jsonb) as m(id uuid, content text)`
}

const sealedValue = /v1\.([0-9a-f]{12})\.[\w-]{16}\.[\w-]+/g

/** Every sealed value in the core database, wherever it is, with the table and the key it was sealed with. */
async function findSealed(): Promise<{ table: string; keyId: string; line: string }[]> {
  const rows = [...(await dumpSchema(sql, 'public')), ...(await dumpSchema(sql, 'tenant'))]
  return rows.flatMap(({ table, line }) =>
    [...line.matchAll(sealedValue)].map(([, keyId = '']) => ({ table: table.replace('public.', ''), keyId, line })),
  )
}
const countFormer = async (): Promise<number> =>
  (await findSealed()).filter(({ keyId }) => keyId === formerBox.keyId).length

function startRotation(env: Record<string, string>): Bun.Subprocess<'ignore', 'pipe', 'pipe'> {
  return Bun.spawn([process.execPath, 'server/commands/rotate-secrets.ts'], {
    cwd: root,
    env: { PATH: process.env.PATH ?? '', NODE_ENV: 'development', DATABASE_URL: database.ownerUrl, ...env },
    stdin: 'ignore',
    stdout: 'pipe',
    stderr: 'pipe',
  })
}

test('B9: every sealed value there is stands in a column that rotation knows', async () => {
  const found = await findSealed()
  const known = new Set(sealedColumns.map(({ table }) => table))
  expect(found.filter(({ table }) => !known.has(table)).map(({ table }) => table)).toEqual([])
  // And each of those columns has one, so none is on the list in vain.
  const state = await admin(before, 'GET /admin/system/keys')
  const columns = sealedColumns.map(({ table, column }) => `${table}.${column}`)
  const counted = state.body.columns.map((each: { table: string; column: string }) => `${each.table}.${each.column}`)
  expect(counted.toSorted()).toEqual(columns.toSorted())
  expect(state.body.sealing).toEqual({ has_former_key: false, current: found.length, former: 0, lost: 0 })
})

test('B9: whatever the code seals is for a place that rotation knows', async () => {
  const known = new Set(sealedColumns.map(({ table, column }) => `${table}.${column}`))
  const named = new Set<string>()
  for await (const file of new Bun.Glob('server/**/*.ts').scan({ cwd: root })) {
    const text = await Bun.file(join(root, file)).text()
    for (const [, table, column] of text.matchAll(/table: '(\w+)', column: '(\w+)', row:/g))
      named.add(`${table}.${column}`)
  }
  expect([...named].filter((place) => !known.has(place))).toEqual([])
  expect(named.size).toBeGreaterThanOrEqual(5)
})

test('B9: servers with both keys read everything, and go on with tokens and links made before', async () => {
  app = await startApp({ database, env: both })
  expect((await ask(app, { token: superuser.token, tenant: 'acme' })).events.at(-1)?.event).toBe('done')
  const refreshed = await call(app, 'POST /auth/refresh', { body: { refresh_token: superuser.refreshToken } })
  expect(refreshed.status).toBe(200)
  expect((await call(app, 'GET /users/me', { token: refreshed.body.access_token })).status).toBe(200)
  expect((await call(app, 'GET /chat/sessions', { token: keyed })).status).toBe(200)
  const again = await admin(app, 'POST /admin/tenants/acme/api-keys', { name: 'Kept' }, { 'idempotency-key': 'a-key' })
  expect([again.status, again.body.secret]).toEqual([201, keyed])
  const state = (await admin(app, 'GET /admin/system/keys')).body
  expect(state.sealing).toMatchObject({ has_former_key: true, lost: 0 })
  expect(state.sealing.former).toBeGreaterThan(tenantsSealed + mailsSealed)
  expect(state.tokens).toEqual({ has_former_key: true, accepted_seconds: 900 })
})

test('B9: rotation under load, killed midway and run again: no read fails and nothing is left on the key before', async () => {
  const total = await countFormer()
  const stop = new AbortController()
  const figures = { reads: 0, failed: 0 }
  const readers = Array.from({ length: readersAtOnce }, async () => {
    while (!stop.signal.aborted) {
      const id = `sealed-${Math.floor(Math.random() * tenantsSealed)}`
      const tenantId = parseTenantId(id)
      const tenant = tenantId && (await app.services.directories.tenant(tenantId))
      const key = tenant && (await app.services.secrets.open(tenant, 'modelApiKey').catch(() => undefined))
      figures.reads++
      if (key !== `sk-of-${id}`) figures.failed++
      if (figures.reads % 50 === 0) {
        const { events } = await ask(app, { token: superuser.token, tenant: 'acme' })
        if (events.at(-1)?.event !== 'done') figures.failed++
      }
      await new Promise((resolve) => setImmediate(resolve))
    }
  })

  const killed = startRotation(both)
  await eventually(async () => (await countFormer()) < total - 50, 20_000)
  killed.kill('SIGKILL')
  await killed.exited
  const left = await countFormer()
  expect(left).toBeGreaterThan(0)
  expect(left).toBeLessThan(total)

  const [one, other] = [startRotation(both), startRotation(both)]
  const told = await new Response(one.stdout).text()
  expect([await one.exited, await other.exited]).toEqual([0, 0])
  expect(told).toMatch(/\d+ values were sealed anew; 0 are left on the key before\./)
  stop.abort()
  await Promise.all(readers)
  console.log(`B9: ${total} values, ${left} after the kill, ${figures.reads} reads meanwhile`)
  expect(figures.failed).toBe(0)
  expect(figures.reads).toBeGreaterThan(100)
  expect(await countFormer()).toBe(0)
  expect((await admin(app, 'GET /admin/system/keys')).body.sealing).toMatchObject({ former: 0, lost: 0 })
}, 120_000)

test('B9: afterwards the next key alone opens everything, and what addresses are looked up by is its own', async () => {
  const box = await createSecretBox(next.SECRET_KEY)
  for (const { id, model_api_key } of await sql`select id, model_api_key from tenants where id like 'sealed-%'`) {
    expect(await box.open(placeOfTenantSecret(id, 'modelApiKey'), model_api_key)).toBe(`sk-of-${id}`)
  }
  const digests = await sql`select address_digest from outgoing_mail where stage = 'failed'`
  expect(digests.filter(({ address_digest }) => address_digest === 'former')).toEqual([])
  const alone = await startApp({ database, env: next })
  try {
    expect((await ask(alone, { token: keyed })).events.at(-1)?.event).toBe('done')
    const signedIn = await call(alone, 'POST /auth/login', { body: { email: superuser.email, password } })
    const token = signedIn.body.access_token
    expect((await call(alone, 'GET /admin/tenants/apart/users', { token })).status).toBe(200)
    const mailbox = await call(alone, 'GET /admin/mailbox?to=new@people.example', { token })
    expect(mailbox.body.items).toHaveLength(1)
    // What was signed with the key before is over, and only that.
    expect((await call(alone, 'GET /users/me', { token: superuser.token })).status).toBe(401)
  } finally {
    await alone.stop()
  }
})

test('a link to a new password that was mailed before works as long as the key before is known', async () => {
  const body = { token: resetToken, password: 'another good password' }
  const reset = await call(app, 'POST /auth/password/reset', { body })
  expect(reset.status).toBe(200)
})

test('a value that cannot be opened is told and left, and the others are sealed anew', async () => {
  const id = randomUUID()
  const readable = randomUUID()
  const elsewhere = await formerBox.seal(placeOfMail(randomUUID()), '{}')
  const fine = await formerBox.seal(placeOfMail(readable), '{}')
  await sql`insert into outgoing_mail (id, stage, address_digest, content, created_at)
    values (${id}, 'failed', 'x', ${elsewhere}, now()), (${readable}, 'failed', 'x', ${fine}, now())`
  const rotation = startRotation(both)
  const [out, err] = await Promise.all([new Response(rotation.stdout).text(), new Response(rotation.stderr).text()])
  expect(await rotation.exited).toBe(1)
  expect(err).toContain('outgoing_mail.content: 1 cannot be opened and stay')
  expect(out).toContain('1 values were sealed anew; 1 are left')
  await sql`delete from outgoing_mail where id in ${sql([id, readable])}`
})

test('without the key before there is nothing to do, and it is said how to begin', async () => {
  const rotation = startRotation(next)
  expect(await new Response(rotation.stderr).text()).toContain('SECRET_KEY_PREVIOUS')
  expect(await rotation.exited).toBe(2)
  const box = await createSecretBox(next.SECRET_KEY)
  expect(await rotateSecrets({ db: app.services.core.db, secretBox: box })).toEqual([])
})
