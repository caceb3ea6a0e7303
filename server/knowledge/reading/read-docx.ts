import mammoth from 'mammoth'
import { htmlToMarkdown } from './read-html.ts'
import { ReadingFailed, type ReadText } from './read-result.ts'

/** Reads a Word document with its headings, lists and tables; pictures are left out. */
export async function readDocx(bytes: Uint8Array): Promise<ReadText> {
  try {
    const { value } = await mammoth.convertToHtml(
      { buffer: Buffer.from(bytes) },
      { convertImage: mammoth.images.imgElement(() => Promise.resolve({ src: '' })) },
    )
    return htmlToMarkdown(value, null)
  } catch {
    throw new ReadingFailed('document.unreadable', 'The file is no Word document, or it is broken.')
  }
}
