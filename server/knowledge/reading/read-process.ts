import type { DocumentKind } from '../document-kinds.ts'
import { splitText } from '../split-text.ts'
import { ReadingFailed, type ReadText } from './read-result.ts'

/*
 * A process that reads one file and ends: `read-process.ts <kind> <path>`. Whatever a hostile file does to it, it has no
 * secrets, its time and memory are limited by its parent, and it is the first to go when the machine runs out of memory.
 * It writes one line of JSON.
 */

const textLengthMax = 8_000_000
const passagesMax = 40_000

async function read(kind: DocumentKind, bytes: Uint8Array): Promise<ReadText> {
  // What a kind needs is loaded for that kind alone.
  if (kind === 'pdf') return (await import('./read-pdf.ts')).readPdf(bytes)
  if (kind === 'docx') return (await import('./read-docx.ts')).readDocx(bytes)
  if (kind === 'html') return (await import('./read-html.ts')).readHtml(bytes)
  const plain = await import('./read-plain.ts')
  return kind === 'markdown' ? plain.readMarkdown(bytes) : plain.readPlainText(bytes)
}

function isKind(text: string | undefined): text is DocumentKind {
  return text === 'text' || text === 'markdown' || text === 'html' || text === 'pdf' || text === 'docx'
}

async function describe(): Promise<unknown> {
  const [, , kind, path = ''] = process.argv
  if (!isKind(kind)) throw new Error('no such kind of document')
  await Bun.write('/proc/self/oom_score_adj', '1000').catch(() => undefined)
  const { title, text, headings } = await read(kind, await Bun.file(path).bytes())
  if (text.trim() === '') throw new ReadingFailed('document.empty', 'There is no text in the document.')
  const passages = text.length > textLengthMax ? [] : splitText(text, headings)
  if (text.length > textLengthMax || passages.length > passagesMax) {
    throw new ReadingFailed('document.too_complex', 'The document has more than 8 million characters of text.')
  }
  const { detectLanguage } = await import('../../platform/language.ts')
  return {
    title,
    text,
    language: detectLanguage(text),
    passages: passages.map(({ start, end, heading }) => [start, end, heading]),
  }
}

async function describeOutcome(): Promise<unknown> {
  try {
    return await describe()
  } catch (error) {
    if (error instanceof ReadingFailed) return { failure: { code: error.code, detail: error.message } }
    // A stack that overflows, an array that is too long: the file is built to break readers, or broken.
    return { failure: { code: 'document.unreadable', detail: 'The document is broken.' } }
  }
}

await Bun.write(Bun.stdout, JSON.stringify(await describeOutcome()))
