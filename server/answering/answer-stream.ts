import type { StoredSource, StoredUsage } from '../data/tenant.schema.ts'
import type { SettledCall } from '../data/tenant-scope.ts'
import { computeCostMicroUsd, type ModelPrice } from '../data/prices.data.ts'
import type { ChatMessage, ModelStream, ModelTarget, ModelUsage } from '../external/language-model.ts'
import type { Clock } from '../platform/clock.ts'
import { AppError, clientLeft } from '../platform/errors.ts'
import type { Log } from '../platform/log.ts'
import { createCitationFilter, type CitationFilter } from './citations.ts'
import type { Retrieved } from './retrieval.ts'
import { countPromptTokens, countTokens } from './token-estimate.ts'

/** What an answer gives, in this order: start, sources (when retrieval ran), deltas, usage, done — or error at any point. */
export type AnswerEvent =
  | { event: 'start'; data: { stream_id: string; session_id: string | null; message_id: string } }
  | { event: 'sources'; data: { sources: StoredSource[]; mode: string; degraded: Retrieved['degraded'] } }
  | { event: 'delta'; data: { text: string } }
  | { event: 'usage'; data: StoredUsage }
  | { event: 'done'; data: { finish_reason: string; message_id: string; cited: number[] } }
  | { event: 'error'; data: AppError }

/** How an answer ended, as it is stored and counted. */
export interface AnswerOutcome {
  call: SettledCall
  content: string
  cited: number[]
  usage: StoredUsage | null
}

/** An answer under way. */
export interface AnswerStream {
  readonly streamId: string
  /** The ledger row of its model call. */
  readonly callId: string
  /** The next events; undefined after the last, and once the reader left. Not for concurrent readers. */
  next(): Promise<AnswerEvent[] | undefined>
  /** The reader left: the upstream is closed at once, and what was generated is stored as aborted. Idempotent. */
  leave(): Promise<void>
  /** Ends the answer with an `error` event, as when the tenant was switched off. What was generated is stored. */
  cut(error: AppError): void
  /** Resolves when the answer is stored and its call settled. */
  readonly settled: Promise<void>
}

/** What an answer stream is made of. */
export interface AnswerStreamParts {
  ids: { streamId: string; sessionId: string | null; messageId: string; callId: string }
  model: ModelStream
  target: ModelTarget
  messages: ChatMessage[]
  price: ModelPrice | undefined
  retrieved: Retrieved | null
  /** Aborts the upstream call. */
  abort: AbortController
  /** Stores the answer and settles its call; may be repeated. */
  finish: (outcome: AnswerOutcome) => Promise<void>
  /** Hears how the provider did: null when it answered to the end. */
  noteProvider: (failure: unknown) => void
  /** Monotonic milliseconds at the beginning of the call. */
  startedMs: number
  clock: Clock
  log: Log
}

const finishTriesMax = 4
const finishRetryMs = 250

/** Turns a model's stream into the events of an answer; every ending is stored and counted exactly once. */
export function createAnswerStream(parts: AnswerStreamParts): AnswerStream {
  const { ids, retrieved } = parts
  // Without a search there are no numbers to check, and `[1]` in an answer is just text, as in `items[1]`.
  const citations: CitationFilter | undefined = retrieved
    ? createCitationFilter(retrieved.sources.map((source) => source.n))
    : undefined
  let content = ''
  let firstTokenMs: number | null = null
  let phase: 'opening' | 'streaming' | 'ended' = 'opening'
  let cutBy: AppError | undefined
  let hasLeft = false
  let settling: Promise<void> | undefined
  const { promise: settled, resolve: noteSettled } = Promise.withResolvers<void>()

  function settle(ending: Ending): Promise<void> {
    settling ??= settleOnce(ending).finally(noteSettled)
    return settling
  }

  async function settleOnce(ending: Ending): Promise<void> {
    const outcome = await describeOutcome(parts, { ...ending, content, firstTokenMs, cited: citations?.cited() ?? [] })
    ending.outcome = outcome
    for (let attempt = 1; ; attempt++) {
      try {
        await parts.finish(outcome)
        return
      } catch (err) {
        if (attempt >= finishTriesMax) throw err
        parts.log.warn({ err, attempt, stream_id: ids.streamId }, 'an answer could not be stored yet')
        await Bun.sleep(finishRetryMs * attempt)
      }
    }
  }

  function take(text: string): AnswerEvent[] {
    const shown = citations ? citations.push(text) : text
    if (shown === '') return []
    content += shown
    return [{ event: 'delta', data: { text: shown } }]
  }

  async function end(finishReason: string, usage: ModelUsage | null): Promise<AnswerEvent[]> {
    parts.noteProvider(null)
    const rest = citations?.end() ?? ''
    content += rest
    const ending: Ending = { status: 'completed', usage }
    await settle(ending)
    const events: AnswerEvent[] = rest ? [{ event: 'delta', data: { text: rest } }] : []
    if (ending.outcome?.usage) events.push({ event: 'usage', data: ending.outcome.usage })
    events.push({
      event: 'done',
      data: { finish_reason: finishReason, message_id: ids.messageId, cited: citations?.cited() ?? [] },
    })
    return events
  }

  function begin(): AnswerEvent[] {
    const { streamId, sessionId, messageId } = ids
    const events: AnswerEvent[] = [
      { event: 'start', data: { stream_id: streamId, session_id: sessionId, message_id: messageId } },
    ]
    if (retrieved) {
      const { sources, mode, degraded } = retrieved
      events.push({ event: 'sources', data: { sources, mode, degraded } })
    }
    return events
  }

  async function fail(error: unknown): Promise<AnswerEvent[]> {
    parts.model.close()
    const cause = cutBy ?? error
    try {
      await settle({ status: cutBy ? 'aborted' : 'failed', usage: null })
    } catch (err) {
      parts.log.error({ err, stream_id: ids.streamId }, 'an answer could not be stored')
    }
    if (cause instanceof AppError) return [{ event: 'error', data: cause }]
    throw cause
  }

  return {
    streamId: ids.streamId,
    callId: ids.callId,
    settled,
    async next() {
      if (phase === 'ended') return undefined
      if (phase === 'opening') {
        phase = 'streaming'
        return begin()
      }
      try {
        for (;;) {
          if (cutBy) throw cutBy
          const event = await parts.model.read()
          if (event.type === 'end') {
            phase = 'ended'
            return await end(event.finishReason, event.usage)
          }
          firstTokenMs ??= parts.clock.monotonicMs() - parts.startedMs
          const events = take(makeStorable(event.text))
          if (events.length > 0) return events
        }
      } catch (error) {
        // Past its end the answer may still fail to be stored, which is not the provider's fault.
        if (phase === 'streaming' && !cutBy && !hasLeft) parts.noteProvider(error)
        phase = 'ended'
        return hasLeft ? undefined : fail(error)
      }
    },
    leave() {
      phase = 'ended'
      hasLeft = true
      parts.abort.abort(clientLeft())
      parts.model.close()
      return settle({ status: 'aborted', usage: null })
    },
    cut(error) {
      cutBy ??= error
      parts.abort.abort(error)
    },
  }
}

interface Ending {
  status: 'completed' | 'aborted' | 'failed'
  usage: ModelUsage | null
  outcome?: AnswerOutcome
}

async function describeOutcome(
  parts: AnswerStreamParts,
  ending: Ending & { content: string; firstTokenMs: number | null; cited: number[] },
): Promise<AnswerOutcome> {
  const tokens = ending.usage ?? {
    promptTokens: await countPromptTokens(parts.messages),
    completionTokens: await countTokens(ending.content),
    cachedTokens: 0,
  }
  const cost = computeCostMicroUsd(parts.price, tokens)
  const usageSource = ending.usage ? 'provider' : 'estimated'
  return {
    content: ending.content,
    cited: ending.cited,
    usage: {
      model: parts.target.model,
      prompt_tokens: tokens.promptTokens,
      completion_tokens: tokens.completionTokens,
      total_tokens: tokens.promptTokens + tokens.completionTokens,
      cost_micro_usd: cost,
      usage_source: usageSource,
    },
    call: {
      id: parts.ids.callId,
      prompt_tokens: tokens.promptTokens,
      completion_tokens: tokens.completionTokens,
      cached_tokens: tokens.cachedTokens,
      cost_micro_usd: cost,
      status: ending.status,
      usage_source: usageSource,
      first_token_ms: ending.firstTokenMs === null ? null : Math.round(ending.firstTokenMs),
      duration_ms: Math.round(parts.clock.monotonicMs() - parts.startedMs),
    },
  }
}

/** PostgreSQL stores neither NUL nor lone surrogates, and a client could not decode them. */
function makeStorable(text: string): string {
  const whole = text.includes('\u0000') ? text.replaceAll('\u0000', '') : text
  return whole.isWellFormed() ? whole : whole.toWellFormed()
}
