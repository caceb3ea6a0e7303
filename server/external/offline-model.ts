import type { LanguageModel, ModelEvent, ModelPassage, ModelRequest } from './language-model.ts'

const quotedPassagesMax = 2
const quoteCharactersMax = 400
const wordsPerEvent = 4

/**
 * The built-in provider, which needs no key and no network: it quotes the best passages with their numbers, or says
 * plainly that there are none. It cannot reason; it exists so that a fresh installation answers at once (design §5).
 */
export function createOfflineModel(): LanguageModel {
  return {
    openStream(request) {
      if (request.signal.aborted) return Promise.reject(request.signal.reason)
      const texts = splitWords(composeAnswer(request), wordsPerEvent)
      let at = 0
      let isClosed = false
      return Promise.resolve({
        async read(): Promise<ModelEvent> {
          request.signal.throwIfAborted()
          if (isClosed) throw new DOMException('The stream was closed', 'AbortError')
          const text = texts[at]
          at += 1
          // Gives the event loop a turn, so that the answer streams instead of arriving as one block.
          if (at % 8 === 0) await new Promise((resolve) => setImmediate(resolve))
          return text === undefined ? { type: 'end', finishReason: 'stop', usage: null } : { type: 'text', text }
        },
        unsaidBytes: 0,
        close() {
          isClosed = true
        },
      })
    },
  }
}

function composeAnswer({ messages, passages = [] }: ModelRequest): string {
  const question = messages.findLast(({ role }) => role === 'user')?.content ?? ''
  const usable = passages.filter(({ excerpt }) => excerpt.trim() !== '').slice(0, quotedPassagesMax)
  if (usable.length === 0) {
    return [
      'I found no source that answers this.',
      'I am the built-in offline model: I can quote documents that were added to this knowledge base,',
      'but I cannot answer on my own. Connect a model provider to get real answers.',
    ].join(' ')
  }
  const words = new Set(wordsOf(question))
  return usable.map((passage) => quotePassage(passage, words)).join('\n\n')
}

function quotePassage({ n, title, excerpt }: ModelPassage, words: Set<string>): string {
  const name = title === null || title.trim() === '' ? '' : ` (${title.trim()})`
  return `According to [${n}]${name}: “${bestExtract(excerpt, words)}”`
}

/** The run of sentences that begins with the one which shares most words with the question. */
function bestExtract(excerpt: string, words: Set<string>): string {
  const text = excerpt.replace(/\s+/gu, ' ').trim()
  const sentences = text.match(/[^.!?。]+[.!?。]*\s*/gu) ?? [text]
  let best = 0
  let bestShared = -1
  for (const [index, sentence] of sentences.entries()) {
    const shared = new Set(wordsOf(sentence).filter((word) => words.has(word))).size
    if (shared > bestShared) {
      best = index
      bestShared = shared
    }
  }
  const extract = sentences.slice(best).join('').trim()
  if (extract.length <= quoteCharactersMax) return extract
  const cut = extract.slice(0, quoteCharactersMax)
  const lastSpace = cut.lastIndexOf(' ')
  return `${(lastSpace > quoteCharactersMax / 2 ? cut.slice(0, lastSpace) : cut).trimEnd()}…`
}

function wordsOf(text: string): string[] {
  return text.toLowerCase().match(/[\p{L}\p{N}]{3,}/gu) ?? []
}

function splitWords(text: string, wordsEach: number): string[] {
  const words = text.match(/\s*\S+/gu) ?? []
  const parts: string[] = []
  for (let at = 0; at < words.length; at += wordsEach) parts.push(words.slice(at, at + wordsEach).join(''))
  return parts
}
