import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { mkdtemp, rm, symlink } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Clock, systemClock } from '../../server/platform/clock.ts'
import { canBrowse, type Stage, startStage, type Visitor } from '../support/browser.ts'
import { call } from '../support/call.ts'
import { makeTenant, makeUser, type Person, password } from '../support/people.ts'
import { eventually } from '../support/scenario.ts'

const root = join(import.meta.dir, '../..')
const languages = ['curl', 'Browser', 'TypeScript', 'OpenAI SDK', 'AI SDK']
const question = 'What can you help me with?'
const expiryMs = 61_000
const answerText = `You said: ${question}`

/** Whatever the copied code reaches for, it is the address of the console that showed it. */
describe.skipIf(!canBrowse())('the code of the Connect tab', () => {
  let aheadMs = 0
  const clock: Clock = { ...systemClock, now: () => new Date(Date.now() + aheadMs) }
  let stage: Stage
  let user: Person
  let folder: string
  let frontend: ReturnType<typeof serveFolder>
  const code: Record<string, Record<string, string>> = {}

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'connect-'))
    frontend = serveFolder(folder)
    stage = await startStage({
      clock,
      env: { BACKEND_CORS_ORIGINS: frontend.origin, ACCESS_TOKEN_EXPIRE_MINUTES: '1' },
    })
    await makeTenant(stage.app, stage.superuser, 'kepler-health', { model_provider: 'openai', model: 'gpt-4.1-mini' })
    user = await makeUser(stage.app, stage.superuser, { tenant: 'kepler-health' })
    const visitor = await stage.visit()
    await visitor.go('/tenants/kepler-health/connect')
    await visitor.signIn(stage.superuser)
    for (const language of languages) {
      await visitor.page.getByRole('radio', { name: language, exact: true }).check()
      code[language] = await readCode(visitor, user)
    }
    visitor.assertQuiet()
    await visitor.leave()
  })
  afterAll(async () => {
    await stage.stop()
    await frontend.server.stop(true)
    await rm(folder, { recursive: true })
  })

  /** Lets every access token that was used before expire for the time of some work. */
  async function withExpiredTokens(work: () => Promise<void>): Promise<void> {
    aheadMs = expiryMs
    // The library stamps tokens with the machine's time: much further ahead, a new one would be too old at once.
    await work().finally(() => {
      aheadMs = 0
    })
  }

  test('curl: signs in, streams, gets a whole answer and renews, in one shell', async () => {
    const commands = code.curl ?? {}
    expect(Object.keys(commands)).toEqual([
      'Sign in',
      'Ask, and read the answer as it comes',
      'Ask, and get the whole answer',
      'Renew the tokens',
    ])
    const shell = Bun.spawn(['sh', '-eu'], {
      stdin: new Blob([Object.values(commands).join('\necho\n')]),
      stderr: 'pipe',
      env: { PATH: process.env.PATH ?? '', NO_PROXY: '127.0.0.1' },
    })
    const [output, complaints, exit] = await Promise.all([
      new Response(shell.stdout).text(),
      new Response(shell.stderr).text(),
      shell.exited,
    ])
    expect([exit, complaints]).toEqual([0, ''])
    for (const event of ['start', 'delta', 'usage', 'done']) expect(output).toContain(`event: ${event}`)
    expect(output).toContain(`"text":"${answerText}`)
    const refreshTokens = [...output.matchAll(/"refresh_token":"([^"]+)"/g)].map(([, token]) => token)
    expect(new Set(refreshTokens).size).toBe(2)
  })

  test('browser: the page streams from an allowed origin, goes on in its conversation, renews, and can be stopped', async () => {
    const [page] = Object.values(code.Browser ?? {})
    await Bun.write(join(folder, 'chat.html'), page ?? '')
    const context = await stage.browser.newContext()
    const customer = await context.newPage()
    await customer.goto(`${frontend.origin}/chat.html`)
    const ask = customer.getByRole('button', { name: 'Ask' })
    const answer = customer.getByRole('status')
    await ask.click()
    await answer.getByText(answerText).waitFor()

    // The access token has expired: the next question renews it by itself.
    await withExpiredTokens(async () => {
      const renewed = customer.waitForResponse((response) => response.url().endsWith('/auth/refresh'))
      await ask.click()
      expect((await renewed).status()).toBe(200)
      await answer.getByText(answerText).waitFor()
    })
    const [conversations] = await stage.sql<{ count: number }[]>`
      select count(distinct session_id)::int as count from tenant.chat_messages where tenant_id = 'kepler-health'
      and session_id in (select session_id from tenant.chat_messages group by session_id having count(*) >= 4)`
    expect(conversations?.count).toBe(1)

    stage.model.behave({ tokens: 400, delayMs: 50 })
    await ask.click()
    await answer.getByText('word3').waitFor()
    await customer.getByRole('button', { name: 'Stop' }).click()
    await customer.waitForFunction(async () => {
      const read = () => document.querySelector('#answer')?.textContent
      const before = read()
      await new Promise((resolve) => setTimeout(resolve, 200))
      return read() === before
    })
    expect(await answer.textContent()).not.toContain('word399')
    await context.close()
  })

  test('browser: from an origin that is not allowed, the page cannot read a thing', async () => {
    const [page] = Object.values(code.Browser ?? {})
    await Bun.write(join(folder, 'chat.html'), page ?? '')
    const context = await stage.browser.newContext()
    const customer = await context.newPage()
    // The same server under another name is another origin.
    await customer.goto(`${frontend.origin.replace('127.0.0.1', 'localhost')}/chat.html`)
    await customer.getByRole('button', { name: 'Ask' }).click()
    await customer.getByText('(Failed to fetch)').waitFor()
    await context.close()
  })

  test('TypeScript: the client and its use pass a strict check and run', async () => {
    await writeTypeScript()
    const checked = await run(['tsc', '--strict', '--noEmit', '-p', folder])
    expect(checked).toEqual({ exit: 0, output: '' })
    const ran = await run([process.execPath, 'main.ts'])
    expect(ran.exit).toBe(0)
    expect(ran.output).toContain(answerText)
    expect(ran.output).toContain('(stop)')
    expect(ran.output).toContain('tokens of gpt-4.1-mini')
  })

  test('TypeScript: calls at once share one renewal; refusals and failures are told by their code', async () => {
    const { client, TenantryError } = await importClient()
    await client.signIn(user.email, password)
    expect(await collect(client.ask(question))).toContain(answerText)
    await withExpiredTokens(async () => {
      const renewalsBefore = countRenewals()
      expect(await Promise.all([collect(client.ask(question)), collect(client.ask(question))])).toEqual([
        expect.stringContaining(answerText),
        expect.stringContaining(answerText),
      ])
      await eventually(() => countRenewals() > renewalsBefore)
      expect(countRenewals() - renewalsBefore).toBe(1)
    })

    const codeOf = (call: Promise<unknown>): Promise<unknown> =>
      call.catch((error: unknown) => (error instanceof TenantryError ? error.problem.code : error))
    expect(await codeOf(collect(client.ask(' ')))).toBe('request.invalid')
    stage.model.behave({ tokens: 5, errorFrameAfter: 2 })
    expect(await codeOf(collect(client.ask(question)))).toBe('model.upstream_error')
    await client.signOut()
    expect(await codeOf(collect(client.ask(question)))).toBe('auth.token_invalid')
  })

  test('TypeScript: an abort, or leaving the loop, stops the model', async () => {
    const { client } = await importClient()
    await client.signIn(user.email, password)
    const stopping = new AbortController()
    stage.model.behave({ tokens: 400, delayMs: 50 })
    const stopped = collect(client.ask(question, { signal: stopping.signal }), () => stopping.abort())
    expect(await stopped.catch((error: Error) => error.name)).toBe('AbortError')
    await eventually(() => stage.model.openConnections() === 0)

    stage.model.behave({ tokens: 400, delayMs: 50 })
    for await (const { event } of client.ask(question)) if (event === 'delta') break
    await eventually(() => stage.model.openConnections() === 0)
  })

  test('TypeScript: frames may be cut anywhere, a ping changes nothing, and a cut answer is an error', async () => {
    const frames = [
      'event: start\nid: 1\ndata: {"stream_id":"s","session_id":"c","message_id":"m"}\n\n',
      'event: ping\ndata: {}\n\n',
      'event: delta\nid: 2\ndata: {"text":"Größe 🏠"}\n\n',
      'event: done\nid: 3\ndata: {"finish_reason":"stop","message_id":"m","cited":[]}\n\n',
    ]
    const { Tenantry } = await importClient()
    for (const [sent, expected] of [
      [frames, 'Größe 🏠'],
      [frames.slice(0, 3), 'The answer was cut.'],
    ] as const) {
      const bytes = new TextEncoder().encode(sent.join(''))
      const server = Bun.serve({
        hostname: '127.0.0.1',
        port: 0,
        fetch: () => new Response(new Blob([bytes]).stream().pipeThrough(cutIntoBytes())),
      })
      const client = new Tenantry({ api: server.url.origin, tenant: 'x' })
      expect(await collect(client.ask(question)).catch((error: Error) => error.message)).toBe(expected)
      await server.stop(true)
    }
  })

  test.each([
    ['OpenAI SDK', 'Ask with the openai package'],
    ['AI SDK', 'Ask with the AI SDK'],
  ])('%s: with an API key the code passes a strict check and runs', async (language, title) => {
    const { app, superuser } = stage
    const route = 'POST /admin/tenants/kepler-health/api-keys'
    const made = await call(app, route, { token: superuser.token, body: { name: language } })
    const packages = join(folder, 'node_modules')
    if (!(await Bun.file(join(packages, 'openai/package.json')).exists())) {
      await symlink(join(root, 'node_modules'), packages)
    }
    const name = `${language.toLowerCase().replaceAll(' ', '-')}.ts`
    await Bun.write(join(folder, name), (code[language] ?? {})[title] ?? '')
    await writeProject([name], ['node'])
    expect(await run(['tsc', '--noEmit', '-p', folder])).toEqual({ exit: 0, output: '' })
    const ran = await run([process.execPath, name], { TENANTRY_API_KEY: made.body.secret })
    expect(ran.exit).toBe(0)
    expect(ran.output).toContain(answerText)
  })

  async function importClient() {
    await writeTypeScript()
    const { Tenantry, TenantryError }: ClientModule = await import(join(folder, 'tenantry.ts'))
    const client = new Tenantry({ api: stage.app.url, tenant: 'kepler-health' })
    return { client, Tenantry, TenantryError }
  }

  function countRenewals(): number {
    return stage.app.logLines.filter((line) => line.includes('/auth/refresh')).length
  }

  async function writeTypeScript(): Promise<void> {
    const files = code.TypeScript ?? {}
    expect(Object.keys(files)).toEqual(['Sign in and ask', 'The client, with types'])
    await Bun.write(join(folder, 'tenantry.ts'), files['The client, with types'] ?? '')
    await Bun.write(join(folder, 'main.ts'), files['Sign in and ask'] ?? '')
    await writeProject(['main.ts', 'tenantry.ts'], [])
  }

  async function writeProject(files: string[], types: string[]): Promise<void> {
    const compilerOptions = { target: 'ES2023', module: 'preserve', lib: ['ES2023', 'DOM', 'DOM.Iterable'], types }
    const extra = { strict: true, noUncheckedIndexedAccess: true, allowImportingTsExtensions: true, noEmit: true }
    const config = { compilerOptions: { ...compilerOptions, ...extra }, files }
    await Bun.write(join(folder, 'tsconfig.json'), JSON.stringify(config))
  }

  async function run(command: string[], env: Record<string, string> = {}): Promise<{ exit: number; output: string }> {
    const [name = '', ...rest] = command
    const program = name === 'tsc' ? join(root, 'node_modules/.bin/tsc') : name
    const child = Bun.spawn([program, ...rest], { cwd: folder, stderr: 'pipe', env: { ...process.env, ...env } })
    const [output, complaints] = await Promise.all([
      new Response(child.stdout).text(),
      new Response(child.stderr).text(),
    ])
    return { exit: await child.exited, output: output + complaints }
  }
})

/** The copied client, as far as this test uses it. */
interface Client {
  signIn(email: string, password: string): Promise<void>
  signOut(): Promise<void>
  ask(message: string, options?: { signal: AbortSignal }): AsyncGenerator<{ event: string; data: { text?: string } }>
}

interface ClientModule {
  Tenantry: new (options: { api: string; tenant: string }) => Client
  TenantryError: new () => Error & { problem: { code: string } }
}

async function collect(answer: ReturnType<Client['ask']>, onDelta?: () => void): Promise<string> {
  let text = ''
  for await (const { event, data } of answer) {
    if (event !== 'delta') continue
    text += data.text
    onDelta?.()
  }
  return text
}

function cutIntoBytes(): TransformStream<Uint8Array, Uint8Array> {
  return new TransformStream({
    transform(chunk, controller) {
      for (const byte of chunk) controller.enqueue(Uint8Array.of(byte))
    },
  })
}

/** A customer's own server of static files: another origin than the product's. */
function serveFolder(folder: string): { origin: string; server: Bun.Server<undefined> } {
  const server = Bun.serve({
    hostname: '127.0.0.1',
    port: 0,
    async fetch(request) {
      const file = Bun.file(join(folder, new URL(request.url).pathname))
      return (await file.exists()) ? new Response(file) : new Response(null, { status: 404 })
    },
  })
  return { origin: `http://127.0.0.1:${server.port}`, server }
}

/** The code blocks that the page shows, by their headings, with a real user in the place of the reader's. */
async function readCode({ page }: Visitor, user: Person): Promise<Record<string, string>> {
  const code: Record<string, string> = {}
  for (const block of await page.getByRole('main').locator('section:has(pre)').all()) {
    const title = await block.getByRole('heading').innerText()
    const text = await block.locator('pre').evaluate((pre) => pre.textContent)
    code[title] = text.replaceAll('user@example.com', user.email).replaceAll('their password', password)
  }
  return code
}
