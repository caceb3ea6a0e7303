import { describe, expect, test } from 'bun:test'
import {
  countWords,
  describeFirstSteps,
  describeSteps,
  findResumeStep,
  stepAfter,
  stepBefore,
  type SetupFacts,
} from '../../console/src/features/onboarding/onboarding-steps.ts'
import { onboardingView } from '../../console/src/features/onboarding/onboarding.view.ts'
import { formatSavedAge } from '../../console/src/features/onboarding/saved-note.tsx'
import { starters } from '../../console/src/features/onboarding/starters.ts'
import { checkTenantId, deriveTenantId, proposeNextId } from '../../console/src/lib/tenant-id.ts'
import { onboardingSteps, type OnboardingStep } from '../../console/src/lib/onboarding-drafts.ts'
import { onboardingLink, tenantPath } from '../../console/src/lib/paths.ts'

const unset = { set: false, last4: null, updated_at: null }
const set = { set: true, last4: '4f9c', updated_at: '2026-11-21T15:00:00Z' }
const bare: SetupFacts = {
  tenant: {
    id: 'kepler-health',
    system_prompt: null,
    model_api_key: unset,
    pinecone_api_key: unset,
    pinecone_index: null,
  },
  promptVersion: null,
  users: 0,
  effective: { provider: 'offline', model: 'offline', retrieval: 'keyword' },
  failing: [],
  answers: 0,
}

function stepOf(options: {
  step: OnboardingStep
  facts?: Partial<SetupFacts>
  tenant?: Partial<SetupFacts['tenant']>
  passed?: OnboardingStep[]
  typedPrompt?: string
}) {
  const facts = { ...bare, ...options.facts, tenant: { ...bare.tenant, ...options.tenant } }
  const steps = describeSteps({ facts, passed: options.passed ?? [], typedPrompt: options.typedPrompt })
  const found = steps.find(({ step }) => step === options.step)
  return [found?.finding, found?.mark]
}

describe('the id of a new tenant', () => {
  test('follows from its name and is one the server takes', () => {
    expect(deriveTenantId('Kepler Health')).toBe('kepler-health')
    expect(deriveTenantId('  Löwe & Söhne GmbH  ')).toBe('lowe-and-sohne-gmbh')
    expect(deriveTenantId('_Straße 7!')).toBe('strasse-7')
    for (const name of ['Kepler Health', '--a--', `${'very '.repeat(40)}long`, 'Ångström 9']) {
      expect(checkTenantId(deriveTenantId(name))).toBeUndefined()
    }
  })

  test('is empty when the name offers nothing, and then is asked for', () => {
    expect(deriveTenantId('東京')).toBe('')
    expect(checkTenantId('')).toBe('Enter an id.')
  })

  test('is refused in words before the server has to', () => {
    expect(checkTenantId('_a')).toContain('Start with')
    expect(checkTenantId('Kepler')).toContain('lower-case')
    expect(checkTenantId('a b')).toContain('only')
    expect(checkTenantId('a'.repeat(64))).toContain('63')
    expect(checkTenantId('a'.repeat(63))).toBeUndefined()
  })

  test('is refused when it is a word of the platform’s own', () => {
    for (const id of ['counts', 'import', 'new']) expect(checkTenantId(id)).toContain('platform’s own')
    expect(checkTenantId('new-york')).toBeUndefined()
  })

  test('when it is taken, another one is proposed that the server takes', () => {
    expect(proposeNextId('kepler-health')).toBe('kepler-health-2')
    expect(proposeNextId('kepler-health-2')).toBe('kepler-health-3')
    expect(proposeNextId('a-9')).toBe('a-10')
    expect(proposeNextId('2024')).toBe('2024-2')
    const long = proposeNextId('a'.repeat(63))
    expect(checkTenantId(long)).toBeUndefined()
    expect(long.endsWith('-2')).toBe(true)
  })
})

describe('the steps of an onboarding', () => {
  test('before the tenant exists, all are open and none pretends a finding', () => {
    const steps = describeFirstSteps()
    expect(steps.map(({ step }) => step)).toEqual([...onboardingSteps])
    expect(new Set(steps.map(({ mark }) => mark))).toEqual(new Set(['open']))
  })

  test('the prompt tells its version and words, a draft before it is saved, and what answers without one', () => {
    const saved = { facts: { promptVersion: 3 }, tenant: { system_prompt: 'Be brief and exact.' } }
    expect(stepOf({ step: 'prompt', ...saved })).toEqual(['Version 3, 4 words', 'done'])
    expect(stepOf({ step: 'prompt', ...saved, typedPrompt: 'Be  brief.\n' })).toEqual(['Draft, 2 words', 'open'])
    expect(stepOf({ step: 'prompt', ...saved, typedPrompt: 'Be brief and exact.' })[1]).toBe('done')
    expect(stepOf({ step: 'prompt' })).toEqual(['The platform’s prompt', 'open'])
    expect(stepOf({ step: 'prompt', passed: ['prompt'] })[1]).toBe('skipped')
    expect(countWords('')).toBe(0)
  })

  test('without a key the offline model answers; a model that fails is told, whatever was passed', () => {
    expect(stepOf({ step: 'model' })).toEqual(['The offline model', 'open'])
    expect(stepOf({ step: 'model', passed: ['model'] })).toEqual(['The offline model', 'done'])
    const openai = { provider: 'openai', model: 'gpt-4o-mini', retrieval: 'keyword' }
    expect(stepOf({ step: 'model', facts: { effective: openai }, tenant: { model_api_key: set } })).toEqual([
      'gpt-4o-mini',
      'done',
    ])
    expect(stepOf({ step: 'model', facts: { failing: ['model'] }, passed: ['model'] })[1]).toBe('failed')
    const nobody = { provider: null, model: null, retrieval: 'keyword' }
    expect(stepOf({ step: 'model', facts: { effective: nobody }, passed: ['model'] })).toEqual([
      'No model can answer yet',
      'failed',
    ])
  })

  test('Pinecone is its index once there is a key for it, and may be skipped or fail', () => {
    const index = { pinecone_api_key: set, pinecone_index: 'kepler-docs' }
    expect(stepOf({ step: 'pinecone', tenant: index })).toEqual(['kepler-docs', 'done'])
    expect(stepOf({ step: 'pinecone', tenant: { pinecone_index: 'kepler-docs' } })[1]).toBe('open')
    expect(stepOf({ step: 'pinecone', tenant: index, facts: { failing: ['pinecone'] } })[1]).toBe('failed')
    expect(stepOf({ step: 'pinecone', passed: ['pinecone'] })).toEqual(['Skipped: keyword search', 'skipped'])
  })

  test('users and answers are counted; who answers already left out on purpose what is missing', () => {
    expect(stepOf({ step: 'users' })).toEqual(['Nobody assigned yet', 'open'])
    expect(stepOf({ step: 'users', facts: { users: 1 } })).toEqual(['1 user', 'done'])
    expect(stepOf({ step: 'try', facts: { answers: 2 } })).toEqual(['2 answers so far', 'done'])
    for (const step of ['prompt', 'pinecone', 'users'] as const) {
      expect(stepOf({ step, facts: { answers: 1 } })[1]).toBe('skipped')
    }
  })

  test('goes on where it was left, else at the first step that is still to be done, else at the last', () => {
    const steps = describeSteps({ facts: bare, passed: ['prompt'], typedPrompt: undefined })
    expect(findResumeStep({ at: 'users', steps })).toBe('users')
    expect(findResumeStep({ at: undefined, steps })).toBe('model')
    const all = describeSteps({ facts: { ...bare, answers: 1 }, passed: [], typedPrompt: undefined })
    expect(findResumeStep({ at: undefined, steps: all })).toBe('try')
  })

  test('follow each other to both ends', () => {
    expect(stepBefore('name')).toBeUndefined()
    expect(stepAfter('try')).toBeUndefined()
    for (const step of onboardingSteps.slice(1)) expect(stepAfter(stepBefore(step) ?? 'try')).toBe(step)
  })

  test('have their place in the address', () => {
    expect(onboardingView.validate({ tenant: 'kepler', step: 'users' })).toEqual({ tenant: 'kepler', step: 'users' })
    expect(onboardingView.validate({ tenant: 'kepler', step: 'elsewhere' })).toEqual({ tenant: 'kepler' })
    expect(onboardingLink({ tenantId: 'kepler', step: 'try' }).search).toEqual({ tenant: 'kepler', step: 'try' })
    // The bare path of this tenant is the page of a new one.
    expect(tenantPath('new')).toBe('/tenants/new/settings')
    expect(tenantPath('new', 'users')).toBe('/tenants/new/users')
    expect(tenantPath('kepler')).toBe('/tenants/kepler')
  })
})

test('every prompt to start from names the tenant and is one that can be saved', () => {
  for (const { write } of starters) {
    const text = write('Kepler Health')
    expect(text).toContain('Kepler Health')
    expect(text.trim()).toBe(text)
    expect(countWords(text)).toBeLessThan(200)
  }
})

test('how long ago something was saved is told to the second for a minute', () => {
  const at = '2026-11-21T15:00:00.000Z'
  const age = (seconds: number) => formatSavedAge({ at, now: new Date(Date.parse(at) + seconds * 1000) })
  expect([age(-1), age(0.4), age(4), age(59), age(61)]).toEqual(['now', 'now', '4 s ago', '59 s ago', '1 min ago'])
})
