import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { call, type CallOptions, type Reply } from '../../support/call.ts'
import { createClockAhead, type TestClock } from '../../support/clock.ts'
import { readMails, tokenOf } from '../../support/mail.ts'
import { makeTenant, makeUser, password, type Person, signIn } from '../../support/people.ts'
import { type Scenario, startScenario } from '../../support/scenario.ts'

let scenario: Scenario
let clock: TestClock
let owner: Person
let people = 0
const newEmail = (): string => `guest${++people}@people.example`

beforeAll(async () => {
  clock = createClockAhead()
  scenario = await startScenario({ clock, env: { ACCESS_TOKEN_EXPIRE_MINUTES: '1440' } })
  const { app, superuser } = scenario
  owner = await makeUser(app, superuser, { is_owner: true })
  await makeTenant(app, superuser, 'acme', { owner_id: owner.id, registration: 'invited' })
  await makeTenant(app, superuser, 'other')
})
afterAll(() => scenario.stop())

const post = (path: string, body: unknown, options: CallOptions = {}): Promise<Reply> =>
  call(scenario.app, `POST ${path}`, { ...options, body })
const invite = (email: string, options: CallOptions = {}): Promise<Reply> =>
  post('/admin/tenants/acme/invites', { email }, { token: owner.token, ...options })
async function inviteToken(email: string): Promise<string> {
  const made = await invite(email)
  expect(made.status).toBe(201)
  return tokenOf(made.body.link)
}
const accept = (token: string, options: CallOptions = {}): Promise<Reply> =>
  post('/auth/invites/accept', { token, password, full_name: 'Gast' }, options)
const isRefused = (reply: Reply): void => expect([reply.status, reply.body.code]).toEqual([401, 'auth.link_invalid'])

describe('an invite', () => {
  test('is a link to copy and a mail; accepting makes a verified user where only invited people may', async () => {
    const email = newEmail()
    const made = await invite(email.toUpperCase())
    expect(Object.keys(made.body).toSorted()).toEqual(['expires_at', 'link'])
    expect(made.body.link).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/console\/join#token=[\w-]{43}$/)
    expect(new Date(made.body.expires_at).getTime() - clock.now().getTime()).toBe(7 * 86_400_000)
    const [mail] = await readMails(scenario.app, scenario.superuser, email)
    expect([mail?.subject, mail?.links]).toEqual(['You are invited to Tenant acme', [made.body.link]])
    const token = tokenOf(made.body.link)
    const shown = await post('/auth/invites/show', { token })
    expect(shown.body).toEqual({
      email: email.toUpperCase(),
      scope: 'tenant',
      tenant_id: 'acme',
      tenant_name: 'Tenant acme',
      tenant_origins: [],
      expires_at: made.body.expires_at,
    })
    const joined = await accept(token)
    expect([joined.status, joined.body]).toMatchObject([
      201,
      { email, full_name: 'Gast', scope: 'tenant', tenant_id: 'acme', is_verified: true, is_owner: false },
    ])
    expect((await signIn(scenario.app, email, 'acme')).id).toBe(joined.body.id)
    isRefused(await accept(token))
    isRefused(await post('/auth/invites/show', { token }))
    expect(await readMails(scenario.app, scenario.superuser, email)).toEqual([])
  })

  test('tells where the tenant is proven to be, and nothing of what is only claimed', async () => {
    const { app, superuser } = scenario
    const add = (origin: string, token: string) =>
      call(app, 'POST /admin/tenants/other/domains', { token, body: { origin } })
    expect((await add('https://chat.other.example', superuser.token)).body.status).toBe('verified')
    await call(app, 'PATCH /admin/tenants/other', { token: superuser.token, body: { owner_id: owner.id } })
    expect((await add('https://claimed.other.example', owner.token)).body.status).toBe('pending')
    const made = await post('/admin/tenants/other/invites', { email: newEmail() }, { token: owner.token })
    const shown = await post('/auth/invites/show', { token: tokenOf(made.body.link) })
    expect(shown.body.tenant_origins).toEqual(['https://chat.other.example'])
  })

  test('accepted many times at once makes one user', async () => {
    const email = newEmail()
    const token = await inviteToken(email)
    const replies = await Promise.all(Array.from({ length: 6 }, () => accept(token)))
    const statuses = replies.map(({ status }) => status)
    expect(statuses.filter((status) => status === 201)).toHaveLength(1)
    expect(statuses.filter((status) => status !== 201 && status !== 401 && status !== 409)).toEqual([])
    const rows = await scenario.sql`select 1 from tenant.tenant_users where tenant_id = 'acme' and email = ${email}`
    expect(rows).toHaveLength(1)
  })

  test('to a tenant with its own database makes one user there, and leaves nothing of it in core', async () => {
    await makeTenant(scenario.app, scenario.superuser, 'own', { isolation: 'dedicated', owner_id: owner.id })
    const email = newEmail()
    const made = await post('/admin/tenants/own/invites', { email }, { token: owner.token })
    const token = tokenOf(made.body.link)
    const statuses = (await Promise.all(Array.from({ length: 6 }, () => accept(token)))).map(({ status }) => status)
    expect(statuses.filter((status) => status === 201)).toHaveLength(1)
    expect(statuses.filter((status) => status >= 500)).toEqual([])
    expect((await signIn(scenario.app, email, 'own')).email).toBe(email)
    expect(await scenario.sql`select 1 from tenant.tenant_users where email = ${email}`).toHaveLength(0)
    expect(await scenario.sql`select 1 from email_tokens where tenant_id = 'own'`).toHaveLength(0)
  })

  test('is gone with its tenant, and so is its mail', async () => {
    const admin = { token: scenario.superuser.token }
    await makeTenant(scenario.app, scenario.superuser, 'purged')
    const email = newEmail()
    const made = await post('/admin/tenants/purged/invites', { email }, admin)
    await call(scenario.app, 'DELETE /admin/tenants/purged?purge=true', {
      ...admin,
      headers: { 'x-confirm': 'purged' },
    })
    isRefused(await accept(tokenOf(made.body.link)))
    expect(await readMails(scenario.app, scenario.superuser, email)).toEqual([])
    expect(await scenario.sql`select 1 from email_tokens where tenant_id = 'purged'`).toHaveLength(0)
  })

  test('is replaced by the next one to the same address, in any spelling', async () => {
    const email = newEmail()
    const first = await inviteToken(email)
    const second = await inviteToken(email.toUpperCase())
    isRefused(await accept(first))
    expect(await readMails(scenario.app, scenario.superuser, email)).toHaveLength(1)
    expect((await accept(second)).status).toBe(201)
  })

  test('to somebody who is in the tenant already is 409, as own or as a platform user', async () => {
    const linked = await makeUser(scenario.app, scenario.superuser, { tenant: 'acme' })
    const email = newEmail()
    await accept(await inviteToken(email))
    for (const known of [email, email.toUpperCase(), linked.email]) {
      const refused = await invite(known)
      expect([refused.status, refused.body.code]).toEqual([409, 'user.email_taken'])
      expect(await readMails(scenario.app, scenario.superuser, known)).toEqual([])
    }
  })

  test('whose address got a user meanwhile is 409, and makes nobody', async () => {
    const email = newEmail()
    const token = await inviteToken(email)
    const users = { token: owner.token }
    expect((await post('/admin/tenants/acme/users', { email, password }, users)).status).toBe(201)
    const refused = await accept(token)
    expect([refused.status, refused.body.code]).toEqual([409, 'user.email_taken'])
  })

  test('works for its tenant alone, as long as that serves, for 7 days', async () => {
    const token = await inviteToken(newEmail())
    isRefused(await accept(token, { tenant: 'other' }))
    const admin = { token: scenario.superuser.token }
    await call(scenario.app, 'DELETE /admin/tenants/acme', admin)
    expect((await accept(token)).body.code).toBe('tenant.inactive')
    await call(scenario.app, 'POST /admin/tenants/acme/activate', admin)
    const late = await inviteToken(newEmail())
    expect((await accept(token)).status).toBe(201)
    clock.advanceMs(7 * 86_400_000)
    isRefused(await accept(late))
    clock.advanceMs(-7 * 86_400_000)
  })

  test('with an Idempotency-Key is made once, and its link is kept sealed for the replay', async () => {
    const email = newEmail()
    const headers = { 'idempotency-key': crypto.randomUUID() }
    const first = await invite(email, { headers })
    const again = await invite(email, { headers })
    expect(again.body).toEqual(first.body)
    expect(await readMails(scenario.app, scenario.superuser, email)).toHaveLength(1)
    const kept = JSON.stringify(await scenario.sql`select body from idempotency_keys`)
    expect(kept).not.toContain(tokenOf(first.body.link))
    expect(kept).not.toContain(email)
    const other = await invite(newEmail(), { headers })
    expect([other.status, other.body.code]).toEqual([422, 'idempotency.mismatch'])
  })

  test('is made by managers alone, and audited without the address', async () => {
    const email = newEmail()
    const stranger = await makeUser(scenario.app, scenario.superuser, { is_owner: true })
    const plain = await makeUser(scenario.app, scenario.superuser, { tenant: 'acme' })
    expect((await invite(email, { token: stranger.token })).body.code).toBe('tenant.not_found')
    expect((await invite(email, { token: plain.token })).body.code).toBe('auth.forbidden')
    expect((await invite(email, { token: scenario.superuser.token })).status).toBe(201)
    const rows = await scenario.sql`select action, actor_id, after from audit_log where action = 'tenant.user_invited'
      order by at desc limit 1`
    expect(rows[0]).toMatchObject({ actor_id: scenario.superuser.id, after: { invite_id: expect.any(String) } })
    expect(JSON.stringify(await scenario.sql`select * from audit_log`)).not.toContain(email)
  })

  test('whose tenant is named like an address carries no address but its own', async () => {
    const name = 'Win at https://evil.example/x {link} <b>now</b> www.evil.example'
    await makeTenant(scenario.app, scenario.superuser, 'loud', { name })
    const email = newEmail()
    const made = await post('/admin/tenants/loud/invites', { email }, { token: scenario.superuser.token })
    const [mail] = await readMails(scenario.app, scenario.superuser, email)
    expect(mail?.text.match(/\S+:\/\/\S+/g)).toEqual([made.body.link])
    expect(`${mail?.subject} ${mail?.text.replace(made.body.link, '')}`).not.toMatch(/[a-z]\.[a-z]|[<>{}]/)
  })
})

describe('the mailbox', () => {
  test('is read by superusers alone, newest first, in pages; each reading is audited without an address', async () => {
    const emails = [newEmail(), newEmail(), newEmail()]
    for (const email of emails) {
      await invite(email)
      clock.advanceMs(10)
    }
    const read = (query: string, token = scenario.superuser.token): Promise<Reply> =>
      call(scenario.app, `GET /admin/mailbox${query}`, { token })
    await scenario.sql`delete from audit_log`
    const first = await read('?limit=2')
    const second = await read(`?limit=1&cursor=${first.body.next_cursor}`)
    const found = [...first.body.items, ...second.body.items]
    expect(found.map(({ to }) => to)).toEqual(emails.toReversed())
    expect(Object.keys(found[0]).toSorted()).toEqual(['created_at', 'id', 'links', 'subject', 'text', 'to'])
    expect(first.headers.get('cache-control')).toBe('no-store')
    expect((await read(`?to=${emails[1]?.toUpperCase()}`)).body.items).toEqual([found[1]])
    expect((await read('?to=nobody@people.example')).body.items).toEqual([])
    const rows = await scenario.sql`select action, actor_id, after from audit_log order by at`
    expect(rows.map(({ action }) => action)).toEqual(['mailbox.read', 'mailbox.read', 'mailbox.read', 'mailbox.read'])
    expect(rows[0]).toMatchObject({ actor_id: scenario.superuser.id, after: { mails: [found[0].id, found[1].id] } })
    expect(JSON.stringify(rows)).not.toContain('@people.example')
    expect((await read('', owner.token)).status).toBe(403)
    expect((await read('?to=nonsense')).status).toBe(422)
  })

  test('shows nothing when its reading cannot be audited', async () => {
    await invite(newEmail())
    await scenario.sql.unsafe(`create function refuse_audit() returns trigger language plpgsql as
      $$ begin raise exception 'no'; end $$;
      create trigger refuse_audit before insert on audit_log for each row execute function refuse_audit()`)
    const reply = await call(scenario.app, 'GET /admin/mailbox', { token: scenario.superuser.token })
    await scenario.sql.unsafe('drop trigger refuse_audit on audit_log')
    expect([reply.status, reply.text.includes('token=')]).toEqual([500, false])
  })
})
