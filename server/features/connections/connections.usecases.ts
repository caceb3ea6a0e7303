import type { Limits } from '../../answering/limits/limits.ts'
import {
  chooseModelTarget,
  modelKeyOrigin,
  modelNotConfigured,
  type ModelSettings,
  type PlatformModels,
} from '../../answering/model-choice.ts'
import type { HealthRecorder } from '../../answering/connection-health.ts'
import { locateIndex, type PlatformIndex } from '../../answering/index-location.ts'
import type { TenantSecrets } from '../../answering/tenant-secrets.ts'
import { type AuditActor, insertAudit } from '../../data/audit.data.ts'
import type { CoreDatabase } from '../../data/core-database.ts'
import type { Directories } from '../../data/directories.ts'
import { computeCostMicroUsd } from '../../data/prices.data.ts'
import type { ReservedCall } from '../../data/tenant-scope.ts'
import type { TenantRecord } from '../../data/tenants.data.ts'
import type { UsageLedger } from '../../data/usage.data.ts'
import type { ConnectionTest } from '../../external/connection-test.ts'
import { embeddingDimensions } from '../../external/embeddings.ts'
import type { ModelTarget } from '../../external/language-model.ts'
import type { ModelTestOutcome } from '../../external/model-test.ts'
import type { PineconeAdapter } from '../../external/pinecone.ts'
import { readBaseUrl } from '../../http/base-url.ts'
import { requestInvalid } from '../../http/problem-details.ts'
import type { Clock } from '../../platform/clock.ts'
import type { Egress } from '../../platform/egress.ts'
import { defineError } from '../../platform/errors.ts'
import { newId, type UserId } from '../../platform/ids.ts'

/** A connection test found something wrong; `extensions.reason` is the step. Kept as the connection's state, never sent. */
const connectionTestFailed = defineError({
  code: 'connection.test_failed',
  status: 502,
  title: 'The connection test failed',
})

/** What testing connections stands on. */
export interface ConnectionsParts {
  core: CoreDatabase
  directories: Directories
  ledger: UsageLedger
  limits: Pick<Limits, 'admit'>
  secrets: TenantSecrets
  egress: Egress
  pinecone: PineconeAdapter
  health: HealthRecorder
  testModel: (request: { target: ModelTarget; signal: AbortSignal }) => Promise<ModelTestOutcome>
  platformModels: PlatformModels
  platformIndex: PlatformIndex
  clock: Clock
}

/** Who tests, and for how long it waits. */
export interface Tester {
  userId: UserId
  actor: AuditActor
  signal: AbortSignal
}

/** Pinecone settings to test instead of the stored ones. */
export interface PineconeDraft {
  pinecone_environment?: string | null
  pinecone_index?: string | null
  pinecone_namespace?: string | null
  pinecone_text_field?: string
  pinecone_api_key?: string | null
  embedding_model?: string
}

/** Tests a tenant's Pinecone connection, as stored or as drafted; nothing is saved. One audit row, whatever it finds. */
export async function testPinecone(
  parts: ConnectionsParts,
  tenant: TenantRecord,
  draft: PineconeDraft,
  tester: Tester,
): Promise<ConnectionTest> {
  const drafted: TenantRecord = {
    ...tenant,
    pineconeEnvironment:
      draft.pinecone_environment === undefined ? tenant.pineconeEnvironment : draft.pinecone_environment,
    pineconeIndex: draft.pinecone_index === undefined ? tenant.pineconeIndex : draft.pinecone_index,
    pineconeNamespace: draft.pinecone_namespace === undefined ? tenant.pineconeNamespace : draft.pinecone_namespace,
    embeddingModel: draft.embedding_model ?? tenant.embeddingModel,
  }
  // Looked up by the stored row, as its opened key is remembered with it.
  const stored = await locateIndex(
    { ...drafted, pineconeApiKey: null },
    { secrets: parts.secrets, platform: parts.platformIndex },
  )
  const apiKey =
    draft.pinecone_api_key === undefined ? await parts.secrets.open(tenant, 'pineconeApiKey') : draft.pinecone_api_key
  const location = apiKey
    ? { apiKey, index: drafted.pineconeIndex ?? parts.platformIndex.indexName, namespace: drafted.pineconeNamespace }
    : stored
  const test = location
    ? await parts.pinecone.testConnection({
        apiKey: location.apiKey,
        index: location.index ?? '',
        namespace: location.namespace,
        environment: drafted.pineconeEnvironment,
        textField: draft.pinecone_text_field ?? tenant.pineconeTextField,
        embeddingDimension: embeddingDimensions[drafted.embeddingModel] ?? null,
        isShared: !apiKey,
        signal: tester.signal,
      })
    : describeMissingKey()
  noteHealth(parts, tenant, { connection: 'pinecone', draft, test })
  await auditTest(parts, tenant, tester, { connection: 'pinecone', draft, test })
  return test
}

/** Model settings to test instead of the stored ones. */
export interface ModelDraft {
  model_provider?: TenantRecord['modelProvider']
  model?: string | null
  model_base_url?: string | null
  model_api_key?: string
}

/**
 * Tests a tenant's model connection by one tiny completion that is counted in its usage (purpose test). A draft that
 * names another address must bring the key: the stored one never leaves for a place it was not entered for (C2).
 */
export async function testModelConnection(
  parts: ConnectionsParts,
  tenant: TenantRecord,
  draft: ModelDraft,
  tester: Tester,
): Promise<ConnectionTest> {
  const draftedUrl = draft.model_base_url ? readBaseUrl(draft.model_base_url, parts.egress) : draft.model_base_url
  const settings = {
    modelProvider: draft.model_provider === undefined ? tenant.modelProvider : draft.model_provider,
    model: draft.model === undefined ? tenant.model : draft.model,
    modelBaseUrl: draftedUrl === undefined ? tenant.modelBaseUrl : draftedUrl,
    modelApiKeyOrigin: tenant.modelApiKeyOrigin,
    isSelfMade: tenant.isSelfMade,
  }
  const origin = modelKeyOrigin(settings)
  if (draft.model_api_key) settings.modelApiKeyOrigin = origin
  const ownKey = draft.model_api_key ?? (await parts.secrets.open(tenant, 'modelApiKey'))
  if (ownKey && !draft.model_api_key && origin !== null && origin !== tenant.modelApiKeyOrigin) {
    throw requestInvalid({
      detail: 'model_api_key: is needed, as the stored key was entered for another address',
      errors: [{ path: 'model_api_key', message: 'is needed, as the stored key was entered for another address' }],
    })
  }
  const test = await runModelTest(parts, {
    tenant,
    tester,
    settings,
    ownKey,
  })
  noteHealth(parts, tenant, { connection: 'model', draft, test })
  await auditTest(parts, tenant, tester, { connection: 'model', draft, test })
  return test
}

async function runModelTest(
  parts: ConnectionsParts,
  run: { tenant: TenantRecord; tester: Tester; settings: ModelSettings; ownKey: string | undefined },
): Promise<ConnectionTest> {
  const { settings, ownKey } = run
  const platform = parts.platformModels
  let target: ModelTarget
  try {
    target = chooseModelTarget(settings, { ownKey, platform })
  } catch (error) {
    if (!modelNotConfigured.is(error)) throw error
    const missing = isOnlyKeyMissing(settings, platform)
      ? { step: 'key', remedy: 'Enter an API key for this provider and test again.' }
      : { step: 'address', remedy: 'Complete the settings and test again.' }
    const finding = { detail: error.detail, remedy: missing.remedy }
    return { ok: false, steps: listSteps(['address', 'key', 'model', 'answer'], missing.step, finding) }
  }
  const price = await parts.directories.price(target.provider, target.model)
  const startedMs = parts.clock.monotonicMs()
  const estimate = { promptTokens: 16, completionTokens: 16, cachedTokens: 0 }
  const call: ReservedCall = {
    id: newId(),
    tenant_id: run.tenant.id,
    user_id: run.tester.userId,
    source: 'console',
    purpose: 'test',
    provider: target.provider,
    model: target.model,
    prompt_tokens: estimate.promptTokens,
    completion_tokens: estimate.completionTokens,
    cost_micro_usd: computeCostMicroUsd(price, estimate),
    request_id: run.tester.actor.requestId,
  }
  const { userId } = run.tester
  const seat = await parts.limits.admit({ tenant: run.tenant, userId, requestId: call.request_id, purpose: 'test' })
  const { promptTokens, completionTokens: outputTokensMax } = estimate
  await seat.reserve({ id: call.id, price, promptTokens, outputTokensMax })
  await parts.ledger.reserve(call)
  const outcome = await parts.testModel({ target, signal: run.tester.signal }).catch(async (error: unknown) => {
    await settle(null, 'aborted')
    throw error
  })
  await settle(outcome.usage, outcome.test.ok ? 'completed' : 'failed')
  return outcome.test

  async function settle(usage: ModelTestOutcome['usage'], status: 'completed' | 'aborted' | 'failed'): Promise<void> {
    const tokens = usage ?? { promptTokens: 0, completionTokens: 0, cachedTokens: 0 }
    const cost = computeCostMicroUsd(price, tokens)
    await parts.ledger.settle({
      id: call.id,
      prompt_tokens: tokens.promptTokens,
      completion_tokens: tokens.completionTokens,
      cached_tokens: tokens.cachedTokens,
      cost_micro_usd: cost,
      status,
      usage_source: usage ? 'provider' : 'estimated',
      first_token_ms: null,
      duration_ms: Math.round(parts.clock.monotonicMs() - startedMs),
    })
    await seat.settle(call.id, { tokens: tokens.promptTokens + tokens.completionTokens, costMicroUsd: cost ?? 0 })
  }
}

/** Whether settings that are not complete would be with any key of their own. */
function isOnlyKeyMissing(settings: ModelSettings, platform: PlatformModels): boolean {
  try {
    chooseModelTarget({ ...settings, modelApiKeyOrigin: modelKeyOrigin(settings) }, { ownKey: 'any', platform })
    return true
  } catch (error) {
    if (!modelNotConfigured.is(error)) throw error
    return false
  }
}

/** The rows of a test that could not begin: the ones before the failed step passed, the later ones were not run. */
function listSteps(
  names: string[],
  failed: string,
  finding: { detail: string; remedy: string },
): ConnectionTest['steps'] {
  const at = names.indexOf(failed)
  return names.map((name, index) => ({
    name,
    ok: index < at,
    detail: index < at ? 'Set.' : index === at ? finding.detail : `Not run, because “${failed}” failed.`,
    remedy: index === at ? finding.remedy : null,
    latency_ms: 0,
  }))
}

function describeMissingKey(): ConnectionTest {
  const finding = {
    detail: 'No Pinecone key is set.',
    remedy: 'Enter the API key of the Pinecone project that holds the index.',
  }
  return { ok: false, steps: listSteps(['key', 'index', 'dimension', 'region', 'namespace', 'query'], 'key', finding) }
}

/** A test of the settings as stored tells how the connection does; a draft tells nothing of it. */
function noteHealth(
  parts: ConnectionsParts,
  tenant: TenantRecord,
  tested: { connection: 'pinecone' | 'model'; draft: object; test: ConnectionTest },
): void {
  if (Object.keys(tested.draft).length > 0) return
  const failed = tested.test.steps.find((step) => !step.ok)
  if (!failed) parts.health.succeeded(tenant.id, tested.connection)
  else {
    const failure = connectionTestFailed({ detail: failed.detail, extensions: { reason: failed.name } })
    parts.health.failed(tenant.id, tested.connection, failure, false)
  }
}

function auditTest(
  parts: ConnectionsParts,
  tenant: TenantRecord,
  tester: Tester,
  tested: { connection: 'pinecone' | 'model'; draft: object; test: ConnectionTest },
): Promise<void> {
  return insertAudit(parts.core.db, tester.actor, {
    action: `tenant.${tested.connection}_tested`,
    targetType: 'tenant',
    targetId: tenant.id,
    tenantId: tenant.id,
    // Which fields were drafted, never what was in them: one of them may be a key.
    after: {
      ok: tested.test.ok,
      failed_step: tested.test.steps.find((step) => !step.ok)?.name ?? null,
      drafted: Object.keys(tested.draft),
    },
  })
}
