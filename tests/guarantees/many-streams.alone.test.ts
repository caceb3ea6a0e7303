import { readFileSync } from 'node:fs'
import { connect, type Socket } from 'node:net'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'bun:test'
import { call } from '../support/call.ts'
import { createTestDatabase, type TestDatabase } from '../support/databases.ts'
import { startFakeOpenAi } from '../support/fake-openai.ts'
import { enterAsRoot, type Entered, startRootedServer } from '../support/rooted-server.ts'
import { eventually } from '../support/scenario.ts'
import type { ReadersReport } from '../support/many-readers.ts'
import type { ServerProcess } from '../support/server-process.ts'

/** D6 and D7: a server in a process of its own, its model in another. FULL: 1,000 streams, and the 30 s of patience. */

const isFull = process.env.FULL === '1'
const streamsMax = isFull ? 1_000 : 150
const wordsMax = 120
const support = join(import.meta.dir, '../support')

let database: TestDatabase
const children: Bun.Subprocess[] = []
let server: ServerProcess
let who: Entered

beforeAll(async () => {
  database = await createTestDatabase()
  server = await startRootedServer(database, { OPENAI_BASE_URL: await startModel({ tokens: wordsMax, delayMs: 25 }) })
  who = await enterAsRoot(server)
})
afterAll(async () => {
  await server.killHard()
  for (const child of children) child.kill()
  await database.drop()
})

async function startModel(behaviour: object): Promise<string> {
  const child = Bun.spawn([process.execPath, join(support, 'fake-openai-process.ts'), JSON.stringify(behaviour)], {
    stdout: 'pipe',
  })
  children.push(child)
  const reader = child.stdout.getReader()
  const { value } = await reader.read()
  return new TextDecoder().decode(value).trim()
}

const memoryMb = (pid: number): number => {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8')
  return Number(/VmRSS:\s+(\d+)/.exec(status)?.[1] ?? 0) / 1_024
}

test(`D6: ${streamsMax} streams at once all complete, in order`, async () => {
  const order = JSON.stringify({ url: server.url, ...who, streams: streamsMax })
  const readers = Bun.spawn([process.execPath, join(support, 'many-readers.ts'), order], {
    env: { ...process.env, BUN_CONFIG_MAX_HTTP_REQUESTS: '4000' },
    stdout: 'pipe',
  })
  children.push(readers)
  let highestMb = 0
  const watching = setInterval(() => {
    highestMb = Math.max(highestMb, memoryMb(server.pid))
  }, 100)
  const report: ReadersReport = JSON.parse(await new Response(readers.stdout).text())
  clearInterval(watching)
  console.log(
    `D6: ${report.complete} of ${streamsMax} complete, ${report.inOrder} in order, headers p50 ${report.firstMs.p50} p99 ${report.firstMs.p99} ms, all in ${report.wholeMs} ms, RSS at most ${Math.round(highestMb)} MB`,
  )
  expect(report.failures).toEqual([])
  expect([report.complete, report.inOrder]).toEqual([streamsMax, streamsMax])
}, 120_000)

test(`D7: ${streamsMax} readers that do not read cost less than 512 MB`, async () => {
  // Whole answers of 4,096 tokens, as fast as they come.
  const model = await startModel({ tokens: 4_096, delayMs: 1 })
  const slow = await startRootedServer(database, { OPENAI_BASE_URL: model })
  const sockets: Socket[] = []
  try {
    const entered = await enterAsRoot(slow)
    for (let at = 0; at < streamsMax; at += 1) sockets.push(askAndPark(slow, entered))
    let highestMb = 0
    const untilMs = performance.now() + (isFull ? 45_000 : 4_000)
    while (performance.now() < untilMs) {
      highestMb = Math.max(highestMb, memoryMb(slow.pid))
      await Bun.sleep(100)
    }
    console.log(`D7: RSS at most ${Math.round(highestMb)} MB with ${streamsMax} readers that do not read`)
    expect((await fetch(`${slow.url}/health`)).status).toBe(200)
    expect(highestMb).toBeLessThan(512)
  } finally {
    for (const socket of sockets) socket.destroy()
    await slow.killHard()
  }
}, 120_000)

test.skipIf(!isFull)(
  'D7: readers that stand still are let go after 30 s without progress, and their upstream calls end',
  async () => {
    const { promise: never } = Promise.withResolvers<void>()
    const model = await startFakeOpenAi({ record: false })
    // JSON needs six bytes for each of these, so that sockets are full before the answer is too long.
    model.behave({ deltas: ['\u0001'.repeat(5_000)], repeatsUntil: never, delayMs: 2 }, { sticky: true })
    const slow = await startRootedServer(database, { OPENAI_BASE_URL: model.url })
    const sockets: Socket[] = []
    try {
      const entered = await enterAsRoot(slow)
      await call(slow, 'PATCH /admin/tenants/acme', { token: entered.token, body: { max_output_tokens: 200_000 } })
      for (let at = 0; at < 10; at += 1) sockets.push(askAndPark(slow, entered))
      await eventually(() => model.openConnections() === 10)
      const startedMs = performance.now()
      await eventually(() => model.openConnections() === 0, 60_000)
      const lettingGoMs = performance.now() - startedMs
      console.log(`D7: readers that stand still were let go after ${Math.round(lettingGoMs)} ms`)
      expect(lettingGoMs).toBeWithin(25_000, 45_000)
    } finally {
      for (const socket of sockets) socket.destroy()
      await slow.killHard()
      await model.stop()
    }
  },
  120_000,
)

/** Asks and never reads. */
function askAndPark(base: { url: string }, { token, tenant }: Entered): Socket {
  const body = JSON.stringify({ message: 'Tell me everything' })
  const head = [
    'POST /chat/stream HTTP/1.1',
    'Host: tenantry',
    `Authorization: Bearer ${token}`,
    `X-Tenant: ${tenant}`,
    'Content-Type: application/json',
    `Content-Length: ${body.length}`,
  ]
  const socket = connect(Number(new URL(base.url).port), '127.0.0.1')
  socket.on('error', () => undefined)
  socket.pause()
  socket.write(`${head.join('\r\n')}\r\n\r\n${body}`)
  return socket
}
