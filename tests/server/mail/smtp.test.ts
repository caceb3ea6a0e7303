import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'bun:test'
import { createMailer, MailRefused } from '../../../server/external/mailer.ts'
import { readConfig } from '../../../server/platform/config.ts'
import { call } from '../../support/call.ts'
import { createClockAhead, type TestClock } from '../../support/clock.ts'
import { type FakeSmtp, smtpUser, startFakeSmtp } from '../../support/fake-smtp.ts'
import { readMails, tokenOf } from '../../support/mail.ts'
import { makeSuperuser, password } from '../../support/people.ts'
import { eventually, type Scenario, startScenario } from '../../support/scenario.ts'
import { startApp, testSecrets } from '../../support/start-app.ts'

let smtp: FakeSmtp
let clock: TestClock
let scenario: Scenario
let people = 0

beforeAll(async () => {
  smtp = await startFakeSmtp()
  clock = createClockAhead()
  scenario = await startScenario({
    clock,
    env: {
      SMTP_URL: smtp.url,
      MAIL_FROM: 'Tenantry <mail@tenantry.example>',
      PUBLIC_URL: 'https://chat.example.com/base',
      ACCESS_TOKEN_EXPIRE_MINUTES: '1440',
    },
  })
})
beforeEach(() => {
  smtp.mails.length = 0
  smtp.attempts = 0
  smtp.behaviour = 'takes'
})
afterAll(async () => {
  await scenario.stop()
  await smtp.stop()
})

async function register(): Promise<string> {
  const email = `mailed${++people}@people.example`
  // A Host header of the caller's choice must not get into a link.
  const headers = { host: 'evil.example', 'x-forwarded-host': 'evil.example' }
  const made = await call(scenario.app, 'POST /auth/register', { body: { email, password }, headers })
  expect(made.status).toBe(201)
  return email
}
const attempted = (attempts: number): Promise<unknown> => eventually(() => smtp.attempts >= attempts)
const waiting = async (): Promise<{ stage: string; attempts: number; due: boolean }[]> => [
  ...(await scenario.sql<{ stage: string; attempts: number; due: boolean }[]>`
    select stage, attempts, due_at is not null as due from outgoing_mail`),
]
/** The attempt is over when the row waits for the next one. */
const putOff = (attempts: number): Promise<unknown> =>
  eventually(async () => {
    const [row] = await scenario.sql`select 1 from outgoing_mail
      where attempts = ${attempts} and (due_at is null or due_at <> ${new Date(clock.now().getTime() + 120_000)})`
    return row
  })

describe('with SMTP_URL', () => {
  test('mail leaves at once, its link begins with PUBLIC_URL and works, and nothing of it stays', async () => {
    const email = await register()
    const mail = await eventually(() => smtp.mails[0])
    expect(mail).toMatchObject({
      envelope: { from: 'mail@tenantry.example', to: [email] },
      from: 'mail@tenantry.example',
      subject: 'Verify your address for Tenantry',
      messageId: expect.stringMatching(/^<[0-9a-f-]{36}@tenantry\.example>$/),
    })
    const [link = ''] = /https:\S+/.exec(mail.text) ?? []
    expect(link).toMatch(/^https:\/\/chat\.example\.com\/base\/console\/verify#token=[\w-]{43}$/)
    expect(mail.text).not.toContain('evil.example')
    await eventually(async () => (await waiting()).length === 0)
    const verified = await call(scenario.app, 'POST /auth/verify', { body: { token: tokenOf(link) } })
    expect(verified.status).toBe(200)
    expect(smtp.mails).toHaveLength(1)
  })

  test('mail that is refused for now is tried again, later each time, until it is taken, under the same id', async () => {
    smtp.behaviour = 'refuses for now'
    const email = await register()
    await attempted(1)
    await putOff(1)
    expect(await waiting()).toEqual([{ stage: 'written', attempts: 1, due: true }])
    await scenario.app.services.outbox.sweep()
    expect(smtp.attempts).toBe(1)
    clock.advanceMs(30_001)
    await scenario.app.services.outbox.sweep()
    expect(smtp.attempts).toBe(2)
    clock.advanceMs(30_001)
    await scenario.app.services.outbox.sweep()
    expect(smtp.attempts).toBe(2)
    // Somebody who can read the mailbox may help meanwhile.
    expect(await readMails(scenario.app, scenario.superuser, email)).toHaveLength(1)
    smtp.behaviour = 'takes'
    clock.advanceMs(30_001)
    await scenario.app.services.outbox.sweep()
    expect(smtp.mails.map(({ envelope }) => envelope.to)).toEqual([[email]])
    expect(await waiting()).toEqual([])
  })

  test('mail that is refused for good is tried once and stays to be read, until its link expires', async () => {
    smtp.behaviour = 'refuses for good'
    const email = await register()
    await eventually(async () => (await waiting())[0]?.stage === 'failed')
    clock.advanceMs(3_600_000)
    await scenario.app.services.outbox.sweep()
    expect(smtp.attempts).toBe(1)
    const [mail] = await readMails(scenario.app, scenario.superuser, email)
    expect(mail?.links[0]).toStartWith('https://chat.example.com/base/console/verify#token=')
    clock.advanceMs(24 * 3_600_000)
    await scenario.app.services.outbox.sweep()
    expect(await waiting()).toEqual([])
  })

  test('neither the password of the server nor a recipient gets into the log', async () => {
    smtp.behaviour = 'refuses for good'
    const email = await register()
    await eventually(async () => (await waiting())[0]?.stage === 'failed')
    const log = scenario.app.logLines.join('\n')
    expect(log).toContain('a mail was not taken')
    for (const secret of [smtpUser.password, email, 'canary.example', '#token=']) expect(log).not.toContain(secret)
    await scenario.sql`delete from email_tokens`
  })

  test('two replicas that sweep at the same time send each mail once', async () => {
    smtp.behaviour = 'refuses for now'
    for (let n = 0; n < 5; n++) await register()
    await attempted(5)
    await eventually(async () => (await waiting()).every(({ attempts }) => attempts === 1))
    const replica = await scenario.app.startReplica()
    smtp.behaviour = 'takes'
    clock.advanceMs(180_000)
    await Promise.all([scenario.app, replica, scenario.app].map((app) => app.services.outbox.sweep()))
    await eventually(async () => (await waiting()).length === 0)
    expect(smtp.mails).toHaveLength(5)
    expect(new Set(smtp.mails.map(({ messageId }) => messageId)).size).toBe(5)
    await replica.stop()
  })
})

test('a server that stops waits a little for a silent mail server, and another one sends what it could not', async () => {
  smtp.behaviour = 'is silent'
  const replica = await scenario.app.startReplica()
  const email = `mailed${++people}@people.example`
  expect((await call(replica, 'POST /auth/register', { body: { email, password } })).status).toBe(201)
  await attempted(1)
  const started = performance.now()
  await replica.stop()
  expect(performance.now() - started).toBeLessThan(12_000)
  expect(await waiting()).toMatchObject([{ stage: 'written', due: true }])
  smtp.behaviour = 'takes'
  clock.advanceMs(120_001)
  await scenario.app.services.outbox.sweep()
  expect(smtp.mails.map(({ envelope }) => envelope.to)).toEqual([[email]])
})

describe('without SMTP_URL', () => {
  test.each(['production', 'development'])('in %s a mail is kept to be read', async (mode) => {
    const app = await startApp({ env: { NODE_ENV: mode } })
    const superuser = await makeSuperuser(app)
    const email = 'kept@people.example'
    expect((await call(app, 'POST /auth/register', { body: { email, password } })).status).toBe(201)
    const [kept] = await readMails(app, superuser, email)
    const token = tokenOf(kept?.links[0] ?? '')
    const isLogged = (): boolean => app.logLines.some((line) => line.includes(token))
    // Only a developer's terminal is told.
    if (mode === 'development') await eventually(isLogged)
    await app.services.outbox.sweep()
    expect([token.length, isLogged()]).toEqual([43, mode === 'development'])
    expect(await readMails(app, superuser, email)).toEqual(kept ? [kept] : [])
    await app.stop()
  })
})

describe('the mailer', () => {
  const mail = { id: 'one', to: 'a@people.example', subject: 'S', text: 'T' }
  const refusal = async (url: string, to = mail.to): Promise<MailRefused> => {
    const mailer = createMailer({ url, from: 'mail@tenantry.example', deadlineMs: 500 })
    const error: unknown = await mailer.send({ ...mail, to }).catch((thrown: unknown) => thrown)
    mailer.close()
    if (!(error instanceof MailRefused)) throw new Error(`not refused: ${String(error)}`)
    return error
  }

  test('gives up on a server that is silent, within its deadline, to try again later', async () => {
    smtp.behaviour = 'is silent'
    const started = performance.now()
    const error = await refusal(smtp.url)
    expect(performance.now() - started).toBeLessThan(5_000)
    expect([error.isTemporary, error.reason]).toEqual([true, expect.stringContaining('ETIMEDOUT')])
  })

  test('tells what may be mended (no server, a wrong password) from what may not (an address that is none)', async () => {
    expect((await refusal('smtp://127.0.0.1:1')).isTemporary).toBe(true)
    const wrong = await refusal(smtp.url.replace(smtpUser.password, 'wrong'))
    expect([wrong.isTemporary, wrong.reason]).toEqual([true, expect.stringContaining('EAUTH')])
    smtp.behaviour = 'refuses for good'
    const refused = await refusal(smtp.url)
    expect([refused.isTemporary, refused.reason]).toEqual([false, 'EENVELOPE 550'])
    expect(refused.message).not.toContain('canary.example')
  })

  test.each(['a@people.example, b@evil.example', 'a@x>\r\nBcc: b@evil.example', '<b@evil.example> a@x'])(
    'never reads %p as more than one address',
    async (to) => {
      const mailer = createMailer({ url: smtp.url, from: 'mail@tenantry.example', deadlineMs: 2_000 })
      await mailer.send({ ...mail, to }).catch(() => undefined)
      mailer.close()
      for (const { envelope, headers } of smtp.mails) {
        expect(envelope.to.length).toBe(1)
        expect(headers.bcc).toBeUndefined()
      }
    },
  )
})

describe('the configuration', () => {
  const problemsOf = async (env: Record<string, string>): Promise<string[]> => {
    const full = { NODE_ENV: 'production', DATABASE_URL: 'postgres://localhost/x', ...testSecrets, ...env }
    const error: unknown = await readConfig(full).catch((thrown: unknown) => thrown)
    return error instanceof Error ? error.message.split('\n').slice(1) : []
  }

  test('of mail in production needs a sender and PUBLIC_URL, and says so at once', async () => {
    const problems = await problemsOf({ SMTP_URL: 'smtp://mail.example.com' })
    expect(problems).toEqual([expect.stringContaining('MAIL_FROM'), expect.stringContaining('PUBLIC_URL')])
    expect(
      await problemsOf({
        SMTP_URL: 'smtps://u:p@mail.example.com:465',
        MAIL_FROM: 'mail@example.com',
        PUBLIC_URL: 'https://x.example',
      }),
    ).toEqual([])
  })

  test.each([
    ['SMTP_URL', 'mail.example.com'],
    ['SMTP_URL', 'http://mail.example.com'],
    ['MAIL_FROM', 'nobody'],
    ['MAIL_FROM', 'A <a@b.example> <c@d.example>'],
    ['REGISTRATION', 'maybe'],
    ['ORGANIZATIONS_PER_OWNER', '-1'],
    ['PLATFORM_MODEL_FOR_ORGANIZATIONS', 'perhaps'],
  ])('%s=%s is refused, and a password in it not repeated', async (name, value) => {
    const problems = await problemsOf({ [name]: value })
    expect(problems).toEqual([expect.stringContaining(name)])
  })
})
