import TurndownService from 'turndown'
import { asMarkdown, decodeText } from './read-plain.ts'
import { cleanText, type ReadText } from './read-result.ts'

const pictures = new Set(['img', 'svg', 'video', 'audio', 'canvas'])

/** Reads a page as Markdown: what is said, without scripts, styles, navigation, forms and pictures. */
export function readHtml(bytes: Uint8Array): ReadText {
  const html = decodeText(bytes)
  const title = /<title[^>]*>([^<]{1,500})/i.exec(html)?.[1]
  return htmlToMarkdown(html, title === undefined ? null : titleOf(title))
}

/** Turns HTML of any origin into Markdown. */
export function htmlToMarkdown(html: string, title: string | null): ReadText {
  const service = new TurndownService({ headingStyle: 'atx', codeBlockStyle: 'fenced', bulletListMarker: '-', hr: '' })
  service.remove(['script', 'style', 'noscript', 'template', 'iframe', 'object', 'nav', 'form', 'title', 'head'])
  service.addRule('pictures', { filter: ({ nodeName }) => pictures.has(nodeName.toLowerCase()), replacement: () => '' })
  // Where a link leads is no part of what is said.
  service.addRule('links', { filter: 'a', replacement: (content) => content })
  service.addRule('cells', { filter: ['td', 'th'], replacement: (content) => `${content.trim()} | ` })
  service.addRule('rows', { filter: 'tr', replacement: (content) => `${content.replace(/ \| $/, '')}\n` })
  // Escaped marks would be read, searched and cited as they stand.
  service.escape = (text) => text
  const markdown = cleanText(service.turndown(html)).replaceAll(/\n{3,}/g, '\n\n')
  return asMarkdown(markdown.trim(), title)
}

function titleOf(html: string): string | null {
  const entities: Record<string, string> = { amp: '&', lt: '<', gt: '>', quot: '"', '#39': "'", nbsp: ' ' }
  const text = html.replaceAll(/&(amp|lt|gt|quot|#39|nbsp);/g, (_, name: string) => entities[name] ?? '')
  const clean = cleanText(text).replaceAll(/\s+/g, ' ').trim()
  return clean === '' ? null : clean
}
