import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { canBrowse, type Stage, startStage, type Visitor } from '../support/browser.ts'
import { call } from '../support/call.ts'
import { ask } from '../support/scenario.ts'

const id = 'kepler'
const copy = 'kepler-copy'
const journeyMs = 180_000

describe.skipIf(!canBrowse())('a tenant’s place', () => {
  let stage: Stage
  let visitor: Visitor
  let archive: string
  beforeAll(async () => {
    stage = await startStage({ env: { OFFLINE_MODEL: 'true' } })
    visitor = await stage.visit()
    await visitor.go('/tenants/new')
    await visitor.signIn(stage.superuser)
  }, journeyMs)
  afterAll(() => stage.stop())

  test(
    'is a database of its own when that is chosen at its onboarding',
    async () => {
      const { page } = visitor
      await page.getByLabel('Name', { exact: true }).fill('Kepler')
      await page.getByRole('radio', { name: /^Own database/ }).check()
      await page.getByRole('button', { name: 'Create and continue' }).click()
      await page.getByRole('heading', { name: 'Write the prompt' }).waitFor()
      await visitor.go(`/tenants/${id}/settings`)
      await page.getByText('Its rows lie in a database of their own').waitFor()
      const { token } = stage.superuser
      const { body } = await call(stage.app, `GET /admin/tenants/${id}`, { token })
      expect(body).toMatchObject({ isolation: 'dedicated', state: 'active' })
      await ask(stage.app, { token, message: 'Where am I?', tenant: id })
    },
    journeyMs,
  )

  test(
    'is changed by a move to the shared database, and back, and what was said goes along',
    async () => {
      await move('a database of its own to the shared database', 'Moved to the shared database.')
      expect((await readTenant(id)).isolation).toBe('pooled')
      await move('the shared database to a database of its own', 'Moved to a database of its own.')
      expect((await readTenant(id)).isolation).toBe('dedicated')
      await visitor.page.getByText('Last move').waitFor()
      expect(await countMessages(id)).toBe(2)
    },
    journeyMs,
  )

  test(
    'is left as one file, in which there is no token, and made anew from it under another id',
    async () => {
      const { page } = visitor
      const [download] = await Promise.all([
        page.waitForEvent('download'),
        page.getByRole('button', { name: 'Export tenant' }).click(),
      ])
      expect(download.suggestedFilename()).toMatch(/^kepler-.*\.tenantry\.jsonl\.gz$/)
      expect(download.url()).toStartWith('blob:')
      archive = await download.path()

      await visitor.go('/tenants')
      await page.getByRole('button', { name: 'Other ways to add a tenant' }).click()
      await page.getByRole('menuitem', { name: 'Import tenant…' }).click()
      await page.getByLabel('Archive', { exact: true }).setInputFiles(archive)
      await page.getByRole('button', { name: 'Import tenant', exact: true }).click()
      await page.getByText('Another tenant has its id.').waitFor()
      await page.getByLabel('Another id').fill(copy)
      await page.getByRole('button', { name: 'Import tenant', exact: true }).click()
      await page.getByRole('heading', { name: 'Kepler imported' }).waitFor()
      await page.getByRole('list', { name: 'Imported' }).getByText('2 messages').waitFor()
      await page.getByRole('button', { name: 'Open tenant' }).click()
      await page.getByText(copy, { exact: true }).first().waitFor()
      expect(await countMessages(copy)).toBe(2)
    },
    journeyMs,
  )

  test(
    'that could not be migrated is told on System and in the list, and one press mends it',
    async () => {
      const { page } = visitor
      const [row] = await stage.sql`select database_name from tenants where id = ${id}`
      const database = String(row?.database_name)
      // As a migration leaves it that failed.
      await stage.sql`update tenants set store_version = store_version - 1, state = 'failed',
        failure = 'The disk of the database server is full.' where id = ${id}`
      await visitor.go('/tenants?state=attention')
      await page.getByRole('button', { name: 'Try Kepler again' }).waitFor()
      await visitor.go('/system')
      await page.getByText('1 database failed').waitFor()
      const failed = page.getByRole('list', { name: 'Failed databases' })
      await failed.getByText('The disk of the database server is full.').waitFor()
      await failed.getByRole('button', { name: 'Migrate again' }).click()
      await page.getByText('Kepler is served again').waitFor()
      await failed.waitFor({ state: 'detached' })
      const { body } = await call(stage.app, `GET /admin/tenants/${id}`, { token: stage.superuser.token })
      expect(body).toMatchObject({ state: 'active', failure: null, database_name: database })
      expect(await countMessages(id)).toBe(2)
    },
    journeyMs,
  )

  test('lets only invited people register when that is chosen, and anybody again by Undo', async () => {
    const { page } = visitor
    await visitor.go(`/tenants/${id}/settings`)
    const register = async (email: string): Promise<number> => {
      const body = { email, password: 'correct horse battery staple' }
      return (await call(stage.app, 'POST /auth/register', { tenant: id, body })).status
    }
    await page.getByRole('radio', { name: /^Only who is invited/ }).check()
    await page.getByText('Only invited people get accounts now').waitFor()
    expect(await register('eve@example.org')).toBe(403)
    await page.getByRole('button', { name: /^Undo/ }).click()
    await page.getByText('Anybody may register now').waitFor()
    expect(await register('eve@example.org')).toBe(201)
  })

  test('is not made from a file that is no archive: the console says so', async () => {
    const { page } = visitor
    await visitor.go('/tenants?import=yes')
    const file = { name: 'letter.gz', mimeType: 'application/gzip', buffer: Buffer.from('Dear all') }
    await page.getByLabel('Archive', { exact: true }).setInputFiles(file)
    await page.getByRole('button', { name: 'Import tenant', exact: true }).click()
    await page.getByText('This archive cannot be imported.').waitFor()
  })

  test('and the browser was quiet', () => {
    visitor.assertQuiet({ refusals: /^(409|422) POST \/admin\/tenants\/import$/ })
  })

  async function move(words: string, end: string): Promise<void> {
    const { page } = visitor
    await visitor.go(`/tenants/${id}/settings?move=yes`)
    await page.getByText(`From ${words}.`).waitFor()
    await page.getByRole('button', { name: 'Move tenant', exact: true }).click()
    const dialog = page.getByRole('dialog')
    await dialog.getByText(end).waitFor()
    await dialog.getByText(/Writes waited/).waitFor()
    await dialog.getByRole('button', { name: 'Close' }).click()
    await dialog.waitFor({ state: 'detached' })
  }

  async function readTenant(tenant: string): Promise<{ isolation: string }> {
    return (await call(stage.app, `GET /admin/tenants/${tenant}`, { token: stage.superuser.token })).body
  }

  async function countMessages(tenant: string): Promise<number> {
    const { body } = await call(stage.app, `GET /admin/tenants/${tenant}/sessions`, { token: stage.superuser.token })
    return body.items.reduce((sum: number, session: { messages: number }) => sum + session.messages, 0)
  }
})
