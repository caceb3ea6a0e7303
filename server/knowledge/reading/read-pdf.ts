import { extractText, getDocumentProxy } from 'unpdf'
import { cleanText, ReadingFailed, type ReadText } from './read-result.ts'
import type { Heading } from '../split-text.ts'

const pagesMax = 5_000

/** Reads the text of a PDF page by page; each page is a section of its own, so that a passage tells where it stands. */
export async function readPdf(bytes: Uint8Array): Promise<ReadText> {
  const pages = await readPages(bytes)
  const headings: Heading[] = []
  let text = ''
  for (const [index, page] of pages.entries()) {
    const content = cleanText(page).trim()
    if (content === '') continue
    if (text !== '') text += '\n\n'
    headings.push({ at: text.length, bodyAt: text.length, level: 1, title: `Page ${index + 1}` })
    text += content
  }
  if (text === '') {
    throw new ReadingFailed('document.no_text', 'The PDF has no text, only pictures, as scans have.')
  }
  return { title: null, text, headings }
}

async function readPages(bytes: Uint8Array): Promise<string[]> {
  try {
    const pdf = await getDocumentProxy(bytes)
    if (pdf.numPages > pagesMax) {
      throw new ReadingFailed('document.too_complex', `The PDF has more than ${pagesMax} pages.`)
    }
    const { text } = await extractText(pdf, { mergePages: false })
    return text
  } catch (error) {
    if (error instanceof ReadingFailed) throw error
    if (error instanceof Error && error.name === 'PasswordException') {
      throw new ReadingFailed('document.encrypted', 'The PDF is protected by a password.')
    }
    throw new ReadingFailed('document.unreadable', 'The PDF is broken.')
  }
}
