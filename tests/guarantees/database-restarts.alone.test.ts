import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'bun:test'
import { type EmbeddedPostgres, startEmbeddedPostgres } from '../../server/data/embedded-postgres.ts'
import { createLog } from '../../server/platform/log.ts'
import { call } from '../support/call.ts'
import { type OpenStream, openStream } from '../support/open-stream.ts'
import { makeTenant, makeUser, type Person } from '../support/people.ts'
import { eventually, type Scenario, startScenario } from '../support/scenario.ts'
import { startTcpProxy, type TcpProxy } from '../support/tcp-proxy.ts'

/** D1: PostgreSQL is stopped at once, as by a crash, while answers stream. FULL keeps it away for ten seconds. */

const awayMs = process.env.FULL ? 10_000 : 2_500
const toldWithinMs = 2_000
const log = createLog({ level: 'silent', destination: { write: () => undefined } })

let dataDir: string
let postgres: EmbeddedPostgres
let proxy: TcpProxy
let scenario: Scenario
let user: Person

const startPostgres = (): Promise<EmbeddedPostgres> => startEmbeddedPostgres({ dataDir, log })

beforeAll(async () => {
  dataDir = mkdtempSync(join(tmpdir(), 'tenantry-test-restart-'))
  postgres = await startPostgres()
  proxy = await startTcpProxy(postgres.port)
  const url = new URL(postgres.url)
  url.port = String(proxy.port)
  scenario = await startScenario({
    migrate: true,
    database: { ownerUrl: url.toString(), name: 'tenantry', drop: () => Promise.resolve() },
  })
  await makeTenant(scenario.app, scenario.superuser, 'acme')
  user = await makeUser(scenario.app, scenario.superuser, { tenant: 'acme' })
})
afterAll(async () => {
  await scenario.stop()
  await proxy.stop()
  await postgres.stop()
  rmSync(dataDir, { recursive: true, force: true })
})

const health = async (): Promise<number> => (await call(scenario.app, 'GET /health/db')).status
const ask = (): Promise<OpenStream> =>
  openStream(scenario.app, 'POST /chat/stream', { token: user.token, body: { message: 'Tell me' } })

async function msUntil(check: () => Promise<boolean>): Promise<number> {
  const startedMs = performance.now()
  await eventually(check, 20_000)
  return performance.now() - startedMs
}

test(`D1: PostgreSQL is killed under streams and back after ${awayMs} ms: each answer ends whole or in a typed error, none is lost or doubled`, async () => {
  const { app, model, sql } = scenario
  // Some end while it is away, some after it is back.
  const tokens = [20, 60, 150, 400, 800]
  for (const count of tokens) model.behave({ tokens: count, delayMs: 15 })
  const streams = await Promise.all(tokens.map(ask))
  await Promise.all(streams.map((stream) => stream.until((text) => text.includes('word3 '))))
  const done = await (await ask()).read()

  proxy.pointTo(undefined)
  process.kill(postgres.postmasterPid, 'SIGQUIT')
  const toldMs = await msUntil(async () => (await health()) === 503)
  await postgres.exited
  const refused = await call(app, 'POST /chat/stream', { token: user.token, body: { message: 'Now?' } })
  expect([refused.status, refused.body.code]).toEqual([503, 'server.unavailable'])
  expect((await call(app, 'GET /health')).status).toBe(200)
  await Bun.sleep(awayMs)
  await postgres.stop()
  postgres = await startPostgres()
  proxy.pointTo(postgres.port)
  const backMs = await msUntil(async () => (await health()) === 200)
  const readyMs = await msUntil(async () => (await call(app, 'GET /health/ready')).status === 200)
  const answeredMs = await msUntil(async () => {
    const reply = await call(app, 'POST /chat', { token: user.token, body: { message: 'Again?' } })
    return reply.status === 200
  })
  const ended = await Promise.all(streams.map((stream) => stream.read()))
  const endings = ended.map((stream) => stream.events().at(-1))
  console.log(
    `D1: /health/db 503 after ${Math.round(toldMs)} ms; back after ${Math.round(backMs)} ms, ready ${Math.round(readyMs)} ms, answers ${Math.round(answeredMs)} ms later; ` +
      `streams ended by ${endings.map((end) => (end?.event === 'error' ? end.data.code : end?.event)).join(', ')}`,
  )
  expect(toldMs).toBeLessThan(toldWithinMs)
  expect(backMs).toBeLessThan(toldWithinMs)
  expect(backMs + readyMs + answeredMs).toBeLessThan(toldWithinMs * 2)

  for (const stream of [done, ...ended]) {
    const events = stream.events()
    const end = events.at(-1)
    const text = events.flatMap(({ event, data }) => (event === 'delta' ? [data.text] : [])).join('')
    const rows = await sql`select content, status from tenant.chat_messages where id = ${stream.messageId}`
    const calls = await sql`select status, completion_tokens from usage_ledger where id = ${stream.streamId}`
    expect([rows.length, calls.length]).toEqual([1, 1])
    if (end?.event === 'done') {
      expect(rows[0]).toEqual({ content: text, status: 'completed' })
      expect(calls[0]).toMatchObject({ status: 'completed' })
    } else {
      expect(end).toMatchObject({ event: 'error', data: { status: 503 } })
      expect(rows[0]?.status).toBe(calls[0]?.status)
    }
  }
  // An answer that was made is waited for, not given up.
  expect(endings.map((end) => end?.event)).toEqual(tokens.map(() => 'done'))
  const [counts] = await sql`select count(*)::int as rows, count(distinct id)::int as ids,
      count(*) filter (where status = 'reserved')::int as reserved from usage_ledger`
  expect(counts).toMatchObject({ reserved: 0, rows: counts?.ids })
  expect((await call(app, 'GET /health/db')).status).toBe(200)
}, 120_000)
