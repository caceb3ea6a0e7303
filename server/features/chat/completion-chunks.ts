import type { AnswerReader } from '../../answering/answer-reader.ts'
import type { AnswerEvent, AnswerStream } from '../../answering/answer-stream.ts'
import { describeOpenAiError } from '../../http/openai-errors.ts'
import { toAppError } from '../../http/problem-details.ts'
import type { Log } from '../../platform/log.ts'

type Delta = { role?: string; content?: string }

/** What all chunks of an answer begin with. */
export interface ChunkHead {
  /** `chatcmpl-…` */
  id: string
  /** Seconds since 1970. */
  created: number
}

const encoder = new TextEncoder()
const frame = (data: unknown): string => `data: ${JSON.stringify(data)}\n\n`

/** A comment, which every reader of event streams skips. */
export const pingComment = encoder.encode(': ping\n\n')

/**
 * Reads an answer as OpenAI's `chat.completion.chunk`s: one with the role, one with `sources` if there was a search (an
 * addition), one for each piece of text, one with the finish reason (and `cited`), the usage if it was asked for, and
 * `[DONE]`. An error after the beginning is `{error: …}`, which ends the stream without `[DONE]`, as at OpenAI.
 */
export function readChunks(
  stream: AnswerStream,
  options: { head: ChunkHead; includeUsage: boolean; log: Log },
): Omit<AnswerReader, 'streamId' | 'cut'> {
  const write = createChunkWriter(stream, options)
  let problemCode: string | undefined
  let isAtEnd = false

  async function read(): Promise<AnswerEvent[] | undefined> {
    try {
      return await stream.next()
    } catch (error) {
      options.log.error({ err: error, stream_id: stream.streamId }, 'an answer failed')
      return [{ event: 'error', data: toAppError(error) }]
    }
  }

  return {
    ended: stream.settled,
    get isAtEnd() {
      return isAtEnd
    },
    get problemCode() {
      return problemCode
    },
    async next() {
      const events = isAtEnd ? undefined : await read()
      const last = events?.at(-1)
      if (last?.event === 'error') problemCode = last.data.code
      if (!last || last.event === 'done' || last.event === 'error') isAtEnd = true
      return events && encoder.encode(events.map(write).join(''))
    },
    leave() {
      if (isAtEnd) return
      isAtEnd = true
      stream.leave().catch((err: unknown) => {
        options.log.error({ err, stream_id: stream.streamId }, 'an answer could not be stored')
      })
    },
  }
}

/** What is written of each event; of what comes at once, something always is. */
function createChunkWriter(
  stream: AnswerStream,
  { head, includeUsage }: { head: ChunkHead; includeUsage: boolean },
): (event: AnswerEvent) => string {
  const base = { id: head.id, object: 'chat.completion.chunk', created: head.created, model: stream.model }
  const more = includeUsage ? { usage: null } : {}
  // One piece of text is written between two texts that never change: this is the hot path.
  const [before = '', after = ''] = frame({ ...base, choices: [describeChoice({ content: '@' })], ...more }).split(
    '"@"',
  )
  let usage: Extract<AnswerEvent, { event: 'usage' }>['data'] | undefined

  const chunk = (delta: Delta, extensions: object = {}, finishReason: string | null = null): string =>
    frame({ ...base, choices: [describeChoice(delta, finishReason)], ...more, ...extensions })

  return (event) => {
    switch (event.event) {
      case 'start':
        return chunk({ role: 'assistant', content: '' })
      case 'sources':
        return chunk({}, { sources: event.data.sources })
      case 'delta':
        return before + JSON.stringify(event.data.text) + after
      case 'usage':
        usage = event.data
        return ''
      case 'done': {
        const last = chunk({}, { cited: event.data.cited }, describeFinish(event.data.finish_reason))
        const counted = includeUsage && usage ? frame({ ...base, choices: [], usage: describeUsage(usage) }) : ''
        return `${last}${counted}data: [DONE]\n\n`
      }
      default:
        return frame(describeOpenAiError(event.data).body)
    }
  }
}

/** Why an answer ended, in OpenAI's words, which have none for one that was stopped by its asker. */
export function describeFinish(reason: string): string {
  return reason === 'stopped' ? 'stop' : reason
}

/** What an answer used, in OpenAI's names. */
export function describeUsage(usage: { prompt_tokens: number; completion_tokens: number; total_tokens: number }) {
  const { prompt_tokens, completion_tokens, total_tokens } = usage
  return { prompt_tokens, completion_tokens, total_tokens }
}

function describeChoice(delta: Delta, finishReason: string | null = null) {
  return { index: 0, delta, logprobs: null, finish_reason: finishReason }
}
