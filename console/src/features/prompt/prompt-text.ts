import { formatCount, formatPlural } from '../../lib/numbers.ts'

/** How long a prompt may be. */
export const promptCharactersMax = 100_000
const warnedFrom = 0.95 * promptCharactersMax

/** A prompt's length in words, and what to say about the limit as it comes near. */
export interface PromptSize {
  /** “104 words”. */
  words: string
  /** “612 characters”. */
  characters: string
  limit: { text: string; tone: 'warn' | 'danger' } | undefined
}

/** How long a text is. */
export function describeSize(text: string): PromptSize {
  const words = formatPlural(countWords(text), 'word')
  const characters = formatPlural(text.length, 'character')
  const left = promptCharactersMax - text.length
  if (left < 0) {
    return {
      words,
      characters,
      limit: { text: `${formatCount(-left)} too many, at most ${formatCount(promptCharactersMax)}`, tone: 'danger' },
    }
  }
  if (text.length < warnedFrom) return { words, characters, limit: undefined }
  return {
    words,
    characters,
    limit: { text: `${formatCount(left)} left of ${formatCount(promptCharactersMax)}`, tone: 'warn' },
  }
}

/** Words as a person counts them: what stands between spaces. */
export function countWords(text: string): number {
  return text.match(/\S+/g)?.length ?? 0
}

/** The prompt that a text stands for: without words, the platform's default answers (null). */
export function toPrompt(text: string): string | null {
  return text.trim() === '' ? null : text
}

/** Why a text cannot be asked with or made live; undefined when it can. */
export function checkPrompt(text: string): string | undefined {
  return text.length > promptCharactersMax
    ? `It is ${formatPlural(text.length - promptCharactersMax, 'character')} too long: at most ${formatCount(promptCharactersMax)}.`
    : undefined
}
