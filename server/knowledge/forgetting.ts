import { locateIndex } from '../answering/index-location.ts'
import type { CoreDatabase } from '../data/core-database.ts'
import { findDocument } from '../data/documents.data.ts'
import { enqueueJob, type JobTask } from '../data/job-queue.ts'
import type { DocumentVectors } from '../data/tenant.schema.ts'
import type { TenantRecord } from '../data/tenants.data.ts'
import { isUuid, type TenantId } from '../platform/ids.ts'
import { chunkIdOf } from './chunk-ids.ts'
import type { IngestionParts } from './ingested.ts'

/** Whose vectors are to be removed, and where they are. */
export interface Forgotten {
  tenantId: TenantId
  documentId: string
  vectors: DocumentVectors
}

/** The task that removes vectors. */
export const forgetTask = 'documents.forget'
/** Whoever still stores vectors of this document has stopped by then. */
const settledAfterMs = 15_000
const idsPerCall = 500
const attemptsMax = 12

/**
 * Queues the removal of vectors: at once, and once more a little later, as somebody may just be storing one. Queue it
 * before the document is deleted, so that nothing stays behind when the server dies in between.
 */
export async function enqueueForgetting(core: CoreDatabase, forgotten: Forgotten): Promise<void> {
  const { tenantId, documentId, vectors } = forgotten
  const { index, namespace, version, chunks } = vectors
  const ids = { document_id: documentId, index, namespace, version, chunks }
  const key = `${tenantId}/${documentId}/${index}/${namespace ?? ''}/${version}`
  await enqueueJob(core.db, { task: forgetTask, tenantId, key, ids })
  await enqueueJob(core.db, { task: forgetTask, tenantId, key: `${key}/later`, ids, afterMs: settledAfterMs })
}

/** The task that removes the vectors of a document that was deleted, or of its earlier version or place. */
export function createForgetting(
  parts: Pick<IngestionParts, 'directories' | 'databases' | 'secrets' | 'platformIndex' | 'pinecone'>,
): JobTask {
  return async (job) => {
    const { document_id: documentId, index, namespace, version, chunks } = job.ids
    if (typeof documentId !== 'string' || !isUuid(documentId) || typeof index !== 'string') return undefined
    if (typeof version !== 'number' || typeof chunks !== 'number') return undefined
    const tenant = await parts.directories.tenant(job.tenantId)
    // With the tenant its key is gone.
    if (!tenant || job.attempt > attemptsMax) return undefined
    const place = { index, namespace: typeof namespace === 'string' ? namespace : null }
    if (await isInUse(tenant, { ...place, documentId, version })) {
      if (job.attempt < 4) throw new Error('the document was not deleted yet')
      return undefined
    }
    await removeVectors(parts, { tenant, documentId, vectors: { ...place, version, chunks }, signal: job.signal })
    return undefined
  }

  /** The job is queued before the document is deleted, and that may have failed. */
  async function isInUse(
    tenant: TenantRecord,
    wanted: { documentId: string; index: string; namespace: string | null; version: number },
  ): Promise<boolean> {
    const scope = parts.databases.scopeOf(tenant)
    const document = await scope.read((database) =>
      findDocument(database, { tenantId: tenant.id, id: wanted.documentId }),
    )
    const used = document?.vectors
    return used?.index === wanted.index && used.namespace === wanted.namespace && used.version === wanted.version
  }
}

/** What removing vectors stands on. */
export type RemovalParts = Pick<IngestionParts, 'secrets' | 'platformIndex' | 'pinecone'>

/** Removes the vectors of a document's version; false when the tenant has no key any more for the place they are in. */
export async function removeVectors(
  parts: RemovalParts,
  removal: {
    tenant: TenantRecord
    documentId: string
    vectors: Omit<DocumentVectors, 'model'>
    signal: AbortSignal
  },
): Promise<boolean> {
  const { tenant, documentId, signal } = removal
  const { index, namespace, version, chunks } = removal.vectors
  const apiKey = await findKey(parts, { tenant, index, namespace })
  if (apiKey === undefined) return false
  for (let from = 0; from < chunks; from += idsPerCall) {
    const ids = Array.from({ length: Math.min(idsPerCall, chunks - from) }, (_, at) =>
      chunkIdOf({ documentId, version }, from + at),
    )
    await parts.pinecone.remove({ index, namespace, apiKey, ids, signal })
  }
  return true
}

/** The tenant's own key reaches its own index; in the shared one only its own namespace is its. */
async function findKey(
  parts: RemovalParts,
  place: { tenant: TenantRecord; index: string; namespace: string | null },
): Promise<string | undefined> {
  const { tenant, index, namespace } = place
  const location = await locateIndex(tenant, { secrets: parts.secrets, platform: parts.platformIndex })
  if (!location) return undefined
  const isOwn = tenant.pineconeApiKey !== null
  return isOwn || (index === location.index && namespace === tenant.id) ? location.apiKey : undefined
}
