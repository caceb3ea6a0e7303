import { modelKeyOrigin } from '../../answering/model-choice.ts'
import { placeOfTenantSecret, type TenantSecret } from '../../answering/tenant-secrets.ts'
import type { TenantChanges, TenantRecord } from '../../data/tenants.data.ts'
import { readBaseUrl } from '../../http/base-url.ts'
import { requestInvalid } from '../../http/problem-details.ts'
import { readRetrievalFilter, readRetrievalWeights } from '../../http/retrieval-settings.ts'
import type { Egress } from '../../platform/egress.ts'
import { changeLimits } from '../../platform/limit-settings.ts'
import { parseUserId, type TenantId } from '../../platform/ids.ts'
import type { SecretBox } from '../../platform/secrets.ts'
import type { TenantChangesBody } from './tenants.schemas.ts'

const columns = {
  name: 'name',
  registration: 'registration',
  system_prompt: 'systemPrompt',
  retrieval: 'retrieval',
  retrieval_top_k: 'retrievalTopK',
  retrieval_score_min: 'retrievalScoreMin',
  pinecone_environment: 'pineconeEnvironment',
  pinecone_index: 'pineconeIndex',
  pinecone_namespace: 'pineconeNamespace',
  pinecone_text_field: 'pineconeTextField',
  embedding_model: 'embeddingModel',
  model_provider: 'modelProvider',
  model: 'model',
  model_base_url: 'modelBaseUrl',
  max_output_tokens: 'maxOutputTokens',
  isolation: 'isolation',
  database_server_id: 'databaseServerId',
  owner_id: 'ownerId',
  is_active: 'isActive',
} as const satisfies Partial<Record<keyof TenantChangesBody, keyof TenantRecord>>

/** What a tenant is before it has settings of its own; the part that decides over others. */
export type KeySettings = Pick<
  TenantRecord,
  'modelProvider' | 'modelBaseUrl' | 'modelApiKey' | 'modelApiKeyOrigin' | 'limits'
>

/**
 * Turns a request's fields into columns: addresses checked (C1), secrets sealed for this tenant, and a stored model key
 * refused for any place it was not entered for (C2). Throws `request.invalid` 422.
 */
export async function readTenantSettings(
  body: TenantChangesBody,
  context: { tenantId: TenantId; before: KeySettings; egress: Egress; secretBox: SecretBox; now: Date },
): Promise<TenantChanges> {
  const changes: TenantChanges = {
    ...pickColumns(body),
    ...(body.owner_id === undefined ? {} : { ownerId: body.owner_id === null ? null : readOwner(body.owner_id) }),
    ...(body.pinecone_namespace === '' ? { pineconeNamespace: null } : {}),
  }
  // The column is single precision, and PostgreSQL refuses what would underflow it.
  if (typeof body.retrieval_score_min === 'number') changes.retrievalScoreMin = Math.fround(body.retrieval_score_min)
  if (body.retrieval_filter !== undefined) changes.retrievalFilter = readRetrievalFilter(body.retrieval_filter)
  if (body.retrieval_weights !== undefined) {
    changes.retrievalWeights = readRetrievalWeights(body.retrieval_weights)
  }
  if (body.model_base_url) changes.modelBaseUrl = readBaseUrl(body.model_base_url, context.egress)
  Object.assign(changes, await sealSecret('pineconeApiKey', body.pinecone_api_key, context))
  Object.assign(changes, await sealSecret('modelApiKey', body.model_api_key, context))
  bindModelKey(changes, body, context.before)
  if (body.limits !== undefined) changes.limits = changeLimits(context.before.limits, body.limits)
  return changes
}

function pickColumns(body: TenantChangesBody): TenantChanges {
  const picked: Record<string, unknown> = {}
  for (const [name, column] of Object.entries(columns)) {
    const value = Reflect.get(body, name)
    if (value !== undefined) picked[column] = value
  }
  return picked
}

/** Notes for which place the key is, and refuses to keep one for a place it was not entered for. */
function bindModelKey(changes: TenantChanges, body: TenantChangesBody, before: KeySettings): void {
  const after = {
    modelProvider: changes.modelProvider === undefined ? before.modelProvider : changes.modelProvider,
    modelBaseUrl: changes.modelBaseUrl === undefined ? before.modelBaseUrl : changes.modelBaseUrl,
  }
  const origin = modelKeyOrigin(after)
  if (body.model_api_key) {
    // A key beside the offline model goes nowhere until a provider is chosen: it is kept for openai, as automatic would use it.
    changes.modelApiKeyOrigin = origin ?? modelKeyOrigin({ ...after, modelProvider: null })
    return
  }
  if (body.model_api_key === null) {
    changes.modelApiKeyOrigin = null
    if (after.modelBaseUrl) throw refuse('model_base_url', "needs the tenant's own model_api_key")
    return
  }
  const kept = before.modelApiKey !== null
  const changed = body.model_provider !== undefined || body.model_base_url !== undefined
  if (after.modelBaseUrl && !kept) throw refuse('model_api_key', 'is needed beside model_base_url')
  if (kept && changed && origin !== null && origin !== before.modelApiKeyOrigin) {
    throw refuse('model_api_key', 'must be entered again, as the stored key was entered for another address')
  }
}

async function sealSecret(
  secret: TenantSecret,
  value: string | null | undefined,
  context: { tenantId: TenantId; secretBox: SecretBox; now: Date },
): Promise<TenantChanges> {
  if (value === undefined) return {}
  const isModel = secret === 'modelApiKey'
  if (value === null) {
    return isModel
      ? { modelApiKey: null, modelApiKeyLast4: null, modelApiKeyUpdatedAt: null }
      : { pineconeApiKey: null, pineconeApiKeyLast4: null, pineconeApiKeyUpdatedAt: null }
  }
  if (!/^[\x21-\x7e]+$/.test(value)) {
    throw refuse(isModel ? 'model_api_key' : 'pinecone_api_key', 'must be visible ASCII characters without spaces')
  }
  const sealed = await context.secretBox.seal(placeOfTenantSecret(context.tenantId, secret), value)
  const last4 = value.slice(-4)
  return isModel
    ? { modelApiKey: sealed, modelApiKeyLast4: last4, modelApiKeyUpdatedAt: context.now }
    : { pineconeApiKey: sealed, pineconeApiKeyLast4: last4, pineconeApiKeyUpdatedAt: context.now }
}

function readOwner(text: string) {
  const id = parseUserId(text)
  if (!id) throw refuse('owner_id', 'must be the id of a platform user')
  return id
}

function refuse(path: string, message: string): Error {
  return requestInvalid({ detail: `${path}: ${message}`, errors: [{ path, message }] })
}
