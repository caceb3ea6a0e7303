import { type Browser, type BrowserContext, chromium, type Page } from 'playwright-core'
import { buildConsole, isConsoleBuildStale } from '../../console/build.ts'
import { type Scenario, startScenario } from './scenario.ts'
import type { TestAppOptions } from './start-app.ts'

/** Nothing that phones home, and what a container needs. */
const flags = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
]
/** A busy machine is slow, not wrong. */
const patienceMs = 30_000

/** Window sizes of the console's two layouts. */
export const viewports = { desk: { width: 1440, height: 900 }, phone: { width: 390, height: 844 } } as const

/** Whether browser tests can run; `describe.skipIf(!canBrowse())`. Throws without Chromium where REQUIRE_ALL is set. */
export function canBrowse(): boolean {
  if (findChromium() !== undefined) return true
  if (process.env.REQUIRE_ALL === '1') throw new Error('REQUIRE_ALL is set, and there is no chromium in PATH')
  return false
}

function findChromium(): string | undefined {
  return (
    ['chromium', 'chromium-browser', 'google-chrome'].map((name) => Bun.which(name)).find((path) => path !== null) ??
    undefined
  )
}

/** How somebody looks at the console. */
export interface VisitOptions {
  theme?: 'light' | 'dark'
  width?: keyof typeof viewports
}

/** Somebody with a browser profile of their own, at one page. */
export interface Visitor {
  page: Page
  context: BrowserContext
  /** What must never happen: page errors, errors in the console, requests that failed or went to others. */
  troubles: string[]
  /** Answers of 400 and above, such as `401 POST /auth/refresh`. */
  refusals: string[]
  /** Goes to a path of the console, relative to it. */
  go(path: string): Promise<void>
  /** Signs in with the form of the page shown; ends when the console does. */
  signIn(person: { email: string; password: string }): Promise<void>
  /** Fails with what happened, if anything did; `refusals` are those the test provoked. */
  assertQuiet(allowed?: { refusals?: RegExp }): void
  leave(): Promise<void>
}

/** A started product with its console, its fakes, and one headless browser. */
export interface Stage extends Scenario {
  browser: Browser
  visit(options?: VisitOptions): Promise<Visitor>
}

/** Starts the product with its built console, and one headless Chromium with an empty profile. */
export async function startStage(options: TestAppOptions = {}): Promise<Stage> {
  await ensureConsoleBuilt()
  const [scenario, browser] = await Promise.all([startScenario({ ...options, withConsole: true }), launchBrowser()])
  return {
    ...scenario,
    browser,
    visit: (visit = {}) => openVisitor({ browser, url: scenario.app.url, visit }),
    async stop() {
      await browser.close()
      await scenario.stop()
    },
  }
}

/** Starts a headless Chromium; its profile is empty and goes with it. */
export function launchBrowser(): Promise<Browser> {
  return chromium.launch({ executablePath: findChromium(), args: flags })
}

/** Builds the console if it is missing or old; `tests/run.ts` has done so already. */
export async function ensureConsoleBuilt(): Promise<void> {
  if (await isConsoleBuildStale()) await buildConsole({ quiet: true })
}

async function openVisitor(options: { browser: Browser; url: string; visit: VisitOptions }): Promise<Visitor> {
  const { browser, url, visit } = options
  const context = await browser.newContext({
    viewport: viewports[visit.width ?? 'desk'],
    colorScheme: visit.theme ?? 'light',
    reducedMotion: 'reduce',
    locale: 'en-US',
    timezoneId: 'UTC',
    hasTouch: visit.width === 'phone',
    permissions: ['clipboard-read', 'clipboard-write'],
  })
  context.setDefaultTimeout(patienceMs)
  const page = await context.newPage()
  const troubles: string[] = []
  const refusals: string[] = []
  watch({ page, url, troubles, refusals })
  return {
    page,
    context,
    troubles,
    refusals,
    go: async (path) => {
      await page.goto(`${url}/console${path}`)
    },
    async signIn({ email, password }) {
      await page.getByLabel('E-mail').fill(email)
      await page.getByLabel('Password', { exact: true }).fill(password)
      await page.getByRole('button', { name: 'Sign in' }).click()
      await page.getByRole('navigation').first().waitFor()
    },
    assertQuiet(allowed = {}) {
      const unexpected = refusals.filter((refusal) => !allowed.refusals?.test(refusal))
      const said = [...troubles, ...unexpected]
      if (said.length > 0) throw new Error(`the browser was not quiet:\n${said.join('\n')}`)
    },
    leave: () => context.close(),
  }
}

function watch(seen: { page: Page; url: string; troubles: string[]; refusals: string[] }): void {
  const { page, url, troubles, refusals } = seen
  page.on('pageerror', (error) => troubles.push(`page error: ${error.message}`))
  page.on('console', (message) => {
    // What the server refused is collected below, with its route.
    if (message.type() !== 'error' || message.text().startsWith('Failed to load resource')) return
    troubles.push(`console: ${message.text()}`)
  })
  page.on('request', (request) => {
    const isOwn = request.url().startsWith(`${url}/`) || /^(data|blob|about):/.test(request.url())
    if (!isOwn) troubles.push(`request to another place: ${request.url()}`)
  })
  page.on('requestfailed', (request) => {
    const reason = request.failure()?.errorText ?? ''
    // What the console itself gives up: a page that is left, a search that goes on.
    if (reason === 'net::ERR_ABORTED') return
    troubles.push(`request failed: ${request.method()} ${request.url()} ${reason}`)
  })
  page.on('response', (response) => {
    if (response.status() < 400) return
    refusals.push(`${response.status()} ${response.request().method()} ${new URL(response.url()).pathname}`)
  })
}
