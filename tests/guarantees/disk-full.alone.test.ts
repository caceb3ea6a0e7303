import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, statfsSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { call } from '../support/call.ts'
import { type FakeOpenAi, startFakeOpenAi } from '../support/fake-openai.ts'
import { openStream } from '../support/open-stream.ts'
import { enterAsRoot, type Entered, startRootedServer } from '../support/rooted-server.ts'
import { eventually } from '../support/scenario.ts'
import type { ServerProcess } from '../support/server-process.ts'

/** D10: the disk of the embedded database, a small one of its own in memory, runs full. Only root may mount one. */

const folder = mkdtempSync(join(tmpdir(), 'tenantry-test-disk-'))
const canMount = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=700m', 'tmpfs', folder]).status === 0
if (!canMount && process.env.REQUIRE_ALL === '1') throw new Error('REQUIRE_ALL is set, and no disk can be mounted')
const filler = join(folder, 'filler')
/** Less than the server keeps for itself, so that what runs may end. */
const bytesLeft = 30 * 1024 * 1024

describe.skipIf(!canMount)('D10', () => {
  let model: FakeOpenAi
  let server: ServerProcess
  let who: Entered

  beforeAll(async () => {
    model = await startFakeOpenAi({ record: false })
    const dataDir = join(folder, 'data')
    mkdirSync(dataDir)
    server = await startRootedServer(
      { ownerUrl: '' },
      { EMBEDDED_DATABASE: 'true', DATA_DIR: dataDir, OPENAI_BASE_URL: model.url },
    )
    who = await enterAsRoot(server)
  }, 60_000)
  afterAll(async () => {
    await server.stop()
    await model.stop()
  })

  const ask = () => call(server, 'POST /chat', { ...who, body: { message: 'Is there room?' } })
  const list = () => call(server, 'GET /chat/sessions', who)

  test('when the disk is full reads stay, writes are a typed 503 or 507, and it recovers by itself', async () => {
    expect((await ask()).status).toBe(200)
    model.behave({ tokens: 200, delayMs: 10 })
    const stream = await openStream(server, 'POST /chat/stream', { ...who, body: { message: 'While it runs full' } })
    fillDisk(bytesLeft)
    const writes: Record<string, number> = {}
    const codes = new Set<string>()
    const untilMs = performance.now() + 4_000
    let reads = 0
    while (performance.now() < untilMs) {
      const [asked, made, read] = await Promise.all([
        ask(),
        call(server, 'POST /admin/tenants', { token: who.token, body: { id: `tenant${reads}`, name: 'Another' } }),
        list(),
      ])
      for (const { status, body } of [asked, made]) {
        writes[status] = (writes[status] ?? 0) + 1
        if (status >= 400) codes.add(body.code)
      }
      expect(read.status).toBe(200)
      reads += 1
    }
    expect((await ask()).status).toBe(507)
    const last = (await stream.read()).events().at(-1)
    // Not a byte more, whoever took it.
    fillDisk(0)
    expect([(await list()).status, (await ask()).status]).toEqual([200, 507])
    expect((await call(server, 'GET /health/db')).status).toBe(200)
    const fullMs = performance.now()
    rmSync(filler)
    await eventually(async () => (await ask()).status === 200, 10_000)
    console.log(
      `D10: ${reads} reads answered, writes by status ${JSON.stringify(writes)} (${[...codes].join(', ')}), ` +
        `a stream under way ended by ${last?.event}; writing again ${Math.round(performance.now() - fullMs)} ms after there was room`,
    )
    expect(Object.keys(writes).filter((status) => !['200', '201', '503', '507'].includes(status))).toEqual([])
    expect([...codes].filter((code) => !['server.storage_full', 'server.unavailable'].includes(code))).toEqual([])
    expect(last?.event).toBe('done')
    expect(reads).toBeGreaterThan(20)
    const { body } = await list()
    expect(body.items.length).toBeGreaterThanOrEqual(3)
  }, 60_000)
})

/** Takes what there is, but for so many bytes. */
function fillDisk(bytesKept: number): void {
  const { bavail, bsize } = statfsSync(folder)
  const piece = new Uint8Array(256 * 1024)
  for (let left = bavail * bsize - bytesKept; left > 0; left -= piece.byteLength) {
    try {
      writeFileSync(filler, piece, { flag: 'a' })
    } catch {
      return
    }
  }
}

afterAll(() => {
  if (canMount) spawnSync('umount', ['-l', folder])
  rmSync(folder, { recursive: true, force: true })
})
