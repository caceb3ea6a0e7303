/** What kinds of documents can be read. */
export type DocumentKind = 'text' | 'markdown' | 'html' | 'pdf' | 'docx'

/** How a kind is sent. */
export const mediaTypes: Readonly<Record<DocumentKind, string>> = {
  text: 'text/plain; charset=utf-8',
  markdown: 'text/markdown; charset=utf-8',
  html: 'text/html; charset=utf-8',
  pdf: 'application/pdf',
  docx: 'application/vnd.openxmlformats-officedocument.wordprocessingml.document',
}

const kindsByExtension: Readonly<Record<string, DocumentKind>> = {
  txt: 'text',
  text: 'text',
  log: 'text',
  csv: 'text',
  md: 'markdown',
  markdown: 'markdown',
  html: 'html',
  htm: 'html',
  xhtml: 'html',
  pdf: 'pdf',
  docx: 'docx',
}

const kindsByMediaType: Readonly<Record<string, DocumentKind>> = {
  'text/plain': 'text',
  'text/csv': 'text',
  'text/markdown': 'markdown',
  'text/x-markdown': 'markdown',
  'text/html': 'html',
  'application/xhtml+xml': 'html',
  'application/pdf': 'pdf',
  'application/vnd.openxmlformats-officedocument.wordprocessingml.document': 'docx',
}

/** The kind that a file says it is of: by its name's ending, else by its media type. Undefined when it is none of these. */
export function claimedKind(file: { name?: string; mediaType?: string }): DocumentKind | undefined {
  const extension = /\.([a-z0-9]{1,10})$/i.exec(file.name ?? '')?.[1]?.toLowerCase()
  const byExtension = extension === undefined ? undefined : kindsByExtension[extension]
  if (byExtension) return byExtension
  const mediaType = file.mediaType?.split(';', 1)[0]?.trim().toLowerCase() ?? ''
  // A name with another ending is believed before a type that browsers guess by it.
  if (extension !== undefined && mediaType === 'text/plain') return undefined
  return kindsByMediaType[mediaType]
}

/** What the first bytes of a file say. */
export type Magic = 'pdf' | 'zip' | 'ole' | 'image' | 'archive' | 'program' | 'unknown'

const signatures: readonly [Magic, string][] = [
  ['zip', '504b0304'],
  ['zip', '504b0506'],
  ['ole', 'd0cf11e0a1b11ae1'],
  ['image', '89504e47'],
  ['image', 'ffd8ff'],
  ['image', '47494638'],
  ['archive', '1f8b'],
  ['archive', '377abcaf271c'],
  ['archive', '526172211a07'],
  ['program', '7f454c46'],
  ['program', '4d5a'],
]

/** Reads the first bytes of a file. A PDF may have up to a kilobyte of something else before it. */
export function readMagic(head: Uint8Array): Magic {
  const hex = Buffer.from(head.subarray(0, 8)).toString('hex')
  const found = signatures.find(([, signature]) => hex.startsWith(signature))
  if (found) return found[0]
  return Buffer.from(head.subarray(0, 1_024)).includes('%PDF-') ? 'pdf' : 'unknown'
}

/** Whether a file that claims a kind begins like one. */
export function fitsKind(kind: DocumentKind, magic: Magic): boolean {
  if (kind === 'pdf') return magic === 'pdf'
  if (kind === 'docx') return magic === 'zip'
  return magic === 'unknown'
}
