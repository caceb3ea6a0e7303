import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { canBrowse, type Stage, startStage, type Visitor } from '../support/browser.ts'
import { readToken } from '../support/mail.ts'
import { makeTenant, makeUser, password, signIn } from '../support/people.ts'
import { ask } from '../support/scenario.ts'

const newPassword = 'another battery staple horse'

describe.skipIf(!canBrowse())('people who come by themselves', () => {
  let stage: Stage
  beforeAll(async () => {
    stage = await startStage({ env: { OPENAI_API_KEY: '' } })
  })
  afterAll(() => stage.stop())

  const press = ({ page }: Visitor, name: string): Promise<void> => page.getByRole('button', { name }).last().click()

  test('an owner signs up, verifies, creates an organization and asks it; the platform’s pages stay closed', async () => {
    const visitor = await stage.visit()
    const { page } = visitor
    const email = 'una@kepler.example'
    await visitor.go('/sign-in')
    await page.getByRole('link', { name: 'Create an account' }).click()
    await page.getByLabel('E-mail').fill(email)
    await page.getByLabel('Full name').fill('Una Berg')
    await page.getByLabel('Password', { exact: true }).fill(password)
    await press(visitor, 'Create account')
    await page.getByRole('heading', { name: 'Verify your address' }).first().waitFor()
    expect(await page.getByRole('link', { name: 'Create organization' }).count()).toBe(0)

    const token = await readToken(stage.app, stage.superuser, { to: email, page: 'verify' })
    await visitor.go(`/verify#token=${token}`)
    await page.getByRole('heading', { name: 'Your address is verified' }).waitFor()
    expect(page.url()).not.toContain(token)
    await page.getByRole('link', { name: 'Go to the console' }).click()
    await page.getByRole('link', { name: 'Create organization' }).click()
    await page.getByLabel('Name', { exact: true }).fill('Kepler Health')
    await press(visitor, 'Create and continue')
    await page.getByRole('heading', { name: 'Write the prompt' }).waitFor()
    await page.getByLabel('System prompt').fill('You are the assistant of Kepler Health.')
    await press(visitor, 'Save and continue')
    await press(visitor, 'Skip model')
    await press(visitor, 'Skip Pinecone')
    await page.getByRole('complementary', { name: 'Who is here' }).getByText('Una Berg').waitFor()
    await press(visitor, 'Save and continue')
    await press(visitor, 'Ask Kepler Health')
    await page.getByRole('region', { name: 'Counted usage' }).waitFor()
    await press(visitor, 'Open organization')
    await page.getByRole('heading', { level: 1, name: 'Kepler Health' }).waitFor()

    await page.getByRole('link', { name: 'Home' }).first().click()
    const row = page.getByRole('table', { name: 'Organizations' }).getByRole('row', { name: /^Kepler Health/ })
    await row.waitFor()
    const places = await page.getByRole('navigation', { name: 'Console' }).getByRole('link').allInnerTexts()
    expect(places).toEqual(['Home'])
    await visitor.go('/audit')
    await page
      .getByText(/superusers/i)
      .first()
      .waitFor()
    const made = await stage.sql`select id, owner_id, isolation from tenants`
    expect(made).toMatchObject([{ id: 'kepler-health', isolation: 'dedicated' }])
    visitor.assertQuiet({ refusals: /^403 GET \/admin\/audit/ })
    await visitor.leave()
  })

  test('a forgotten password is replaced by its link, which works once and ends the old session', async () => {
    const owner = await makeUser(stage.app, stage.superuser, { is_owner: true, email: 'idris@kepler.example' })
    const before = await stage.visit()
    await before.go('/')
    await before.signIn(owner)

    const visitor = await stage.visit()
    const { page } = visitor
    await visitor.go('/sign-in')
    await page.getByRole('link', { name: 'Forgot your password?' }).click()
    await page.getByLabel('E-mail').fill(owner.email)
    await press(visitor, 'Ask for the link')
    await page.getByRole('button', { name: 'Send the link again' }).waitFor()
    const token = await readToken(stage.app, stage.superuser, { to: owner.email, page: 'reset' })
    await visitor.go(`/reset#token=${token}`)
    await page.getByLabel('New password', { exact: true }).fill(newPassword)
    expect(page.url()).not.toContain(token)
    await press(visitor, 'Set new password')
    await page.getByRole('heading', { name: 'Password changed' }).waitFor()
    await page.getByRole('link', { name: 'Go to the console' }).click()
    await page.getByRole('heading', { level: 1, name: 'Home' }).waitFor()

    await before.page.reload()
    await before.page.getByText('Your session ended').waitFor()

    const late = await stage.visit()
    await late.go(`/reset#token=${token}`)
    await late.page.getByLabel('New password', { exact: true }).fill('yet another battery staple')
    await press(late, 'Set new password')
    await late.page.getByRole('heading', { name: 'This link no longer works' }).waitFor()
    visitor.assertQuiet()
    late.assertQuiet({ refusals: /^401 POST \/auth\/password\/reset/ })
    for (const one of [before, visitor, late]) await one.leave()
  })

  test('somebody invited chooses a password, learns where to sign in, and chats there', async () => {
    const { app, superuser } = stage
    await makeTenant(app, superuser, 'northwind', { name: 'Northwind', registration: 'invited' })
    const origin = 'https://chat.northwind.example'
    const headers = { authorization: `Bearer ${superuser.token}`, 'content-type': 'application/json' }
    const body = JSON.stringify({ origin })
    const added = await fetch(`${app.url}/admin/tenants/northwind/domains`, { method: 'POST', headers, body })
    expect(added.status).toBe(201)
    const manager = await stage.visit()
    await manager.go('/tenants/northwind/users')
    await manager.signIn(superuser)
    await press(manager, 'Invite user…')
    await manager.page.getByLabel('E-mail', { exact: true }).fill('pia@northwind.example')
    await press(manager, 'Invite user')
    await manager.page.getByRole('dialog', { name: 'pia@northwind.example is invited' }).waitFor()
    await press(manager, 'Copy link')
    const link = await manager.page.evaluate(() => navigator.clipboard.readText())

    const guest = await stage.visit()
    const { page } = guest
    await page.goto(link)
    await page.getByRole('heading', { name: 'Join Northwind' }).waitFor()
    expect(page.url()).not.toContain('token')
    await page.getByLabel('Password', { exact: true }).fill(password)
    await press(guest, 'Join Northwind')
    await page.getByRole('heading', { name: 'You are in Northwind' }).waitFor()
    expect(await page.getByRole('link', { name: 'Go to chat.northwind.example' }).getAttribute('href')).toBe(origin)
    const pia = await signIn(app, 'pia@northwind.example', 'northwind')
    expect((await ask(app, { token: pia.token })).data('done').finish_reason).toBe('stop')
    manager.assertQuiet()
    guest.assertQuiet()
    for (const one of [manager, guest]) await one.leave()
  })
})
