import { afterAll, beforeAll, expect, test } from 'bun:test'
import * as fc from 'fast-check'
import { listOperations, type Operation } from '../support/api-operations.ts'
import { call, type CallOptions, type Reply } from '../support/call.ts'
import { makePhantom, type Things } from '../support/canary-tenants.ts'
import { createClockAhead, type TestClock } from '../support/clock.ts'
import { fillOperation } from '../support/foreign-requests.ts'
import { type GeneratedBody, type GeneratedCall, generatedCalls } from '../support/generated-calls.ts'
import { metricsToken } from '../support/metrics.ts'
import { makeSuperuser, makeTenant, makeUser, password, type Person, signIn } from '../support/people.ts'
import { ask, type Scenario, startScenario } from '../support/scenario.ts'

/**
 * E1: calls made up from the API document, valid and broken, by everybody who may call: 0 answers 5xx, 0 undocumented
 * statuses, and every refusal is a problem. `SEED` repeats a run.
 */

const callsTotal = process.env.FULL === '1' ? 50_000 : 2_000
const callsPerRound = 500
const atOnce = 4
const seed = Number(process.env.SEED ?? Math.floor(Math.random() * 2 ** 31))
const callers = ['superuser', 'owner', 'assigned', 'user', 'key'] as const
const rightful = {
  any: 'user',
  core: 'assigned',
  tenant: 'user',
  owner: 'owner',
  manager: 'owner',
  superuser: 'superuser',
}

/** A tenant whose users chat, one that may be changed and destroyed, and the people of both. */
interface Round {
  things: Things
  /** Managed by the same owner; nobody's answers depend on it. */
  spare: Things
  people: Record<string, { email: string; tenant?: string }>
  tokens: Record<string, string>
}

let scenario: Scenario
let clock: TestClock
let operations: Operation[]
const figures = { calls: 0, byStatus: new Map<number, number>() }

beforeAll(async () => {
  clock = createClockAhead()
  scenario = await startScenario({
    clock,
    env: { ACCESS_TOKEN_EXPIRE_MINUTES: '1440', METRICS_TOKEN: metricsToken, TRUSTED_PROXY_HOPS: '1' },
  })
  scenario.model.behave({ text: 'It is as it is.' }, { sticky: true })
  operations = await listOperations(scenario.app)
})
afterAll(async () => {
  const statuses = [...figures.byStatus].sort(([a], [b]) => a - b).map(([status, count]) => `${status}: ${count}`)
  console.log(`E1: ${figures.calls} calls of ${operations.length} operations (seed ${seed}); ${statuses.join(', ')}`)
  await scenario.stop()
})

let rounds = 0
async function startRound(): Promise<Round> {
  const { app } = scenario
  const n = ++rounds
  const superuser = await makeSuperuser(app)
  const owner = await makeUser(app, superuser, { is_owner: true })
  const tenant = await makeTenant(app, superuser, `round-${n}`, { owner_id: owner.id })
  const spare = await makeTenant(app, superuser, `spare-${n}`, { owner_id: owner.id })
  const assigned = await makeUser(app, superuser, { tenant })
  const platformUser = await makeUser(app, superuser, { tenant: spare })
  const makeEndUser = async (email: string, id: string) => {
    const body = { email, password }
    const made = await call(app, `POST /admin/tenants/${id}/users`, { token: superuser.token, body })
    expect(made.status).toBe(201)
    return signIn(app, email, id)
  }
  const user = await makeEndUser(`user-${n}@people.example`, tenant)
  const other = await makeEndUser(`other-${n}@people.example`, spare)
  const [own, spares] = [await furnish(superuser, tenant, user), await furnish(superuser, spare, other)]
  return {
    things: { ...own.things, owner: owner.id, platformUser: assigned.id },
    spare: { ...spares.things, owner: owner.id, platformUser: platformUser.id },
    people: { superuser, owner, assigned, user: { email: user.email, tenant } },
    tokens: {
      superuser: superuser.token,
      owner: owner.token,
      assigned: assigned.token,
      user: user.token,
      key: own.secret,
    },
  }
}

/** What there is to ask for in a tenant: a conversation, an answer, a domain, a document and an API key. */
async function furnish(superuser: Person, tenant: string, user: Person) {
  const { app } = scenario
  const { data } = await ask(app, { token: user.token, message: 'Hello' })
  const start: { session_id: string; stream_id: string } = data('start')
  const make = async (what: string, body: unknown) => {
    const made = await call(app, `POST /admin/tenants/${tenant}/${what}`, { token: superuser.token, body })
    expect([what, made.status < 300]).toEqual([what, true])
    return made.body
  }
  const domain = `${tenant}.example`
  await make('domains', { origin: `https://${domain}` })
  const document = await make('documents', { title: 'Known', text: 'It is known that we open at nine.' })
  const apiKey = await make('api-keys', { name: 'Website' })
  const things: Things = {
    ...makePhantom(),
    tenant,
    user: user.id,
    email: user.email,
    session: start.session_id,
    stream: start.stream_id,
    domain,
    origin: `https://${domain}`,
    document: document.id,
    apiKey: apiKey.id,
  }
  return { things, secret: String(apiKey.secret) }
}

async function signInAgain(round: Round, caller: string): Promise<string> {
  const { email = '', tenant } = round.people[caller] ?? {}
  return (await signIn(scenario.app, email, tenant)).token
}

/** What stands for itself in bodies and queries; addresses lead to the fakes, or to nobody at once. */
const knownOf = ({ things, spare }: Round): Record<string, unknown[]> => ({
  email: [things.email, 'new@people.example', 'nobody@people.example'],
  username: [things.email, 'nobody@people.example'],
  password: [password, 'another long password'],
  message: ['What is known?', 'Hello'],
  tenant_id: [things.tenant, spare.tenant],
  owner_id: [things.owner],
  user_id: [things.user, things.platformUser],
  session_id: [things.session, null],
  'x-tenant': [things.tenant],
  'x-confirm': [spare.tenant],
  // A database of its own for each would take the test's time.
  isolation: ['pooled'],
  model_base_url: [scenario.model.url, null],
  model_api_key: ['sk-generated-0123456789', null],
  address: ['postgres://nobody:nothing@127.0.0.1:1/none'],
  url: [`${scenario.model.url}/models`],
  origin: ['https://sample.example', things.origin],
  from: ['2026-01-01T00:00:00Z'],
  to: ['2027-01-01T00:00:00Z'],
  purge: ['true', 'false'],
  sort: ['-created_at', 'created_at', 'name', '-updated_at'],
})

/** Answers of a tenant depend on its settings, so what changes them is sent to the spare one. */
function isForSpare(operation: Operation): boolean {
  return operation.method !== 'GET' && operation.audience !== 'tenant' && !/\/(preview|test)$/.test(operation.path)
}

function pathOf({ operation, pathJunk }: GeneratedCall, round: Round): string {
  const right = fillOperation(operation, () => (isForSpare(operation) ? round.spare : round.things))
  if (pathJunk === undefined) return right
  const parameters = right.split('/')
  const at = operation.path.split('/').findLastIndex((part) => part.startsWith('{'))
  if (at < 0) return right
  return parameters.map((part, index) => (index === at ? encodeURIComponent(pathJunk) : part)).join('/')
}

function writeBody(body: GeneratedBody): CallOptions {
  if (body.kind === 'none') return {}
  if (body.kind === 'raw') return { raw: body.text, headers: { 'content-type': body.type } }
  const { value, type } = body
  if (type === 'application/json') return { raw: JSON.stringify(value), headers: { 'content-type': type } }
  const fields = Object.entries(typeof value === 'object' && value !== null ? value : {}).map(
    ([name, field]): [string, string] => [name, typeof field === 'string' ? field : JSON.stringify(field)],
  )
  if (type === 'application/x-www-form-urlencoded') {
    return { raw: new URLSearchParams(fields).toString(), headers: { 'content-type': type } }
  }
  const boundary = 'generated-boundary'
  const parts = fields.map(
    ([name, text]) =>
      `--${boundary}\r\ncontent-disposition: form-data; name="${encodeURIComponent(name)}"; filename="sample.txt"\r\ncontent-type: text/plain\r\n\r\n${text}\r\n`,
  )
  return {
    raw: `${parts.join('')}--${boundary}--\r\n`,
    headers: { 'content-type': `multipart/form-data; boundary=${boundary}` },
  }
}

async function send(made: GeneratedCall, round: Round): Promise<Reply> {
  const { operation, query, caller } = made
  const body = writeBody(made.body)
  const search = new URLSearchParams(query).toString()
  return call(scenario.app, `${operation.method} ${pathOf(made, round)}${search ? `?${search}` : ''}`, {
    ...body,
    token: caller && round.tokens[caller],
    headers: {
      ...made.headers,
      ...body.headers,
      'x-forwarded-for': `10.0.${figures.calls >> 8}.${figures.calls & 255}`,
    },
  })
}

let lastInLine: Promise<unknown> = Promise.resolve()

/** Waits for the one before. */
function oneByOne<T>(work: () => Promise<T>): Promise<T> {
  const done = lastInLine.then(work)
  lastInLine = done.catch(() => undefined)
  return done
}

/** What the server logged about a request that failed. */
function causeOf(requestId: unknown): string {
  const line = scenario.app.logLines.find(
    (each) => each.includes(String(requestId)) && each.includes('"level":"error"'),
  )
  return line === undefined ? '' : JSON.stringify(JSON.parse(line).err).slice(0, 600)
}

/** What is wrong with an answer, in words; undefined when nothing is. */
function findFault({ operation }: GeneratedCall, reply: Reply): string | undefined {
  const { status, headers, body } = reply
  const type = (headers.get('content-type') ?? '').split(';')[0] ?? ''
  // That is what it is asked for.
  if (status === 503 && operation.path.startsWith('/health/') && body.code.startsWith('server.')) return undefined
  if (status >= 500) return `${status} ${reply.text.slice(0, 200)} ${causeOf(body.request_id)}`
  const documented = operation.responses[String(status)]
  if (!documented) return `${status} is not documented: ${reply.text.slice(0, 200)}`
  if (headers.get('x-request-id') === null) return `${status} without x-request-id`
  if (status < 300) {
    const isTyped = reply.text === '' ? documented.length === 0 : documented.includes(type) || documented.length === 0
    return isTyped ? undefined : `${status} came as "${type}" instead of ${documented.join(', ') || 'nothing'}`
  }
  if (operation.path.startsWith('/v1/')) {
    const { error } = body
    const isShaped = type === 'application/json' && typeof error?.message === 'string' && typeof error.type === 'string'
    return isShaped ? undefined : `${status} is not shaped like OpenAI’s: ${reply.text.slice(0, 200)}`
  }
  const isProblem =
    type === 'application/problem+json' &&
    body.status === status &&
    /^[a-z_]+(\.[a-z_]+)+$/.test(body.code) &&
    [body.type, body.title, body.detail, body.request_id].every((text) => typeof text === 'string' && text !== '')
  return isProblem ? undefined : `${status} is no problem: ${type} ${reply.text.slice(0, 200)}`
}

test('E1: generated calls, valid and broken: no 5xx, no undocumented status, every refusal a problem', async () => {
  const faults: string[] = []
  while (figures.calls < callsTotal) {
    const round = await startRound()
    const arbitrary = fc.oneof(
      ...operations.map((operation) => generatedCalls(operation, { known: knownOf(round), callers, rightful })),
    )
    const calls = fc.sample(arbitrary, {
      numRuns: Math.min(callsPerRound, callsTotal - figures.calls),
      seed: seed + rounds,
    })
    const work = async (): Promise<void> => {
      for (let made = calls.pop(); made; made = calls.pop()) {
        figures.calls++
        // Nobody is as quick as this test: limits by time are other tests'.
        clock.advanceMs(1_000)
        // Only a few exports are written at once; the next is told to come again.
        const reply = await (made.operation.path.endsWith('/export')
          ? oneByOne(() => send(made, round))
          : send(made, round))
        if (made.caller && made.operation.path === '/auth/logout' && reply.status === 204) {
          round.tokens[made.caller] = await signInAgain(round, made.caller)
        }
        figures.byStatus.set(reply.status, (figures.byStatus.get(reply.status) ?? 0) + 1)
        const fault = findFault(made, reply)
        if (fault === undefined) continue
        const { operation, body, query, headers, caller, pathJunk } = made
        const sent = JSON.stringify({ body, query, headers, pathJunk }).slice(0, 600)
        faults.push(`${operation.route} by ${caller ?? 'nobody'}: ${fault}\n  sent ${sent}`)
      }
    }
    await Promise.all(Array.from({ length: atOnce }, work))
  }
  const distinct = new Map(
    faults.map((fault) => [
      fault
        .split('\n')[0]
        ?.slice(0, 400)
        .replaceAll(/[0-9a-f-]{36}/g, ''),
      fault,
    ]),
  )
  expect([...distinct.values()].slice(0, 40)).toEqual([])
  // Most of it gets past the gates, and much of it is done.
  const share = (low: number, high: number): number =>
    [...figures.byStatus].reduce((sum, [status, count]) => sum + (status >= low && status < high ? count : 0), 0) /
    figures.calls
  expect(share(200, 300)).toBeGreaterThan(0.25)
  expect(share(401, 404)).toBeLessThan(0.4)
  expect(share(422, 423)).toBeGreaterThan(0.1)
  expect(share(429, 430)).toBeLessThan(0.05)
}, 900_000)
