import type { HealthRecorder } from '../answering/connection-health.ts'
import type { EmbeddingParts } from '../answering/embed-texts.ts'
import type { Limits } from '../answering/limits/limits.ts'
import type { PlatformIndex } from '../answering/index-location.ts'
import type { TenantSecrets } from '../answering/tenant-secrets.ts'
import type { CoreDatabase } from '../data/core-database.ts'
import type { Directories } from '../data/directories.ts'
import {
  type DocumentChanges,
  type DocumentRow,
  findDocumentForUpdate,
  updateDocument,
} from '../data/documents.data.ts'
import type { Database } from '../data/postgres.ts'
import type { TenantDatabases } from '../data/tenant-databases.ts'
import type { TenantScope } from '../data/tenant-scope.ts'
import type { TenantRecord } from '../data/tenants.data.ts'
import type { PineconeAdapter } from '../external/pinecone.ts'
import type { Log } from '../platform/log.ts'

/** What ingestion stands on. */
export interface IngestionParts extends EmbeddingParts {
  core: CoreDatabase
  databases: TenantDatabases
  directories: Directories
  secrets: TenantSecrets
  pinecone: PineconeAdapter
  platformIndex: PlatformIndex
  limits: Pick<Limits, 'admit'>
  health: HealthRecorder
  log: Log
}

/** A document as one job works on it: what it writes is written only while the document is of this version. */
export interface Ingested {
  tenant: TenantRecord
  scope: TenantScope
  document: DocumentRow
  signal: AbortSignal
  /** In monotonic milliseconds: then other tenants have their turn. */
  yieldAtMs: number
}

/** The document was deleted or begun anew: whoever still works on it stops. */
export class Superseded extends Error {}

/** Writes something of a document as long as it is of the version that is worked on; the row as it is then. */
export function change(
  { scope, document }: Pick<Ingested, 'scope' | 'document'>,
  changes: DocumentChanges,
  beside: (database: Database) => Promise<void> = () => Promise.resolve(),
): Promise<DocumentRow> {
  return scope.write(async (database) => {
    const found = await findDocumentForUpdate(database, document)
    if (found?.version !== document.version) throw new Superseded('the document was begun anew')
    await beside(database)
    const changed = await updateDocument(database, document, changes)
    if (!changed) throw new Superseded('the document is gone')
    return changed
  })
}
