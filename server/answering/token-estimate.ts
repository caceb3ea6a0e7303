import type { ChatMessage } from '../external/language-model.ts'

/** What a message costs beside its text: role and separators. */
const tokensPerMessage = 4
/** Measured over English, German and code a token has 3.5 to 4.5 bytes, over Chinese about 3: 3.3 errs on the safe side. */
const bytesPerToken = 3.3
/** Of one call no more is tokenized: the estimate is near enough, and the tokenizer blocks the event loop. */
const tokenizedCharactersMax = 40_000
/** How much is tokenized in one go: a few milliseconds, even of random letters. */
const tokenizedAtOnceMax = 4_000

/** A quick estimate of a text's tokens, for reservations; a little too high rather than too low. */
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
 * Counts the tokens of a call whose provider told no figures, by `o200k_base`: the answer's, then the prompt's from the
 * newest message backwards, 40,000 characters altogether; the rest is estimated. Other work is let in between.
 */
export async function countCallTokens(call: {
  messages: ChatMessage[]
  completion: string
  /** Of what was generated beside it, such as reasoning. */
  unsaidBytes?: number
}): Promise<{ promptTokens: number; completionTokens: number }> {
  let charactersLeft = tokenizedCharactersMax
  const count = (text: string): Promise<number> | number => {
    if (text.length > charactersLeft) return estimateTokens(text)
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
  await import('gpt-tokenizer/encoding/o200k_base')
}

/**
 * Counts a text's tokens, at most one too many for each 4,000 characters. The tokenizer is quadratic on long runs
 * without a space, so runs are broken every 128 characters.
 */
async function countTokens(text: string): Promise<number> {
  if (text === '') return 0
  const { encode } = await import('gpt-tokenizer/encoding/o200k_base')
  let tokens = 0
  for (let at = 0; at < text.length; at += tokenizedAtOnceMax) {
    const broken = text.slice(at, at + tokenizedAtOnceMax).replaceAll(/\S{128}/g, '$& ')
    tokens += encode(broken, { disallowedSpecial: new Set() }).length
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
