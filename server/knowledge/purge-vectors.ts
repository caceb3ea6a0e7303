import { listDocumentVectors } from '../data/documents.data.ts'
import type { TenantDatabases } from '../data/tenant-databases.ts'
import type { TenantRecord } from '../data/tenants.data.ts'
import type { Log } from '../platform/log.ts'
import { type RemovalParts, removeVectors } from './forgetting.ts'

/** How many vectors of a tenant's documents were removed, and how many their index did not give up. */
export interface PurgedVectors {
  removed: number
  left: number
}

const purgedWithinMs = 60_000

/**
 * Removes all vectors that a tenant's documents have, within a minute. An index that refuses or is gone holds up nobody
 * who wants to be forgotten: what it kept is counted, so that somebody can remove it there.
 */
export async function purgeVectors(
  parts: RemovalParts & { databases: TenantDatabases; log: Log },
  tenant: TenantRecord,
): Promise<PurgedVectors> {
  // A store that was never finished, or is gone since an earlier try, tells of none.
  const documents = await parts.databases
    .scopeOf(tenant)
    .read((database) => listDocumentVectors(database, tenant.id))
    .catch(() => [])
  const signal = AbortSignal.timeout(purgedWithinMs)
  const purged: PurgedVectors = { removed: 0, left: 0 }
  let isRefused = false
  for (const { id, vectors } of documents) {
    const isRemoved: boolean = !isRefused && (await remove(id, vectors))
    // One refusal is enough: the others would each be waited for.
    isRefused = !isRemoved
    purged[isRemoved ? 'removed' : 'left'] += vectors.chunks
  }
  return purged

  async function remove(documentId: string, vectors: (typeof documents)[number]['vectors']): Promise<boolean> {
    try {
      return await removeVectors(parts, { tenant, documentId, vectors, signal })
    } catch (err) {
      parts.log.warn({ err, tenant_id: tenant.id }, 'an index did not give up the vectors of a purged tenant')
      return false
    }
  }
}
