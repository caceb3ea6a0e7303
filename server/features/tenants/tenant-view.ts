import { effectiveSettings, type PlatformModels } from '../../answering/model-choice.ts'
import type { PlatformIndex } from '../../answering/index-location.ts'
import { listFailingOf } from '../../data/connection-health.data.ts'
import type { CoreDatabase } from '../../data/core-database.ts'
import { readUsageOfTenants } from '../../data/overview.data.ts'
import type { PromptVersion, TenantRecord } from '../../data/tenants.data.ts'
import type { Clock } from '../../platform/clock.ts'
import { resolveLimits, type TenantLimits } from '../../platform/limit-settings.ts'
import type { listedTenantView, TenantView } from './tenants.schemas.ts'

/** A tenant as sent; no secret is in it. */
export function describeTenant(tenant: TenantRecord): TenantView {
  return {
    id: tenant.id,
    number: tenant.number,
    name: tenant.name,
    owner_id: tenant.ownerId,
    is_self_made: tenant.isSelfMade,
    is_active: tenant.isActive,
    deactivated_by: tenant.deactivatedBy,
    isolation: tenant.isolation,
    state: tenant.state,
    failure: tenant.failure,
    database_server_id: tenant.databaseServerId,
    database_name: tenant.databaseName,
    registration: tenant.registration,
    system_prompt: tenant.systemPrompt,
    retrieval: tenant.retrieval,
    retrieval_top_k: tenant.retrievalTopK,
    retrieval_score_min: tenant.retrievalScoreMin,
    retrieval_weights: tenant.retrievalWeights,
    retrieval_filter: tenant.retrievalFilter,
    pinecone_environment: tenant.pineconeEnvironment,
    pinecone_index: tenant.pineconeIndex,
    pinecone_namespace: tenant.pineconeNamespace,
    pinecone_text_field: tenant.pineconeTextField,
    pinecone_api_key: describeSecret(tenant.pineconeApiKey, tenant.pineconeApiKeyLast4, tenant.pineconeApiKeyUpdatedAt),
    embedding_model: tenant.embeddingModel,
    model_provider: tenant.modelProvider,
    model: tenant.model,
    model_base_url: tenant.modelBaseUrl,
    model_api_key: describeSecret(tenant.modelApiKey, tenant.modelApiKeyLast4, tenant.modelApiKeyUpdatedAt),
    max_output_tokens: tenant.maxOutputTokens,
    limits: describeLimits(tenant.limits),
    created_at: tenant.createdAt.toISOString(),
    updated_at: tenant.updatedAt.toISOString(),
  }
}

/** The tenant's own limits; what it has none of is null, and the platform's default applies. */
function describeLimits(own: TenantLimits): TenantView['limits'] {
  const { tenant, user } = resolveLimits(own, {})
  return { ...tenant.hard, soft: tenant.soft, per_user: { ...user.hard, soft: user.soft } }
}

function describeSecret(
  sealed: string | null,
  last4: string | null,
  updatedAt: Date | null,
): TenantView['model_api_key'] {
  return sealed === null
    ? { set: false, last4: null, updated_at: null }
    : { set: true, last4, updated_at: updatedAt?.toISOString() ?? null }
}

/** A prompt version as sent. */
export function describePromptVersion(version: PromptVersion) {
  const { author } = version
  return {
    version: version.version,
    system_prompt: version.systemPrompt,
    author: author && { id: author.id, email: author.email, full_name: author.fullName },
    created_at: version.createdAt.toISOString(),
  }
}

/** What a list with usage stands on. */
export interface UsageViewParts {
  core: CoreDatabase
  clock: Clock
  platformModels: PlatformModels
  platformIndex: PlatformIndex
}

/** Tenants as a list with usage shows them: one query for all of them, whatever the page holds. */
export async function describeWithUsage(
  parts: UsageViewParts,
  tenants: TenantRecord[],
): Promise<(tenant: TenantRecord) => typeof listedTenantView.static> {
  const ids = tenants.map((tenant) => tenant.id)
  const [usage, failing] = await Promise.all([
    readUsageOfTenants(parts.core.db, ids, parts.clock.now()),
    listFailingOf(parts.core.db, ids),
  ])
  return (tenant) => {
    const used = usage.get(tenant.id)
    return {
      ...describeTenant(tenant),
      usage: {
        requests_7d: used?.requests7d ?? 0,
        first_token_ms_p95: used?.firstTokenMsP95 ?? null,
        cost_month_micro_usd: used ? used.costMonthMicroUsd : 0,
        last_active_at: used?.lastActiveAt?.toISOString() ?? null,
        daily: used?.daily ?? [],
      },
      effective: effectiveSettings(tenant, { models: parts.platformModels, index: parts.platformIndex }),
      failing: failing.get(tenant.id) ?? [],
    }
  }
}
