import { afterAll, afterEach, beforeAll, expect, test } from 'bun:test'
import { call, readEvents, send } from '../support/call.ts'
import { createTestDatabase, type TestDatabase } from '../support/databases.ts'
import { type FakeOpenAi, startFakeOpenAi } from '../support/fake-openai.ts'
import { type OpenStream, openStream } from '../support/open-stream.ts'
import { canRunRedis, startRedis, type TestRedis } from '../support/redis-server.ts'
import { enterAsRoot, startRootedServer } from '../support/rooted-server.ts'
import type { ServerProcess } from '../support/server-process.ts'

/** D9: servers in processes of their own are asked to end while answers stream. FULL: 200 streams, one that never ends. */

const isFull = process.env.FULL === '1'
const streamsMax = isFull ? 200 : 40
const drainMsMax = 25_000

let database: TestDatabase
let model: FakeOpenAi
let redis: TestRedis | undefined
const running: ServerProcess[] = []

beforeAll(async () => {
  database = await createTestDatabase()
  model = await startFakeOpenAi({ record: false })
  redis = canRunRedis() ? await startRedis() : undefined
})
afterEach(async () => {
  for (const server of running.splice(0)) await server.killHard()
  model.reset()
})
afterAll(async () => {
  await redis?.stop()
  await model.stop()
  await database.drop()
})

async function startReplica(): Promise<ServerProcess> {
  const redisUrl: Record<string, string> = redis ? { REDIS_URL: redis.url } : {}
  const server = await startRootedServer(database, { OPENAI_BASE_URL: model.url, ...redisUrl })
  running.push(server)
  return server
}

/** Reads to the end and tells how it ended; half a stream is `cut`. */
async function endOf(stream: OpenStream): Promise<string> {
  const last = await stream.read().then(
    () => stream.events().at(-1),
    () => undefined,
  )
  return last?.event === 'error' ? last.data.code : last?.event === 'done' ? 'done' : 'cut'
}

test(`D9: SIGTERM with ${streamsMax} streams: not ready first, every answer ends with an event, and the process within 25 s`, async () => {
  // Of 3 to 8 seconds, and one that would go on for minutes.
  model.behave({ tokens: isFull ? 250 : 100, delayMs: 30 }, { sticky: true })
  if (isFull) model.behave({ tokens: 10_000, delayMs: 30 })
  const server = await startReplica()
  const who = await enterAsRoot(server)
  const asking = Array.from({ length: streamsMax }, () =>
    openStream(server, 'POST /chat/stream', { ...who, body: { message: 'Tell me' } }),
  )
  const streams = await Promise.all(asking)
  const startedMs = performance.now()
  const stopped = server.stop()
  const endings = Promise.all(streams.map(endOf))
  let notReadyMs = 0
  while ((await call(server, 'GET /health/ready')).status === 200) await Bun.sleep(5)
  notReadyMs = performance.now() - startedMs
  expect((await call(server, 'GET /health')).status).toBe(200)
  // Whoever has not noticed yet is served for some seconds more.
  const late = await openStream(server, 'POST /chat/stream', { ...who, body: { message: 'Me too' } })
  const ends = [...(await endings), await endOf(late)]
  const exitCode = await stopped
  const drainedMs = performance.now() - startedMs
  const told = Object.entries(Object.groupBy(ends, (end) => end)).map(([end, all]) => `${all?.length} ${end}`)
  console.log(
    `D9: ${told.join(', ')}; not ready after ${Math.round(notReadyMs)} ms, ended after ${Math.round(drainedMs)} ms`,
  )
  expect(exitCode).toBe(0)
  expect(notReadyMs).toBeLessThan(1_000)
  expect(drainedMs).toBeLessThan(drainMsMax)
  expect(ends.filter((end) => end === 'done')).toHaveLength(isFull ? streamsMax : streamsMax + 1)
  expect(ends.filter((end) => end === 'server.stopping')).toHaveLength(isFull ? 1 : 0)
  const errors = server
    .output()
    .split('\n')
    .filter((line) => line.includes('"level":"error"'))
  expect(errors).toEqual([])
}, 90_000)

test('D9: replicas are restarted one after the other under load, and no stream is lost', async () => {
  model.behave({ tokens: 60, delayMs: 20 }, { sticky: true })
  let replicas: ServerProcess[] = [await startReplica(), await startReplica()]
  const first = replicas[0]
  if (!first) throw new Error('no replica')
  const who = await enterAsRoot(first)
  const results: string[] = []
  const loading = new AbortController()

  /** A client behind a balancer: it asks whoever is ready, and takes up again where its connection was lost. */
  async function askOnce(at: number): Promise<string> {
    const ready = await findReady(replicas, at)
    const stream = await openStream(ready, 'POST /chat/stream', {
      ...who,
      body: { message: 'Tell me', resumable: true },
    })
    const end = await endOf(stream)
    if (end !== 'cut') return end
    const response = await send(await findReady(replicas, at + 1), `GET /chat/streams/${stream.streamId}`, {
      ...who,
      headers: { 'last-event-id': String(stream.lastId) },
    })
    return (await response.text()).includes('event: done') ? 'done' : 'lost'
  }
  const clients = Array.from({ length: isFull ? 40 : 12 }, async (_, at) => {
    while (!loading.signal.aborted) results.push(await askOnce(at))
  })

  for (const at of isFull ? [0, 1] : [0]) {
    const old = replicas[at]
    if (!old) throw new Error('no replica')
    const next = await startReplica()
    const exit = old.stop()
    replicas = replicas.with(at, next)
    expect(await exit).toBe(0)
  }
  loading.abort()
  await Promise.all(clients)
  console.log(`D9: rolling restart: ${results.length} answers, ${results.filter((end) => end === 'done').length} whole`)
  expect(results.filter((end) => end !== 'done')).toEqual([])
  expect(results.length).toBeGreaterThan(20)
}, 120_000)

test.skipIf(!canRunRedis())(
  'D9: of a replica that was killed, another one tells what it had said, and that the rest is lost',
  async () => {
    model.behave({ tokens: 2_000, delayMs: 20 }, { sticky: true })
    const dying = await startReplica()
    const other = await startReplica()
    const who = await enterAsRoot(dying)
    const stream = await openStream(dying, 'POST /chat/stream', {
      ...who,
      body: { message: 'Tell me', resumable: true },
    })
    await stream.until((text) => text.includes('word60 '))
    await dying.killHard()
    const killedMs = performance.now()
    const back = await send(other, `GET /chat/streams/${stream.streamId}`, {
      ...who,
      headers: { 'last-event-id': '1' },
    })
    const events = await readEvents(back)
    const toldMs = performance.now() - killedMs
    const words = events.flatMap(({ event, data }) => (event === 'delta' ? [data.text] : [])).join('')
    console.log(`D9: killed: ${words.split(' ').length - 1} words from its copy, told after ${Math.round(toldMs)} ms`)
    expect(words).toStartWith('word0 word1 ')
    expect(stream.text).toContain(words.trim().split(' ').at(-1) ?? 'nothing')
    expect(words).toContain('word30 ')
    expect(events.at(-1)).toMatchObject({ id: undefined, event: 'error', data: { code: 'stream.lost', status: 503 } })
    expect(toldMs).toBeLessThan(12_000)
  },
  60_000,
)

async function findReady(replicas: ServerProcess[], at: number): Promise<ServerProcess> {
  for (let tries = 0; tries < 200; tries++) {
    const candidate = replicas[(at + tries) % replicas.length]
    const ready = candidate && (await call(candidate, 'GET /health/ready').catch(() => undefined))
    if (candidate && ready?.status === 200) return candidate
    await Bun.sleep(20)
  }
  throw new Error('no replica is ready')
}
