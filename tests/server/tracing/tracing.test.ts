import { afterAll, beforeAll, beforeEach, expect, test } from 'bun:test'
import { join } from 'node:path'
import { call } from '../../support/call.ts'
import { type CollectedSpan, type FakeCollector, startFakeCollector } from '../../support/fake-collector.ts'
import { makeTenant, makeUser, type Person } from '../../support/people.ts'
import { ask, eventually, type Scenario, startScenario } from '../../support/scenario.ts'
import { addDocument } from '../chat/knowledge.ts'

let collector: FakeCollector
let scenario: Scenario
let user: Person

beforeAll(async () => {
  collector = startFakeCollector()
  scenario = await startScenario({ env: { OTEL_EXPORTER_OTLP_ENDPOINT: collector.url } })
  await makeTenant(scenario.app, scenario.superuser, 'acme', { system_prompt: 'canary-prompt', model: 'canary-model' })
  user = await makeUser(scenario.app, scenario.superuser, { tenant: 'acme' })
})
beforeEach(() => scenario.model.reset())
afterAll(async () => {
  await scenario.stop()
  await collector.stop()
})

/** The spans of the trace of the last request to a route. */
async function traceOf(name: string): Promise<CollectedSpan[]> {
  const find = (): CollectedSpan | undefined => collector.spans.findLast((span) => span.name === name)
  await eventually(async () => {
    await scenario.app.services.tracing?.flush()
    return find() !== undefined
  })
  return collector.spans.filter(({ traceId }) => traceId === find()?.traceId)
}

test('an answer is one trace: request, tenant gate, history, retrieval, model, store', async () => {
  await addDocument(scenario.sql, { tenant: 'acme', title: 'Opening hours', passages: ['We open at nine.'] })
  const { response } = await ask(scenario.app, { token: user.token, message: 'When do you open?' })
  const spans = await traceOf('POST /chat/stream')
  const root = spans.find(({ name }) => name === 'POST /chat/stream')
  const names = ['tenant gate', 'read history', 'retrieval', 'model', 'store question', 'store answer']
  for (const name of names) {
    const found = spans.filter((span) => span.name === name)
    expect([name, ...new Set(found.map((span) => span.parentSpanId))]).toEqual([name, root?.spanId])
  }
  expect(root?.parentSpanId).toBeUndefined()
  expect(root?.attributes).toEqual({
    'http.request.method': 'POST',
    'http.route': '/chat/stream',
    'http.response.status_code': 200,
    'tenantry.request_id': response.headers.get('x-request-id'),
    'tenantry.tenant': 'acme',
    'tenantry.user': user.id,
    'tenantry.stream': expect.any(String),
  })
  const model = spans.find(({ name }) => name === 'model')
  expect(model?.attributes).toMatchObject({
    'gen_ai.provider.name': 'openai',
    'model.first_token_ms': expect.any(Number),
  })
  expect(spans.filter(({ failed }) => failed)).toEqual([])
  const line = scenario.app.logLines.find(
    (each) => each.includes('"msg":"request"') && each.includes(root?.traceId ?? ''),
  )
  expect(JSON.parse(line ?? '{}')).toMatchObject({ route: '/chat/stream', trace_id: root?.traceId })
})

test('a request with a traceparent joins that trace; one that is none begins its own', async () => {
  const [traceId, spanId] = ['4bf92f3577b34da6a3ce929d0e0e4736', '00f067aa0ba902b7']
  const headers = { traceparent: `00-${traceId}-${spanId}-01` }
  await call(scenario.app, 'GET /chat/sessions', { token: user.token, headers })
  const [joined] = (await traceOf('GET /chat/sessions')).filter(({ name }) => name === 'GET /chat/sessions')
  expect([joined?.traceId, joined?.parentSpanId]).toEqual([traceId, spanId])
  for (const traceparent of ['x', `00-${'0'.repeat(32)}-${spanId}-01`, `ff-${traceId}-${spanId}-01`]) {
    await call(scenario.app, 'GET /users/me', { token: user.token, headers: { traceparent } })
    const [own] = await traceOf('GET /users/me')
    expect(own?.traceId).not.toBe(traceId)
    expect(own?.parentSpanId).toBeUndefined()
  }
})

test('what asks all the time whether the server is there has no trace, and a line as all others', async () => {
  for (const path of ['/health', '/health/ready', '/health/db', '/metrics?x=1']) {
    const reply = await call(scenario.app, `GET ${path}`)
    const id = reply.headers.get('x-request-id') ?? ''
    const line = (): string | undefined =>
      scenario.app.logLines.find((each) => each.includes('"msg":"request"') && each.includes(id))
    await eventually(() => line() !== undefined)
    expect(line()).not.toContain('trace_id')
  }
  await call(scenario.app, 'GET /healthy')
  await traceOf('GET unmatched')
  const names = collector.spans.map(({ name }) => name)
  expect(names.filter((name) => /health|metrics/.test(name))).toEqual([])
})

test('a model that fails, before its answer and amid it, fails its span and the request’s by our own code', async () => {
  scenario.model.behave({ status: 400 })
  await call(scenario.app, 'POST /chat', { token: user.token, body: { message: 'Hi' } })
  const refused = await traceOf('POST /chat')
  scenario.model.behave({ cutAfter: 1 })
  await ask(scenario.app, { token: user.token })
  const cut = await traceOf('POST /chat/stream')
  for (const spans of [refused, cut]) {
    const failed = spans.filter((span) => span.failed).map((span) => [span.name, span.attributes['error.type']])
    expect(failed).toContainEqual(['model', 'model.upstream_error'])
    expect(failed.filter(([name]) => String(name).startsWith('POST'))).toHaveLength(1)
  }
})

test('no text, key, address or path of anybody leaves for the collector (B7)', async () => {
  await call(scenario.app, 'GET /canary-path?canary=1', { headers: { authorization: 'Bearer canary-token' } })
  await call(scenario.app, 'POST /auth/login', {
    body: { email: 'canary@people.example', password: 'canary password' },
  })
  await ask(scenario.app, { token: user.token, message: 'canary-question' })
  await traceOf('POST /chat/stream')
  const sent = collector.received.join('\n')
  expect(collector.spans.length).toBeGreaterThan(30)
  expect(sent).not.toMatch(/canary/i)
  for (const word of [user.email, user.token, 'people.example', 'sk-platform', '127.0.0.1:5', 'Bearer', 'select ']) {
    expect([word, sent.includes(word)]).toEqual([word, false])
  }
})

test('a collector that is gone costs requests nothing, and the server stops in time', async () => {
  const gone = await startScenario({ env: { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:1' } })
  await makeTenant(gone.app, gone.superuser, 'acme')
  const person = await makeUser(gone.app, gone.superuser, { tenant: 'acme' })
  const { data } = await ask(gone.app, { token: person.token })
  expect(data('done').finish_reason).toBe('stop')
  const startedMs = performance.now()
  await gone.stop()
  expect(performance.now() - startedMs).toBeLessThan(8_000)
})

test('without a collector none of it is loaded', async () => {
  const module = join(import.meta.dir, '../../../server/platform/tracing.ts')
  const script = `const { openTracing } = await import(${JSON.stringify(module)})
    const before = performance.now()
    const tracing = await openTracing(process.argv[1] || undefined)
    const loaded = Object.keys(require.cache).filter((path) => path.includes('@opentelemetry')).length
    console.log(JSON.stringify({ traces: tracing !== undefined, loaded, ms: Math.round(performance.now() - before) }))
    process.exit(0)`
  const run = async (endpoint: string) => {
    const child = Bun.spawn([process.execPath, '-e', script, endpoint], { stdio: ['ignore', 'pipe', 'inherit'] })
    const found: { traces: boolean; loaded: number; ms: number } = JSON.parse(await new Response(child.stdout).text())
    return found
  }
  const [without, withOne] = [await run(''), await run('http://127.0.0.1:1')]
  console.log(`tracing: ${without.ms} ms at start without a collector, ${withOne.ms} ms with one`)
  expect([without.traces, without.loaded]).toEqual([false, 0])
  expect(withOne.traces).toBe(true)
  expect(withOne.loaded).toBeGreaterThan(10)
})
