import { t } from 'elysia'
import type { DocumentRow } from '../../data/documents.data.ts'
import type { TenantRecord } from '../../data/tenants.data.ts'
import type { CorePrincipal } from '../../http/identity.ts'
import { describePage, pageQuery, readPageQuery } from '../../http/page-query.ts'
import { toAppError } from '../../http/problem-details.ts'
import { type Gates, headersKey, idempotencyHeader, managerRoutes } from '../../http/routes.ts'
import { flag } from '../../http/schemas.ts'
import { auditActorOf } from '../../http/tenant-gate.ts'
import { makeWorkDirectory } from '../../knowledge/stored-files.ts'
import { downloadBody, downloadHeaders } from './download.ts'
import { documentPage, type DocumentView, documentView, uploadsView } from './documents.schemas.ts'
import {
  addDocument,
  type DocumentsParts,
  getDocument,
  listDocumentsOf,
  type NewDocument,
  openOriginal,
  readText,
  removeDocument,
  replaceDocument,
  retryDocument,
} from './documents.usecases.ts'
import { addOnce, newDocumentBody, receiveFile, receiveNewDocuments, replacementBody } from './receive-documents.ts'

const statuses = t.Union(
  [t.Literal('queued'), t.Literal('processing'), t.Literal('ready'), t.Literal('failed'), t.Literal('unfinished')],
  {
    description: 'unfinished: queued or processing',
    error: 'must be one of queued, processing, ready, failed, unfinished',
  },
)
const offset = t.Optional(t.Integer({ minimum: 0, maximum: 100_000_000, error: 'must be a whole number from 0' }))

/** The documents of a tenant's knowledge, for its managers. */
export function documentRoutes(parts: DocumentsParts & { gates: Gates }) {
  return managerRoutes(parts.gates, 'Documents')
    .get(
      '/documents',
      async ({ query, tenant }) => {
        const read = readPageQuery(query, '-created_at')
        const { page, counts } = await listDocumentsOf(parts, tenant, {
          ...read,
          statuses: query.status === 'unfinished' ? ['queued', 'processing'] : query.status && [query.status],
          withCounts: query.include === 'counts',
        })
        return { ...describePage(page, read.order, describeDocument), ...(counts ? { counts } : {}) }
      },
      {
        query: t.Object({
          ...pageQuery(['created_at', 'title']),
          status: t.Optional(statuses),
          include: t.Optional(
            t.Literal('counts', { description: 'How many there are in each state', error: 'must be counts' }),
          ),
        }),
        response: { 200: documentPage },
        detail: { summary: 'List documents of a tenant' },
      },
    )
    .post(
      '/documents',
      async ({ body, tenant, principal, request, set }) => {
        const directory = await makeWorkDirectory()
        set.status = 202
        try {
          const received = await receiveNewDocuments(parts, { request, body, directory: directory.path })
          const [first] = received
          if (first && received.length === 1) {
            const actor = auditActorOf(request, principal)
            return await addOnce(parts, { request, principal, added: first }, async () =>
              describeDocument(await addDocument(parts, tenant, first, actor)),
            )
          }
          return { items: await addEach(parts, tenant, { received, request, principal }) }
        } finally {
          await directory.remove()
        }
      },
      {
        response: { 202: t.Union([documentView, uploadsView]) },
        detail: {
          summary: 'Add documents to a tenant: files, a text, or the page of an address',
          requestBody: newDocumentBody,
          [headersKey]: [idempotencyHeader],
        },
      },
    )
    .get(
      '/documents/:doc',
      async ({ params, tenant }) => describeDocument(await getDocument(parts, tenant, params.doc)),
      {
        response: { 200: documentView },
        detail: { summary: 'One document' },
      },
    )
    .put(
      '/documents/:doc',
      async ({ params, tenant, principal, request, set }) => {
        const directory = await makeWorkDirectory()
        set.status = 202
        try {
          const { file, title } = await receiveFile(request, directory.path)
          const replaced = { id: params.doc, file, title }
          return describeDocument(await replaceDocument(parts, tenant, replaced, auditActorOf(request, principal)))
        } finally {
          await directory.remove()
        }
      },
      {
        response: { 202: documentView },
        detail: { summary: "Put another file in a document's place", requestBody: replacementBody },
      },
    )
    .delete(
      '/documents/:doc',
      async ({ params, tenant, principal, request, set }) => {
        await removeDocument(parts, tenant, params.doc, auditActorOf(request, principal))
        set.status = 204
      },
      { response: { 204: t.Void() }, detail: { summary: 'Delete a document with its passages and vectors' } },
    )
    .post(
      '/documents/:doc/retry',
      async ({ params, tenant, principal, request, set }) => {
        const row = await retryDocument(parts, tenant, params.doc, auditActorOf(request, principal))
        set.status = 202
        return describeDocument(row)
      },
      {
        response: { 202: documentView },
        detail: { summary: 'Go on with a document that failed, or bring a ready one up to the present index' },
      },
    )
    .get(
      '/documents/:doc/content',
      async ({ params, query, tenant }) => {
        if (query.original === true) {
          const download = await openOriginal(parts, tenant, params.doc)
          return new Response(downloadBody(download.parts), { headers: downloadHeaders(download) })
        }
        const text = await readText(parts, tenant, { id: params.doc, from: query.from, to: query.to })
        return new Response(text, { headers: downloadHeaders({ mediaType: 'text/plain; charset=utf-8' }) })
      },
      {
        query: t.Object({
          original: t.Optional(flag),
          from: offset,
          to: offset,
        }),
        detail: {
          summary:
            'The text that was read in a document, or with from and to a stretch of it in UTF-16 code units; with original=true the file as it came',
        },
      },
    )
}

/** What becomes of each file of a form with several: one that is refused does not keep the others out. */
async function addEach(
  parts: DocumentsParts,
  tenant: TenantRecord,
  form: { received: NewDocument[]; request: Request; principal: CorePrincipal },
): Promise<(typeof uploadsView.static)['items']> {
  const items: (typeof uploadsView.static)['items'] = []
  for (const added of form.received) {
    const fileName = added.file.name
    try {
      const row = await addDocument(parts, tenant, added, auditActorOf(form.request, form.principal))
      items.push({ file_name: fileName, document: describeDocument(row), problem: null })
    } catch (thrown) {
      const { code, status, detail } = toAppError(thrown)
      if (status >= 500) throw thrown
      items.push({ file_name: fileName, document: null, problem: { code, status, detail } })
    }
  }
  return items
}

function describeDocument(row: DocumentRow): DocumentView {
  return {
    id: row.id,
    title: row.title,
    status: row.status,
    stage: row.stage,
    kind: row.kind,
    source: row.source,
    file_name: row.fileName,
    url: row.url,
    chunks: row.chunkCount,
    embedded: row.embeddedCount,
    bytes: row.bytes,
    text_length: row.textLength,
    error: row.error,
    created_at: row.createdAt.toISOString(),
    updated_at: row.updatedAt.toISOString(),
  }
}
