import { embedTexts } from '../answering/embed-texts.ts'
import type { Seat } from '../answering/limits/limits.ts'
import { chooseEmbeddingTarget } from '../answering/model-choice.ts'
import { type IndexLocation, locateIndex } from '../answering/index-location.ts'
import { type DocumentRow, listUnembedded, markEmbedded } from '../data/documents.data.ts'
import type { TenantRecord } from '../data/tenants.data.ts'
import type { DocumentVectors } from '../data/tenant.schema.ts'
import type { EmbeddingTarget } from '../external/embeddings.ts'
import { retrievalFailed } from '../external/pinecone-errors.ts'
import type { PineconeRecord } from '../external/pinecone.ts'
import { newId, nobodyId } from '../platform/ids.ts'
import { dimensionMismatch, embeddingNotConfigured } from './document-errors.ts'
import { enqueueForgetting } from './forgetting.ts'
import { change, type Ingested, type IngestionParts } from './ingested.ts'

/** Pinecone takes 2 MB at once: forty vectors of 3,072 dimensions with their texts. */
const chunksPerBatch = 40

type Chunk = Awaited<ReturnType<typeof listUnembedded>>[number]

/**
 * Embeds the passages of an indexed document that have no vector yet and stores their vectors, batch by batch, until the
 * turn is over; where the tenant has no index, there is nothing to do. Then the document is ready. A batch that was stored
 * but not noted is stored once more under the same ids.
 * @returns whether the document is ready
 */
export async function embedDocument(parts: IngestionParts, ingested: Ingested): Promise<boolean> {
  const { tenant } = ingested
  const location = await locateIndex(tenant, { secrets: parts.secrets, platform: parts.platformIndex })
  if (!location) {
    await finish(ingested)
    return true
  }
  const target = await chooseEmbeddingTarget(tenant, { secrets: parts.secrets, platform: parts.platform })
  if (!target) {
    throw embeddingNotConfigured({ detail: 'There is a Pinecone index, but no OpenAI key to embed with.' })
  }
  const document = await settleOnPlace(parts, ingested, { location, target })
  const requestId = newId()
  const seat = await parts.limits.admit({ tenant, userId: nobodyId(), requestId, purpose: 'test' })
  try {
    return await embedBatches(parts, { ...ingested, document }, { location, target, seat, requestId })
  } finally {
    await seat.leave()
  }
}

interface Place {
  location: IndexLocation
  target: EmbeddingTarget
}

/** Where this version's vectors go is written down before the first of them, so that they can be removed whatever happens. */
async function settleOnPlace(
  parts: IngestionParts,
  ingested: Ingested,
  { location, target }: Place,
): Promise<DocumentRow> {
  const { document, tenant } = ingested
  const wanted: DocumentVectors = {
    index: location.index,
    namespace: location.namespace,
    model: target.model,
    version: document.version,
    chunks: document.chunkCount,
  }
  const known = document.vectors
  if (known && isSamePlace(known, wanted) && known.model === wanted.model && known.version === wanted.version) {
    return document
  }
  const isElsewhere = known && (!isSamePlace(known, wanted) || known.version !== wanted.version)
  if (isElsewhere) {
    await enqueueForgetting(parts.core, { tenantId: tenant.id, documentId: document.id, vectors: known })
  }
  return change(ingested, { vectors: wanted, embeddedCount: 0 }, (database) =>
    markEmbedded(database, document, { isEmbedded: false }),
  )
}

function isSamePlace(one: DocumentVectors, other: DocumentVectors): boolean {
  return one.index === other.index && one.namespace === other.namespace
}

async function embedBatches(
  parts: IngestionParts,
  ingested: Ingested,
  place: Place & { seat: Seat; requestId: string },
): Promise<boolean> {
  const { document, scope, signal } = ingested
  let { embeddedCount } = document
  await change(ingested, { status: 'processing', stage: 'embedding' })
  for (;;) {
    const batch = await scope.read((database) => listUnembedded(database, { ...document, limit: chunksPerBatch }))
    if (batch.length === 0) break
    signal.throwIfAborted()
    await embedBatch(parts, ingested, { ...place, batch })
    embeddedCount += batch.length
    await change(ingested, { embeddedCount, failures: 0, error: null }, (database) =>
      markEmbedded(database, document, { ids: batch.map(({ id }) => id), isEmbedded: true }),
    )
    if (parts.clock.monotonicMs() > ingested.yieldAtMs && embeddedCount < document.chunkCount) return false
  }
  await finish(ingested)
  return true
}

async function embedBatch(
  parts: IngestionParts,
  { tenant, document, signal }: Ingested,
  place: Place & { seat: Seat; requestId: string; batch: Chunk[] },
): Promise<void> {
  const { location, target, batch } = place
  const vectors = await embedTexts(parts, {
    seat: place.seat,
    target,
    usage: { tenant_id: tenant.id, user_id: null, source: 'ingestion', request_id: place.requestId },
    inputs: batch.map(({ heading, text }) => [document.title, heading, text].filter(Boolean).join('\n')),
    signal,
  })
  const records = batch.flatMap((chunk, at): PineconeRecord[] => {
    const values = vectors[at]
    return values ? [{ id: chunk.id, values, metadata: describeChunk(chunk, document, tenant) }] : []
  })
  try {
    await parts.pinecone.upsert({ ...location, records, signal })
  } catch (error) {
    await explainRefusal(parts, { location, dimension: vectors[0]?.length ?? 0, signal, error })
  }
  parts.health.succeeded(tenant.id, 'pinecone')
}

/** What a passage is found with in an index that others may search, too. */
function describeChunk(chunk: Chunk, document: DocumentRow, tenant: TenantRecord): PineconeRecord['metadata'] {
  return {
    // Ours: whoever finds it looks into the store for what stands there by now.
    tenantry: tenant.id,
    document_id: document.id,
    title: document.title,
    start: chunk.start,
    end: chunk.end,
    ...(chunk.heading ? { heading: chunk.heading } : {}),
    ...(document.url ? { url: document.url } : {}),
    [tenant.pineconeTextField]: chunk.text,
  }
}

/** A refused upsert may be one of another dimension than the index has; that is worth saying. Always throws. */
async function explainRefusal(
  parts: IngestionParts,
  refused: { location: IndexLocation; dimension: number; signal: AbortSignal; error: unknown },
): Promise<never> {
  const { location, dimension, signal, error } = refused
  if (!retrievalFailed.is(error) || error.extensions.reason !== 'request_refused') throw error
  const index = await parts.pinecone.describe({ ...location, signal }).catch(() => undefined)
  if (!index || index.dimension === null || index.dimension === dimension) throw error
  throw dimensionMismatch({
    detail: `The index has ${index.dimension} dimensions, the embedding model gives ${dimension}.`,
    cause: error,
  })
}

async function finish(ingested: Ingested): Promise<void> {
  await change(ingested, { status: 'ready', stage: null, error: null, failures: 0 })
}
