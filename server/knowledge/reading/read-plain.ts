import { findMarkdownHeadings } from '../split-text.ts'
import { cleanText, ReadingFailed, type ReadText } from './read-result.ts'

/** A few control characters happen in texts; more of them are a file of another kind. */
const controlShareMax = 0.02
const controlsMin = 10

/** Reads bytes as text: by their byte order mark, else UTF-8, else the old Western encoding. */
export function decodeText(bytes: Uint8Array): string {
  const [first, second] = bytes
  if (first === 0xff && second === 0xfe) return new TextDecoder('utf-16le').decode(bytes)
  if (first === 0xfe && second === 0xff) return new TextDecoder('utf-16be').decode(bytes)
  const encoding = guessUtf16(bytes)
  if (encoding) return new TextDecoder(encoding).decode(bytes)
  const text = decodeBytes(bytes)
  // eslint-disable-next-line no-control-regex
  const controls = text.match(/[\u0000-\u0008\u000e-\u001a\u001c-\u001f]/g)?.length ?? 0
  if (controls > Math.max(controlsMin, text.length * controlShareMax)) {
    throw new ReadingFailed('document.type_mismatch', 'The file is not a text: it holds binary data.')
  }
  return text
}

/** A plain text; it has no structure but its paragraphs. */
export function readPlainText(bytes: Uint8Array): ReadText {
  return { title: null, text: cleanText(decodeText(bytes)), headings: [] }
}

/** Markdown stays as it was written; its headings give the structure. */
export function readMarkdown(bytes: Uint8Array): ReadText {
  return asMarkdown(cleanText(decodeText(bytes)))
}

/** A Markdown text that was made from something else. */
export function asMarkdown(text: string, title: string | null = null): ReadText {
  const headings = findMarkdownHeadings(text)
  return { title: title ?? headings.find(({ level }) => level === 1)?.title ?? null, text, headings }
}

function decodeBytes(bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch {
    return new TextDecoder('windows-1252').decode(bytes)
  }
}

/** UTF-16 without a mark: in Western texts every other byte is NUL. */
function guessUtf16(bytes: Uint8Array): 'utf-16le' | 'utf-16be' | undefined {
  const sample = bytes.subarray(0, 1_000)
  if (sample.length < 4) return undefined
  let even = 0
  let odd = 0
  for (const [at, byte] of sample.entries()) {
    if (byte === 0 && at % 2 === 0) even += 1
    else if (byte === 0) odd += 1
  }
  const many = sample.length * 0.4
  if (odd > many && even < sample.length * 0.05) return 'utf-16le'
  return even > many && odd < sample.length * 0.05 ? 'utf-16be' : undefined
}
