import { afterAll, afterEach, beforeAll, describe, expect, test } from 'bun:test'
import { canBrowse, type Stage, startStage, type Visitor } from '../support/browser.ts'
import { makeTenant } from '../support/people.ts'
import { chatsSentTo, eventually } from '../support/scenario.ts'

describe.skipIf(!canBrowse())('an answer in the console', () => {
  let stage: Stage
  let visitor: Visitor

  beforeAll(async () => {
    stage = await startStage()
    await makeTenant(stage.app, stage.superuser, 'kepler', { name: 'Kepler' })
    visitor = await stage.visit()
    await visitor.go('/sign-in')
    await visitor.signIn(stage.superuser)
  })
  afterEach(() => stage.model.reset())
  afterAll(() => stage.stop())

  async function askUntilWords(asked: { at: string; field: string; question: string }): Promise<void> {
    const { page } = visitor
    await visitor.go(asked.at)
    await page.getByRole('textbox', { name: asked.field }).fill(asked.question)
    await page.getByRole('button', { name: asked.field }).click()
    await page.getByText('word3 ').first().waitFor()
  }

  const statuses = async (): Promise<string[]> => {
    const rows = await stage.sql`select status from usage_ledger order by created_at`
    return rows.map(({ status }) => String(status))
  }

  test('goes on over a reload of the playground, and is asked for once', async () => {
    const { page } = visitor
    stage.model.behave({ tokens: 150, delayMs: 20 })
    await askUntilWords({ at: '/tenants/kepler/prompt', field: 'Ask the live prompt', question: 'Which words?' })
    await page.reload()
    await page.getByText('Which words?').first().waitFor()
    await page.getByText('word149').first().waitFor()
    expect(await page.getByRole('region', { name: 'Answer of live' }).innerText()).toContain('word0 word1 word2')
    expect(chatsSentTo(stage.model).length).toBe(1)
    expect(await statuses()).toEqual(['completed'])
    // It has ended: another reload begins anew.
    await page.reload()
    await page.getByRole('textbox', { name: 'Ask the live prompt' }).waitFor()
    expect(await page.getByText('Which words?').count()).toBe(0)
    visitor.assertQuiet()
  })

  test('goes on over a reload where a new tenant is tried', async () => {
    const { page } = visitor
    stage.model.behave({ tokens: 150, delayMs: 20 })
    await askUntilWords({ at: '/tenants/new?tenant=kepler&step=try', field: 'Ask Kepler', question: 'And now?' })
    await page.reload()
    await page.getByText('word149').first().waitFor()
    await page.getByText('1 answer of Kepler so far').waitFor()
    expect(chatsSentTo(stage.model).length).toBe(1)
    visitor.assertQuiet()
  })

  test('ends at Stop, on the server too, with what it took', async () => {
    const { page } = visitor
    stage.model.behave({ tokens: 5_000, delayMs: 20 })
    await askUntilWords({ at: '/tenants/kepler/prompt', field: 'Ask the live prompt', question: 'Which words?' })
    await page.getByRole('button', { name: 'Stop live' }).click()
    await page.getByText('Stopped here.').waitFor()
    await eventually(() => stage.model.openConnections() === 0)
    await eventually(async () => (await statuses()).at(-1) === 'aborted')
    expect(await page.getByRole('region', { name: 'Answer of live' }).innerText()).toContain('Tokens')
    visitor.assertQuiet()
  })

  test('ends when its page is left', async () => {
    const { page } = visitor
    stage.model.behave({ tokens: 5_000, delayMs: 20 })
    await askUntilWords({ at: '/tenants/kepler/prompt', field: 'Ask the live prompt', question: 'Which words?' })
    await page.getByRole('link', { name: 'Usage' }).first().click()
    await eventually(() => stage.model.openConnections() === 0)
    visitor.assertQuiet()
  })
})
