import { AxeBuilder } from '@axe-core/playwright'
import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { canBrowse, type Stage, startStage, type Visitor } from '../support/browser.ts'
import { call } from '../support/call.ts'
import { makeTenant, makeUser, type Person } from '../support/people.ts'
import { eventually } from '../support/scenario.ts'

const journeyMs = 120_000

describe.skipIf(!canBrowse())('limits and prices', () => {
  let stage: Stage
  let user: Person
  let visitor: Visitor
  beforeAll(async () => {
    stage = await startStage()
    await makeTenant(stage.app, stage.superuser, 'kepler', {
      name: 'Kepler',
      model_provider: 'openai',
      model: 'acme-large',
    })
    user = await makeUser(stage.app, stage.superuser, { email: 'pia@kepler.example', tenant: 'kepler' })
    visitor = await stage.visit()
    await visitor.go('/tenants/kepler/limits')
    await visitor.signIn(stage.superuser)
  }, journeyMs)
  afterAll(async () => {
    visitor.assertQuiet({ refusals: /^429 POST \/admin\/tenants\/kepler\/preview/ })
    await stage.stop()
  })

  const chat = () => call(stage.app, 'POST /chat', { token: user.token, body: { message: 'Hello?' } })
  const field = (name: string) => visitor.page.getByRole('textbox', { name: new RegExp(`^${name}`) })
  async function saveLimits(): Promise<void> {
    await visitor.page.getByRole('button', { name: 'Save limits' }).click()
    await visitor.page.getByText('Saved', { exact: true }).waitFor()
  }
  async function expectAccessible(): Promise<void> {
    const { violations } = await new AxeBuilder({ page: visitor.page }).analyze()
    expect(violations.map(({ id, nodes }) => `${id}: ${nodes[0]?.html}`)).toEqual([])
  }

  test(
    'whoever a limit refuses is seen with the counter, and one press from there lets them on',
    async () => {
      const { page } = visitor
      await field('Refuse at ?, Tokens a month, each user').fill('1')
      await saveLimits()
      const refused = await eventually(async () => {
        const answer = await chat()
        return answer.status === 429 ? answer : undefined
      })
      expect(refused.body).toMatchObject({ code: 'limit.tokens_per_month', scope: 'user', limit: 1 })
      // Refusals are written down together, a moment later.
      await eventually(async () => {
        const told = await call(stage.app, 'GET /admin/tenants/kepler/limits/refusals', {
          token: stage.superuser.token,
        })
        return told.body.items.length > 0
      })
      await page.reload()
      const lately = page.getByRole('region', { name: 'Refused within a day' })
      await lately.getByText('Tokens a month, each user').waitFor()
      await page.getByRole('table', { name: 'Refused requests' }).getByText('pia@kepler.example').waitFor()
      await expectAccessible()
      await lately.getByRole('button', { name: 'Change limit: Tokens a month' }).click()
      expect(await page.locator(':focus').inputValue()).toBe('1')
      await page.keyboard.type('1,000,000')
      await page.keyboard.press('Enter')
      await page.getByText('Saved', { exact: true }).waitFor()
      await eventually(async () => (await chat()).status === 200)
    },
    journeyMs,
  )

  test(
    'a refused answer in the playground leads to the limit, too',
    async () => {
      const { page } = visitor
      await field('Refuse at ?, Requests a minute, everybody together').fill('0')
      await field('Refuse at ?, Tokens a month, everybody together').fill('1')
      await saveLimits()
      await visitor.go('/tenants/kepler/prompt')
      await page.getByRole('textbox', { name: 'Ask the live prompt' }).fill('Hello?')
      await page.getByRole('button', { name: 'Ask the live prompt' }).click()
      // Tests are counted by the month alone.
      await page.getByText('The tokens of this month are used up.', { exact: true }).waitFor()
      await page.getByRole('link', { name: 'Change this limit' }).click()
      await page.waitForURL(/\/limits\?limit=tokens_per_month$/)
      const focused = field('Refuse at ?, Tokens a month, everybody together').and(page.locator(':focus'))
      await focused.waitFor()
      await page.keyboard.press('Delete')
      await field('Refuse at ?, Requests a minute, everybody together').fill('')
      await saveLimits()
      await eventually(async () => (await chat()).status === 200)
    },
    journeyMs,
  )

  test(
    'a model without a price is named, and answers cost what is set from then on',
    async () => {
      const { page } = visitor
      await visitor.go('/system/prices')
      await page.getByText('acme-large has no price').waitFor()
      await page.getByRole('button', { name: 'Set its price' }).click()
      await page.getByLabel('Input', { exact: true }).fill('2')
      await page.getByLabel('Output', { exact: true }).fill('8.50')
      await page.getByRole('dialog').getByRole('button', { name: 'Set price' }).click()
      await page.getByRole('dialog').waitFor({ state: 'detached' })
      await page.getByRole('cell', { name: '$8.50' }).waitFor()
      expect(await page.getByText('acme-large has no price').count()).toBe(0)
      const last = await eventually(async () => {
        await chat()
        const [row] = await stage.sql`
          select prompt_tokens::int as prompt, completion_tokens::int as completion, cost_micro_usd::int as cost
          from usage_ledger where status = 'completed' order by created_at desc limit 1`
        return row?.cost === null ? undefined : row
      })
      expect(last.cost).toBe(last.prompt * 2 + Math.round(last.completion * 8.5))
    },
    journeyMs,
  )

  test(
    'taking the price in force away says first what then holds',
    async () => {
      const { page } = visitor
      await page.getByRole('button', { name: 'Actions for acme-large' }).click()
      await page.getByRole('menuitem', { name: 'Show history…' }).click()
      await page.getByRole('dialog').getByRole('button', { name: 'Remove…' }).click()
      await page.getByText('From now on it has no price').waitFor()
      await expectAccessible()
      await page.getByRole('button', { name: 'Remove price' }).click()
      await page.getByText('Price of acme-large removed').waitFor()
      await page.getByText('acme-large has no price').waitFor()
    },
    journeyMs,
  )
})
