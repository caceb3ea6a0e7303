import type { StoredSource, StoredUsage } from '../data/tenant.schema.ts'
import type { ModelPrice } from '../data/prices.data.ts'
import type { ChatMessage, ModelStream, ModelTarget, ModelUsage } from '../external/language-model.ts'
import { makeModelFailure, makeModelTimeout } from '../external/model-errors.ts'
import type { Clock } from '../platform/clock.ts'
import { AppError, clientLeft } from '../platform/errors.ts'
import type { Log } from '../platform/log.ts'
import { type AnswerOutcome, describeOutcome } from './answer-outcome.ts'
import { createTextBound, makeStorable } from './answer-text.ts'
import { createCitationFilter, type CitationFilter } from './citations.ts'
import { keepTrying } from './keep-trying.ts'
import type { Retrieved } from './retrieval.ts'
import { answerBytesMax } from './token-estimate.ts'

/** What an answer gives, in this order: start, sources (when retrieval ran), deltas, usage, done — or error at any point. */
export type AnswerEvent =
  | { event: 'start'; data: { stream_id: string; session_id: string | null; message_id: string } }
  | { event: 'sources'; data: { sources: StoredSource[]; mode: string; degraded: Retrieved['degraded'] } }
  | { event: 'delta'; data: { text: string } }
  | { event: 'usage'; data: StoredUsage }
  | { event: 'done'; data: { finish_reason: string; message_id: string; cited: number[] } }
  | { event: 'error'; data: AppError }

/** An answer under way. */
export interface AnswerStream {
  /** Also the id of its model call's ledger row. */
  readonly streamId: string
  /** `x-ratelimit-*` of the response that carries it. */
  readonly headers: Record<string, string>
  readonly model: string
  /** The next events; undefined after the last, and once the reader left. Not for concurrent readers. */
  next(): Promise<AnswerEvent[] | undefined>
  /** The reader left: the upstream is closed at once, and what was generated is stored as aborted. Idempotent. */
  leave(): Promise<void>
  /**
   * Ends the answer with an `error` event, as when the tenant was switched off: the upstream is closed and what was
   * generated is stored as aborted at once, whether anybody reads or not. Without effect once it has ended.
   */
  cut(error: AppError): void
  /**
   * Ends the answer because its reader wants no more of it: the upstream is closed, what was generated is stored as
   * aborted at once, and its last events are `usage` and `done` with `finish_reason: "stopped"`. Without effect once it
   * has ended.
   */
  stop(): void
  /** Resolves when the answer is stored and its call settled. */
  readonly settled: Promise<void>
}

/** What an answer stream is made of. */
export interface AnswerStreamParts {
  ids: { streamId: string; sessionId: string | null; messageId: string }
  headers: Record<string, string>
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
  /** What the provider was asked for; an answer that goes far beyond it is ended. */
  maxOutputTokens: number
  /** Monotonic milliseconds at the beginning of the call. */
  startedMs: number
  clock: Clock
  log: Log
  /** Default: a second more than the model's own deadline, which only shows when somebody reads. */
  totalMsMax?: number
}

const totalMsMaxDefault = 301_000

/** Turns a model's stream into the events of an answer; every ending is stored and counted exactly once. */
export function createAnswerStream(parts: AnswerStreamParts): AnswerStream {
  const { ids, retrieved, totalMsMax = totalMsMaxDefault } = parts
  // Without a search there are no numbers to check, and `[1]` in an answer is just text, as in `items[1]`.
  const citations: CitationFilter | undefined = retrieved
    ? createCitationFilter(retrieved.sources.map((source) => source.n))
    : undefined
  let content = ''
  const bound = createTextBound(answerBytesMax(parts.maxOutputTokens))
  let firstTokenMs: number | null = null
  let phase: 'opening' | 'streaming' | 'ended' = 'opening'
  let stopped: { error: AppError | undefined; ending: Ending } | undefined
  let hasLeft = false
  let settling: Promise<void> | undefined
  const { promise: settled, resolve: noteSettled } = Promise.withResolvers<void>()

  const deadline = setTimeout(() => breakOff({ error: makeModelTimeout('total'), status: 'failed' }), totalMsMax)
  deadline.unref()

  function settle(ending: Ending): Promise<void> {
    clearTimeout(deadline)
    settling ??= settleOnce(ending).finally(noteSettled)
    return settling
  }

  async function settleOnce(ending: Ending): Promise<void> {
    const outcome = await describeOutcome({
      ...ending,
      streamId: ids.streamId,
      model: parts.target.model,
      messages: parts.messages,
      price: parts.price,
      content,
      unsaidBytes: parts.model.unsaidBytes,
      cited: citations?.cited() ?? [],
      firstTokenMs,
      durationMs: parts.clock.monotonicMs() - parts.startedMs,
    })
    ending.outcome = outcome
    await keepTrying(() => parts.finish(outcome), { log: parts.log, streamId: ids.streamId })
  }

  /** Ends the answer from outside its reading, for a reader may have stopped. Without an error it was asked to. */
  function breakOff(reason: { error?: AppError; status: 'aborted' | 'failed' }): void {
    if (phase === 'ended' || stopped) return
    stopped = { error: reason.error, ending: { status: reason.status, usage: null } }
    parts.abort.abort(reason.error ?? clientLeft())
    parts.model.close()
    settle(stopped.ending).catch(logUnstored)
  }

  function throwIfStopped(): void {
    if (stopped) throw stopped.error ?? clientLeft()
  }

  function logUnstored(err: unknown): void {
    parts.log.error({ err, stream_id: ids.streamId }, 'an answer could not be stored')
  }

  function take(text: string): AnswerEvent[] {
    let shown = citations ? citations.push(text) : text
    if (shown === '') return []
    const isTooLong = content.length + shown.length > bound.charactersSurelyFitting && !bound.fits(content, shown)
    if (isTooLong) shown = bound.cut(content, shown)
    content += shown
    if (isTooLong) {
      const failure = makeModelFailure('too_large')
      parts.noteProvider(failure)
      breakOff({ error: failure, status: 'failed' })
    }
    return [{ event: 'delta', data: { text: shown } }]
  }

  async function end(finishReason: string, usage: ModelUsage | null): Promise<AnswerEvent[]> {
    parts.noteProvider(null)
    const rest = citations?.end() ?? ''
    content += rest
    const ending: Ending = { status: 'completed', usage }
    await settle(ending)
    const events: AnswerEvent[] = rest ? [{ event: 'delta', data: { text: rest } }] : []
    return [...events, ...describeEnd(finishReason, ending)]
  }

  function describeEnd(finishReason: string, { outcome }: Ending): AnswerEvent[] {
    const events: AnswerEvent[] = outcome?.usage ? [{ event: 'usage', data: outcome.usage }] : []
    const cited = citations?.cited() ?? []
    return [...events, { event: 'done', data: { finish_reason: finishReason, message_id: ids.messageId, cited } }]
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

  async function fail(thrown: unknown): Promise<AnswerEvent[]> {
    parts.model.close()
    if (stopped && !stopped.error) {
      await settle(stopped.ending)
      return describeEnd('stopped', stopped.ending)
    }
    const cause = stopped?.error ?? thrown
    // Whoever broke it off has logged what could not be stored.
    await settle({ status: 'failed', usage: null }).catch(stopped ? () => undefined : logUnstored)
    if (cause instanceof AppError) return [{ event: 'error', data: cause }]
    throw cause
  }

  return {
    streamId: ids.streamId,
    headers: parts.headers,
    model: parts.target.model,
    settled,
    async next() {
      if (phase === 'ended') return undefined
      if (phase === 'opening') {
        phase = 'streaming'
        return begin()
      }
      try {
        for (;;) {
          throwIfStopped()
          const event = await parts.model.read()
          // What comes after it was stored must not be shown.
          throwIfStopped()
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
        if (phase === 'streaming' && !stopped && !hasLeft) parts.noteProvider(error)
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
    cut: (error) => breakOff({ error, status: 'aborted' }),
    stop: () => breakOff({ status: 'aborted' }),
  }
}

interface Ending {
  status: 'completed' | 'aborted' | 'failed'
  usage: ModelUsage | null
  outcome?: AnswerOutcome
}
