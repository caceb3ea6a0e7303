import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { AxeBuilder } from '@axe-core/playwright'
import { canBrowse, type Stage, startStage, type Visitor } from '../support/browser.ts'
import { call } from '../support/call.ts'
import { makeTenant, makeUser, type Person } from '../support/people.ts'
import { ask, eventually } from '../support/scenario.ts'

const journeyMs = 120_000

describe.skipIf(!canBrowse())('the API keys of an organization', () => {
  let stage: Stage
  let owner: Person
  let visitor: Visitor
  let first: string
  beforeAll(async () => {
    stage = await startStage()
    owner = await makeUser(stage.app, stage.superuser, { is_owner: true })
    await makeTenant(stage.app, stage.superuser, 'kepler', { owner_id: owner.id })
    visitor = await stage.visit()
    await visitor.go('/tenants/kepler/settings')
    await visitor.signIn(owner)
  }, journeyMs)
  afterAll(async () => {
    visitor.assertQuiet()
    await stage.stop()
  })

  const row = (name: string) => visitor.page.getByRole('list', { name: 'API keys' }).locator('li', { hasText: name })
  /** What was copied from the dialog that shows a secret. */
  async function copySecret(): Promise<string> {
    const { page } = visitor
    const shown = await page.getByRole('dialog').getByLabel('Key', { exact: true }).innerText()
    await page.getByRole('button', { name: 'Copy key' }).click()
    const copied = await eventually(() => page.evaluate(() => navigator.clipboard.readText()))
    expect(copied).toBe(shown)
    await page.getByRole('button', { name: 'Close' }).click()
    await page.getByRole('dialog').waitFor({ state: 'detached' })
    expect(await page.content()).not.toContain(copied)
    return copied
  }
  async function expectAccessible(): Promise<void> {
    const { violations } = await new AxeBuilder({ page: visitor.page }).analyze()
    expect(violations.map(({ id, nodes }) => `${id}: ${nodes[0]?.html}`)).toEqual([])
  }

  test(
    'its owner makes one, and the secret that is shown once opens the chat',
    async () => {
      const { page } = visitor
      await page.getByText('There is no key yet.').waitFor()
      await page.getByRole('button', { name: 'Make key…' }).click()
      await page.getByRole('button', { name: 'Make key', exact: true }).click()
      await page.getByText('Give it a name.').waitFor()
      await expectAccessible()
      await page.getByLabel('Name', { exact: true }).last().fill('Website backend')
      await page.getByLabel('Expires').selectOption('In 90 days')
      await page.getByRole('button', { name: 'Make key', exact: true }).click()
      await page.getByText('This is the only time it is shown.').waitFor()
      await expectAccessible()
      first = await copySecret()
      expect((await ask(stage.app, { token: first })).events.at(-1)?.event).toBe('done')
      expect(await row('Website backend').innerText()).toContain(`tk_…${first.slice(-4)}`)
      await expectAccessible()
    },
    journeyMs,
  )

  test(
    'a rotated one has a new secret, the old one answers by /v1 for its grace, and the row says how long',
    async () => {
      const { page } = visitor
      await row('Website backend').getByRole('button', { name: 'What to do with Website backend' }).click()
      await page.getByRole('menuitem', { name: 'Rotate key…' }).click()
      await page.getByLabel('The old secret works for another').selectOption('An hour')
      await page.getByRole('button', { name: 'Rotate key', exact: true }).click()
      const second = await copySecret()
      expect(second).not.toBe(first)
      for (const token of [first, second]) {
        const body = { model: 'kepler', messages: [{ role: 'user', content: 'Hello?' }] }
        const answered = await call(stage.app, 'POST /v1/chat/completions', { token, body })
        expect(answered.status).toBe(200)
        expect(answered.body.choices[0].message.content).not.toBe('')
      }
      expect(await row('Website backend').innerText()).toMatch(/Old secret works for 60 minutes more/)
    },
    journeyMs,
  )

  test(
    'a revoked one is gone from the list and opens nothing any more',
    async () => {
      const { page } = visitor
      await row('Website backend').getByRole('button', { name: 'What to do with Website backend' }).click()
      await page.getByRole('menuitem', { name: 'Revoke key…' }).click()
      await page.getByText('its answers under way are cut').waitFor()
      await page.getByRole('button', { name: 'Revoke key', exact: true }).click()
      await page.getByText('There is no key yet.').waitFor()
      await eventually(async () => (await call(stage.app, 'GET /v1/models', { token: first })).status === 401, 1_000)
    },
    journeyMs,
  )
})
