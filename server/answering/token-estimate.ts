import type { ChatMessage } from '../external/language-model.ts'

/** What a message costs beside its text: role and separators. */
const tokensPerMessage = 4
/** Measured over English, German and code a token has 3.5 to 4.5 bytes, over Chinese about 3: 3.3 errs on the safe side. */
const bytesPerToken = 3.3
/** Longer texts are not tokenized: the estimate is near enough, and the tokenizer blocks the event loop. */
const tokenizedCharactersMax = 40_000

/** A quick estimate of a text's tokens, for reservations; a little too high rather than too low. */
export function estimateTokens(text: string): number {
  return text === '' ? 0 : Math.ceil(Buffer.byteLength(text) / bytesPerToken)
}

/** A quick estimate of a prompt's tokens. */
export function estimatePromptTokens(messages: ChatMessage[]): number {
  return messages.reduce((sum, message) => sum + estimateTokens(message.content) + tokensPerMessage, 3)
}

/**
 * Counts a text's tokens by `o200k_base`, for calls whose provider told no figures. The tokenizer is quadratic on long
 * runs without a space, so runs are broken every 512 characters.
 */
export async function countTokens(text: string): Promise<number> {
  if (text === '') return 0
  if (text.length > tokenizedCharactersMax) return estimateTokens(text)
  const { encode } = await import('gpt-tokenizer/encoding/o200k_base')
  const broken = text.replaceAll(/\S{512}/g, '$& ')
  return encode(broken, { disallowedSpecial: new Set() }).length
}

/** Counts a prompt's tokens like `countTokens`. */
export async function countPromptTokens(messages: ChatMessage[]): Promise<number> {
  let sum = 3
  for (const message of messages) sum += (await countTokens(message.content)) + tokensPerMessage
  return sum
}
