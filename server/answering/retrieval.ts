import { findChunks, type FoundChunk, searchChunks } from '../data/chunk-search.data.ts'
import type { Directories } from '../data/directories.ts'
import type { StoredSource } from '../data/tenant.schema.ts'
import type { TenantScope } from '../data/tenant-scope.ts'
import type { TenantRecord } from '../data/tenants.data.ts'
import type { PineconeAdapter } from '../external/pinecone.ts'
import { makeRetrievalFailure, retrievalFailed } from '../external/pinecone-errors.ts'
import type { Clock } from '../platform/clock.ts'
import { AppError } from '../platform/errors.ts'
import { type Breaker, KnownToFail } from './breaker.ts'
import type { HealthRecorder } from './connection-health.ts'
import { fuseRankings, numberPassages, type Passage, passageOfChunk, passageOfMatch } from './passages.ts'
import type { TenantSecrets } from './tenant-secrets.ts'

/** How passages were looked for. */
export type RetrievalMode = 'keyword' | 'semantic' | 'hybrid'

/** A search that fell back to another, and why. */
export interface Degradation {
  from: RetrievalMode
  to: RetrievalMode
  code: string
}

/** What a search found, best first, numbered from 1. */
export interface Retrieved {
  sources: StoredSource[]
  mode: RetrievalMode
  degraded: Degradation | null
}

/** What one way of searching finds, in how many milliseconds; without result when it failed or is not set up. */
export interface WayTried {
  sources: StoredSource[]
  ms: number
  failure: AppError | null
}

/** All ways of searching for one question, side by side, and which of them answers use. */
export interface Comparison {
  keyword: WayTried
  semantic: WayTried
  hybrid: WayTried & { degraded: Degradation | null }
  ms: number
  mode: RetrievalMode | 'off'
}

/** The tenant's index, and the key that opens it. */
export interface IndexLocation {
  apiKey: string
  index: string
  namespace: string | null
}

/** The platform's own index, if tenants may share it. */
export interface PlatformIndex {
  indexName: string | undefined
  apiKey: string | undefined
  shared: boolean
}

/** Embeds one question for a tenant and counts it in the tenant’s usage. Throws when nobody can embed. */
export type EmbedQuestion = (request: {
  tenant: TenantRecord
  question: string
  signal: AbortSignal
}) => Promise<number[]>

/** A question to a tenant's knowledge. */
export interface RetrievalRequest {
  tenant: TenantRecord
  scope: TenantScope
  question: string
  signal: AbortSignal
  embed: EmbedQuestion
}

/** Finds the passages that an answer is drawn from. */
export interface Retriever {
  /** Null when there is nothing to search: retrieval is off, or automatic and the tenant has no knowledge at all. */
  retrieve(request: RetrievalRequest): Promise<Retrieved | null>
  /** Searches in every way. Rejects only with the signal's reason, or when the tenant's database fails. */
  compare(request: RetrievalRequest): Promise<Comparison>
}

/** With keyword search to fall back to, nobody waits for longer. */
const hybridWaitedMs = 4_000
const semanticWaitedMs = 12_000
/** Fusion looks deeper than what it gives: a passage that both rankings have far down may be the best. */
const fusedDepth = 20
/** Reasons that are in the settings: no call was made, so no connection failed. */
const settingReasons = new Set<unknown>(['not_configured', 'embedding_not_configured'])

/**
 * The place of a tenant's vectors: its own index with its own key, else the shared one, where the namespace is always
 * the tenant's id, whatever its settings say. Undefined when Pinecone is not set up.
 */
export async function locateIndex(
  tenant: TenantRecord,
  options: { secrets: TenantSecrets; platform: PlatformIndex },
): Promise<IndexLocation | undefined> {
  const { secrets, platform } = options
  const ownKey = await secrets.open(tenant, 'pineconeApiKey')
  if (ownKey) {
    const index = tenant.pineconeIndex ?? platform.indexName
    return index ? { apiKey: ownKey, index, namespace: tenant.pineconeNamespace } : undefined
  }
  if (!platform.shared || !platform.apiKey || !platform.indexName) return undefined
  return { apiKey: platform.apiKey, index: platform.indexName, namespace: tenant.id }
}

/** Keyword search over the tenant's documents, semantic search in its index, and both fused. */
export function createRetriever(options: {
  pinecone: PineconeAdapter
  secrets: TenantSecrets
  platform: PlatformIndex
  directories: Pick<Directories, 'hasDocuments'>
  health: HealthRecorder
  breaker: Breaker
  clock: Clock
}): Retriever {
  const { breaker, clock, health, pinecone } = options

  async function retrieve(request: RetrievalRequest): Promise<Retrieved | null> {
    const { tenant } = request
    if (tenant.retrieval === 'off') return null
    const location = await locateIndex(tenant, options)
    const mode = tenant.retrieval ?? (location ? 'hybrid' : 'keyword')
    const passagesMax = tenant.retrievalTopK
    if (mode === 'keyword') {
      if (tenant.retrieval === null && !(await options.directories.hasDocuments(tenant))) return null
      return { sources: numberPassages(await findByKeyword(request, passagesMax), passagesMax), mode, degraded: null }
    }
    if (mode === 'semantic') {
      const found = await findBySemantics(request, { location, passagesMax, waitedMsMax: semanticWaitedMs })
      return { sources: numberPassages(found, passagesMax), mode, degraded: null }
    }
    return retrieveHybrid(request, location)
  }

  async function retrieveHybrid(request: RetrievalRequest, location: IndexLocation | undefined): Promise<Retrieved> {
    const { retrievalTopK, retrievalWeights } = request.tenant
    const depth = Math.max(fusedDepth, retrievalTopK)
    const isWanted = retrievalWeights?.semantic !== 0
    const [keyword, semantic] = await Promise.all([
      findByKeyword(request, depth),
      isWanted
        ? settle(request, findBySemantics(request, { location, passagesMax: depth, waitedMsMax: hybridWaitedMs }))
        : [],
    ])
    return fuse(request.tenant, keyword, semantic)
  }

  async function compare(request: RetrievalRequest): Promise<Comparison> {
    const { tenant } = request
    const location = await locateIndex(tenant, options)
    const depth = Math.max(fusedDepth, tenant.retrievalTopK)
    const startedMs = clock.monotonicMs()
    const timed = async <T>(work: Promise<T>): Promise<{ result: T; ms: number }> => {
      const result = await work
      return { result, ms: clock.monotonicMs() - startedMs }
    }
    const [keyword, semantic] = await Promise.all([
      timed(findByKeyword(request, depth)),
      timed(settle(request, findBySemantics(request, { location, passagesMax: depth, waitedMsMax: hybridWaitedMs }))),
    ])
    const [failure, near] = semantic.result instanceof AppError ? [semantic.result, []] : [null, semantic.result]
    const { sources, degraded } = fuse(tenant, keyword.result, semantic.result)
    const ms = clock.monotonicMs() - startedMs
    return {
      keyword: { sources: numberPassages(keyword.result, tenant.retrievalTopK), ms: keyword.ms, failure: null },
      semantic: { sources: numberPassages(near, tenant.retrievalTopK), ms: semantic.ms, failure },
      hybrid: { sources, ms, failure, degraded },
      ms,
      mode: tenant.retrieval ?? (location ? 'hybrid' : 'keyword'),
    }
  }

  async function findBySemantics(
    request: RetrievalRequest,
    search: { location: IndexLocation | undefined; passagesMax: number; waitedMsMax: number },
  ): Promise<Passage[]> {
    const { tenant, question, signal } = request
    const { location, passagesMax } = search
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
        timeoutMs: search.waitedMsMax,
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

  return { retrieve, compare }
}

async function findByKeyword({ scope, question }: RetrievalRequest, passagesMax: number): Promise<Passage[]> {
  const found = await scope.read((database) => searchChunks(database, { question, passagesMax }))
  return found.map(passageOfChunk)
}

/** What a search found, or the error that it failed with; rejects when the request was given up. */
async function settle(request: RetrievalRequest, search: Promise<Passage[]>): Promise<Passage[] | AppError> {
  try {
    return await search
  } catch (error) {
    if (request.signal.aborted) throw error
    return error instanceof AppError ? error : retrievalFailed({ cause: error })
  }
}

/** Both rankings as one; without the semantic one the keyword ranking, which says so. */
function fuse(tenant: TenantRecord, keyword: Passage[], semantic: Passage[] | AppError): Retrieved {
  const { retrievalTopK, retrievalWeights } = tenant
  if (semantic instanceof AppError) {
    const degraded: Degradation = { from: 'hybrid', to: 'keyword', code: semantic.code }
    return { sources: numberPassages(keyword, retrievalTopK), mode: 'keyword', degraded }
  }
  const fused = fuseRankings([
    { found: keyword, weight: retrievalWeights?.keyword ?? 1 },
    { found: semantic, weight: retrievalWeights?.semantic ?? 1 },
  ])
  return { sources: numberPassages(fused, retrievalTopK), mode: 'hybrid', degraded: null }
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
