import { afterAll, expect, test } from 'bun:test'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { call } from '../support/call.ts'
import { productionEnv, signInFirst } from '../support/production.ts'
import { eventually } from '../support/scenario.ts'
import { type ServerProcess, startServerProcess } from '../support/server-process.ts'

const rounds = process.env.FULL ? 50 : 3
const startMsMax = 10_000
const dataDir = await mkdtemp(join(tmpdir(), 'tenantry-kill-nine-'))
const env = { ...productionEnv, DATA_DIR: dataDir, EMBEDDED_DATABASE: 'true' }

let running: ServerProcess | undefined
afterAll(async () => {
  await running?.stop()
  await rm(dataDir, { recursive: true, force: true })
})

test(`D13: kill -9 of the server on the embedded database, ${rounds} times: each start works, nothing acknowledged is lost, no database process is left`, async () => {
  const acknowledged: string[] = []
  for (let round = 0; round <= rounds; round++) {
    const startedMs = performance.now()
    running = await startServerProcess(env)
    // The very first start may also build the console.
    if (round > 0) expect(performance.now() - startedMs).toBeLessThan(startMsMax)
    const token = await signInFirst(running)
    const there = await listTenantIds(running, token)
    expect(acknowledged.filter((id) => !there.has(id))).toEqual([])
    if (round === rounds) break

    const before = acknowledged.length
    const writing = writeUntilRefused(running, token, `r${String(round).padStart(2, '0')}`, acknowledged)
    await eventually(() => acknowledged.length > before)
    await Bun.sleep(Math.random() * 150)
    await running.killHard()
    await writing
  }
  expect(acknowledged.length).toBeGreaterThan(rounds)
  expect(await running?.stop()).toBe(0)
  running = undefined
  expect(await listDatabaseProcessesOf(dataDir)).toEqual([])
}, 600_000)

async function listTenantIds(server: ServerProcess, token: string): Promise<Set<string>> {
  const ids = new Set<string>()
  let cursor: string | null = ''
  while (cursor !== null) {
    const page = await call(server, `GET /admin/tenants?limit=200&sort=id${cursor && `&cursor=${cursor}`}`, { token })
    for (const tenant of page.body.items) ids.add(tenant.id)
    cursor = page.body.next_cursor
  }
  return ids
}

/** Makes tenants one after the other until the server is gone; notes those that it acknowledged. */
async function writeUntilRefused(server: ServerProcess, token: string, prefix: string, acknowledged: string[]) {
  for (let n = 0; n < 1_000; n++) {
    const id = `${prefix}-${String(n).padStart(4, '0')}`
    const reply = await call(server, 'POST /admin/tenants', { token, body: { id, name: id } }).catch(() => undefined)
    if (!reply) return
    if (reply.status === 201) acknowledged.push(id)
  }
}

/** The servers of the folder; a killed owner's watchdog may still be counting its last second. */
async function listDatabaseProcessesOf(folder: string): Promise<string[]> {
  const listed = await Bun.$`ps -eo args`.text()
  return listed.split('\n').filter((line) => line.includes(folder) && line.includes('postgres -D'))
}
