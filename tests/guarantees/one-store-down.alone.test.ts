import { afterAll, beforeAll, expect, test } from 'bun:test'
import { call } from '../support/call.ts'
import { type DedicatedTenant, makeDedicatedTenant } from '../support/dedicated.ts'
import { endSessions } from '../support/owner-sql.ts'
import { makeSuperuser, makeTenant, type Person } from '../support/people.ts'
import { eventually, openOwner } from '../support/scenario.ts'
import { startApp, type TestApp } from '../support/start-app.ts'

/** One tenant's database is down, and its users keep knocking: what do its neighbours notice? */

const requestsPerSlot = process.env.FULL ? 1_000 : 250
const slots = 4
const workers = 4
/** A busy machine blurs single measurements; each ends it as soon as it holds, and a true difference holds in none. */
const measurementsMax = 6
const slowerMax = 1.1
const knockEveryMs = 10

let app: TestApp
let superuser: Person
let sql: ReturnType<typeof openOwner>
let down: DedicatedTenant
const neighbours = ['near', 'pooled']

beforeAll(async () => {
  app = await startApp()
  superuser = await makeSuperuser(app)
  sql = openOwner(app)
  down = await makeDedicatedTenant(app, superuser, 'down')
  await makeDedicatedTenant(app, superuser, 'near')
  await makeTenant(app, superuser, 'pooled')
}, 60_000)
afterAll(async () => {
  await sql.end({ timeout: 5 })
  await app.stop()
})

const ask = (id: string) => call(app, `GET /admin/tenants/${id}/users`, { token: superuser.token })

async function take(isDown: boolean): Promise<void> {
  await sql`alter database ${sql(down.database_name)} allow_connections ${sql.unsafe(String(!isDown))}`
  if (isDown) await endSessions(sql, { database: down.database_name })
  await eventually(async () => ((await ask(down.id)).status === 200) !== isDown, 10_000)
}

/** The neighbours' times in milliseconds while somebody asks for the tenant that may be down. */
async function measureSlot(isDown: boolean, errors: string[]): Promise<number[]> {
  await take(isDown)
  const knocks = new Set<number>()
  const slot = new AbortController()
  const knocking = (async () => {
    for (; !slot.signal.aborted; await Bun.sleep(knockEveryMs)) knocks.add((await ask(down.id)).status)
  })()
  const times: number[] = []
  let left = requestsPerSlot
  const work = async (worker: number): Promise<void> => {
    const id = neighbours[worker % neighbours.length] ?? ''
    while (left-- > 0) {
      const startedMs = performance.now()
      const reply = await ask(id)
      times.push(performance.now() - startedMs)
      if (reply.status !== 200) errors.push(`${id}: ${reply.status} ${reply.text}`)
    }
  }
  await Promise.all(Array.from({ length: workers }, (_, worker) => work(worker)))
  slot.abort()
  await knocking
  expect([...knocks]).toEqual([isDown ? 503 : 200])
  return times
}

const p99 = (times: number[]): number => times.toSorted((a, b) => a - b)[Math.floor(times.length * 0.99)] ?? 0

test('D2: one tenant’s database is down: the others have no error, and their p99 is at most 10 % higher', async () => {
  const errors: string[] = []
  const measured: { upMs: number; downMs: number }[] = []
  await measureSlot(false, errors)
  for (let measurement = 0; measurement < measurementsMax; measurement++) {
    const [up, broken]: [number[], number[]] = [[], []]
    for (let slot = 0; slot < slots; slot++) {
      // In turns, so that a busy moment meets both alike.
      for (const isDown of slot % 2 === 0 ? [false, true] : [true, false]) {
        const times = await measureSlot(isDown, errors)
        if (isDown) broken.push(...times)
        else up.push(...times)
      }
    }
    measured.push({ upMs: p99(up), downMs: p99(broken) })
    if (measured.some(({ upMs, downMs }) => downMs <= upMs * slowerMax)) break
  }
  console.log(measured.map(({ upMs, downMs }) => `p99 ${upMs.toFixed(1)} → ${downMs.toFixed(1)} ms`).join(', '))
  expect(errors).toEqual([])
  expect(measured.filter(({ upMs, downMs }) => downMs <= upMs * slowerMax)).not.toEqual([])
}, 300_000)
