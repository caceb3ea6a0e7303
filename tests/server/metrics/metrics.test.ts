import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'bun:test'
import { enqueueJob } from '../../../server/data/job-queue.ts'
import { parseTenantId } from '../../../server/platform/ids.ts'
import { call, iterateEvents, send } from '../../support/call.ts'
import { createClockAhead } from '../../support/clock.ts'
import { onServer } from '../../support/databases.ts'
import { metricsToken, scrape, type Sample, sumOf } from '../../support/metrics.ts'
import { asOwner, endSessions } from '../../support/owner-sql.ts'
import { makeTenant, makeUser, type Person } from '../../support/people.ts'
import { ask, eventually, type Scenario, startScenario } from '../../support/scenario.ts'
import { startApp } from '../../support/start-app.ts'

let scenario: Scenario
let user: Person

beforeAll(async () => {
  scenario = await startScenario({ env: { METRICS_TOKEN: metricsToken } })
  await makeTenant(scenario.app, scenario.superuser, 'acme')
  user = await makeUser(scenario.app, scenario.superuser, { tenant: 'acme' })
})
beforeEach(() => scenario.model.reset())
afterAll(() => scenario.stop())

/** What a piece of work adds to a series. */
async function growthOf(work: () => Promise<unknown>) {
  const before = await scrape(scenario.app)
  await work()
  const after = await scrape(scenario.app)
  return (name: string, labels: Record<string, string> = {}): number =>
    sumOf(after, name, labels) - sumOf(before, name, labels)
}

describe('who may read the figures', () => {
  test('without METRICS_TOKEN there is no such route, whatever is sent', async () => {
    const app = await startApp()
    for (const token of [undefined, '', 'undefined', metricsToken]) {
      const reply = await call(app, 'GET /metrics', { token })
      expect([reply.status, reply.body.code]).toEqual([404, 'route.not_found'])
    }
    await app.stop()
  })

  test('with it, only its bearer reads them; a superuser’s token is none', async () => {
    const wrong = [undefined, 'x', metricsToken.slice(0, -1), `${metricsToken}x`, scenario.superuser.token]
    for (const token of wrong) {
      const reply = await call(scenario.app, 'GET /metrics', { token })
      expect([reply.status, reply.body.code]).toEqual([401, 'auth.token_invalid'])
    }
    const headers = { authorization: `Basic ${metricsToken}` }
    expect((await call(scenario.app, 'GET /metrics', { headers })).status).toBe(401)
    const right = await call(scenario.app, 'GET /metrics', { token: metricsToken })
    expect(right.status).toBe(200)
    expect(right.headers.get('content-type')).toStartWith('text/plain; version=0.0.4')
  })

  test('a token that no header can carry, or that is short, stops the start', async () => {
    for (const token of ['short', 'with a space in it, and long', 'line\nbreak-in-the-middle']) {
      const refusal: unknown = await startApp({ env: { METRICS_TOKEN: token } }).catch((error: unknown) => error)
      expect(String(refusal)).toContain('METRICS_TOKEN')
    }
  })
})

describe('requests', () => {
  test('are counted by pattern, whatever is in the path, with their status and duration', async () => {
    const grown = await growthOf(async () => {
      for (const id of ['acme', 'nobody', 'nobody-else']) {
        await call(scenario.app, `GET /admin/tenants/${id}`, { token: scenario.superuser.token })
      }
      await call(scenario.app, 'GET /admin/tenants/acme/', { token: scenario.superuser.token })
    })
    const labels = { method: 'GET', route: '/admin/tenants/:id' }
    expect(grown('http_requests_total', { ...labels, status: '200' })).toBe(2)
    expect(grown('http_requests_total', { ...labels, status: '404' })).toBe(2)
    expect(grown('http_request_duration_seconds_count', labels)).toBe(4)
    expect(grown('tenantry_problems_total', { code: 'tenant.not_found' })).toBe(2)
  })

  test('to nowhere, by any method, are one series; no text of theirs is a label', async () => {
    const before = await scrape(scenario.app)
    for (let n = 0; n < 20; n += 1) await call(scenario.app, `GET /canary-${n}?canary=1`)
    await call(scenario.app, 'PROPFIND /canary')
    const after = await scrape(scenario.app)
    const series = (samples: Sample[]): string[] =>
      samples.filter(({ name }) => name === 'http_requests_total').map(({ labels }) => JSON.stringify(labels))
    const added = series(after).filter((labels) => !series(before).includes(labels))
    expect(added.filter((labels) => !labels.includes('unmatched') && !labels.includes('"/metrics"'))).toEqual([])
    expect(JSON.stringify(after)).not.toMatch(/canary/i)
    expect(sumOf(after, 'http_requests_total', { route: 'unmatched', method: 'GET' })).toBeGreaterThanOrEqual(20)
    expect(sumOf(after, 'http_requests_total', { route: 'unmatched', method: 'other' })).toBe(1)
  })

  test('refused sign-ins are counted by code', async () => {
    const grown = await growthOf(async () => {
      const body = { email: user.email, password: 'wrong wrong wrong' }
      await call(scenario.app, 'POST /auth/login', { body })
      await call(scenario.app, 'POST /auth/login', { body: { ...body, email: 'nobody@people.example' } })
      await call(scenario.app, 'POST /auth/login', { body: { email: user.email, password: user.password } })
    })
    expect(grown('tenantry_sign_in_failures_total')).toBe(2)
    expect(grown('tenantry_sign_in_failures_total', { code: 'auth.invalid_credentials' })).toBe(2)
  })
})

describe('answers', () => {
  test('are counted by tenant and model with their tokens and cost, as the ledger has them', async () => {
    const grown = await growthOf(() => ask(scenario.app, { token: user.token, message: 'What is it?' }))
    const [row] = await scenario.sql`select prompt_tokens, completion_tokens, cost_micro_usd, model from usage_ledger
      where tenant_id = 'acme' order by created_at desc limit 1`
    const labels = { tenant: 'acme', model: 'gpt-4o-mini' }
    expect(row?.model).toBe(labels.model)
    expect(grown('tenantry_model_calls_total', { ...labels, purpose: 'chat', status: 'completed' })).toBe(1)
    expect(grown('tenantry_tokens_total', { ...labels, kind: 'prompt' })).toBe(Number(row?.prompt_tokens))
    expect(grown('tenantry_tokens_total', { ...labels, kind: 'completion' })).toBe(Number(row?.completion_tokens))
    expect(grown('tenantry_cost_micro_usd_total', labels)).toBe(Number(row?.cost_micro_usd))
    expect(Number(row?.cost_micro_usd)).toBeGreaterThan(0)
    expect(grown('tenantry_first_token_seconds_count', labels)).toBe(1)
  })

  test('an open stream is a gauge, and its request is counted when it ends, with its whole duration', async () => {
    scenario.model.behave({ deltas: ['a', 'b', 'c', 'd'], delayMs: 80 })
    const labels = { method: 'POST', route: '/chat/stream' }
    const before = await scrape(scenario.app)
    const response = await send(scenario.app, 'POST /chat/stream', { token: user.token, body: { message: 'Hi' } })
    const events = iterateEvents(response)
    await events.next()
    const amid = await scrape(scenario.app)
    expect(sumOf(amid, 'tenantry_open_streams')).toBe(1)
    expect(sumOf(amid, 'http_requests_total', labels)).toBe(sumOf(before, 'http_requests_total', labels))
    while (!(await events.next()).done);
    await eventually(async () => sumOf(await scrape(scenario.app), 'tenantry_open_streams') === 0)
    const after = await scrape(scenario.app)
    expect(sumOf(after, 'http_requests_total', labels) - sumOf(before, 'http_requests_total', labels)).toBe(1)
    const seconds = 'http_request_duration_seconds_sum'
    expect(sumOf(after, seconds, labels) - sumOf(before, seconds, labels)).toBeGreaterThan(0.2)
  })

  test('a provider that fails is an upstream error of its tenant by our own code, before the answer and amid it', async () => {
    const grown = await growthOf(async () => {
      scenario.model.behave({ status: 500 })
      await call(scenario.app, 'POST /chat', { token: user.token, body: { message: 'Hi' } })
      scenario.model.behave({ cutAfter: 2 })
      await ask(scenario.app, { token: user.token })
    })
    const labels = { tenant: 'acme', connection: 'model' }
    expect(grown('tenantry_upstream_errors_total', { ...labels, code: 'provider_failing' })).toBe(1)
    expect(grown('tenantry_upstream_errors_total', { ...labels, code: 'cut' })).toBe(1)
    expect(grown('tenantry_problems_total', { code: 'model.upstream_error' })).toBe(2)
    expect(grown('tenantry_model_calls_total', { tenant: 'acme', status: 'failed' })).toBe(2)
  })

  test('a model that a tenant names as it likes is no label', async () => {
    const id = await makeTenant(scenario.app, scenario.superuser, 'namer', { model: 'canary-model-name' })
    const namer = await makeUser(scenario.app, scenario.superuser, { tenant: id })
    const grown = await growthOf(() => ask(scenario.app, { token: namer.token }))
    expect(grown('tenantry_model_calls_total', { tenant: id, model: '_other' })).toBe(1)
    expect(grown('tenantry_unpriced_calls_total', { tenant: id })).toBe(1)
    expect(JSON.stringify(await scrape(scenario.app))).not.toContain('canary')
  })
})

test('the pools, the process and its event loop are told', async () => {
  const samples = await scrape(scenario.app)
  expect(sumOf(samples, 'tenantry_pool_connections_max', { pool: 'core' })).toBe(6)
  expect(sumOf(samples, 'tenantry_pool_connections_open', { pool: 'core' })).toBeGreaterThan(0)
  expect(sumOf(samples, 'tenantry_pool_hits_total', { pool: 'core' })).toBeGreaterThan(10)
  for (const pool of ['core', 'core_chat', 'core_chat_writes']) {
    expect(sumOf(samples, 'tenantry_pool_waiting', { pool })).toBe(0)
    expect(sumOf(samples, 'tenantry_pool_connections_busy', { pool })).toBeLessThanOrEqual(6)
  }
  expect(sumOf(samples, 'tenantry_pool_hits_total', { pool: 'core_chat' })).toBeGreaterThan(0)
  expect(sumOf(samples, 'tenantry_pool_hits_total', { pool: 'core_chat_writes' })).toBeGreaterThan(0)
  expect(sumOf(samples, 'tenantry_database_up')).toBe(1)
  expect(sumOf(samples, 'tenantry_change_feed_up')).toBe(1)
  expect(sumOf(samples, 'process_resident_memory_bytes')).toBeGreaterThan(10_000_000)
  expect(sumOf(samples, 'process_cpu_seconds_total')).toBeGreaterThan(0.1)
  expect(sumOf(samples, 'tenantry_event_loop_lag_seconds_count')).toBeGreaterThan(0)
})

test('jobs are told by task and state, and there are none while the database does not answer', async () => {
  const clock = createClockAhead()
  const app = await startApp({ clock, env: { METRICS_TOKEN: metricsToken } })
  const { db } = app.services.core
  const job = (key: string) => ({ task: 'test.idle', tenantId: parseTenantId('acme')!, key, ids: {} })
  for (const key of ['a', 'b', 'c']) await enqueueJob(db, job(key))
  await asOwner(app, (sql) => sql`update graphile_worker._private_jobs set attempts = max_attempts where key = 'a'`)
  await asOwner(app, (sql) => sql`update graphile_worker._private_jobs set attempts = 1 where key = 'b'`)
  const before = await scrape(app)
  const figures = before
    .filter(({ name }) => name === 'tenantry_jobs')
    .map(({ labels, value }) => ({ ...labels, value }))
  expect(figures.toSorted((a, b) => a.value - b.value)).toEqual(
    expect.arrayContaining([
      { task: 'test.idle', state: 'failed', value: 1 },
      { task: 'test.idle', state: 'retrying', value: 1 },
      { task: 'test.idle', state: 'waiting', value: 1 },
    ]),
  )
  const idle = figures.filter((figure) => 'task' in figure && figure.task === 'documents.ingest')
  expect(idle.map(({ value }) => value)).toEqual([0, 0, 0, 0])
  const { name } = app.database
  await onServer(async (server) => {
    await server`alter database ${server(name)} allow_connections false`
    await endSessions(server, { database: name })
  })
  clock.advanceMs(11_000)
  const during = await scrape(app)
  expect(during.filter((sample) => sample.name === 'tenantry_database_up').map(({ value }) => value)).toEqual([0])
  expect(during.filter((sample) => sample.name === 'tenantry_jobs')).toEqual([])
  await onServer((server) => server`alter database ${server(name)} allow_connections true`)
  await eventually(async () => sumOf(await scrape(app), 'tenantry_database_up') === 1)
  await app.stop()
}, 20_000)
