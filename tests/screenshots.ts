import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { canBrowse, type Stage, startStage, type Visitor } from './support/browser.ts'
import { fillShowcase, shownTenant } from './support/showcase.ts'
import { stopOwnTestServer } from './support/test-server.ts'

/**
 * `bun run screenshots`: starts the product on a throw-away database, fills it with a believable platform, and writes
 * the pictures of the README to `docs/screenshots/`, each in light and dark. Needs Chromium in PATH.
 */
const folder = join(import.meta.dir, '../docs/screenshots')
const requestsAnHour = 60

/** A picture: its file's name, where it is taken, and what is done before. */
interface Shot {
  name: string
  path: string
  prepare(visitor: Visitor, stage: Stage): Promise<void>
}

const shots: Shot[] = [
  { name: 'home', path: '/', prepare: ({ page }) => page.getByText('Busiest tenants').waitFor() },
  {
    name: 'tenant',
    path: `/tenants/${shownTenant}`,
    prepare: ({ page }) => page.getByText('First token').first().waitFor(),
  },
  { name: 'prompt', path: `/tenants/${shownTenant}/prompt`, prepare: askPlayground },
  { name: 'onboarding', path: '/tenants/new?tenant=northwind&step=pinecone', prepare: testPinecone },
  {
    name: 'usage',
    path: '/usage',
    prepare: ({ page }) => page.getByRole('table').getByText('Kepler Health').last().waitFor(),
  },
]

if (!canBrowse()) throw new Error('There is no chromium in PATH.')
mkdirSync(folder, { recursive: true })
const stage = await startStage()
try {
  await fillShowcase(stage, { requestsAnHour })
  for (const theme of ['light', 'dark'] as const) {
    const visitor = await stage.visit({ theme })
    await visitor.go('/sign-in')
    await visitor.signIn(stage.superuser)
    for (const shot of shots) {
      await visitor.go(shot.path)
      await shot.prepare(visitor, stage)
      await takePicture(visitor, `${shot.name}-${theme}`)
    }
    visitor.assertQuiet()
    await visitor.leave()
  }
} finally {
  await stage.stop()
  await stopOwnTestServer()
}

/** A draft and the live prompt answer one question side by side. */
async function askPlayground({ page }: Visitor, { model }: Stage): Promise<void> {
  const prompt = page.getByRole('textbox', { name: 'Prompt', exact: true })
  await prompt.fill(`${await prompt.inputValue()}\nSay when the clinic opens before anything else.`)
  const answers = [
    'The clinic in Bergen is open on weekdays from **8 to 16**. On Thursdays the laboratory stays open until 19.',
    'It opens at **8**, on weekdays, and closes at 16.\n\n- Thursdays: laboratory until 19\n- Weekends: call the emergency line',
  ]
  for (const text of answers) model.behave({ text, delayMs: 1 })
  await page.getByPlaceholder(/^Ask/).fill('When is the clinic in Bergen open?')
  await page.getByPlaceholder(/^Ask/).press('Enter')
  for (const words of ['laboratory stays open', 'call the emergency line']) await page.getByText(words).waitFor()
  // What draws Markdown comes a moment after the first words.
  for (const bold of ['8 to 16', '8']) await page.locator('strong').getByText(bold, { exact: true }).waitFor()
}

/** The live test of a connection that fails, with what to do. */
async function testPinecone({ page }: Visitor): Promise<void> {
  await page.getByRole('button', { name: 'Test Pinecone' }).click()
  const test = page.getByRole('region', { name: 'Pinecone test' })
  await test.getByText('eu-west-1').first().waitFor()
  await test.scrollIntoViewIfNeeded()
}

async function takePicture({ page }: Visitor, name: string): Promise<void> {
  await page.waitForFunction(() => document.querySelector('[aria-busy=true]') === null)
  await page.evaluate(() => document.fonts.ready.then(() => undefined))
  await page.mouse.move(0, 0)
  await page.screenshot({ path: join(folder, `${name}.png`), animations: 'disabled', caret: 'hide' })
  console.log(`docs/screenshots/${name}.png`)
}
