import { describe, expect, test } from 'bun:test'
import { describeHealth, describeModelInUse, isSetUp } from '../../console/src/features/connections/describe-health.ts'
import {
  explainNeededKey,
  fieldsOf,
  hasAddress,
  readChanges,
  readConnectionFields,
  readModelDraft,
  readPineconeDraft,
  type ConnectionFields,
  type Drafted,
  type StoredConnections,
} from '../../console/src/panels/connection-fields.ts'
import { judgeTest } from '../../console/src/panels/connection-health.ts'
import { makeConnectionRules } from '../../console/src/panels/connection-rules.ts'
import {
  describeChoices,
  describeFix,
  expectedSteps,
  findFieldOfStep,
} from '../../console/src/panels/connection-steps.ts'

const unset = { set: false, last4: null, updated_at: null }
const stored = { set: true, last4: '4f9c', updated_at: '2026-11-21T09:00:00.000Z' }
const now = new Date('2026-11-21T12:00:00.000Z')

function makeTenant(settings: Partial<StoredConnections> = {}): StoredConnections {
  return {
    id: 'kepler-health',
    retrieval: null,
    pinecone_environment: null,
    pinecone_index: null,
    pinecone_namespace: null,
    pinecone_text_field: 'text',
    pinecone_api_key: unset,
    embedding_model: 'text-embedding-3-small',
    model_provider: null,
    model: null,
    model_base_url: null,
    model_api_key: unset,
    ...settings,
  }
}

function draft(tenant: StoredConnections, typed: Partial<ConnectionFields> = {}): Drafted {
  return { tenant, fields: { ...readConnectionFields(tenant), ...typed } }
}

const compatible = makeTenant({
  model_provider: 'openai-compatible',
  model: 'own',
  model_base_url: 'https://models.example.org/v1',
  model_api_key: stored,
})

describe('the settings of a connection', () => {
  test('send only what differs; nothing typed changes nothing', () => {
    for (const tenant of [makeTenant(), compatible, makeTenant({ model_base_url: 'https://a.example/v1' })]) {
      expect(readChanges('model', draft(tenant))).toEqual({})
      expect(readChanges('pinecone', draft(tenant))).toEqual({})
    }
    const typed = { pinecone_index: ' docs ', pinecone_namespace: '', retrieval: 'semantic' } as const
    expect(readChanges('pinecone', draft(makeTenant(), typed))).toEqual({
      pinecone_index: 'docs',
      retrieval: 'semantic',
    })
    expect(readChanges('model', draft(makeTenant(), typed))).toEqual({})
  })

  test('an emptied field is taken away, an empty key stays as stored', () => {
    const tenant = makeTenant({ pinecone_index: 'docs', pinecone_environment: 'us-east-1', pinecone_api_key: stored })
    const changes = readChanges('pinecone', draft(tenant, { pinecone_environment: ' ', pinecone_api_key: '' }))
    expect(changes).toEqual({ pinecone_environment: null })
  })

  test('a pasted key loses the space around it', () => {
    const changes = readChanges('pinecone', draft(makeTenant(), { pinecone_api_key: ' pcsk-0123456789\n' }))
    expect(changes).toEqual({ pinecone_api_key: 'pcsk-0123456789' })
  })

  test('a test overrides what it tries, never how answers are made', () => {
    const typed = { model: 'gpt-9', retrieval: 'off', pinecone_index: 'docs' } as const
    expect(readModelDraft(draft(makeTenant(), typed))).toEqual({ model: 'gpt-9' })
    expect(readPineconeDraft(draft(makeTenant(), typed))).toEqual({ pinecone_index: 'docs' })
  })

  test('another provider drops the address, the offline one keeps it for the way back', () => {
    expect(readChanges('model', draft(compatible, { model_provider: 'automatic' }))).toEqual({
      model_provider: null,
      model_base_url: null,
    })
    expect(readChanges('model', draft(compatible, { model_provider: 'offline' }))).toEqual({
      model_provider: 'offline',
    })
  })

  test('an address is a compatible server’s, or a vendor’s that is stored with one', () => {
    const proxied = makeTenant({ model_provider: 'openai', model_base_url: 'https://proxy.example.org/v1' })
    expect(hasAddress(draft(proxied))).toBe(true)
    expect(hasAddress(draft(proxied, { model_provider: 'deepseek' }))).toBe(false)
    expect(hasAddress(draft(makeTenant()))).toBe(false)
    expect(hasAddress(draft(makeTenant({ model_base_url: 'https://a.example/v1' })))).toBe(true)
  })
})

describe('a stored key', () => {
  test('does for its own place, however its address is written', () => {
    expect(explainNeededKey(draft(compatible, { model: 'other' }))).toBeUndefined()
    expect(explainNeededKey(draft(compatible, { model_base_url: ' https://models.example.org/v1/ ' }))).toBeUndefined()
    expect(explainNeededKey(draft(compatible, { model_provider: 'offline' }))).toBeUndefined()
    const openai = makeTenant({ model_api_key: stored })
    expect(explainNeededKey(draft(openai, { model_provider: 'openai' }))).toBeUndefined()
  })

  test('has to be typed again for another address or vendor, and both are named', () => {
    const elsewhere = explainNeededKey(draft(compatible, { model_base_url: 'https://other.example/v1' }))
    expect(elsewhere).toContain('https://models.example.org/v1')
    expect(elsewhere).toContain('https://other.example/v1')
    expect(explainNeededKey(draft(compatible, { model_provider: 'deepseek' }))).toContain('DeepSeek')
    expect(explainNeededKey(draft(makeTenant({ model_api_key: stored }), { model_provider: 'deepseek' }))).toContain(
      'OpenAI',
    )
  })

  test('is needed for an address even when none is stored, and not for the platform’s vendors', () => {
    expect(explainNeededKey(draft(makeTenant(), { model_provider: 'openai-compatible' }))).toBeDefined()
    for (const model_provider of ['automatic', 'openai', 'deepseek', 'offline'] as const) {
      expect(explainNeededKey(draft(makeTenant(), { model_provider }))).toBeUndefined()
    }
  })
})

test('settings are checked before they are sent', () => {
  const rules = makeConnectionRules(compatible)
  const { fields } = draft(compatible)
  const refused: [keyof typeof rules, string][] = [
    ['model_base_url', ''],
    ['model_base_url', 'models.example.org'],
    ['model_base_url', 'https://models.example.org/v1?key=1'],
    ['model', ' '],
    ['model_api_key', 'short'],
    ['model_api_key', 'sk with spaces 0123'],
    ['pinecone_index', 'Not An Index'],
    ['pinecone_namespace', 'x'.repeat(513)],
    ['pinecone_text_field', ''],
    ['embedding_model', ' '],
  ]
  for (const [name, value] of refused) expect([name, typeof rules[name]?.(value, fields)]).toEqual([name, 'string'])
  for (const name of [...fieldsOf.model, ...fieldsOf.pinecone]) {
    expect([name, rules[name]?.(fields[name], fields) ?? true]).toEqual([name, true])
  }
  const typed = { ...fields, model_base_url: 'https://other.example/v1' }
  expect(rules.model_api_key?.('', typed)).toContain('https://other.example/v1')
})

describe('what a test found', () => {
  test('stands at the field it is about, for every step that has one', () => {
    expect(expectedSteps.pinecone.map((step) => findFieldOfStep('pinecone', step) ?? null)).toEqual([
      'pinecone_api_key',
      'pinecone_index',
      'embedding_model',
      'pinecone_environment',
      'pinecone_namespace',
      null,
    ])
    expect(findFieldOfStep('model', 'key')).toBe('model_api_key')
  })

  test('is mended by words that say what is done', () => {
    expect(describeFix('pinecone_environment', 'us-east-1')).toBe('Set us-east-1 and test again')
    expect(describeFix('model', 'gpt-9')).toBe('Use gpt-9 and test again')
    expect(describeChoices('pinecone_index', 4)).toBe('the 4 indexes')
  })

  test('ends a failure, or keeps the time of its first', () => {
    const since = '2026-11-21T10:00:00.000Z'
    const before = {
      connection: 'model',
      last_success_at: '2026-11-20T00:00:00.000Z',
      failing_since: since,
      code: 'key_refused',
      detail: 'Refused.',
      affected: 212,
    } as const
    const at = now.toISOString()
    const works = judgeTest({ kind: 'model', before, failed: undefined, at })
    expect(works).toMatchObject({ last_success_at: at, failing_since: null, code: null, affected: 0 })
    const failed = { name: 'model', detail: 'Unknown.' }
    const fails = judgeTest({ kind: 'model', before, failed, at })
    expect(fails).toMatchObject({ ...before, code: 'model', detail: 'Unknown.' })
    expect(judgeTest({ kind: 'pinecone', before: undefined, failed, at }).failing_since).toBe(at)
  })
})

describe('how a connection does', () => {
  const state = {
    connection: 'pinecone',
    last_success_at: '2026-11-21T11:46:00.000Z',
    failing_since: null,
    code: null,
    detail: null,
    affected: 0,
  } as const

  test('is told in words for each state there is', () => {
    const words = (of: Parameters<typeof describeHealth>[0]['state'], isSetUp = true): string =>
      describeHealth({ state: of, isSetUp, now }).words
    expect(words(undefined)).toBe('Not used yet')
    expect(words(undefined, false)).toBe('Not connected')
    expect(words(state)).toBe('Working')
    expect(words(state, false)).toBe('Not connected')
    const failing = { ...state, failing_since: '2026-11-21T10:00:00.000Z', detail: 'Refused.', affected: 1 }
    const health = describeHealth({ state: failing, isSetUp: true, now })
    expect(health).toMatchObject({ kind: 'failed', words: 'Failing since 2 h ago', detail: 'Refused.' })
    expect(health.note).toBe('1 answer failed or fell back to keyword. It last worked 14 min ago.')
  })

  test('says whose key answers, and that nobody does', () => {
    const effective = { provider: 'openai', model: 'gpt-4o-mini', retrieval: 'keyword', pinecone_index: null }
    expect(describeModelInUse(makeTenant(), effective)).toContain('the platform’s key')
    expect(describeModelInUse(makeTenant({ model_api_key: stored }), effective)).toContain('its own key')
    const nobody = { provider: null, model: null, retrieval: 'keyword', pinecone_index: null }
    expect(describeModelInUse(makeTenant(), nobody)).toContain('Nobody answers')
    expect(isSetUp('model', { tenant: makeTenant(), effective: nobody })).toBe(false)
    expect(isSetUp('pinecone', { tenant: makeTenant(), effective })).toBe(false)
    expect(isSetUp('pinecone', { tenant: makeTenant({ pinecone_api_key: stored }), effective })).toBe(true)
  })
})
