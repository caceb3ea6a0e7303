import { AxeBuilder } from '@axe-core/playwright'
import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { canBrowse, type Stage, startStage, viewports, type Visitor } from '../support/browser.ts'
import { fillShowcase, shownTenant } from '../support/showcase.ts'

const tenant = `/tenants/${shownTenant}`

/**
 * Every page of the console by its route: where it is looked at, and the heading or words that show it is there. A page
 * that is missing here fails a test.
 */
const pages: Record<string, { path: string; sign: string }[]> = {
  '/': [{ path: '/', sign: 'Busiest tenants' }],
  '/account': [{ path: '/account', sign: 'Password' }],
  '/audit': [{ path: '/audit', sign: 'Audit log' }],
  '/usage': [{ path: '/usage', sign: 'Kepler Health' }],
  '/system': [{ path: '/system', sign: 'Variables' }],
  '/system/mailbox': [{ path: '/system/mailbox', sign: 'Each reading is written to the audit log' }],
  '/system/servers': [{ path: '/system/servers', sign: 'Takes tenants' }],
  '/system/prices': [{ path: '/system/prices', sign: 'its cost is unknown, never zero' }],
  '/tenants': [
    { path: '/tenants', sign: 'Kepler Health' },
    { path: '/tenants?q=keplar', sign: 'Clear' },
    { path: '/tenants?import=yes', sign: 'Choose archive' },
  ],
  '/tenants/new': [
    { path: '/tenants/new', sign: 'Follows the name as you type it.' },
    { path: '/tenants/new?tenant=northwind&step=prompt', sign: 'Start from' },
    { path: '/tenants/new?tenant=northwind&step=pinecone', sign: 'Connect Pinecone' },
    { path: '/tenants/new?tenant=northwind&step=users', sign: 'Who is here' },
    { path: '/tenants/new?tenant=northwind&step=users&people=invite', sign: 'A newer invite ends an older one.' },
    { path: '/tenants/new?tenant=northwind&step=try', sign: 'What answers' },
  ],
  '/users': [{ path: '/users', sign: 'Maren Olsen' }],
  '/tenants/$tenantId': [
    { path: tenant, sign: 'Recent sessions' },
    { path: '/tenants/nobody', sign: 'There is no such tenant' },
  ],
  '/tenants/$tenantId/prompt': [{ path: `${tenant}/prompt`, sign: 'Versions' }],
  '/tenants/$tenantId/connections': [
    { path: `${tenant}/connections`, sign: 'Pinecone' },
    { path: '/tenants/tern-mobility/connections', sign: 'Pinecone' },
  ],
  '/tenants/$tenantId/users': [
    { path: `${tenant}/users`, sign: 'pia.lindqvist@kepler.example' },
    { path: `${tenant}/users?invite=yes`, sign: 'They get a link' },
  ],
  '/tenants/$tenantId/retrieval': [
    { path: `${tenant}/retrieval`, sign: 'Save retrieval' },
    { path: `${tenant}/retrieval?q=cancel+an+appointment`, sign: 'No document has these words' },
  ],
  '/tenants/$tenantId/knowledge': [
    { path: `${tenant}/knowledge`, sign: 'Upload files' },
    { path: `${tenant}/knowledge?paste=yes`, sign: 'Shown where an answer cites it.' },
    { path: `${tenant}/knowledge?address=yes`, sign: 'It must be open to everybody.' },
  ],
  '/tenants/$tenantId/knowledge/$documentId': [
    { path: `${tenant}/knowledge/01890000-0000-7000-8000-000000000000`, sign: 'There is no such document' },
  ],
  '/tenants/$tenantId/limits': [{ path: `${tenant}/limits`, sign: 'Busiest users this month' }],
  '/tenants/$tenantId/settings': [
    { path: `${tenant}/settings`, sign: 'Purge tenant' },
    { path: `${tenant}/settings?move=yes`, sign: 'Keep it here' },
  ],
  '/tenants/$tenantId/connect': [
    { path: `${tenant}/connect`, sign: 'Renew the tokens' },
    { path: `${tenant}/connect?code=openai`, sign: 'Ask with the openai package' },
    { path: `${tenant}/connect?code=typescript&origin=https://new.example`, sign: 'Not allowed' },
  ],
}
/** Those that are for people who are not signed in. */
const entrances: typeof pages = {
  '/sign-in': [{ path: '/sign-in', sign: 'Password' }],
  '/setup': [{ path: '/setup', sign: 'one-time token' }],
  '/register': [{ path: '/register', sign: 'Create account' }],
  '/forgot': [{ path: '/forgot', sign: 'Ask for the link' }],
  '/verify': [{ path: '/verify', sign: 'This page needs its link' }],
  '/reset': [
    { path: '/reset', sign: 'Ask for a new link' },
    { path: '/reset#token=abc', sign: 'Set new password' },
  ],
  '/join': [{ path: '/join', sign: 'This page needs its link' }],
}
describe('the list of pages', () => {
  test('has every page of the router', async () => {
    const { createConsoleRouter } = await import('../../console/src/app/router.tsx')
    const [{ createApi }, { QueryClient }] = await Promise.all([
      import('../../console/src/api/client.ts'),
      import('@tanstack/react-query'),
    ])
    const ports = { ...silentPorts, exclusively: <T>(work: () => Promise<T>) => work() }
    const api = createApi({ origin: 'http://localhost', send: () => Promise.reject(new Error('not here')), ports })
    const router = createConsoleRouter({ api, queryClient: new QueryClient(), linkToken: undefined })
    const routes = Object.keys(router.routesByPath)
    expect(routes.toSorted()).toEqual(Object.keys({ ...pages, ...entrances }).toSorted())
  })
})

describe.skipIf(!canBrowse())('no page has an accessibility violation', () => {
  let stage: Stage
  let visitor: Visitor
  beforeAll(async () => {
    stage = await startStage()
    await fillShowcase(stage, { requestsAnHour: 1 })
    visitor = await stage.visit()
  })
  afterAll(() => stage.stop())

  // In this order: once somebody is signed in, the entrances lead on.
  test.each(Object.values(entrances).flat())('outside: $path', (shown) => expectNoViolation(visitor, shown))

  test('after signing in', async () => {
    await visitor.go('/sign-in')
    await visitor.signIn(stage.superuser)
  })

  test.each(Object.values(pages).flat())('inside: $path', (shown) => expectNoViolation(visitor, shown))

  test('and nothing went wrong on the way', () => {
    visitor.assertQuiet({ refusals: /^404 GET \/admin\/tenants\/(nobody|[^/]+\/documents\/0189)/ })
  })
})

const silentPorts = {
  mark: { isSet: () => false, set: () => undefined, clear: () => undefined },
  tabs: { send: () => undefined, listen: () => undefined },
  nowMs: () => 0,
}

/** What axe finds on a page once it shows what it is for, wide and on a phone, in both themes: nothing. */
async function expectNoViolation(visitor: Visitor, shown: { path: string; sign: string }): Promise<void> {
  const { page } = visitor
  const found: string[] = []
  await visitor.go(shown.path)
  for (const width of ['desk', 'phone'] as const) {
    await page.setViewportSize(viewports[width])
    await waitForSign(visitor, shown)
    for (const theme of ['light', 'dark'] as const) {
      await page.emulateMedia({ colorScheme: theme })
      await page.waitForFunction((wanted) => document.documentElement.dataset.theme === wanted, theme)
      const axe = new AxeBuilder({ page }).setLegacyMode()
      // Themes differ in nothing but colour.
      const { violations } = await (theme === 'light' ? axe : axe.withRules(['color-contrast'])).analyze()
      for (const { id, nodes } of violations) {
        for (const { target, failureSummary = '' } of nodes) {
          found.push(`${width}, ${theme}: ${id} at ${target.join(' ')}: ${failureSummary}`)
        }
      }
    }
  }
  await page.setViewportSize(viewports.desk)
  await page.emulateMedia({ colorScheme: 'light' })
  expect(found).toEqual([])
}

async function waitForSign({ page }: Visitor, { path, sign }: { path: string; sign: string }): Promise<void> {
  const there = page.getByText(sign).locator('visible=true').first()
  await there.waitFor({ timeout: 15_000 }).catch(() => {
    throw new Error(`${path} does not show “${sign}”`)
  })
  await page.waitForFunction(() => document.querySelector('[aria-busy=true]') === null)
}
