import { connect, type Socket } from 'node:net'
import { afterAll, beforeAll, expect, test } from 'bun:test'
import { createTestDatabase, type TestDatabase } from '../support/databases.ts'
import { startRootedServer } from '../support/rooted-server.ts'
import type { ServerProcess } from '../support/server-process.ts'

/** E3: clients that say nothing, or next to nothing. FULL: 2,000 of them, bodies that come a byte a second among them. */

const isFull = process.env.FULL === '1'
const silentMax = isFull ? 2_000 : 300
const closedWithinMs = 35_000

let database: TestDatabase
let server: ServerProcess

beforeAll(async () => {
  database = await createTestDatabase()
  server = await startRootedServer(database)
})
afterAll(async () => {
  await server.killHard()
  await database.drop()
})

/** A connection that sends `head`, then `drip` each second; resolves with how long the server bore it. */
function holdOn(head: string, drip?: string): Promise<number> {
  const startedMs = performance.now()
  const socket: Socket = connect(Number(new URL(server.url).port), '127.0.0.1')
  const dripping = drip === undefined ? undefined : setInterval(() => socket.write(drip), 1_000)
  socket.on('error', () => undefined)
  socket.on('data', () => undefined)
  if (head !== '') socket.write(head)
  return new Promise((resolve) => {
    const giveUp = setTimeout(() => socket.destroy(), closedWithinMs + 10_000)
    socket.on('close', () => {
      clearInterval(dripping)
      clearTimeout(giveUp)
      resolve(performance.now() - startedMs)
    })
  })
}

const post = 'POST /auth/login HTTP/1.1\r\nHost: tenantry\r\nContent-Type: application/json\r\n'
const withoutBody: [string, string | undefined][] = [
  ['', undefined],
  ['GET / HTTP/1.1\r\nHost: tenantry\r\n', undefined],
  ['GET / HTTP/1.1\r\nHost: tenantry\r\nX-Slow: ', 'a'],
]
const withSlowBody: [string, string | undefined][] = [
  [`${post}Content-Length: 60000\r\n\r\n{`, undefined],
  [`${post}Content-Length: 60000\r\n\r\n{`, ' '],
  [`${post}Transfer-Encoding: chunked\r\n\r\n`, '1\r\n \r\n'],
]
const kinds = isFull ? [...withoutBody, ...withSlowBody] : withoutBody

async function measureHealth(): Promise<number> {
  const startedMs = performance.now()
  const response = await fetch(`${server.url}/health`)
  expect(response.status).toBe(200)
  await response.text()
  return performance.now() - startedMs
}

test(`E3: ${silentMax} sockets that are silent or slow are closed within 35 s, and nobody else notices`, async () => {
  const held = Array.from({ length: silentMax }, (_, at) => {
    const [head = '', drip] = kinds[at % kinds.length] ?? []
    return holdOn(head, drip)
  })
  let isOver = false
  const all = Promise.all(held).finally(() => {
    isOver = true
  })
  const healthMs: number[] = []
  const measure = async (): Promise<void> => {
    healthMs.push(await measureHealth())
    await Bun.sleep(50)
    if (!isOver) await measure()
  }
  await measure()
  const closedMs = (await all).toSorted((a, b) => a - b)
  const healthy = healthMs.toSorted((a, b) => a - b)
  const p99 = healthy[Math.floor(healthy.length * 0.99)] ?? 0
  console.log(
    `E3: ${silentMax} sockets closed after ${Math.round((closedMs[0] ?? 0) / 1_000)} to ${Math.round((closedMs.at(-1) ?? 0) / 1_000)} s; ` +
      `meanwhile ${healthMs.length} others answered, p99 ${p99.toFixed(1)} ms`,
  )
  expect(closedMs.at(-1)).toBeLessThan(closedWithinMs)
  expect(p99).toBeLessThan(250)
}, 90_000)

test('E3: a body that is too large is refused before it is read, told or not', async () => {
  const told = await new Promise<string>((resolve) => {
    const socket = connect(Number(new URL(server.url).port), '127.0.0.1')
    let text = ''
    socket.on('error', () => undefined)
    socket.on('data', (data) => {
      text += String(data)
      if (text.includes('request.too_large')) socket.destroy()
    })
    socket.on('close', () => resolve(text))
    socket.write(`${post}Content-Length: 900000000000\r\n\r\n{"email":`)
  })
  expect(told).toStartWith('HTTP/1.1 413 ')
  expect(told).toContain('"code":"request.too_large"')

  let sent = 0
  const endless = new ReadableStream<Uint8Array>({
    pull(controller) {
      sent += 16_384
      controller.enqueue(new Uint8Array(16_384).fill(32))
    },
  })
  const response = await fetch(`${server.url}/auth/login`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: endless,
  }).catch(() => undefined)
  // Either the refusal is read, or the connection is closed under the sender.
  if (response) expect(response.status).toBe(413)
  expect(sent).toBeLessThan(64 * 1024 * 1024)
}, 30_000)
