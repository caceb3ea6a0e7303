import postgres from 'postgres'
import { type CallOptions, readEvents, send, type SseEvent } from './call.ts'
import { type FakeOpenAi, startFakeOpenAi } from './fake-openai.ts'
import { type FakePinecone, startFakePinecone } from './fake-pinecone.ts'
import { makeSuperuser, type Person } from './people.ts'
import { startApp, type TestApp, type TestAppOptions } from './start-app.ts'

/** The platform's own model key in scenarios; it may reach only the platform's own address. */
export const platformKey = 'sk-platform-canary-0123456789'

/** A server under test whose model provider and Pinecone are fakes, its superuser, and a look into its database. */
export interface Scenario {
  app: TestApp
  superuser: Person
  model: FakeOpenAi
  pinecone: FakePinecone
  /** The owner's connection: it sees every row. */
  sql: postgres.Sql
  stop(): Promise<void>
}

/** Starts a scenario; `env` overrides what connects it with the fakes. */
export async function startScenario(options: TestAppOptions = {}): Promise<Scenario> {
  const [model, pinecone] = await Promise.all([startFakeOpenAi(), startFakePinecone()])
  const app = await startApp({
    ...options,
    env: {
      OPENAI_API_KEY: platformKey,
      OPENAI_BASE_URL: model.url,
      PINECONE_CONTROLLER_URL: pinecone.url,
      ...options.env,
    },
  })
  const sql = openOwner(app)
  return {
    app,
    superuser: await makeSuperuser(app),
    model,
    pinecone,
    sql,
    async stop() {
      await sql.end({ timeout: 5 })
      await app.stop()
      await Promise.all([model.stop(), pinecone.stop()])
    },
  }
}

/** The owner's connection to a server's database, for what the API does not show. End it before the server stops. */
export function openOwner(app: { database: { ownerUrl: string } }): postgres.Sql {
  return postgres(app.database.ownerUrl, { max: 2, onnotice: () => undefined })
}

/** A streamed answer, read to its end. */
export interface Asked {
  response: Response
  events: SseEvent[]
  /** All deltas together. */
  text: string
  /** The data of the first event of this name. */
  data: (event: string) => SseEvent['data']
}

/** Asks by `POST /chat/stream`, or another route that streams, and reads the answer to its end. */
export async function ask(
  base: { url: string },
  options: CallOptions & { message?: string; route?: string },
): Promise<Asked> {
  const { message = 'Hello?', route = 'POST /chat/stream', ...rest } = options
  const response = await send(base, route, { body: { message }, ...rest })
  if (response.status !== 200) throw new Error(`${route} answered ${response.status}: ${await response.text()}`)
  const events = await readEvents(response)
  return {
    response,
    events,
    text: events.flatMap(({ event, data }) => (event === 'delta' ? [data.text] : [])).join(''),
    data: (name) => events.find(({ event }) => event === name)?.data,
  }
}

/** Looks again until `check` gives something truthy, for what happens soon but not before an answer. */
export async function eventually<T>(check: () => Promise<T> | T, withinMs = 5_000): Promise<NonNullable<T>> {
  const giveUpAt = performance.now() + withinMs
  for (;;) {
    const found = await check()
    if (found) return found
    if (performance.now() > giveUpAt) throw new Error(`it did not happen within ${withinMs} ms: ${check.toString()}`)
    await Bun.sleep(10)
  }
}

/** The body of a chat request as the fake provider got it. */
export interface SentChat {
  model: string
  messages: { role: string; content: string }[]
  stream?: boolean
  max_tokens?: number
  max_completion_tokens?: number
}

/** The chat requests a fake provider got so far, oldest first. */
export function chatsSentTo(model: FakeOpenAi): { body: SentChat; headers: Record<string, string> }[] {
  return model.requests
    .filter(({ path }) => path.endsWith('/chat/completions'))
    .map(({ body, headers }) => ({ body: body as SentChat, headers }))
}
