import type { Answering } from '../../answering/answering.ts'
import type { Comparison, WayTried } from '../../answering/retrieval.ts'
import type { RetrievalWeights } from '../../data/core.schema.ts'
import type { TenantDatabases } from '../../data/tenant-databases.ts'
import type { TenantRecord } from '../../data/tenants.data.ts'
import { readRetrievalFilter, readRetrievalWeights } from '../../http/retrieval-settings.ts'
import type { UserId } from '../../platform/ids.ts'

/** What trying retrieval stands on. */
export interface RetrievalParts {
  answering: Answering
  databases: TenantDatabases
}

/** A question with settings to try instead of the stored ones. */
export interface RetrievalTest {
  query: string
  retrieval?: TenantRecord['retrieval']
  retrieval_top_k?: number
  retrieval_score_min?: number | null
  retrieval_weights?: RetrievalWeights | null
  retrieval_filter?: unknown
}

/** Searches a tenant's knowledge in every way, as stored or as drafted; nothing is saved. Throws `request.invalid` 422. */
export async function testRetrieval(
  parts: RetrievalParts,
  request: { tenant: TenantRecord; test: RetrievalTest; userId: UserId; requestId: string; signal: AbortSignal },
) {
  const { tenant, test, userId, requestId, signal } = request
  const comparison = await parts.answering.compareRetrieval({
    tenant: applySettings(tenant, test),
    scope: parts.databases.scopeOf(tenant),
    message: test.query,
    userId,
    source: 'console',
    requestId,
    signal,
  })
  return describeComparison(comparison)
}

function applySettings(tenant: TenantRecord, test: RetrievalTest): TenantRecord {
  return {
    ...tenant,
    ...(test.retrieval === undefined ? {} : { retrieval: test.retrieval }),
    ...(test.retrieval_top_k === undefined ? {} : { retrievalTopK: test.retrieval_top_k }),
    ...(test.retrieval_score_min === undefined ? {} : { retrievalScoreMin: test.retrieval_score_min }),
    ...(test.retrieval_weights === undefined ? {} : { retrievalWeights: readRetrievalWeights(test.retrieval_weights) }),
    ...(test.retrieval_filter === undefined ? {} : { retrievalFilter: readRetrievalFilter(test.retrieval_filter) }),
  }
}

function describeComparison({ keyword, semantic, hybrid, ms, mode }: Comparison) {
  return {
    keyword: keyword.sources,
    semantic: semantic.sources,
    hybrid: hybrid.sources,
    ms: roundMs(ms),
    ways: {
      keyword: describeWay(keyword),
      semantic: describeWay(semantic),
      hybrid: { ...describeWay(hybrid), degraded: hybrid.degraded },
    },
    mode,
  }
}

function describeWay({ ms, failure }: WayTried) {
  const reason = failure?.extensions.reason
  return {
    ms: roundMs(ms),
    problem: failure && {
      code: failure.code,
      reason: typeof reason === 'string' ? reason : null,
      detail: failure.detail,
    },
  }
}

/** To tenths: keyword search takes few milliseconds. */
function roundMs(ms: number): number {
  return Math.round(ms * 10) / 10
}
