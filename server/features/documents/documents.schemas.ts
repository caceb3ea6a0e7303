import { t } from 'elysia'
import { pageOf } from '../../http/page-query.ts'
import { nullable, time } from '../../http/schemas.ts'

const status = t.Union([t.Literal('queued'), t.Literal('processing'), t.Literal('ready'), t.Literal('failed')])

/** A document as sent (contract: Document). */
export const documentView = t.Object({
  id: t.String(),
  title: t.String(),
  status,
  stage: nullable(
    t.Union([t.Literal('reading'), t.Literal('indexing'), t.Literal('embedding'), t.Literal('waiting')], {
      description: 'What is being done while it is processing; waiting: a service failed and is tried again',
    }),
  ),
  kind: t.Union([t.Literal('text'), t.Literal('markdown'), t.Literal('html'), t.Literal('pdf'), t.Literal('docx')]),
  source: t.Union([t.Literal('upload'), t.Literal('text'), t.Literal('url')]),
  file_name: nullable(t.String()),
  url: nullable(t.String()),
  chunks: t.Integer({ description: 'Passages it is split into' }),
  embedded: t.Integer({ description: 'Passages whose vectors are in the tenant’s index' }),
  bytes: t.Integer({ description: 'Of the file as it came' }),
  text_length: t.Integer({
    description: 'Of the stored text, in UTF-16 code units, as start and end of sources count',
  }),
  error: nullable(t.Object({ code: t.String(), detail: t.String(), remedy: t.String(), retry_at: nullable(time) })),
  created_at: time,
  updated_at: time,
})
/** A document as sent. */
export type DocumentView = typeof documentView.static

/** A list of documents; how many there are in each state with `include=counts`. */
export const documentPage = t.Composite([
  pageOf(documentView),
  t.Object({
    counts: t.Optional(
      t.Object({
        queued: t.Integer(),
        processing: t.Integer(),
        ready: t.Integer(),
        failed: t.Integer(),
        chunks: t.Integer(),
        bytes: t.Integer(),
      }),
    ),
  }),
])

/** What became of each file of a form with several. */
export const uploadsView = t.Object({
  items: t.Array(
    t.Object({
      file_name: t.String(),
      document: nullable(documentView),
      problem: nullable(t.Object({ code: t.String(), status: t.Integer(), detail: t.String() })),
    }),
  ),
})

const title = t.String({
  minLength: 1,
  maxLength: 300,
  pattern: String.raw`\S`,
  error: 'must have 1 to 300 characters, not only spaces',
})

/** A pasted text. */
export const pastedText = t.Object({
  title,
  text: t.String({ minLength: 1, maxLength: 1_500_000, error: 'must have 1 to 1,500,000 characters' }),
})
/** The address of a page or file. */
export const pageAddress = t.Object({
  url: t.String({ minLength: 1, maxLength: 2_000, error: 'must be an address of at most 2,000 characters' }),
  title: t.Optional(title),
})
