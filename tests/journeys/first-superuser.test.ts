import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { makeSetupToken } from '../../server/features/sign-in/sign-in.usecases.ts'
import { canBrowse, type Stage, startStage } from '../support/browser.ts'
import { password, signIn } from '../support/people.ts'
import { ask } from '../support/scenario.ts'

const question = 'Where is the clinic?'

describe.skipIf(!canBrowse())('from an empty installation', () => {
  let stage: Stage
  beforeAll(async () => {
    stage = await startStage({ env: { OPENAI_API_KEY: '' } })
    // Nobody at all: not even the superuser that other tests begin with.
    await stage.sql`delete from users`
  })
  afterAll(() => stage.stop())

  test('the first superuser onboards a tenant without any key, and its user’s answer is in the usage', async () => {
    const visitor = await stage.visit()
    const { page } = visitor
    const go = (name: string | RegExp): Promise<void> => page.getByRole('button', { name }).click()

    const token = await makeSetupToken(stage.app.services)
    await visitor.go(`/setup#token=${token}`)
    await page.getByLabel('E-mail').fill('maren@platform.example')
    await page.getByLabel('Full name').fill('Maren Olsen')
    await page.getByLabel('Password', { exact: true }).fill(password)
    expect(page.url()).not.toContain(String(token))
    await go('Make superuser')
    await page.getByRole('heading', { level: 1, name: 'Home' }).waitFor()

    await page.getByRole('link', { name: 'New tenant' }).first().click()
    await page.getByLabel('Name', { exact: true }).fill('Kepler Health')
    await go('Create and continue')
    await page.getByLabel('System prompt').fill('You are the assistant of Kepler Health.')
    await go('Save and continue')
    await page.getByRole('heading', { name: 'Choose the model' }).waitFor()
    await go('Skip model')
    await go('Skip Pinecone')
    await page.getByLabel('E-mail').fill('una@kepler.example')
    await page.getByLabel('Password', { exact: true }).fill(password)
    await go('Create user')
    await page.getByRole('complementary').getByText('una@kepler.example').waitFor()
    await go('Save and continue')
    await go('Ask Kepler Health')
    await page.getByRole('button', { name: 'Open tenant' }).last().click()
    await page.getByRole('heading', { level: 1, name: 'Kepler Health' }).waitFor()
    expect(new URL(page.url()).pathname).toBe('/console/tenants/kepler-health')

    const una = await signIn(stage.app, 'una@kepler.example', 'kepler-health')
    const asked = await ask(stage.app, { token: una.token, message: question })
    expect(asked.data('done').finish_reason).toBe('stop')

    await page.getByRole('link', { name: 'Usage' }).first().click()
    const row = page.getByRole('table', { name: 'Usage by tenant' }).getByRole('row', { name: /^Kepler Health/ })
    await row.waitFor()
    await page
      .getByRole('region', { name: 'Chart' })
      .getByRole('group', { name: /requests/i })
      .waitFor()
    const ledger = await stage.sql<{ settled: number }[]>`
      select count(*)::int as settled from usage_ledger where tenant_id = 'kepler-health' and status = 'completed'`
    expect(await row.innerText()).toContain(String(ledger[0]?.settled))
    visitor.assertQuiet()
    await visitor.leave()
  })
})
