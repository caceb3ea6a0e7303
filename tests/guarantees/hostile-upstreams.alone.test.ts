import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { call } from '../support/call.ts'
import { createTestDatabase, type TestDatabase } from '../support/databases.ts'
import type { FakeOpenAiBehaviour } from '../support/fake-openai-answers.ts'
import { type FakeOpenAi, startFakeOpenAi } from '../support/fake-openai.ts'
import { metricsToken, scrape, sumOf } from '../support/metrics.ts'
import { productionEnv, signInFirst } from '../support/production.ts'
import { type ServerProcess, startServerProcess } from '../support/server-process.ts'

/** C5 through the whole server: what a model server sends without end costs the process, its own alone, no memory. */

const grownBytesMax = 50 * 1024 * 1024
const atOnce = 8

let database: TestDatabase
let model: FakeOpenAi
let server: ServerProcess
let token: string

beforeAll(async () => {
  ;[database, model] = await Promise.all([createTestDatabase(), startFakeOpenAi({ record: false })])
  server = await startServerProcess({
    ...productionEnv,
    DATABASE_URL: database.ownerUrl,
    METRICS_TOKEN: metricsToken,
    ALLOW_LOOPBACK_UPSTREAMS: 'true',
  })
  token = await signInFirst(server)
  const body = {
    id: 'acme',
    name: 'Acme',
    model: 'any',
    model_provider: 'openai-compatible',
    model_base_url: model.url,
    model_api_key: 'sk-hostile-0123456789',
  }
  expect((await call(server, 'POST /admin/tenants', { token, body })).status).toBe(201)
  // The first answers fill caches; what comes after them is the provider's.
  for (const route of ['POST /chat', 'POST /chat/stream', 'POST /v1/chat/completions']) await Promise.all(ask(route))
})
afterAll(async () => {
  await server.stop()
  await model.stop()
  await database.drop()
})

/** As many answers as are asked for at once. */
function ask(route: string): Promise<{ status: number; text: string }>[] {
  const message = 'What do you know?'
  const body = route.includes('/v1/') ? { model: 'any', messages: [{ role: 'user', content: message }] } : { message }
  return Array.from({ length: atOnce }, () => call(server, route, { token, tenant: 'acme', body }))
}

const readRss = async (): Promise<number> => sumOf(await scrape(server), 'process_resident_memory_bytes')

const hostile: [string, FakeOpenAiBehaviour][] = [
  ['an endless error body', { endlessErrorBody: true }],
  ['an endless line', { endlessLine: true }],
  ['a gzip bomb', { gzipBomb: true }],
]

describe.each(hostile)('C5: %s', (name, behaviour) => {
  test.each(['POST /chat', 'POST /chat/stream', 'POST /v1/chat/completions'])(
    `is a typed error of %s and grows the server by less than 50 MB, ${atOnce} at once`,
    async (route) => {
      model.behave(behaviour, { sticky: true })
      const before = await readRss()
      let peak = before
      const over = new AbortController()
      const watching = (async () => {
        while (!over.signal.aborted) {
          peak = Math.max(peak, await readRss())
          await Bun.sleep(20)
        }
      })()
      const answers = await Promise.all(ask(route))
      over.abort()
      await watching
      model.reset()
      console.log(`C5: ${name}, ${route}: ${((peak - before) / 1024 / 1024).toFixed(0)} MB`)
      for (const { text } of answers) expect(text).toMatch(/model\.(upstream_error|timeout)|"type":"server_error"/)
      expect(peak - before).toBeLessThan(grownBytesMax)
      expect(model.openConnections()).toBe(0)
    },
    60_000,
  )
})
