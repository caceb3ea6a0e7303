import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { call, type Reply } from '../support/call.ts'
import { makeTenant, makeUser, type Person } from '../support/people.ts'
import { eventually, type Scenario, startScenario } from '../support/scenario.ts'

/** C1 at the API: whatever a tenant names as an address, nothing of ours or of the network's inside is reached. */

let scenario: Scenario
let user: Person
let hits = 0
let listener: Bun.Server<undefined>
let ipv6: Bun.Server<undefined> | undefined
const key = 'sk-tenant-canary-0123456789'
const settings = { model_provider: 'openai-compatible', model: 'x', model_api_key: key }

beforeAll(async () => {
  const count = (): Response => {
    hits += 1
    return Response.json({})
  }
  listener = Bun.serve({ port: 0, hostname: '0.0.0.0', fetch: count })
  try {
    ipv6 = Bun.serve({ port: listener.port, hostname: '::1', fetch: count })
  } catch {
    // A machine without IPv6.
  }
  scenario = await startScenario({ env: { ALLOW_LOOPBACK_UPSTREAMS: '', OFFLINE_MODEL: 'true' } })
  await makeTenant(scenario.app, scenario.superuser, 'acme', { model_api_key: key })
  user = await makeUser(scenario.app, scenario.superuser, { tenant: 'acme' })
})
afterAll(async () => {
  await scenario.stop()
  await listener.stop(true)
  await ipv6?.stop(true)
})

const api = (route: string, body?: unknown): Promise<Reply> =>
  call(scenario.app, route, { token: scenario.superuser.token, body })

const hosts = [
  '127.0.0.1',
  '127.1',
  '127.0.0.2',
  '2130706433',
  '0x7f000001',
  '0x7f.0.0.1',
  '017700000001',
  '0177.0.0.1',
  '0',
  '0.0.0.0',
  '[::1]',
  '[::]',
  '[::ffff:127.0.0.1]',
  '[::ffff:7f00:1]',
  '[0:0:0:0:0:ffff:127.0.0.1]',
  '[64:ff9b::7f00:1]',
  '[fe80::1]',
  '[fd00::1]',
  'localhost',
  'LOCALHOST',
  'localhost.',
  'x.localhost',
  '１２７.０.０.１',
  '①②⑦.0.0.1',
  '127。0。0。1',
  '169.254.169.254',
  '[::ffff:169.254.169.254]',
  '2852039166',
  '10.0.0.1',
  '172.16.0.1',
  '192.168.0.1',
  '100.64.0.1',
  '198.18.0.1',
  '224.0.0.1',
  '255.255.255.255',
]
const spellings = [
  ...hosts.flatMap((host) => [`http://${host}:PORT/v1`, `https://${host}:PORT/v1`]),
  'http://user:pass@127.0.0.1:PORT/v1',
  'https://user@example.com/v1',
  'https://example.com@127.0.0.1:PORT/v1',
  'https://example.com:pass@127.0.0.1:PORT/',
  'http:\\\\127.0.0.1:PORT\\v1',
  'http:///127.0.0.1:PORT/v1',
  'http:127.0.0.1:PORT/v1',
  '  http://127.0.0.1:PORT/v1',
  'http://127.0.0.1\t:PORT/v1',
  'http://example.com/v1',
  'file:///etc/passwd',
  'data:text/plain,hello',
  'ftp://example.com/v1',
  'gopher://127.0.0.1:PORT/v1',
  'javascript:alert(1)',
  'blob:http://127.0.0.1:PORT/x',
  'unix:///var/run/docker.sock',
  '//127.0.0.1:PORT/v1',
  '127.0.0.1:PORT/v1',
  'not an address',
  'https://',
]

const spell = (spelling: string): string => spelling.replaceAll('PORT', String(listener.port))

describe.each(spellings)('C1: %s', (spelling) => {
  test('is refused at save, in a test and at connect; nothing is reached', async () => {
    const before = hits
    const model_base_url = spell(spelling)
    const created = await api('POST /admin/tenants', { id: 'made', name: 'X', ...settings, model_base_url })
    const changed = await api('PATCH /admin/tenants/acme', { ...settings, model_base_url })
    const tested = await api('POST /admin/tenants/acme/model/test', { ...settings, model_base_url })
    for (const reply of [created, changed, tested]) {
      expect([reply.status, reply.headers.get('content-type')]).toEqual([422, 'application/problem+json'])
      expect(reply.body.errors[0].path).toBe('model_base_url')
    }
    const { app, sql } = scenario
    // Whoever can write the row, or a check that was weaker once: the address is checked again when it is used.
    await sql`
      update tenants set model_provider = 'openai-compatible', model = 'x', model_base_url = ${model_base_url},
        model_api_key_origin = ${originOf(model_base_url)} where id = 'acme'`
    await eventually(async () => (await api('GET /admin/tenants/acme')).body.model_base_url === model_base_url)
    const asked = await call(app, 'POST /chat', { token: user.token, body: { message: 'Hi' } })
    expect([502, 503]).toContain(asked.status)
    expect(asked.headers.get('content-type')).toBe('application/problem+json')
    const testedAsStored = await api('POST /admin/tenants/acme/model/test', {})
    expect(testedAsStored.status === 422 || testedAsStored.body.ok === false).toBe(true)
    expect(testedAsStored.status).toBeLessThan(500)
    expect(hits).toBe(before)
  })
})

test('C1: an index host that leads inside is refused at connect', async () => {
  const { app, pinecone, superuser } = scenario
  const pineconeKey = 'pcsk-tenant-canary-0123456789'
  for (const [index, host] of [
    `http://127.0.0.1:${listener.port}`,
    `http://[::1]:${listener.port}`,
    `https://localhost:${listener.port}`,
  ].entries()) {
    pinecone.addIndex({ name: `inside-${index}`, apiKey: pineconeKey, host })
    const tenant = `indexed-${index}`
    const retrieval = { retrieval: 'semantic', pinecone_index: `inside-${index}`, pinecone_api_key: pineconeKey }
    await makeTenant(app, superuser, tenant, retrieval)
    const asker = await makeUser(app, superuser, { tenant })
    const asked = await call(app, 'POST /chat', { token: asker.token, body: { message: 'Hi' } })
    expect([asked.status, asked.body.code, asked.body.reason]).toEqual([502, 'retrieval.failed', 'address_refused'])
    const tested = await api(`POST /admin/tenants/${tenant}/pinecone/test`, {})
    expect([tested.status, tested.body.ok]).toEqual([200, false])
  }
  expect(hits).toBe(0)
})

test('C1: a redirect to the inside is not followed', async () => {
  scenario.model.behave({ redirectTo: `http://127.0.0.1:${listener.port}/v1/chat/completions` }, { sticky: true })
  await makeTenant(scenario.app, scenario.superuser, 'redirected')
  const asker = await makeUser(scenario.app, scenario.superuser, { tenant: 'redirected' })
  const asked = await call(scenario.app, 'POST /chat', { token: asker.token, body: { message: 'Hi' } })
  expect([asked.status, asked.body.reason]).toEqual([502, 'redirected'])
  expect(hits).toBe(0)
})

function originOf(address: string): string {
  try {
    return new URL(address).origin
  } catch {
    return 'null'
  }
}
