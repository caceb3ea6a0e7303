import type { ReceivedFile } from '../../http/uploads.ts'
import {
  documentEmpty,
  documentMismatch,
  documentTooComplex,
  documentUnreadable,
  documentUnsupported,
} from '../../knowledge/document-errors.ts'
import { claimedKind, type DocumentKind, fitsKind, type Magic, readMagic } from '../../knowledge/document-kinds.ts'
import { isBlankFile } from './blank-text.ts'
import { inspectZip } from './inspect-zip.ts'

const headBytes = 1_024
const kindNames: Readonly<Record<DocumentKind, string>> = {
  text: 'plain text',
  markdown: 'Markdown',
  html: 'HTML',
  pdf: 'PDF',
  docx: 'a Word document',
}
const magicNames: Readonly<Record<Magic, string>> = {
  pdf: 'a PDF',
  zip: 'a zip archive',
  ole: 'an old or password-protected Office file',
  image: 'a picture',
  archive: 'an archive',
  program: 'a program',
  unknown: 'something else',
}

/**
 * What kind of document a file is, as far as its name, type and first bytes tell, without reading it. Throws
 * `document.unsupported_type`, `document.type_mismatch`, `document.empty`, and for zip bombs `document.too_complex`.
 */
export async function inspectFile(file: ReceivedFile): Promise<DocumentKind> {
  const kind = claimedKind(file)
  if (!kind) {
    throw documentUnsupported({
      detail: `“${file.name}” cannot be read. Send PDF, DOCX, HTML, Markdown or plain text.`,
    })
  }
  if (file.bytes === 0) throw documentEmpty({ detail: `“${file.name}” is empty.` })
  const content = Bun.file(file.path)
  const magic = readMagic(new Uint8Array(await content.slice(0, headBytes).arrayBuffer()))
  if (!fitsKind(kind, magic)) {
    throw documentMismatch({
      detail: `“${file.name}” says that it is ${kindNames[kind]}, but it is ${magicNames[magic]}. Save it again in the right format.`,
    })
  }
  if (kind === 'docx') await ensureHarmless(file, content)
  else if (kind !== 'pdf' && (await isBlankFile(content))) {
    throw documentEmpty({ detail: `There is nothing in “${file.name}” but spaces.` })
  }
  return kind
}

async function ensureHarmless(file: ReceivedFile, content: Blob): Promise<void> {
  const verdict = await inspectZip(content)
  if (verdict === 'bomb') {
    throw documentTooComplex({ detail: `“${file.name}” unpacks to more than a document may have.` })
  }
  if (verdict === 'broken') throw documentUnreadable({ detail: `“${file.name}” is broken. Save it again and send it.` })
  if (verdict === 'no document') {
    throw documentMismatch({ detail: `“${file.name}” is a zip archive, but no Word document.` })
  }
}
