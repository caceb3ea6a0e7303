import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { canBrowse, type Stage, startStage } from '../support/browser.ts'
import { password } from '../support/people.ts'

describe.skipIf(!canBrowse())('signing in', () => {
  let stage: Stage
  beforeAll(async () => {
    stage = await startStage()
  })
  afterAll(() => stage.stop())

  test('a wrong password says so and keeps the address; the right one goes on', async () => {
    const visitor = await stage.visit()
    const { page } = visitor
    await visitor.go('/')
    await page.waitForURL('**/console/sign-in')
    await page.getByLabel('E-mail').fill(stage.superuser.email)
    await page.getByLabel('Password', { exact: true }).fill('not the password at all')
    await page.getByRole('button', { name: 'Sign in' }).click()
    await page.getByRole('alert').waitFor()
    expect(await page.getByLabel('E-mail').inputValue()).toBe(stage.superuser.email)
    await visitor.signIn({ email: stage.superuser.email, password })
    await page.getByRole('heading', { level: 1, name: 'Home' }).waitFor()
    visitor.assertQuiet({ refusals: /^401 POST \/auth\/login$/ })
    await visitor.leave()
  })

  test('a session that ended returns to the very place, with its view, after signing in', async () => {
    const visitor = await stage.visit()
    const { page } = visitor
    await visitor.go('/usage?range=7d&group=model')
    await page.waitForURL(/\/console\/sign-in\?return_to=/)
    await visitor.signIn(stage.superuser)
    await page.getByRole('heading', { level: 1, name: 'Usage' }).waitFor()
    const view = new URL(page.url()).search
    expect(view).toBe('?range=7d&group=model')

    await stage.sql`update sign_in_sessions set revoked_at = now(), revoked_reason = 'test'`
    await page.getByRole('link', { name: 'Audit log' }).first().click()
    await page.getByText('Your session ended. You return to').waitFor()
    expect(new URL(page.url()).pathname).toBe('/console/sign-in')
    await visitor.signIn(stage.superuser)
    await page.getByRole('heading', { level: 1, name: 'Audit log' }).waitFor()
    await page.goBack()
    await page.getByRole('heading', { level: 1, name: 'Usage' }).waitFor()
    expect(new URL(page.url()).search).toBe(view)
    visitor.assertQuiet({ refusals: /^401 / })
    await visitor.leave()
  })
})
