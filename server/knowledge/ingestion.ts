import { join } from 'node:path'
import type { CoreDatabase } from '../data/core-database.ts'
import { deleteChunks, deleteFile, type DocumentRow, findDocument, insertChunks } from '../data/documents.data.ts'
import { enqueueJob, type Job, type JobTask, type Unfinished } from '../data/job-queue.ts'
import { storeUnavailable } from '../data/tenant-databases.ts'
import { tenantMigrating } from '../data/unit-of-work.ts'
import { isUuid, type TenantId } from '../platform/ids.ts'
import { chunkIdOf } from './chunk-ids.ts'
import { remedyOf } from './document-errors.ts'
import { embedDocument } from './embed-document.ts'
import { change, type Ingested, type IngestionParts, Superseded } from './ingested.ts'
import { planAfterFailure } from './ingestion-failures.ts'
import { readDocument, type ReadDocument, readingStopped } from './read-document.ts'
import { copyToDisk, makeWorkDirectory, storeFile } from './stored-files.ts'

/** The task that brings a document in. */
export const ingestTask = 'documents.ingest'

/** A turn; at its end others have theirs. */
const turnMs = 3_000
const chunksPerWrite = 500
const readingsAtOnce = 2
const rowLookedForMax = 3
const writtenAfterMs = 15_000
const storeLookedAfterMs = 1_000

/** Queues what brings a document in, or goes on with it. Safe to repeat. */
export function enqueueIngestion(
  core: CoreDatabase,
  document: { tenantId: TenantId; id: string },
  afterMs = 0,
): Promise<void> {
  const { tenantId, id } = document
  const ids = { document_id: id }
  return enqueueJob(core.db, { task: ingestTask, tenantId, key: `${tenantId}/${id}`, ids, afterMs })
}

/**
 * Writes a document's row and has it brought in. The job is queued before the row is written, so that a server that dies
 * in between leaves no row without a job, yet for later; once the row is there, the job runs at once.
 */
export async function writeAndIngest<T>(
  core: CoreDatabase,
  document: { tenantId: TenantId; id: string },
  write: () => Promise<T>,
): Promise<T> {
  await enqueueIngestion(core, document, writtenAfterMs)
  const written = await write()
  await enqueueIngestion(core, document)
  return written
}

/**
 * The task that reads a document, splits it, and embeds it where the tenant has an index. It may be killed at any point
 * and be run twice: passages have ids made from their place, everything written is bound to the document's version, and a
 * version counts as indexed only when all its passages are in.
 */
export function createIngestion(parts: IngestionParts): JobTask {
  const places = createPlaces(readingsAtOnce)

  return async (job) => {
    const id = job.ids.document_id
    if (typeof id !== 'string' || !isUuid(id)) return undefined
    const tenant = await parts.directories.tenant(job.tenantId)
    if (!tenant) return undefined
    let ingested: Ingested | undefined
    try {
      const scope = parts.databases.scopeOf(tenant)
      const document = await scope.read((database) => findDocument(database, { tenantId: tenant.id, id }))
      if (!document) return awaitRow(job)
      if (document.status === 'ready' || document.status === 'failed') return undefined
      const yieldAtMs = parts.clock.monotonicMs() + turnMs
      ingested = { tenant, scope, document, signal: job.signal, yieldAtMs }
      return await bringIn(ingested)
    } catch (error) {
      return handleFailure(job, ingested, error)
    }
  }

  /** The job is queued before the row is written. */
  function awaitRow(job: Job): undefined {
    if (job.attempt <= rowLookedForMax) throw new Error('the document is not there yet')
    return undefined
  }

  async function bringIn(ingested: Ingested): Promise<Unfinished | undefined> {
    let { document } = ingested
    if (document.indexedVersion < document.version) {
      const indexed = await places.run(() => readAndIndex(ingested))
      if (!indexed) return undefined
      document = indexed
    }
    const isDone = await embedDocument(parts, { ...ingested, document })
    return isDone ? undefined : { again: true }
  }

  /** Reads and indexes a document anew; undefined when it cannot be read. */
  async function readAndIndex(ingested: Ingested): Promise<DocumentRow | undefined> {
    await change(ingested, { status: 'processing', stage: 'reading', error: null })
    const directory = await makeWorkDirectory()
    try {
      const path = join(directory.path, 'original')
      const { document, signal } = ingested
      await copyToDisk(ingested.scope, document, path)
      const read = await readDocument({ kind: document.kind, path, signal })
      if ('failure' in read) {
        const { code, detail } = read.failure
        const stands = document.indexedVersion > 0 ? ' Answers still use the version before.' : ''
        const error = { code, detail: `${detail}${stands}`, remedy: remedyOf(code), retry_at: null }
        await change(ingested, { status: 'failed', stage: null, error })
        return undefined
      }
      return await index(ingested, read)
    } finally {
      await directory.remove()
    }
  }

  async function index(ingested: Ingested, read: ReadDocument): Promise<DocumentRow> {
    const { document } = ingested
    await change(
      ingested,
      {
        stage: 'indexing',
        chunkCount: read.passages.length,
        embeddedCount: 0,
        textLength: read.text.length,
        language: read.language,
        ...(document.source === 'url' && document.version === 1 && read.title
          ? { title: read.title.slice(0, 300) }
          : {}),
      },
      async (database) => {
        await deleteChunks(database, document)
        await deleteFile(database, { ...document, role: 'text' })
        await storeFile(database, { ...document, role: 'text', content: new Blob([read.text]) })
      },
    )
    const { tenantId, id: documentId, version } = document
    for (let from = 0; from < read.passages.length; from += chunksPerWrite) {
      ingested.signal.throwIfAborted()
      const rows = read.passages.slice(from, from + chunksPerWrite).map(({ start, end, heading }, at) => ({
        tenantId,
        id: chunkIdOf({ documentId, version }, from + at),
        documentId,
        position: from + at,
        text: read.text.slice(start, end),
        start,
        end,
        heading,
      }))
      await change(ingested, {}, (database) => insertChunks(database, rows))
    }
    return change(ingested, { indexedVersion: version })
  }

  async function handleFailure(
    job: Job,
    ingested: Ingested | undefined,
    thrown: unknown,
  ): Promise<Unfinished | undefined> {
    if (thrown instanceof Superseded) return undefined
    if (job.signal.aborted || readingStopped.is(thrown)) return { again: true }
    if (tenantMigrating.is(thrown) || storeUnavailable.is(thrown)) return { again: true, afterMs: storeLookedAfterMs }
    const failures = (ingested?.document.failures ?? 0) + 1
    const plan = planAfterFailure(thrown, failures, parts.clock.now())
    if (!plan || !ingested) throw thrown
    const connection = plan.error.code.startsWith('model.') ? 'model' : 'pinecone'
    if (plan.error.code.includes('.upstream') || plan.error.code === 'retrieval.failed') {
      parts.health.failed(ingested.tenant.id, connection, thrown, false)
    }
    const waits = plan.retryAfterMs !== null
    await change(ingested, {
      status: waits ? 'processing' : 'failed',
      stage: waits ? 'waiting' : null,
      failures: waits ? failures : 0,
      error: plan.error,
    }).catch((error: unknown) => {
      if (!(error instanceof Superseded)) throw error
    })
    return plan.retryAfterMs === null ? undefined : { again: true, afterMs: plan.retryAfterMs }
  }
}

/** At most so many at once; the others wait in line. */
function createPlaces(max: number): { run<T>(work: () => Promise<T>): Promise<T> } {
  const waiting: (() => void)[] = []
  let taken = 0
  return {
    async run(work) {
      if (taken >= max) await new Promise<void>((resolve) => waiting.push(resolve))
      else taken += 1
      try {
        return await work()
      } finally {
        const next = waiting.shift()
        if (next) next()
        else taken -= 1
      }
    },
  }
}
