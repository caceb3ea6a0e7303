import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import type { Locator } from 'playwright-core'
import { canBrowse, type Stage, startStage, type Visitor } from '../support/browser.ts'
import { type FakeOpenAi, startFakeOpenAi } from '../support/fake-openai.ts'
import { makeTenant } from '../support/people.ts'

const modelKey = 'sk-right-0123456789'
const pineconeKey = 'pcsk_right_0123456789'
const tabsMax = 80

describe.skipIf(!canBrowse())('onboarding', () => {
  let stage: Stage
  let provider: FakeOpenAi
  beforeAll(async () => {
    provider = await startFakeOpenAi({ expectKey: modelKey })
    stage = await startStage({ env: { OPENAI_API_KEY: modelKey, OPENAI_BASE_URL: provider.url } })
    stage.pinecone.addIndex({ name: 'aalto-docs', apiKey: pineconeKey })
    await makeTenant(stage.app, stage.superuser, 'aalto', { name: 'Aalto Insurance', model_provider: 'openai' })
  })
  afterAll(async () => {
    await stage.stop()
    await provider.stop()
  })

  test('a wrong key fails its step and says what to do; the right one passes, is saved, and is never shown', async () => {
    const visitor = await stage.visit()
    const { page } = visitor
    const testOf = (name: string): Locator => page.getByRole('region', { name: `${name} test` })
    await visitor.go('/tenants/new?tenant=aalto&step=model')
    await visitor.signIn(stage.superuser)

    await page.getByLabel('Model API key').fill('sk-wrong-0123456789')
    await page.getByRole('textbox', { name: 'Model Optional' }).fill('gpt-4.1-mini')
    await page.getByRole('button', { name: 'Test model' }).click()
    await testOf('Model').getByText('What to do').first().waitFor()
    await page.getByLabel('Model API key').fill(modelKey)
    await page.getByRole('button', { name: /^Test (model|again)/ }).click()
    await testOf('Model').getByText('What to do').first().waitFor({ state: 'detached' })
    await page.getByText(/The Model test passed/i).waitFor()
    await page.getByRole('button', { name: 'Save and continue' }).click()

    await page.getByLabel('Pinecone API key').fill('pcsk_wrong_0123456789')
    await page.getByRole('textbox', { name: 'Index' }).fill('aalto-docs')
    await page.getByRole('button', { name: 'Test Pinecone' }).click()
    await testOf('Pinecone').getByText('What to do').first().waitFor()
    await page.getByLabel('Pinecone API key').fill(pineconeKey)
    await page.getByRole('button', { name: /^Test (Pinecone|again)/ }).click()
    await testOf('Pinecone').getByText('What to do').first().waitFor({ state: 'detached' })
    await page.getByText(/The Pinecone test passed/i).waitFor()
    await page.getByRole('button', { name: 'Save and continue' }).click()
    await page.getByRole('heading', { name: 'Add users' }).waitFor()

    await visitor.go('/tenants/aalto/connections')
    await page.getByText('ends in 6789').nth(1).waitFor()
    expect(await page.content()).not.toContain(modelKey)
    expect(await page.content()).not.toContain(pineconeKey)
    visitor.assertQuiet()
    await visitor.leave()
  })

  test('with the keyboard alone: from signing in to a tenant’s first answer', async () => {
    const visitor = await stage.visit()
    const { page } = visitor
    const { keyboard } = page
    const button = (name: string): Locator => page.getByRole('button', { name })
    await visitor.go('/sign-in')
    await page.getByLabel('E-mail').and(page.locator(':focus')).waitFor()
    await keyboard.type(stage.superuser.email)
    await keyboard.press('Tab')
    await keyboard.type(stage.superuser.password)
    await keyboard.press('Enter')
    await page.getByRole('heading', { level: 1, name: 'Home' }).waitFor()

    await keyboard.press('n')
    await tabTo(visitor, page.getByLabel('Name', { exact: true }))
    await keyboard.type('Fjord Energy')
    await keyboard.press('Enter')
    await tabTo(visitor, page.getByLabel('System prompt'))
    await keyboard.type('You are the assistant of Fjord Energy.')
    for (const [name, next] of [
      ['Save and continue', 'Choose the model'],
      ['Skip model', 'Connect Pinecone'],
      ['Skip Pinecone', 'Add users'],
      ['Skip users', 'Ask Fjord Energy'],
    ] as const) {
      await tabTo(visitor, button(name))
      await keyboard.press('Enter')
      await page.getByRole('heading', { name: next }).waitFor()
    }
    await tabTo(visitor, page.getByRole('textbox', { name: 'Ask Fjord Energy' }))
    await keyboard.press('ControlOrMeta+a')
    await keyboard.type('Is anybody there?')
    await keyboard.press('Enter')
    await page.getByText('You said: Is anybody there?').first().waitFor()
    await tabTo(visitor, button('Open tenant').last())
    await keyboard.press('Enter')
    await page.getByRole('heading', { level: 1, name: 'Fjord Energy' }).waitFor()
    visitor.assertQuiet()
    await visitor.leave()
  })
})

/** Presses Tab until something has the focus, and sees that what has it can be seen on the way. */
async function tabTo({ page }: Visitor, target: Locator): Promise<void> {
  await target.waitFor()
  for (let presses = 0; presses <= tabsMax; presses++) {
    if (await target.evaluate((element) => element === document.activeElement)) return
    await page.keyboard.press('Tab')
    const ring = await page.evaluate(() => {
      const { activeElement } = document
      if (!activeElement || activeElement === document.body) return true
      const box = activeElement.getBoundingClientRect()
      return box.width > 0 && box.height > 0
    })
    expect(ring).toBe(true)
  }
  throw new Error(`${target.toString()} is not reached by Tab`)
}
