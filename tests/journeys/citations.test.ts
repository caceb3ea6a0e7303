import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { canBrowse, type Stage, startStage } from '../support/browser.ts'
import { makePdf } from '../support/make-files.ts'
import { makeTenant } from '../support/people.ts'

const rule = 'Appointments may be cancelled free of charge until 24 hours before.'

describe.skipIf(!canBrowse())('from a document to its citation, without any key', () => {
  let stage: Stage
  beforeAll(async () => {
    stage = await startStage({ env: { OPENAI_API_KEY: '' } })
    await makeTenant(stage.app, stage.superuser, 'kepler', { name: 'Kepler Health' })
  })
  afterAll(() => stage.stop())

  test('an uploaded PDF gives a cited answer whose citation opens at the right passage', async () => {
    const visitor = await stage.visit()
    const { page } = visitor
    await visitor.go('/tenants/kepler/knowledge')
    await visitor.signIn(stage.superuser)
    const pages = [
      ['Kepler Health', 'What patients should know.'],
      ['Cancelling', rule],
      ['Parking', 'Parking is free.'],
    ]
    const [chooser] = await Promise.all([
      page.waitForEvent('filechooser'),
      page
        .getByRole('button', { name: /^(Choose|Add|Upload) files/ })
        .first()
        .click(),
    ])
    await chooser.setFiles({ name: 'patients.pdf', mimeType: 'application/pdf', buffer: makePdf(pages) })
    await page.getByText('Ready').first().waitFor()

    await visitor.go('/tenants/kepler/retrieval')
    await page.getByLabel('Ask a question').fill('Can an appointment be cancelled?')
    await page.keyboard.press('Enter')
    await page.getByRole('region', { name: 'Keyword' }).getByText(rule).waitFor()
    await page.getByText('Pinecone is not set up').waitFor()

    await visitor.go('/tenants/kepler/prompt')
    await page.getByRole('textbox', { name: 'Ask the live prompt' }).fill('Can an appointment be cancelled?')
    await page.keyboard.press('Enter')
    const answer = page.getByRole('region', { name: 'Answer of live' })
    await answer.getByText('Appointments may be cancelled').waitFor()
    await answer.getByRole('button', { name: 'Open source 1' }).first().click()
    await page.getByRole('link', { name: 'Open in document' }).click()

    const marked = page.locator('mark')
    await marked.first().waitFor()
    expect((await marked.allInnerTexts()).join(' ')).toContain(rule)
    expect((await marked.allInnerTexts()).join(' ')).not.toContain('Parking is free.')
    expect(await marked.first().evaluate((mark) => mark.getBoundingClientRect().top < innerHeight)).toBe(true)
    visitor.assertQuiet()
    await visitor.leave()
  })
})
