import type { ModelUsage } from './language-model.ts'

/** What one chunk object says. */
export interface FrameFacts {
  text: string
  /** What the model thought aloud: charged, but no part of the answer. */
  reasoning: string
  finishReason: string | null
  usage: ModelUsage | null
  isError: boolean
}

/**
 * A frame with its text cut out: `prefix` up to the opening quote of the content, then the text, then `middle` from
 * the closing quote on; `tail` follows a second hole, OpenAI's random `obfuscation`, when there is one.
 */
export interface FrameTemplate {
  prefix: string
  middle: string
  tail: string | undefined
}

const contentKey = '"content":"'
const obfuscationKey = '"obfuscation":"'
/** A run of characters that stand for themselves in a JSON string. */
// oxlint-disable-next-line no-control-regex -- JSON forbids exactly these in strings
const plainRun = /[^"\\\u0000-\u001F]*/y
const padding = /[A-Za-z0-9]*/y

/** Reads a chunk object by JSON.parse; undefined when it is not one. Index 0 only: we never ask for more choices. */
export function readFrame(data: string): FrameFacts | undefined {
  let value: unknown
  try {
    value = JSON.parse(data)
  } catch {
    return undefined
  }
  if (!isRecord(value)) return undefined
  const facts: FrameFacts = {
    text: '',
    reasoning: '',
    finishReason: null,
    usage: readUsage(value.usage),
    isError: (value.error !== undefined && value.error !== null) || value.object === 'error',
  }
  const choice: unknown = Array.isArray(value.choices) ? value.choices[0] : undefined
  if (!isRecord(choice)) return facts
  if (typeof choice.finish_reason === 'string') facts.finishReason = choice.finish_reason
  const { delta } = choice
  if (!isRecord(delta)) return facts
  if (typeof delta.content === 'string') facts.text = delta.content
  const reasoning = delta.reasoning_content ?? delta.reasoning
  if (typeof reasoning === 'string') facts.reasoning = reasoning
  return facts
}

/**
 * Learns the template of a line which was just read as a frame with text. The template is exact: it is kept only if
 * JSON.parse finds a mark put in the text's place as the whole content and finds nothing else in the frame. Another
 * valid string in that place cannot change the structure around it, so a match equals what JSON.parse would read.
 * `line` may end with the CR of a CRLF; `lineEnd` is that of the empty line after it.
 */
export function learnTemplate(line: string, lineEnd: string): FrameTemplate | undefined {
  const key = line.indexOf(contentKey)
  if (key < 0) return undefined
  const start = key + contentKey.length
  const end = findStringEnd(line, start)
  if (end < 0) return undefined
  const prefix = line.slice(0, start)
  const rest = `${line.slice(end)}\n${lineEnd}`
  const hole = rest.indexOf(obfuscationKey)
  const holeStart = hole + obfuscationKey.length
  const middle = hole < 0 ? rest : rest.slice(0, holeStart)
  const tail = hole < 0 ? undefined : rest.slice(rest.indexOf('"', holeStart))
  const marked = tail === undefined ? `${prefix}mark${middle}` : `${prefix}mark${middle}pad${tail}`
  const facts = readFrame(marked.slice(marked.startsWith('data: ') ? 6 : 5))
  const isPlain =
    facts !== undefined &&
    facts.text === 'mark' &&
    facts.finishReason === null &&
    facts.usage === null &&
    facts.reasoning === '' &&
    !facts.isError
  return isPlain ? { prefix, middle, tail } : undefined
}

/** Matches a whole event, its empty line included, at `at`; undefined when it is anything but the template. */
export function matchFrame(
  template: FrameTemplate,
  text: string,
  at: number,
): { content: string; end: number } | undefined {
  const { prefix, middle, tail } = template
  if (!text.startsWith(prefix, at)) return undefined
  const start = at + prefix.length
  plainRun.lastIndex = start
  plainRun.test(text)
  let stop = plainRun.lastIndex
  const isEscaped = text.charCodeAt(stop) === 92
  if (isEscaped) stop = findStringEnd(text, start)
  if (stop < 0 || !text.startsWith(middle, stop)) return undefined
  let end = stop + middle.length
  if (tail !== undefined) {
    padding.lastIndex = end
    padding.test(text)
    end = padding.lastIndex
    if (!text.startsWith(tail, end)) return undefined
    end += tail.length
  }
  const content = isEscaped ? unescapeString(text.slice(start, stop)) : text.slice(start, stop)
  return content === undefined ? undefined : { content, end }
}

/** The index of the quote that closes the JSON string whose text begins at `start`, or -1. */
function findStringEnd(text: string, start: number): number {
  let at = text.indexOf('"', start)
  while (at >= 0) {
    let backslashes = 0
    while (text.charCodeAt(at - 1 - backslashes) === 92) backslashes += 1
    if (backslashes % 2 === 0) return at
    at = text.indexOf('"', at + 1)
  }
  return -1
}

function unescapeString(raw: string): string | undefined {
  try {
    const value: unknown = JSON.parse(`"${raw}"`)
    return typeof value === 'string' ? value : undefined
  } catch {
    return undefined
  }
}

/**
 * What a provider says that a call used, with OpenAI's cached tokens or DeepSeek's name for them. Null unless it counted
 * both sides: what is missing or nonsense is estimated, for counted as 0 it would be free.
 */
export function readUsage(usage: unknown): ModelUsage | null {
  if (!isRecord(usage)) return null
  const details = isRecord(usage.prompt_tokens_details) ? usage.prompt_tokens_details : {}
  const promptTokens = readCount(usage.prompt_tokens)
  const completionTokens = readCount(usage.completion_tokens)
  if (promptTokens === null || completionTokens === null) return null
  return {
    promptTokens,
    completionTokens,
    cachedTokens: readCount(details.cached_tokens ?? usage.prompt_cache_hit_tokens) ?? 0,
  }
}

/** A provider's count of tokens. Counts become money: a negative, fractional or absurd number is none. */
export function readCount(value: unknown): number | null {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0 && value < 1e9 ? value : null
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
