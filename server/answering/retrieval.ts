import type { Directories } from '../data/directories.ts'
import { searchChunks } from '../data/chunk-search.data.ts'
import type { StoredSource } from '../data/tenant.schema.ts'
import type { TenantScope } from '../data/tenant-scope.ts'
import type { TenantRecord } from '../data/tenants.data.ts'
import type { PineconeAdapter, PineconeMatch, PineconeQuery } from '../external/pinecone.ts'
import { retrievalFailed } from '../external/pinecone-errors.ts'
import { AppError } from '../platform/errors.ts'
import type { HealthRecorder } from './connection-health.ts'
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
}

const excerptCharactersMax = 2_000
const idCharactersMax = 512
const titleCharactersMax = 300
const urlCharactersMax = 2_000
/** Reciprocal rank fusion's constant (Cormack, Clarke and Büttcher, 2009). */
const fusionConstant = 60

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
}): Retriever {
  async function retrieve(request: RetrievalRequest): Promise<Retrieved | null> {
    const { tenant } = request
    if (tenant.retrieval === 'off') return null
    const location = await locateIndex(tenant, options)
    const mode = tenant.retrieval ?? (location ? 'hybrid' : 'keyword')
    if (mode === 'keyword') {
      if (tenant.retrieval === null && !(await options.directories.hasDocuments(tenant))) return null
      return { sources: number(await findByKeyword(request)), mode, degraded: null }
    }
    if (mode === 'semantic') {
      if (!location) throw retrievalFailed({ detail: 'Semantic retrieval is on, but no Pinecone index is set up.' })
      return { sources: number(await findBySemantics(request, location)), mode, degraded: null }
    }
    return retrieveHybrid(request, location)
  }

  async function retrieveHybrid(request: RetrievalRequest, location: IndexLocation | undefined): Promise<Retrieved> {
    const { tenant } = request
    const [keyword, semantic] = await Promise.all([
      findByKeyword(request),
      (location
        ? findBySemantics(request, location)
        : Promise.reject(retrievalFailed({ extensions: { reason: 'not_configured' } }))
      ).catch((error: unknown) => {
        if (request.signal.aborted) throw error
        return { failure: error }
      }),
    ])
    if ('failure' in semantic) {
      const degraded: Degradation = { from: 'hybrid', to: 'keyword', code: codeOf(semantic.failure) }
      return { sources: number(keyword), mode: 'keyword', degraded }
    }
    const fused = fuseRankings([
      { found: keyword, weight: tenant.retrievalWeights?.keyword ?? 1 },
      { found: semantic, weight: tenant.retrievalWeights?.semantic ?? 1 },
    ])
    return { sources: number(fused.slice(0, tenant.retrievalTopK)), mode: 'hybrid', degraded: null }
  }

  async function findBySemantics(request: RetrievalRequest, location: IndexLocation): Promise<Unnumbered[]> {
    const { tenant, signal } = request
    const vector = await request.embed({ tenant, question: request.question, signal })
    const matches = await queryIndex(request, {
      ...location,
      vector,
      topK: tenant.retrievalTopK,
      filter: tenant.retrievalFilter,
      textField: tenant.pineconeTextField,
      signal,
    })
    return matches
      .filter(
        (match) => match.text !== '' && (tenant.retrievalScoreMin === null || match.score >= tenant.retrievalScoreMin),
      )
      .map((match) => ({
        document_id: textOf(match.metadata.document_id, idCharactersMax),
        chunk_id: textOf(match.id, idCharactersMax) ?? '',
        title: textOf(match.metadata.title, titleCharactersMax) ?? textOf(match.metadata.source, titleCharactersMax),
        url: webAddressOf(match.metadata.url),
        excerpt: cutExcerpt(match.text),
        start: null,
        end: null,
        score: Number.isFinite(match.score) ? match.score : 0,
      }))
  }

  async function queryIndex(request: RetrievalRequest, query: PineconeQuery): Promise<PineconeMatch[]> {
    try {
      const matches = await options.pinecone.query(query)
      options.health.succeeded(request.tenant.id, 'pinecone')
      return matches
    } catch (error) {
      if (!request.signal.aborted) options.health.failed(request.tenant.id, 'pinecone', error, true)
      throw error
    }
  }

  return { retrieve }
}

type Unnumbered = Omit<StoredSource, 'n'>

async function findByKeyword({ scope, tenant, question }: RetrievalRequest): Promise<Unnumbered[]> {
  const found = await scope.read((database) => searchChunks(database, { question, passagesMax: tenant.retrievalTopK }))
  return found.map((chunk) => ({
    document_id: chunk.documentId,
    chunk_id: chunk.chunkId,
    title: chunk.title,
    url: chunk.url,
    excerpt: cutExcerpt(chunk.text),
    start: chunk.start,
    end: chunk.end,
    score: chunk.score,
  }))
}

/** Reciprocal rank fusion: what both rankings put high comes first; a passage found twice counts twice. */
export function fuseRankings(rankings: { found: Unnumbered[]; weight: number }[]): Unnumbered[] {
  const fused = new Map<string, Unnumbered>()
  for (const { found, weight } of rankings) {
    for (const [rank, passage] of found.entries()) {
      const score = weight / (fusionConstant + rank + 1)
      const known = fused.get(passage.chunk_id)
      fused.set(passage.chunk_id, { ...(known ?? passage), score: (known?.score ?? 0) + score })
    }
  }
  return [...fused.values()].sort((a, b) => b.score - a.score || a.chunk_id.localeCompare(b.chunk_id))
}

function number(found: Unnumbered[]): StoredSource[] {
  return found.map((passage, index) => ({ n: index + 1, ...passage }))
}

function cutExcerpt(text: string): string {
  const storable = text.replaceAll('\u0000', '').toWellFormed()
  return storable.length > excerptCharactersMax ? storable.slice(0, excerptCharactersMax).toWellFormed() : storable
}

/** A text of foreign metadata, as far as it can be stored and shown. */
function textOf(value: unknown, charactersMax: number): string | null {
  if (typeof value !== 'string' || value === '') return null
  return value.slice(0, charactersMax).replaceAll('\u0000', '').toWellFormed()
}

/** Only what a browser may open: foreign metadata may hold `javascript:` as well. */
function webAddressOf(value: unknown): string | null {
  const text = textOf(value, urlCharactersMax)
  return text !== null && /^https?:\/\//i.test(text) && URL.canParse(text) ? text : null
}

/** The code of a failure, one of the table in docs/errors.md. */
function codeOf(failure: unknown): string {
  return failure instanceof AppError ? failure.code : retrievalFailed.definition.code
}
