import { findChunks, type FoundChunk } from '../data/chunk-search.data.ts'
import type { TenantRecord } from '../data/tenants.data.ts'
import type { PineconeAdapter } from '../external/pinecone.ts'
import { makeRetrievalFailure, retrievalFailed } from '../external/pinecone-errors.ts'
import { AppError } from '../platform/errors.ts'
import { type Breaker, KnownToFail } from './breaker.ts'
import type { HealthRecorder } from './connection-health.ts'
import type { IndexLocation } from './index-location.ts'
import { type Passage, passageOfChunk, passageOfMatch } from './passages.ts'
import type { RetrievalRequest } from './retrieval-request.ts'

/** Where to look, for how much and for how long. */
export interface SemanticDemand {
  /** Undefined where no index is set up. */
  location: IndexLocation | undefined
  passagesMax: number
  waitedMsMax: number
}

/** Finds passages by meaning, in the index of the tenant. */
export interface SemanticSearch {
  /** Nearest first. Throws `retrieval.failed` 502, the errors of embedding, or the signal's reason. */
  find(request: RetrievalRequest, demand: SemanticDemand): Promise<Passage[]>
}

/** Reasons that are in the settings: no call was made, so no connection failed. */
const settingReasons = new Set<unknown>(['not_configured', 'embedding_not_configured'])

/**
 * Embeds the question and asks the index for what is near. An index that keeps failing is left alone for a while, and
 * every outcome is noted in the health of the tenant's connection.
 */
export function createSemanticSearch(parts: {
  pinecone: PineconeAdapter
  health: HealthRecorder
  breaker: Breaker
}): SemanticSearch {
  const { breaker, health, pinecone } = parts

  async function find(
    request: RetrievalRequest,
    { location, passagesMax, waitedMsMax }: SemanticDemand,
  ): Promise<Passage[]> {
    const { tenant, question, signal } = request
    if (!location) {
      throw retrievalFailed({
        detail: 'No Pinecone index is set up for this tenant.',
        extensions: { reason: 'not_configured' },
      })
    }
    try {
      return await breaker.run({
        tenantId: tenant.id,
        settings: describeConnection(tenant),
        timeoutMs: waitedMsMax,
        makeTimeout: () => makeRetrievalFailure('timeout'),
        signal,
        isFailure: isConnectionFailure,
        work: async (signal) => {
          const vector = await request.embed({ tenant, question, signal })
          return queryIndex(request, { location, passagesMax, vector, signal })
        },
      })
    } catch (error) {
      if (error instanceof KnownToFail) {
        health.skipped(tenant.id, 'pinecone', blameSearch(error.cause))
        throw error.cause
      }
      if (!signal.aborted && isConnectionFailure(error)) health.failed(tenant.id, 'pinecone', blameSearch(error), true)
      throw error
    }
  }

  async function queryIndex(
    { tenant, scope }: RetrievalRequest,
    query: { location: IndexLocation; vector: number[]; passagesMax: number; signal: AbortSignal },
  ): Promise<Passage[]> {
    const matches = await pinecone.query({
      ...query.location,
      vector: query.vector,
      topK: query.passagesMax,
      filter: tenant.retrievalFilter,
      textField: tenant.pineconeTextField,
      signal: query.signal,
    })
    health.succeeded(tenant.id, 'pinecone')
    const { retrievalScoreMin } = tenant
    const near = matches.filter(({ score }) => retrievalScoreMin === null || score >= retrievalScoreMin)
    const own = new Map<string, FoundChunk>()
    if (near.length > 0) {
      const ids = near.map(({ id }) => id)
      for (const chunk of await scope.read((database) => findChunks(database, ids))) own.set(chunk.chunkId, chunk)
    }
    return near.flatMap((match) => {
      const chunk = own.get(match.id)
      if (chunk) return [passageOfChunk({ ...chunk, score: match.score })]
      // Of a document that was deleted a moment ago: its vectors are about to go.
      if (match.metadata.tenantry === tenant.id) return []
      return passageOfMatch(match) ?? []
    })
  }

  return { find }
}

/** What the way to a tenant's vectors is made of; sealed keys stand for themselves. */
function describeConnection(tenant: TenantRecord): string {
  return JSON.stringify([
    tenant.pineconeApiKey,
    tenant.pineconeIndex,
    tenant.pineconeNamespace,
    tenant.retrievalFilter,
    tenant.embeddingModel,
    tenant.modelProvider,
    tenant.modelBaseUrl,
    tenant.modelApiKey,
  ])
}

/** A failure as the state of the way to the vectors tells it, which begins with embedding the question. */
function blameSearch(error: unknown): unknown {
  if (!(error instanceof AppError) || error.code === retrievalFailed.definition.code) return error
  return retrievalFailed({
    detail: `The question could not be embedded. ${error.detail}`,
    extensions: { reason: 'embedding_failed' },
  })
}

/** A limit that is reached or a setting that is missing says nothing of the connection. */
function isConnectionFailure(error: unknown): boolean {
  if (!(error instanceof AppError)) return false
  return error.status >= 500 && error.code !== 'model.price_unknown' && !settingReasons.has(error.extensions.reason)
}
