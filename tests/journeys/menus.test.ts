import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { canBrowse, type Stage, startStage, type Visitor } from '../support/browser.ts'
import { makeTenant } from '../support/people.ts'

/** What draws menus is no part of a first load: the first one that opens waits for it, and must behave like any other. */
describe.skipIf(!canBrowse())('a menu', () => {
  let stage: Stage
  let visitor: Visitor
  beforeAll(async () => {
    stage = await startStage()
    await makeTenant(stage.app, stage.superuser, 'kepler-health')
    visitor = await stage.visit()
    await visitor.go('/users')
    await visitor.signIn(stage.superuser)
    await visitor.page.getByRole('heading', { level: 1, name: 'Users' }).waitFor()
  })
  afterAll(() => stage.stop())

  /** Menus move the focus a moment after the key. */
  const waitForFocus = async (words: string): Promise<void> => {
    await visitor.page.waitForFunction((wanted) => document.activeElement?.textContent === wanted, words)
  }

  test('opened by its key, the very first one, is on its first item; Escape gives the focus back', async () => {
    const { page } = visitor
    const sort = page.getByRole('button', { name: 'Sort' })
    await page.keyboard.press('f')
    await page.getByRole('menuitemradio', { name: 'Any state' }).waitFor()
    await waitForFocus('Any state')
    await page.keyboard.press('ArrowDown')
    await waitForFocus('Not switched off')
    await page.keyboard.press('Escape')
    await page.getByRole('menu').waitFor({ state: 'detached' })
    expect(await page.evaluate(() => document.activeElement?.getAttribute('aria-label'))).toBe('State: Any state')

    await sort.focus()
    await page.keyboard.press('Enter')
    await waitForFocus('Created, newest first')
    await page.keyboard.press('End')
    await waitForFocus('E-mail, Z to A')
    await page.keyboard.press('Enter')
    await page.waitForURL(/sort=-email/)
    expect(await sort.getAttribute('aria-label')).toBe('Sort: E-mail, Z to A')
    expect(await sort.evaluate((button) => button === document.activeElement)).toBe(true)
  })

  test('opened by a press closes with a second press, a press beside it, and a choice', async () => {
    const { page } = visitor
    await page.reload()
    const state = page.getByRole('button', { name: /^State:/ })
    await state.click()
    await page.getByRole('menu').waitFor()
    expect(await state.getAttribute('aria-expanded')).toBe('true')
    await state.click()
    await page.getByRole('menu').waitFor({ state: 'detached' })
    await state.click()
    await page.getByRole('menu').waitFor()
    await page.getByRole('heading', { level: 1 }).click()
    await page.getByRole('menu').waitFor({ state: 'detached' })
    await state.click()
    await page.getByRole('menuitemradio', { name: 'Switched off', exact: true }).click()
    await page.waitForURL(/state=off/)
    expect(await state.getAttribute('aria-expanded')).toBe('false')
    visitor.assertQuiet()
  })
})
