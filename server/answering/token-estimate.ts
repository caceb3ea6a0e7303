import type { ChatMessage } from '../external/language-model.ts'

/** What a message costs beside its text: role and separators. */
const tokensPerMessage = 4
/** Measured over English, German and code a token has 3.5 to 4.5 bytes, over Chinese about 3: 3.3 errs on the safe side. */
const bytesPerToken = 3.3
/** Of one call no more is tokenized: the estimate is near enough, and the tokenizer blocks the event loop. */
const tokenizedCharactersMax = 40_000
/** How much is tokenized in one go: a few milliseconds, even of random letters. */
const tokenizedAtOnceMax = 4_000

/** Looked at of texts that are measured, in pieces from anywhere in them: a tenth of a millisecond for prose. */
const sampledCharacters = 600
const samplePieces = 6
/** A sample may be luckier than the whole. */
const sampleMargin = 1.1

/** A quick estimate of a text's tokens; too high for prose, too low for what is none (digits, rare scripts, noise). */
export function estimateTokens(text: string): number {
  return estimateTokensOfBytes(Buffer.byteLength(text))
}

function estimateTokensOfBytes(bytes: number): number {
  return Math.ceil(bytes / bytesPerToken)
}

/** A quick estimate of a prompt's tokens. */
export function estimatePromptTokens(messages: ChatMessage[]): number {
  return messages.reduce((sum, message) => sum + estimateTokens(message.content) + tokensPerMessage, 3)
}

/**
 * Measures a prompt for what limits set aside: it must not be far too low for any text, or many calls at once would
 * take far more than what is left (guarantee C6). The question is looked at by itself, as it is what callers choose.
 */
export async function measurePromptTokens(messages: ChatMessage[]): Promise<number> {
  const contents = messages.map(({ content }) => content)
  const before = await measureTokens(contents.slice(0, -1))
  const question = await measureTokens(contents.slice(-1))
  return before + question + messages.length * tokensPerMessage + 3
}

/** Measures texts together: short ones by all of them, longer ones by a sample, and never below the quick estimate. */
export async function measureTokens(texts: string[]): Promise<number> {
  const estimated = texts.reduce((sum, text) => sum + estimateTokens(text), 0)
  const characters = texts.reduce((sum, text) => sum + text.length, 0)
  const { encode } = await loadTokenizer()
  const countPiece = (text: string): number => encode(text, plainText).length
  if (characters <= sampledCharacters) {
    return Math.max(
      estimated,
      texts.reduce((sum, text) => sum + countPiece(text), 0),
    )
  }
  let tokens = 0
  let bytes = 0
  for (let n = 0; n < samplePieces; n++) {
    const piece = pieceAt(texts, Math.floor(Math.random() * characters))
    tokens += countPiece(piece)
    bytes += Buffer.byteLength(piece)
  }
  const allBytes = texts.reduce((sum, text) => sum + Buffer.byteLength(text), 0)
  return Math.max(estimated, Math.ceil((tokens / bytes) * allBytes * sampleMargin))
}

/** A piece around the character of this number, counted over all texts. */
function pieceAt(texts: string[], at: number): string {
  const length = sampledCharacters / samplePieces
  let before = 0
  for (const text of texts) {
    if (at < before + text.length) {
      const start = Math.max(0, Math.min(at - before, text.length - length))
      return text.slice(start, start + length)
    }
    before += text.length
  }
  return ''
}

/**
 * Counts the tokens of a call whose provider told no figures, by `o200k_base`: the answer's, then the prompt's from the
 * newest message backwards, 40,000 characters altogether; the rest is measured. Other work is let in between.
 */
export async function countCallTokens(call: {
  messages: ChatMessage[]
  completion: string
  /** Of what was generated beside it, such as reasoning. */
  unsaidBytes?: number
}): Promise<{ promptTokens: number; completionTokens: number }> {
  let charactersLeft = tokenizedCharactersMax
  const count = (text: string): Promise<number> => {
    if (text.length > charactersLeft) return measureTokens([text])
    charactersLeft -= text.length
    return countTokens(text)
  }
  const completionTokens = (await count(call.completion)) + estimateTokensOfBytes(call.unsaidBytes ?? 0)
  let promptTokens = 3
  for (const message of call.messages.toReversed()) promptTokens += (await count(message.content)) + tokensPerMessage
  return { promptTokens, completionTokens }
}

/** Loads the tokenizer, which holds the event loop for a third of a second: at start, rather than in the first abort. */
export async function prepareTokenizer(): Promise<void> {
  await loadTokenizer()
}

/** Marks such as `<|endoftext|>` are text like any other. */
const plainText = { disallowedSpecial: new Set<string>() }

function loadTokenizer(): Promise<typeof import('gpt-tokenizer/encoding/o200k_base')> {
  return import('gpt-tokenizer/encoding/o200k_base')
}

/**
 * Counts a text's tokens, at most one too many for each 4,000 characters. The tokenizer is quadratic on long runs
 * without a space, so runs are broken every 128 characters.
 */
async function countTokens(text: string): Promise<number> {
  if (text === '') return 0
  const { encode } = await loadTokenizer()
  let tokens = 0
  for (let at = 0; at < text.length; at += tokenizedAtOnceMax) {
    const broken = text.slice(at, at + tokenizedAtOnceMax).replaceAll(/\S{128}/g, '$& ')
    tokens += encode(broken, plainText).length
    await new Promise((resolve) => setImmediate(resolve))
  }
  return tokens
}

const bytesPerTokenMax = 16
/** A few tokens may be long ones. */
const answerBytesMin = 4_096
const answerBytesMaxEver = 2 * 1024 * 1024

/** How long an answer of so many tokens may be, in bytes; a provider need not keep to the tokens it was asked for. */
export function answerBytesMax(outputTokensMax: number): number {
  return Math.min(Math.max(outputTokensMax * bytesPerTokenMax, answerBytesMin), answerBytesMaxEver)
}
