import { afterAll, afterEach, beforeAll, describe, expect, test } from 'bun:test'
import { brotliCompressSync, deflateSync, gzipSync } from 'node:zlib'
import { cappedFetch, readCapped } from '../../../server/platform/egress-body.ts'
import { createEgress } from '../../../server/platform/egress.ts'

const egress = createEgress({ allowLoopback: true })
const bytesMax = 100_000
const closed: string[] = []
let server: Bun.Server<undefined>
let url = ''

const packed: Record<string, () => Uint8Array<ArrayBuffer>> = {
  gzip: () => Uint8Array.from(gzipSync('hello')),
  deflate: () => Uint8Array.from(deflateSync('hello')),
  br: () => Uint8Array.from(brotliCompressSync('hello')),
}

beforeAll(() => {
  const zeros = Uint8Array.from(gzipSync(new Uint8Array(64 * 1024 * 1024)))
  server = Bun.serve({
    port: 0,
    hostname: '127.0.0.1',
    idleTimeout: 0,
    fetch(request) {
      const path = new URL(request.url).pathname.slice(1)
      request.signal.addEventListener('abort', () => closed.push(path))
      const make = packed[path]
      if (make) return new Response(make(), { headers: { 'content-encoding': path } })
      switch (path) {
        case 'bomb':
          return new Response(zeros, { headers: { 'content-encoding': 'gzip' } })
        case 'lie':
          return new Response('this is not gzip', { headers: { 'content-encoding': 'gzip' } })
        case 'zstd':
          return new Response('x', { headers: { 'content-encoding': 'zstd' } })
        case 'endless': {
          const block = new Uint8Array(65_536)
          return new Response(new ReadableStream({ pull: (controller) => controller.enqueue(block) }))
        }
        case 'stall':
          return new Response(new ReadableStream({ start: (controller) => controller.enqueue(new Uint8Array(3)) }))
        case 'silent':
          return new Promise<Response>(() => undefined)
        case 'empty':
          return new Response(null, { status: 204 })
        default:
          return new Response('x'.repeat(Number(path)))
      }
    },
  })
  url = `http://127.0.0.1:${server.port}`
})
afterEach(() => {
  closed.length = 0
})
afterAll(() => server.stop(true))

async function codeOf(work: Promise<unknown>): Promise<unknown> {
  try {
    await work
  } catch (error) {
    return error instanceof Error && 'code' in error ? error.code : error
  }
  return 'answered'
}

async function expectClosed(path: string): Promise<void> {
  const startedMs = performance.now()
  while (!closed.includes(path)) {
    if (performance.now() - startedMs > 1_000) throw new Error(`${path} is still open after 1 s`)
    await Bun.sleep(5)
  }
}

describe('C5: bodies are bounded', () => {
  test('C5: up to the limit a body is read whole, one byte more is refused', async () => {
    const read = async (size: number): Promise<number> =>
      (await readCapped(await egress.fetch(`${url}/${size}`), { bytesMax, timeoutMs: 1_000 })).byteLength
    expect(await read(0)).toBe(0)
    expect(await read(bytesMax)).toBe(bytesMax)
    expect(await codeOf(read(bytesMax + 1))).toBe('egress.body_too_large')
  })

  test('C5: compressed bodies are unpacked, with the same limit', async () => {
    for (const path of Object.keys(packed)) {
      const response = await egress.fetch(`${url}/${path}`)
      expect(response.headers.get('content-encoding')).toBe(path)
      expect(new TextDecoder().decode(await readCapped(response, { bytesMax, timeoutMs: 1_000 }))).toBe('hello')
    }
    for (const [path, code] of [
      ['bomb', 'egress.body_too_large'],
      ['lie', 'egress.body_unreadable'],
      ['zstd', 'egress.body_unreadable'],
    ] as const) {
      expect(await codeOf(readCapped(await egress.fetch(`${url}/${path}`), { bytesMax, timeoutMs: 1_000 }))).toBe(code)
    }
  })

  test('C5: an endless body and a gzip bomb grow the process by less than 50 MB', async () => {
    const before = process.memoryUsage.rss()
    for (const path of ['endless', 'bomb']) {
      const fetchCapped = cappedFetch(egress, { bytesMax: 1024 * 1024, totalTimeoutMs: 5_000 })
      expect(await codeOf(fetchCapped(`${url}/${path}`))).toBe('egress.body_too_large')
    }
    expect(process.memoryUsage.rss() - before).toBeLessThan(50 * 1024 * 1024)
    await expectClosed('endless')
  })
})

describe('C4: reads have deadlines', () => {
  test('C4: a body that stalls and an answer that never begins end in time and close the connection', async () => {
    for (const path of ['stall', 'silent']) {
      const startedMs = performance.now()
      const fetchCapped = cappedFetch(egress, { bytesMax, totalTimeoutMs: 100 })
      expect(await codeOf(fetchCapped(`${url}/${path}`))).toBe('egress.timeout')
      expect(performance.now() - startedMs).toBeLessThan(600)
      await expectClosed(path)
    }
    expect(await codeOf(readCapped(await egress.fetch(`${url}/stall`), { bytesMax, timeoutMs: 50 }))).toBe(
      'egress.timeout',
    )
    await expectClosed('stall')
  })

  test("C4: the caller's signal ends a capped fetch with its own reason", async () => {
    const reason = new Error('the caller left')
    for (const path of ['stall', 'silent']) {
      const caller = new AbortController()
      setTimeout(() => caller.abort(reason), 30)
      const fetchCapped = cappedFetch(egress, { bytesMax, totalTimeoutMs: 5_000 })
      expect(await codeOf(fetchCapped(`${url}/${path}`, { signal: caller.signal }))).toBe(reason)
      await expectClosed(path)
    }
  })

  test('a capped fetch gives a response that can be read as any other', async () => {
    const fetchCapped = cappedFetch(egress, { bytesMax, totalTimeoutMs: 1_000 })
    const unpacked = await fetchCapped(`${url}/gzip`)
    expect([unpacked.headers.get('content-encoding'), await unpacked.text()]).toEqual([null, 'hello'])
    expect((await fetchCapped(`${url}/empty`)).status).toBe(204)
  })
})
