import { defineError } from '../platform/errors.ts'

/** The file is none of the kinds that can be read. */
export const documentUnsupported = defineError({
  code: 'document.unsupported_type',
  status: 415,
  title: 'This kind of file cannot be read',
})
/** The file is not what its name says. */
export const documentMismatch = defineError({
  code: 'document.type_mismatch',
  status: 415,
  title: 'The file is not what its name says',
})
/** There is nothing in it. */
export const documentEmpty = defineError({ code: 'document.empty', status: 422, title: 'The document is empty' })
/** The file is broken. */
export const documentUnreadable = defineError({
  code: 'document.unreadable',
  status: 422,
  title: 'The document cannot be read',
})
/** The file needs a password. */
export const documentEncrypted = defineError({
  code: 'document.encrypted',
  status: 422,
  title: 'The document is protected by a password',
})
/** Reading it takes more time or memory than a document may take, as with a bomb. */
export const documentTooComplex = defineError({
  code: 'document.too_complex',
  status: 422,
  title: 'The document takes too much to read',
})
/** It has pages, but no text, as scans have. */
export const documentWithoutText = defineError({
  code: 'document.no_text',
  status: 422,
  title: 'The document has no text',
})
/** The tenant has this very file already; `document` of the problem names it. */
export const documentDuplicate = defineError({
  code: 'document.duplicate',
  status: 409,
  title: 'The document is there already',
})
/** The tenant has no such document. */
export const documentNotFound = defineError({
  code: 'document.not_found',
  status: 404,
  title: 'There is no such document',
})
/** Its text was not read yet. */
export const documentNotReady = defineError({
  code: 'document.not_ready',
  status: 409,
  title: 'The document was not read yet',
})
/** There is an index, but nobody who could embed; kept as a document's state. */
export const embeddingNotConfigured = defineError({
  code: 'document.embedding_not_configured',
  status: 503,
  title: 'Nobody can embed the document',
})
/** The embedding model's vectors do not fit the index; kept as a document's state. */
export const dimensionMismatch = defineError({
  code: 'document.dimension_mismatch',
  status: 409,
  title: "The model's vectors do not fit the index",
})

/** What somebody can do about a document that failed with this code. */
export function remedyOf(code: string, reason?: unknown): string {
  const byReason = typeof reason === 'string' ? remediesByReason[reason] : undefined
  return byReason ?? remedies[code] ?? 'Try again. If it fails once more, tell whoever runs this server the time.'
}

const remedies: Readonly<Record<string, string>> = {
  'document.unsupported_type': 'Save it as PDF, DOCX, HTML, Markdown or plain text and upload that.',
  'document.type_mismatch': 'Open the file, save it again in the format that its name says, and upload that.',
  'document.empty': 'Upload a file that has text in it.',
  'document.too_large': 'Split it into files of 25 MB at most.',
  'document.unreadable': 'Open the file in its own program, save it again, and replace this one.',
  'document.encrypted': 'Save a copy without the password and replace this one.',
  'document.too_complex': 'Save it again in a simpler form, such as a fresh PDF, or split it, and replace this one.',
  'document.no_text': 'Run text recognition (OCR) over it and replace this one.',
  'document.embedding_not_configured':
    'Give the tenant an OpenAI key, or remove its Pinecone settings, then try again. Keyword search finds it meanwhile.',
  'document.dimension_mismatch':
    'Choose the embedding model that the index was made for, or another index, then try again.',
  'retrieval.failed': 'Test the Pinecone connection, then try again. Keyword search finds it meanwhile.',
  'model.upstream_error': 'Test the model connection, then try again. Keyword search finds it meanwhile.',
  'model.timeout': 'Try again later. Keyword search finds it meanwhile.',
}

const remediesByReason: Readonly<Record<string, string>> = {
  key_refused: 'Enter a valid key under Connections, then try again. Keyword search finds it meanwhile.',
  index_not_found: 'Choose an index that exists under Connections, then try again. Keyword search finds it meanwhile.',
  balance_exhausted: "Top up the provider's account, then try again. Keyword search finds it meanwhile.",
}
