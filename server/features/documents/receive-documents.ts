import { createHash } from 'node:crypto'
import { join } from 'node:path'
import type { Static, TObject } from '@sinclair/typebox'
import { Value } from '@sinclair/typebox/value'
import { createOnce } from '../../http/idempotency.ts'
import type { CorePrincipal } from '../../http/identity.ts'
import { invalidFields, requestMalformed } from '../../http/problem-details.ts'
import { describeFaults } from '../../http/refused-fields.ts'
import { refuseUnfit } from '../../http/strict-body.ts'
import { isForm, receiveForm, type ReceivedFile } from '../../http/uploads.ts'
import { documentEmpty } from '../../knowledge/document-errors.ts'
import { isBlank } from './blank-text.ts'
import { pageAddress, pastedText } from './documents.schemas.ts'
import type { DocumentsParts, NewDocument } from './documents.usecases.ts'
import { fetchPage } from './fetch-page.ts'

/** The largest file of a document. */
const fileBytesMax = 25 * 1024 * 1024
const filesMax = 20
const titleCharactersMax = 300

/** The body of `POST …/documents`, for the API document. */
export const newDocumentBody = {
  required: true,
  content: {
    'application/json': { schema: { anyOf: [describeSchema(pastedText), describeSchema(pageAddress)] } },
    'multipart/form-data': { schema: describeForm({ type: 'array', items: { type: 'string', format: 'binary' } }) },
  },
}
/** The body of `PUT …/documents/{doc}`. */
export const replacementBody = {
  required: true,
  content: { 'multipart/form-data': { schema: describeForm({ type: 'string', format: 'binary' }) } },
}

/** What a request brings: one or more files, a pasted text, or the page of an address, fetched. */
export async function receiveNewDocuments(
  parts: DocumentsParts,
  received: { request: Request; body: unknown; directory: string },
): Promise<NewDocument[]> {
  const { request, body, directory } = received
  if (isForm(request)) {
    const form = await receiveForm(request, { directory, fileBytesMax, filesMax })
    const title = readTitle(form.fields)
    return form.files.map((file) => ({
      file,
      source: 'upload',
      title: form.files.length === 1 ? title : undefined,
    }))
  }
  if (typeof body !== 'object' || body === null || Array.isArray(body)) throw neitherFormNorJson()
  if ('url' in body) {
    const { url, title } = readBody(pageAddress, body)
    const file = await fetchPage(parts.egress, { url, directory, bytesMax: fileBytesMax, signal: request.signal })
    return [{ file, source: 'url', title, url: new URL(url).href }]
  }
  const { title, text } = readBody(pastedText, body)
  if (isBlank(text)) throw documentEmpty({ detail: 'There is nothing in the text but spaces.' })
  return [{ file: await writeText(text, directory), source: 'text', title }]
}

/** The one file of a form. */
export async function receiveFile(
  request: Request,
  directory: string,
): Promise<{ file: ReceivedFile; title: string | undefined }> {
  if (!isForm(request)) throw requestMalformed({ detail: 'The body must be a form: content-type multipart/form-data.' })
  const { files, fields } = await receiveForm(request, { directory, fileBytesMax, filesMax: 1 })
  const [file] = files
  if (!file) throw neitherFormNorJson()
  return { file, title: readTitle(fields) }
}

/** Adds a document once for one Idempotency-Key; the body that must be the same is what the file holds. */
export async function addOnce<T>(
  parts: DocumentsParts,
  creating: { request: Request; principal: CorePrincipal; added: NewDocument },
  add: () => Promise<T>,
): Promise<T> {
  const { request, principal, added } = creating
  // Without a key nothing is kept, and no transaction need stand open meanwhile.
  if (!request.headers.has('idempotency-key')) return add()
  const body = { sha256: added.file.sha256, title: added.title ?? null, url: added.url ?? null }
  const once = { request, principal, body, takesOthers: true }
  const answer = await createOnce(parts.core, once, async () => ({ status: 202, body: await add() }))
  return answer.body
}

function readBody<S extends TObject>(schema: S, body: object): Static<S> {
  refuseUnfit(body, schema)
  const candidate: unknown = body
  if (Value.Check(schema, candidate)) return candidate
  throw invalidFields(describeFaults(Value.Errors(schema, candidate), 'body'))
}

function readTitle(fields: ReadonlyMap<string, string>): string | undefined {
  const title = fields.get('title')?.trim()
  if (!title) return undefined
  refuseUnfit({ title })
  return title.slice(0, titleCharactersMax).toWellFormed()
}

async function writeText(text: string, directory: string): Promise<ReceivedFile> {
  const path = join(directory, 'text')
  const content = Buffer.from(text)
  await Bun.write(path, content)
  const sha256 = createHash('sha256').update(content).digest('hex')
  // Pasted texts are Markdown as a rule, and where they are not, it does no harm.
  return { name: 'text.md', mediaType: 'text/markdown', path, bytes: content.length, sha256 }
}

type FieldDescription =
  | { type: 'string'; format?: string; minLength?: number; maxLength?: number }
  | { type: 'array'; items: { type: 'string'; format: string } }

interface BodyDescription {
  type: 'object'
  required: string[]
  properties: Record<string, FieldDescription>
}

function describeForm(file: FieldDescription): BodyDescription {
  return { type: 'object', required: ['file'], properties: { file, title: { type: 'string' } } }
}

/** A schema of texts as OpenAPI has it, without our own sentences. */
function describeSchema({ required = [], properties }: TObject): BodyDescription {
  const fields = Object.entries(properties).map(([name, { minLength, maxLength }]): [string, FieldDescription] => [
    name,
    { type: 'string', minLength: Number(minLength), maxLength: Number(maxLength) },
  ])
  return { type: 'object', required, properties: Object.fromEntries(fields) }
}

function neitherFormNorJson(): Error {
  return requestMalformed({
    detail: 'Send a form (multipart/form-data) with the field "file", or JSON with "title" and "text", or with "url".',
  })
}
