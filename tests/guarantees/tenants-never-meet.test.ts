import { afterAll, beforeAll, expect, test } from 'bun:test'
import { listOperations, type Operation } from '../support/api-operations.ts'
import { call, type CallOptions } from '../support/call.ts'
import { type Canaries, createCanaries } from '../support/canaries.ts'
import { type CanaryTenant, inStoreOf, makeCanaryTenant } from '../support/canary-tenants.ts'
import { dumpSchema } from '../support/database-dump.ts'
import { type Caller, type CallerRequest, generateRequests } from '../support/foreign-callers.ts'
import { fillOperation, type SentRequest, writeBody } from '../support/foreign-requests.ts'
import { metricsToken, scrape } from '../support/metrics.ts'
import { asOwner } from '../support/owner-sql.ts'
import { type Scenario, startScenario } from '../support/scenario.ts'

/**
 * Three tenants, two pooled and one with a database of its own, every text of which is a canary. Whoever may call asks
 * for somebody else's things at every place of every operation of the API document.
 */

const isFull = process.env.FULL === '1'
/** Of the generated requests by default, beside one of each operation for each caller. */
const sampleSize = 500
const atOnce = 8

let scenario: Scenario
let canaries: Canaries
let tenants: Map<string, CanaryTenant>
let operations: Operation[]
let requests: CallerRequest[]
const figures = { requests: 0, compared: 0, bytes: 0 }

beforeAll(async () => {
  scenario = await startScenario({
    env: { NODE_ENV: 'production', OFFLINE_MODEL: 'true', TRUSTED_PROXY_HOPS: '1', METRICS_TOKEN: metricsToken },
  })
  // The fake would give back what it was sent, the prompt among it.
  scenario.model.behave({ text: 'It is as it is [1].' }, { sticky: true })
  canaries = createCanaries()
  tenants = new Map()
  for (const [letter, isolation] of [
    ['a', 'pooled'],
    ['b', 'pooled'],
    ['c', 'dedicated'],
  ] as const) {
    tenants.set(letter, await makeCanaryTenant(scenario, canaries, { letter, isolation }))
  }
  operations = await listOperations(scenario.app)
  requests = await generateRequests({ scenario, tenants, operations })
})
afterAll(async () => {
  console.log(`A1: ${figures.requests} requests, ${figures.compared} compared, ${figures.bytes} bytes searched`)
  await scenario.stop()
})

/** The same at each run, spread over everything: one of each operation for each caller, and more by the golden ratio. */
function sampleRequests(): CallerRequest[] {
  if (isFull) return requests
  const seen = new Set<string>()
  const first = requests.filter(({ caller, request }) => {
    const key = `${caller.viewer} ${request.operation.route}`
    return !seen.has(key) && seen.add(key)
  })
  const step = requests.length / sampleSize
  const spread = Array.from({ length: sampleSize }, (_, n) => requests[Math.floor(n * step)])
  return [...new Set([...first, ...spread])].flatMap((each) => each ?? [])
}

let addresses = 0
/** From another address each time: how many calls one address may make is no part of this. */
async function sendAs(caller: Caller, sent: SentRequest): Promise<{ status: number; text: string; headers: string }> {
  const address = `10.${(++addresses >> 16) & 255}.${(addresses >> 8) & 255}.${addresses & 255}`
  const headers = { ...sent.options.headers, 'x-forwarded-for': address }
  const options: CallOptions = { ...sent.options, token: caller.token, headers }
  const response = await call(scenario.app, sent.route, options)
  figures.requests += 1
  figures.bytes += response.text.length
  // That a page's origin is somebody's is what CORS tells every browser.
  const told = [...response.headers].filter(([name]) => !/^(x-request-id|date|vary|access-control-.*)$/.test(name))
  return { status: response.status, text: response.text, headers: JSON.stringify(told) }
}

function textOf(sent: SentRequest): string {
  const { tenant, body, raw, headers } = sent.options
  return decodeURIComponent(`${sent.route} ${tenant} ${JSON.stringify(body)} ${String(raw)} ${headers?.origin}`)
}

/** What is wrong with the answer to a request for somebody else's things. */
async function judge({ caller, request }: CallerRequest): Promise<string[]> {
  const { operation, place, foreign, phantom } = request
  const title = `${caller.viewer}: ${operation.route}, ${place}`
  const answer = await sendAs(caller, foreign)
  // Whoever registers on a tenant's own page becomes its user.
  const joined = operation.route === 'POST /auth/register' && answer.status === 201 ? answer.text : ''
  const seen = canaries.findForeign(answer.headers + answer.text, caller.viewer, textOf(foreign) + joined)
  const problems = seen.map((canary) => `${title}: ${answer.status} tells ${canary}`)
  // More than two exports at once are put off.
  if (answer.status >= 500 && !answer.text.includes('"server.busy"'))
    problems.push(`${title}: ${answer.status} ${answer.text}`)
  if (!phantom || !isComparable(caller, operation, answer.status)) return problems
  const other = await sendAs(caller, phantom)
  figures.compared += 1
  const [mine, theirs] = [answer, other].map((each) => `${each.status} ${withoutRequestId(each.text)} ${each.headers}`)
  if (mine !== theirs) problems.push(`${title}: ${mine} differs from that of nobody's: ${theirs}`)
  return problems
}

/**
 * Whether nobody may learn from the answer that there is such a thing. What registration into a tenant answers is the
 * contract's (404 in an unknown one); an id or a domain that is taken is told, as it cannot be had.
 */
function isComparable(caller: Caller, operation: Operation, status: number): boolean {
  if (caller.viewer === 'superuser' || status < 400 || status === 409 || status === 429) return false
  return operation.route !== 'POST /auth/register'
}

const withoutRequestId = (text: string): string => text.replace(/"request_id":"[^"]*"/, '')

test('A1: nobody gets a byte of another tenant, nor learns that there is one, whatever the request', async () => {
  const wanted = sampleRequests()
  const problems: string[] = []
  const queue = wanted.values()
  await Promise.all(
    Array.from({ length: atOnce }, async () => {
      for (const each of queue) problems.push(...(await judge(each)))
    }),
  )
  expect(problems).toEqual([])
  for (const { viewer, token } of new Set(wanted.map(({ caller }) => caller))) {
    const { status } = await call(scenario.app, 'GET /users/me', { token })
    expect({ viewer, status }).toEqual({ viewer, status: token === undefined ? 401 : 200 })
  }
  const asked = new Set(wanted.map(({ request }) => request.operation.route))
  expect(operations.filter(({ route }) => !asked.has(route))).toEqual([])
  expect(figures.requests).toBeGreaterThanOrEqual(isFull ? 20_000 : 2_000)
}, 300_000)

/** What the rightful caller is answered where the generated request cannot succeed: behind every gate and validation. */
const refusals: Record<string, string> = {
  'POST /auth/setup': 'auth.setup_done',
  'POST /auth/login': 'auth.invalid_credentials',
  'POST /auth/token': 'auth.invalid_credentials',
  'POST /auth/refresh': 'auth.token_invalid',
  'POST /auth/verify': 'auth.link_invalid',
  'POST /auth/password/reset': 'auth.link_invalid',
  'POST /auth/invites/show': 'auth.link_invalid',
  'POST /auth/invites/accept': 'auth.link_invalid',
  // A user's token is not that of METRICS_TOKEN.
  'GET /metrics': 'auth.token_invalid',
  'POST /admin/tenants/import': 'import.archive_invalid',
  'PUT /admin/tenants/{id}/documents/{doc}': 'request.malformed',
  'GET /admin/tenants/{id}/move': 'move.not_found',
  'POST /admin/tenants/{id}/move': 'tenant.move_refused',
  'DELETE /admin/tenants/{id}/move': 'move.not_found',
  // What its users asked is no answer of a preview.
  'POST /admin/tenants/{id}/preview/{stream}/stop': 'stream.not_found',
  // A server that answers is another test's; here it is enough that superusers get past the gates.
  'POST /admin/database-servers': 'request.invalid',
  'GET /admin/database-servers/{server}': 'database_server.not_found',
  'PATCH /admin/database-servers/{server}': 'database_server.not_found',
  'DELETE /admin/database-servers/{server}': 'database_server.not_found',
  'PATCH /admin/prices/{price}': 'price.not_found',
  'DELETE /admin/prices/{price}': 'price.not_found',
}

/** Reading comes before changing, what is in a tenant goes before its users and they before it; who signs out is last. */
function orderOf({ audience, method, path }: Operation): number {
  if (path === '/auth/logout') return 1_000
  if (method !== 'DELETE') return method === 'GET' ? 0 : 1
  return audience === 'tenant' ? 2 : 100 - path.split('/').length
}

test('A1: every operation was really asked for: the same requests of the rightful caller reach their end', async () => {
  const tenant = await makeCanaryTenant(scenario, canaries, { letter: 'd', isolation: 'pooled' })
  const tokens: Record<string, string | undefined> = {
    superuser: scenario.superuser.token,
    tenant: tenant.user.token,
    public: undefined,
  }
  const problems: string[] = []
  for (const operation of operations.toSorted((one, other) => orderOf(one) - orderOf(other))) {
    const { audience, route, method } = operation
    const isPublic = audience === 'public'
    const reply = await call(scenario.app, `${method} ${fillOperation(operation, () => tenant.things)}`, {
      ...writeBody(operation, tenant.things),
      token: audience in tokens ? tokens[audience] : tenant.owner.token,
      tenant: isPublic ? tenant.things.tenant : undefined,
    })
    const expected = refusals[route]
    const isFine = expected === undefined ? reply.status < 300 : reply.body.code === expected
    if (!isFine) problems.push(`${route}: ${reply.status} ${reply.text.slice(0, 300)}`)
  }
  expect(problems).toEqual([])
  expect(Object.keys(refusals).filter((route) => !operations.some((each) => each.route === route))).toEqual([])
}, 60_000)

/** The letters of the tenants whose canaries a text has. */
const lettersIn = (text: string): string[] => [
  ...new Set(canaries.find(text).flatMap((word) => (word.startsWith('cnry') ? (word[4] ?? []) : []))),
]

/** A tenant's id is no secret to those who run the service. */
const withoutIds = (text: string): string => text.replaceAll(/cnry[a-z]tenant[a-z0-9]{8}/g, '')

test('A2: a store holds no byte of another tenant, a pooled row none but its own, and a dedicated database is alone', async () => {
  let rows = 0
  for (const [letter, { things, databaseName }] of tenants) {
    const lines = await inStoreOf(scenario, databaseName, (sql) => dumpSchema(sql, 'tenant'))
    const own = lines.filter(({ line }) => line.includes(things.tenant))
    rows += own.length
    expect(own.length).toBeGreaterThan(10)
    expect(own.filter(({ line }) => lettersIn(line).some((each) => each !== letter))).toEqual([])
    if (databaseName === null) continue
    expect(lines.filter(({ line }) => !line.includes(things.tenant) && lettersIn(line).length > 0)).toEqual([])
    const others = await inStoreOf(scenario, databaseName, (sql) => dumpSchema(sql, 'public'))
    expect(others.filter(({ line }) => lettersIn(line).length > 0)).toEqual([])
    const pooled = await asOwner(scenario.app, (sql) => dumpSchema(sql, 'tenant'))
    expect(pooled.filter(({ line }) => lettersIn(line).includes(letter))).toEqual([])
  }
  expect(rows).toBeGreaterThan(40)
})

test('A2: core holds no word of an end user and no key, and what is one tenant’s is in no other’s row', async () => {
  const lines = await asOwner(scenario.app, (sql) => dumpSchema(sql, 'public'))
  expect(lines.filter(({ line }) => lettersIn(line).length > 0).length).toBeGreaterThan(50)
  for (const { private: texts, keys } of tenants.values()) {
    for (const text of [...texts, ...keys]) expect(lines.filter(({ line }) => line.includes(text))).toEqual([])
  }
  // A refusal is told with who asked and the path that was asked for, in its own words.
  const rows = lines.filter(({ line }) => !line.includes(',access.denied,route,'))
  expect(rows.filter(({ line }) => lettersIn(withoutIds(line)).length > 1)).toEqual([])
})

test('A2: no log line tells a tenant’s texts, people, keys or settings', () => {
  const lines = scenario.app.logLines.map(withoutIds)
  expect(lines.length).toBeGreaterThan(1_000)
  expect(lines.filter((line) => lettersIn(line).length > 0)).toEqual([])
})

test('A2: no label of /metrics tells them either', async () => {
  const lines = (await scrape(scenario.app)).map((sample) => withoutIds(JSON.stringify(sample)))
  expect(lines.length).toBeGreaterThan(500)
  expect(lines.filter((line) => lettersIn(line).length > 0)).toEqual([])
})

test('A2: what leaves for a tenant’s model and index has nothing of another tenant in it', async () => {
  const { app, model, pinecone } = scenario
  model.requests.length = 0
  pinecone.requests.length = 0
  const asked = [...tenants.values()].flatMap((tenant) => Array.from({ length: 8 }, () => tenant))
  const answers = await Promise.all(
    asked.map(({ user, passage }) =>
      call(app, 'POST /chat', { token: user.token, body: { message: `What is known of ${passage}?` } }),
    ),
  )
  for (const [at, answer] of answers.entries()) {
    expect(answer.status).toBe(200)
    expect(answer.text).toContain(asked[at]?.passage ?? '')
  }
  const sent = [...model.requests, ...pinecone.requests].map(({ path, headers, body }) =>
    JSON.stringify([path, headers, body]),
  )
  expect(sent.length).toBeGreaterThan(asked.length)
  expect(sent.filter((text) => lettersIn(text).length !== 1)).toEqual([])
})
