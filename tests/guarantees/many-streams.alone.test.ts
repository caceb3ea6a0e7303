import { readFileSync } from 'node:fs'
import { connect, type Socket } from 'node:net'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'bun:test'
import { createTestDatabase, type TestDatabase } from '../support/databases.ts'
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

test(`D7: ${streamsMax} readers that do not read cost less than 512 MB${isFull ? ', and are let go after 30 s' : ''}`, async () => {
  // Long answers: whatever a reader does not take must not pile up here.
  const url = await startModel({ tokens: 20_000, delayMs: 1 })
  const slow = await startRootedServer(database, { OPENAI_BASE_URL: url })
  const sockets: Socket[] = []
  try {
    const entered = await enterAsRoot(slow)
    const body = JSON.stringify({ message: 'Tell me everything' })
    const request = [
      'POST /chat/stream HTTP/1.1',
      'Host: tenantry',
      `Authorization: Bearer ${entered.token}`,
      `X-Tenant: ${entered.tenant}`,
      'Content-Type: application/json',
      `Content-Length: ${body.length}`,
      '',
      body,
    ].join('\r\n')
    let closed = 0
    const { port } = new URL(slow.url)
    for (let at = 0; at < streamsMax; at += 1) {
      const socket = connect(Number(port), '127.0.0.1')
      socket.on('error', () => undefined)
      socket.on('close', () => {
        closed += 1
      })
      socket.pause()
      socket.write(request)
      sockets.push(socket)
    }
    let highestMb = 0
    const watchedMs = isFull ? 60_000 : 5_000
    const untilMs = performance.now() + watchedMs
    while (performance.now() < untilMs) {
      highestMb = Math.max(highestMb, memoryMb(slow.pid))
      await Bun.sleep(100)
    }
    const stillHealthy = await fetch(`${slow.url}/health`)
    console.log(`D7: RSS at most ${Math.round(highestMb)} MB with ${streamsMax} readers that do not read`)
    expect(stillHealthy.status).toBe(200)
    expect(highestMb).toBeLessThan(512)
    if (isFull) await eventually(() => slow.output().split('"code":"request.aborted"').length > 1, 10_000)
    expect(closed).toBeLessThanOrEqual(streamsMax)
  } finally {
    for (const socket of sockets) socket.destroy()
    await slow.killHard()
  }
}, 150_000)
