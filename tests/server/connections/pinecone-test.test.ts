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
  fixes?: { field: string; choices: { value: string; note: string | null }[] }[]
}

function expectSteps(reply: Reply, failing: string | null): Step[] {
  expect(reply.status).toBe(200)
  const steps: Step[] = reply.body.steps
  expect([reply.body.ok, steps.find(({ ok }) => !ok)?.name ?? null]).toEqual([failing === null, failing])
  expect(steps.map(({ name }) => name)).toEqual(names)
  const at = failing === null ? names.length : names.indexOf(failing)
  expect(steps.map(({ ok }) => ok)).toEqual(names.map((_, index) => index < at))
  for (const [index, step] of steps.entries()) {
    const { fixes, ...contracted } = step
    expect(Object.keys(contracted).sort()).toEqual(['detail', 'latency_ms', 'name', 'ok', 'remedy'])
    for (const { choices } of fixes ?? []) expect(choices).not.toEqual([])
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

  test('without a key it says so, and nothing is asked', async () => {
    await makeTenant(scenario.app, scenario.superuser, tenant)
    expectSteps(await testPinecone({ pinecone_index: 'docs' }), 'key')
    expect(scenario.pinecone.requests).toEqual([])
    expect(await audits()).toHaveLength(1)
  })

  test('with a key alone it names the indexes there are, those that fit first', async () => {
    await makeTenant(scenario.app, scenario.superuser, tenant)
    const steps = expectSteps(await testPinecone({ pinecone_api_key: key, pinecone_environment: 'us-east-1' }), 'index')
    expect(steps[1]?.fixes).toEqual([
      {
        field: 'pinecone_index',
        choices: [
          { value: 'docs', note: '1,536 dimensions, us-east-1-aws' },
          { value: 'small', note: '384 dimensions, us-east-1-aws' },
          { value: 'large', note: '3,072 dimensions, us-east-1-aws' },
          { value: 'gcp', note: '1,536 dimensions, europe-west4-gcp' },
          { value: 'pods', note: '1,536 dimensions, us-east1-gcp' },
          { value: 'fresh', note: '1,536 dimensions, us-east-1-aws, not ready' },
        ],
      },
    ])
    expect(scenario.pinecone.requests.map(({ path }) => path)).toEqual(['/indexes'])
  })

  const mended: [string, string, Record<string, string>, [string, string[]][]][] = [
    [
      'region',
      'the index’s region, or an index there',
      { pinecone_environment: 'europe-west4' },
      [
        ['pinecone_environment', ['us-east-1']],
        ['pinecone_index', ['gcp']],
      ],
    ],
    [
      'region',
      'region and cloud where the cloud was named',
      { pinecone_environment: 'us-east-1-gcp' },
      [['pinecone_environment', ['us-east-1-aws']]],
    ],
    [
      'region',
      'a pod’s whole environment',
      { pinecone_environment: 'us-east1', pinecone_index: 'pods' },
      [['pinecone_environment', ['us-east1-gcp']]],
    ],
    [
      'dimension',
      'a model of that dimension, or an index that fits the model',
      { pinecone_index: 'large' },
      [
        ['embedding_model', ['text-embedding-3-large']],
        ['pinecone_index', ['docs', 'gcp', 'pods']],
      ],
    ],
    [
      'dimension',
      'another index alone where no model fits',
      { pinecone_index: 'small' },
      [['pinecone_index', ['docs', 'gcp', 'pods']]],
    ],
    [
      'dimension',
      'both models of 1536',
      { embedding_model: 'text-embedding-3-large' },
      [
        ['embedding_model', ['text-embedding-3-small', 'text-embedding-ada-002']],
        ['pinecone_index', ['large']],
      ],
    ],
  ]

  test.each(mended)('a failed %s is mended by %s: each choice passes that step', async (step, _name, draft, wanted) => {
    await makeTenant(scenario.app, scenario.superuser, tenant, settings)
    const failed = expectSteps(await testPinecone(draft), step).find(({ name }) => name === step)
    const fixes = failed?.fixes ?? []
    expect(fixes.map(({ field, choices }) => [field, choices.map(({ value }) => value)])).toEqual(wanted)
    for (const { field, choices } of fixes) {
      for (const { value } of choices) {
        const again: Step[] = (await testPinecone({ ...draft, [field]: value })).body.steps
        expect([field, value, again.find(({ name }) => name === step)?.ok]).toEqual([field, value, true])
      }
    }
  })

  test('a vector without text under the configured field is told, with the fields that hold text', async () => {
    scenario.pinecone.addIndex({ name: 'cms', apiKey: key })
    const passage = { id: 'a', text: 'The passage itself.', textField: 'body', metadata: { lang: 'en', year: 2026 } }
    scenario.pinecone.seed('cms', [passage])
    await makeTenant(scenario.app, scenario.superuser, tenant, { ...settings, pinecone_index: 'cms' })
    const inDefault = { pinecone_namespace: null }
    const query = expectSteps(await testPinecone(inDefault), null).at(-1)
    expect(query?.detail).toContain('no text under “text”')
    const choices = ['body', 'lang'].map((value) => ({ value, note: null }))
    expect(query?.fixes).toEqual([{ field: 'pinecone_text_field', choices }])
    const found = expectSteps(await testPinecone({ ...inDefault, pinecone_text_field: 'body' }), null).at(-1)
    expect(found?.detail).toContain('with text under “body”')
    expect(found?.fixes).toBeUndefined()
    scenario.pinecone.removeIndex('cms')
  })

  test('ends within 10 seconds when Pinecone never answers', async () => {
    await makeTenant(scenario.app, scenario.superuser, tenant, settings)
    scenario.pinecone.behave({ stall: true }, { sticky: true })
    const startedMs = performance.now()
    expectSteps(await testPinecone(), 'key')
    expect(performance.now() - startedMs).toBeLessThan(10_000)
  }, 15_000)
})

describe('POST …/pinecone/test with the platform’s shared key', () => {
  test('names none of the platform’s other indexes', async () => {
    const shared = await startScenario({
      env: { PINECONE_API_KEY: key, PINECONE_SHARED: 'true', INDEX_NAME: 'platform-small' },
    })
    try {
      shared.pinecone.addIndex({ name: 'platform-small', apiKey: key, dimension: 384 })
      shared.pinecone.addIndex({ name: 'platform-other', apiKey: key })
      await makeTenant(shared.app, shared.superuser, 'guest')
      const route = 'POST /admin/tenants/guest/pinecone/test'
      const asked = { token: shared.superuser.token, body: {} }
      const unfit = await call(shared.app, route, asked)
      expectSteps(unfit, 'dimension')
      shared.pinecone.removeIndex('platform-small')
      const missing = await call(shared.app, route, asked)
      expectSteps(missing, 'index')
      for (const { text } of [unfit, missing]) expect(text).not.toContain('platform-other')
    } finally {
      await shared.stop()
    }
  })
})
