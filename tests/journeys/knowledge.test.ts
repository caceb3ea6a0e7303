import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { canBrowse, type Stage, startStage, type Visitor } from '../support/browser.ts'
import { makePdf } from '../support/make-files.ts'
import { makeTenant } from '../support/people.ts'

const passage = 'The canteen opens at half past eleven on Tuesdays.'
const pages = [
  ['Visitors sign in at the gate.', 'Badges are given back in the evening.'],
  ['Parking is free on the upper deck.', 'Bicycles stand behind the hall.'],
  [passage],
]

/** Done means: on a fresh machine without any key, an uploaded PDF gives a cited answer whose citation opens. */
describe.skipIf(!canBrowse())('a document in the console', () => {
  let stage: Stage
  let visitor: Visitor
  beforeAll(async () => {
    stage = await startStage({ env: { OPENAI_API_KEY: '' } })
    await makeTenant(stage.app, stage.superuser, 'kepler-health')
    visitor = await stage.visit()
    await visitor.go('/tenants/kepler-health/knowledge')
    await visitor.signIn(stage.superuser)
  })
  afterAll(() => stage.stop())

  test('is dropped in, read, asked about, and its citation opens at the very passage', async () => {
    const { page } = visitor
    await page.getByText('knows nothing of its own yet').waitFor()
    await page
      .locator('input[type=file]')
      .first()
      .setInputFiles([
        { name: 'House rules.pdf', mimeType: 'application/pdf', buffer: makePdf(pages) },
        { name: 'photo.png', mimeType: 'image/png', buffer: Buffer.from('no picture') },
      ])
    await page.getByText('This kind of file cannot be read').waitFor()
    await page.getByRole('button', { name: 'Clear list' }).click()
    const row = page.getByRole('row').filter({ hasText: 'House rules' })
    await row.getByText('Ready').waitFor({ timeout: 20_000 })
    await page.getByRole('link', { name: 'Prompt', exact: false }).first().click()
    const field = page.getByRole('region', { name: 'Playground' }).getByRole('textbox')
    await field.fill('When does the canteen open?')
    await field.press('Enter')
    const sources = page.getByRole('region', { name: 'Sources' })
    await sources.getByRole('button').first().click()
    await page.getByRole('link', { name: 'Open in document' }).first().click()
    const mark = page.locator('mark')
    await mark.waitFor()
    expect(await mark.textContent()).toBe(passage)
    expect(new URL(page.url()).pathname).toMatch(/\/tenants\/kepler-health\/knowledge\/[0-9a-f-]{36}$/)
    await page.reload()
    await mark.waitFor()
    expect(await mark.textContent()).toBe(passage)
  }, 60_000)

  test('is deleted after a question that counts what is lost', async () => {
    const { page } = visitor
    await page.getByRole('button', { name: 'Delete…' }).click()
    const dialog = page.getByRole('dialog')
    await dialog.getByText('3').first().waitFor()
    await dialog.getByRole('button', { name: 'Delete document' }).click()
    await page.getByText('knows nothing of its own yet').waitFor()
    visitor.assertQuiet({ refusals: /^(415 POST \/admin\/tenants\/kepler-health\/documents|404 GET .*\/documents\/)/ })
  })
})
