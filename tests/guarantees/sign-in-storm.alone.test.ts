import { afterAll, beforeAll, expect, test } from 'bun:test'
import { call, send } from '../support/call.ts'
import { createTestDatabase, type TestDatabase } from '../support/databases.ts'
import { type FakeOpenAi, startFakeOpenAi } from '../support/fake-openai.ts'
import { productionEnv, signInFirst } from '../support/production.ts'
import { type ServerProcess, startServerProcess } from '../support/server-process.ts'

const loginsAtOnce = 200
const chatsAtOnce = 10
const p99MsMax = 50
/** A busy machine blurs single measurements; what is really slow is slow in each. */
const measurementsMax = 4

let database: TestDatabase
let model: FakeOpenAi
let server: ServerProcess
let token: string

beforeAll(async () => {
  database = await createTestDatabase()
  model = await startFakeOpenAi({ record: false })
  model.behave({ tokens: 5_000, delayMs: 20 }, { sticky: true })
  server = await startServerProcess({
    ...productionEnv,
    DATABASE_URL: database.ownerUrl,
    OPENAI_API_KEY: 'sk-platform-key',
    OPENAI_BASE_URL: model.url,
    ALLOW_LOOPBACK_UPSTREAMS: 'true',
    TRUSTED_PROXY_HOPS: '1',
  })
  token = await signInFirst(server)
  await call(server, 'POST /admin/tenants', { token, body: { id: 'acme', name: 'Acme' } })
}, 60_000)
afterAll(async () => {
  await server.stop()
  await model.stop()
  await database.drop()
})

let logins = 0
const login = async (): Promise<number> => {
  const n = ++logins
  const { status } = await call(server, 'POST /auth/login', {
    headers: { 'x-forwarded-for': `10.5.${(n >> 8) & 255}.${n & 255}` },
    body: { email: `person${n}@people.example`, password: 'a wrong guess of a password' },
  })
  return status
}

async function measureStorm(): Promise<{ p99Ms: number; statuses: number[]; healthy: boolean }> {
  const times: number[] = []
  const over = new AbortController()
  let healthy = true
  const asking = (async () => {
    while (!over.signal.aborted) {
      const startedMs = performance.now()
      const { status } = await call(server, 'GET /health')
      times.push(performance.now() - startedMs)
      healthy &&= status === 200
      await Bun.sleep(2)
    }
  })()
  const statuses = await Promise.all(Array.from({ length: loginsAtOnce }, login))
  over.abort()
  await asking
  times.sort((a, b) => a - b)
  return { p99Ms: times[Math.floor(times.length * 0.99)] ?? Infinity, statuses, healthy }
}

test('B5: 200 sign-ins at once during chats leave /health quick; those in excess are told to come again', async () => {
  const leaving = new AbortController()
  const chats = await Promise.all(
    Array.from({ length: chatsAtOnce }, () =>
      send(server, 'POST /chat/stream', {
        token,
        tenant: 'acme',
        body: { message: 'Go on and on' },
        signal: leaving.signal,
      }),
    ),
  )
  expect(chats.map(({ status }) => status)).toEqual(chats.map(() => 200))
  const figures: number[] = []
  for (let n = 0; n < measurementsMax; n++) {
    const { p99Ms, statuses, healthy } = await measureStorm()
    figures.push(p99Ms)
    expect(healthy).toBe(true)
    expect(statuses.filter((status) => ![401, 429, 503].includes(status))).toEqual([])
    expect(statuses.filter((status) => status === 401).length).toBeGreaterThanOrEqual(60)
    expect(statuses).toContain(503)
    if (p99Ms < p99MsMax) break
  }
  leaving.abort()
  console.log(`B5: p99 of /health ${figures.map((ms) => ms.toFixed(1)).join(', ')} ms`)
  expect(Math.min(...figures)).toBeLessThan(p99MsMax)
}, 120_000)
