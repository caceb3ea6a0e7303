import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'bun:test'
import { call, type Reply } from '../../support/call.ts'
import { upstreamCanary } from '../../support/fake-openai-answers.ts'
import type { FakePineconeBehaviour } from '../../support/fake-pinecone.ts'
import { makeTenant } from '../../support/people.ts'
import { type Scenario, startScenario } from '../../support/scenario.ts'

let scenario: Scenario
let tenant = ''
let tenants = 0
const key = 'pcsk-tenant-canary-0123456789'
const names = ['key', 'index', 'dimension', 'region', 'namespace', 'query']
const settings = { pinecone_api_key: key, pinecone_index: 'docs', pinecone_namespace: 'shop' }

beforeAll(async () => {
  scenario = await startScenario()
  const { pinecone } = scenario
  pinecone.addIndex({ name: 'docs', apiKey: key })
  pinecone.seed('docs', [{ namespace: 'shop', id: 'a', text: 'One.' }])
  pinecone.addIndex({ name: 'small', apiKey: key, dimension: 384 })
  pinecone.addIndex({ name: 'large', apiKey: key, dimension: 3072 })
  pinecone.addIndex({ name: 'gcp', apiKey: key, spec: { cloud: 'gcp', region: 'europe-west4' } })
  pinecone.addIndex({ name: 'pods', apiKey: key, spec: { environment: 'us-east1-gcp' } })
  pinecone.addIndex({ name: 'fresh', apiKey: key, ready: false })
})
beforeEach(() => {
  scenario.pinecone.reset()
  tenant = `tenant-${(tenants += 1)}`
})
afterAll(() => scenario.stop())

const api = (route: string, body?: unknown): Promise<Reply> =>
  call(scenario.app, route, { token: scenario.superuser.token, body })
const testPinecone = (body?: unknown): Promise<Reply> => api(`POST /admin/tenants/${tenant}/pinecone/test`, body)
const audits = async (): Promise<unknown[]> =>
  (
    await scenario.sql`select after from audit_log where tenant_id = ${tenant} and action = 'tenant.pinecone_tested' order by at`
  ).map(({ after }) => after)

interface Step {
  name: string
  ok: boolean
  detail: string
  remedy: string | null
  latency_ms: number
}

function expectSteps(reply: Reply, failing: string | null): Step[] {
  expect(reply.status).toBe(200)
  const steps: Step[] = reply.body.steps
  expect([reply.body.ok, steps.find(({ ok }) => !ok)?.name ?? null]).toEqual([failing === null, failing])
  expect(steps.map(({ name }) => name)).toEqual(names)
  const at = failing === null ? names.length : names.indexOf(failing)
  expect(steps.map(({ ok }) => ok)).toEqual(names.map((_, index) => index < at))
  for (const [index, step] of steps.entries()) {
    expect(Object.keys(step).sort()).toEqual(['detail', 'latency_ms', 'name', 'ok', 'remedy'])
    expect(step.detail).not.toBe('')
    expect(step.remedy !== null).toBe(index === at)
  }
  expect(reply.text).not.toContain(upstreamCanary)
  expect(reply.text).not.toContain(key)
  return steps
}

describe('POST …/pinecone/test', () => {
  test('passes key, index, dimension, region, namespace, query of what is stored; one audit row', async () => {
    await makeTenant(scenario.app, scenario.superuser, tenant, settings)
    const steps = expectSteps(await testPinecone(), null)
    expect(steps.at(4)?.detail).toContain('1 vector')
    const query = scenario.pinecone.requests.find(({ path }) => path.endsWith('/query'))
    const { vector, namespace } = query!.body as { vector: number[]; namespace: string }
    expect([vector.length, Math.hypot(...vector), namespace]).toEqual([1536, 1, 'shop'])
    expect(scenario.pinecone.requests.every(({ headers }) => headers['api-key'] === key)).toBe(true)
    expect(await audits()).toEqual([{ ok: true, failed_step: null, drafted: [] }])
  })

  test.each([
    ['key', 'a key that Pinecone does not know', { pinecone_api_key: 'pcsk-unknown-0123456789' }],
    ['index', 'an index that is none', { pinecone_index: 'nothing' }],
    ['index', 'an index that is not ready', { pinecone_index: 'fresh' }],
    ['dimension', 'an index of another dimension', { pinecone_index: 'small' }],
    ['dimension', 'a model of another dimension', { embedding_model: 'text-embedding-3-large' }],
    ['region', 'another region', { pinecone_environment: 'eu-west-1' }],
    ['region', 'another cloud in the same words', { pinecone_environment: 'us-east-1-gcp' }],
    ['region', 'a pod index elsewhere', { pinecone_environment: 'us-east1', pinecone_index: 'pods' }],
  ])('the step %s fails at %s, the later ones are not run', async (step, _name, draft) => {
    await makeTenant(scenario.app, scenario.superuser, tenant, settings)
    expectSteps(await testPinecone(draft), step)
    expect(await audits()).toEqual([{ ok: false, failed_step: step, drafted: Object.keys(draft) }])
    if (step !== 'query') expect(scenario.pinecone.requests.map(({ path }) => path)).not.toContain('/data/docs/query')
  })

  test.each([
    ['no environment', {}],
    ['an empty namespace', { pinecone_namespace: '' }],
    ['a namespace that holds nothing', { pinecone_namespace: 'nothing-yet' }],
    ['the region itself', { pinecone_environment: 'us-east-1' }],
    ['region and cloud in one', { pinecone_environment: 'us-east-1-aws' }],
    ['another cloud', { pinecone_index: 'gcp', pinecone_environment: 'europe-west4-gcp' }],
    ['a pod’s environment', { pinecone_index: 'pods', pinecone_environment: 'us-east1-gcp' }],
    ['a larger model and its index', { pinecone_index: 'large', embedding_model: 'text-embedding-3-large' }],
    ['null for what is stored', { pinecone_namespace: null, pinecone_environment: null }],
  ])('%s passes', async (_name, draft) => {
    await makeTenant(scenario.app, scenario.superuser, tenant, settings)
    expectSteps(await testPinecone(draft), null)
    const tenantNow = (await api(`GET /admin/tenants/${tenant}`)).body
    expect(tenantNow).toMatchObject({ pinecone_index: 'docs', pinecone_namespace: 'shop', pinecone_environment: null })
  })

  const upstream: [string, string, FakePineconeBehaviour][] = [
    ['key', 'a failing controller', { on: 'control', status: 500 }],
    ['key', 'a controller that sends a page', { on: 'control', html200: true }],
    ['key', 'a controller that redirects', { on: 'control', redirectTo: 'http://127.0.0.1:1/' }],
    ['key', 'a controller without end', { on: 'control', endlessBody: true }],
    ['namespace', 'a failing index', { on: 'data', status: 500 }],
    ['namespace', 'an index that refuses the key', { on: 'data', status: 401 }],
    ['namespace', 'an index that limits', { on: 'data', status: 429 }],
  ]

  test.each(upstream)('the step %s fails at %s, and no upstream text is shown', async (step, _name, behaviour) => {
    await makeTenant(scenario.app, scenario.superuser, tenant, settings)
    scenario.pinecone.behave(behaviour, { sticky: true })
    expectSteps(await testPinecone(), step)
    expect(scenario.app.logLines.join('\n')).not.toContain(upstreamCanary)
  })

  test('the step query fails when only that is refused', async () => {
    await makeTenant(scenario.app, scenario.superuser, tenant, settings)
    expectSteps(await testPinecone(), null)
    const calls = scenario.pinecone.requests.filter(({ path }) => path.startsWith('/data/')).length
    scenario.pinecone.reset()
    for (let passed = 1; passed < calls; passed += 1) scenario.pinecone.behave({ on: 'data', delayMs: 0 })
    for (let time = 0; time < 4; time += 1) scenario.pinecone.behave({ on: 'data', status: 400 })
    expectSteps(await testPinecone(), 'query')
  })

  test('without a key or an index it says so, and nothing is asked', async () => {
    await makeTenant(scenario.app, scenario.superuser, tenant)
    const withoutKey = await testPinecone({ pinecone_index: 'docs' })
    expect([withoutKey.status, withoutKey.body.ok, withoutKey.body.steps[0].name]).toEqual([200, false, 'key'])
    const withoutIndex = await testPinecone({ pinecone_api_key: key })
    const failed = withoutIndex.body.steps.find((step: { ok: boolean }) => !step.ok)
    expect([withoutIndex.status, withoutIndex.body.ok, failed.name]).toEqual([200, false, 'index'])
    expect(scenario.pinecone.requests).toEqual([])
    expect(await audits()).toHaveLength(2)
  })

  test('ends within 10 seconds when Pinecone never answers', async () => {
    await makeTenant(scenario.app, scenario.superuser, tenant, settings)
    scenario.pinecone.behave({ stall: true }, { sticky: true })
    const startedMs = performance.now()
    expectSteps(await testPinecone(), 'key')
    expect(performance.now() - startedMs).toBeLessThan(10_000)
  }, 15_000)
})
