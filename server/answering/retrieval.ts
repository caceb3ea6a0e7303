import { searchChunks } from '../data/chunk-search.data.ts'
import type { Directories } from '../data/directories.ts'
import type { StoredSource } from '../data/tenant.schema.ts'
import type { TenantRecord } from '../data/tenants.data.ts'
import type { PineconeAdapter } from '../external/pinecone.ts'
import { retrievalFailed } from '../external/pinecone-errors.ts'
import type { Clock } from '../platform/clock.ts'
import { AppError } from '../platform/errors.ts'
import type { Breaker } from './breaker.ts'
import type { HealthRecorder } from './connection-health.ts'
import { type IndexLocation, locateIndex, type PlatformIndex } from './index-location.ts'
import { fuseRankings, numberPassages, type Passage, passageOfChunk } from './passages.ts'
import type { RetrievalRequest } from './retrieval-request.ts'
import { createSemanticSearch } from './semantic-search.ts'
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
  const { clock } = options
  const semanticSearch = createSemanticSearch(options)

  async function retrieve(request: RetrievalRequest): Promise<Retrieved | null> {
    const { tenant } = request
    if (tenant.retrieval === 'off') return null
    const location = await locateIndex(tenant, options)
    const mode = tenant.retrieval ?? automaticMode(location)
    const passagesMax = tenant.retrievalTopK
    if (mode === 'keyword') {
      if (tenant.retrieval === null && !(await options.directories.hasDocuments(tenant))) return null
      return { sources: numberPassages(await findByKeyword(request, passagesMax), passagesMax), mode, degraded: null }
    }
    if (mode === 'semantic') {
      const found = await semanticSearch.find(request, { location, passagesMax, waitedMsMax: semanticWaitedMs })
      return { sources: numberPassages(found, passagesMax), mode, degraded: null }
    }
    return retrieveHybrid(request, location)
  }

  async function retrieveHybrid(request: RetrievalRequest, location: IndexLocation | undefined): Promise<Retrieved> {
    const { tenant } = request
    const isSemanticWanted = tenant.retrievalWeights?.semantic !== 0
    const [keyword, semantic] = await Promise.all([
      findByKeyword(request, depthOf(tenant)),
      isSemanticWanted ? trySemantics(request, location) : [],
    ])
    return fuse(tenant, keyword, semantic)
  }

  /** What is near the question, or the error that looking for it failed with; rejects when the request was given up. */
  async function trySemantics(
    request: RetrievalRequest,
    location: IndexLocation | undefined,
  ): Promise<Passage[] | AppError> {
    const demand = { location, passagesMax: depthOf(request.tenant), waitedMsMax: hybridWaitedMs }
    try {
      return await semanticSearch.find(request, demand)
    } catch (error) {
      if (request.signal.aborted) throw error
      return error instanceof AppError ? error : retrievalFailed({ cause: error })
    }
  }

  async function compare(request: RetrievalRequest): Promise<Comparison> {
    const { tenant } = request
    const location = await locateIndex(tenant, options)
    const startedMs = clock.monotonicMs()
    const timed = async <T>(work: Promise<T>): Promise<{ result: T; ms: number }> => {
      const result = await work
      return { result, ms: clock.monotonicMs() - startedMs }
    }
    const [keyword, semantic] = await Promise.all([
      timed(findByKeyword(request, depthOf(tenant))),
      timed(trySemantics(request, location)),
    ])
    const [failure, near] = semantic.result instanceof AppError ? [semantic.result, []] : [null, semantic.result]
    const { sources, degraded } = fuse(tenant, keyword.result, semantic.result)
    const ms = clock.monotonicMs() - startedMs
    return {
      keyword: { sources: numberPassages(keyword.result, tenant.retrievalTopK), ms: keyword.ms, failure: null },
      semantic: { sources: numberPassages(near, tenant.retrievalTopK), ms: semantic.ms, failure },
      hybrid: { sources, ms, failure, degraded },
      ms,
      mode: tenant.retrieval ?? automaticMode(location),
    }
  }

  return { retrieve, compare }
}

/** Where the tenant left the choice to us. */
function automaticMode(location: IndexLocation | undefined): RetrievalMode {
  return location ? 'hybrid' : 'keyword'
}

function depthOf({ retrievalTopK }: TenantRecord): number {
  return Math.max(fusedDepth, retrievalTopK)
}

async function findByKeyword({ scope, question }: RetrievalRequest, passagesMax: number): Promise<Passage[]> {
  const found = await scope.read((database) => searchChunks(database, { question, passagesMax }))
  return found.map(passageOfChunk)
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
