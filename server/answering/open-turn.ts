import type { ModelPrice } from '../data/prices.data.ts'
import type { ReservedCall } from '../data/tenant-scope.ts'
import type { UsageLedger } from '../data/usage.data.ts'
import type { ChatMessage, LanguageModel, ModelSampling, ModelStream, ModelTarget } from '../external/language-model.ts'
import type { Clock } from '../platform/clock.ts'
import type { Log } from '../platform/log.ts'
import { isDatabaseOutage } from '../platform/outage.ts'
import type { AnswerMetrics } from './answer-metrics.ts'
import { type AnswerOutcome, describeNothing } from './answer-outcome.ts'
import { keepTrying } from './keep-trying.ts'
import type { Seat } from './limits/limits.ts'
import { countCall } from './made-calls.ts'
import type { PlatformModels } from './model-choice.ts'
import type { Retrieved } from './retrieval.ts'

/** Where a turn is written. Each is called at most once, but `finish` may be repeated after a failure. */
export interface TurnRecord {
  sessionId: string | null
  messageId: string
  /** Stores what is known before the answer; runs beside the upstream call. */
  begin(call: ReservedCall): Promise<void>
  finish(outcome: AnswerOutcome, sources: Retrieved | null): Promise<void>
  /** Takes back what `begin` stored, when no answer came to be. */
  undo(outcome: AnswerOutcome): Promise<void>
}

/** What opening a turn stands on. */
export interface TurnParts {
  ledger: Pick<UsageLedger, 'reserve'>
  languageModel: Pick<LanguageModel, 'openStream'>
  metrics: AnswerMetrics
  platform: PlatformModels
  clock: Clock
  log: Log
}

/** A turn whose call was reserved. */
export interface Opening {
  question: { signal: AbortSignal; sampling?: ModelSampling }
  seat: Seat
  record: TurnRecord
  call: ReservedCall
  target: ModelTarget
  messages: ChatMessage[]
  maxOutputTokens: number
  retrieved: Retrieved | null
  price: ModelPrice | undefined
  /** Aborts the upstream call. */
  abort: AbortController
  /** Monotonic milliseconds at the beginning of the call. */
  startedMs: number
  /** Hears how the provider did: null when it answered to the end. */
  noteProvider: (failure: unknown) => void
}

/** Opens the upstream call beside the writing of the turn's first half; both or neither. Throws what either failed with. */
export async function openTurn(parts: TurnParts, opening: Opening): Promise<ModelStream> {
  const { question, record, abort } = opening
  const forward = (): void => abort.abort(question.signal.reason)
  if (question.signal.aborted) forward()
  else question.signal.addEventListener('abort', forward, { once: true })
  const [begun, opened] = await Promise.allSettled([
    record.begin(opening.call).catch((error: unknown) => {
      abort.abort(error)
      throw error
    }),
    parts.languageModel.openStream({
      target: opening.target,
      messages: opening.messages,
      maxOutputTokens: opening.maxOutputTokens,
      sampling: question.sampling,
      signal: abort.signal,
      passages: opening.retrieved?.sources,
    }),
  ])
  if (begun.status === 'fulfilled' && opened.status === 'fulfilled') return opened.value
  if (opened.status === 'fulfilled') opened.value.close()
  else if (!abort.signal.aborted) opening.noteProvider(opened.reason)
  const gaveUp = question.signal.aborted || begun.status === 'rejected'
  const durationMs = parts.clock.monotonicMs() - opening.startedMs
  const nothing = describeNothing({ ...opening, gaveUp, durationMs })
  const takenBack = takeBack(parts, opening, { nothing, wasBegun: begun.status === 'fulfilled' }).catch(
    (err: unknown) => parts.log.warn({ err }, 'a refused turn could not be taken back; its lease settles it'),
  )
  // Whoever asked is not kept waiting until the database is back.
  if (!(begun.status === 'rejected' && isDatabaseOutage(begun.reason))) await takenBack
  throw begun.status === 'rejected'
    ? begun.reason
    : opened.status === 'rejected'
      ? opened.reason
      : new Error('unreachable')
}

/** Leaves nothing of a refused turn but its call. The model may have seen it, also when its reservation was not stored. */
async function takeBack(
  parts: TurnParts,
  opening: Opening,
  { nothing, wasBegun }: { nothing: AnswerOutcome; wasBegun: boolean },
): Promise<void> {
  const { call, record } = opening
  await keepTrying(
    async () => {
      if (wasBegun) await record.undo(nothing)
      else await parts.ledger.reserve(call).then(() => record.undo(nothing))
    },
    { log: parts.log, streamId: call.id },
  )
  await countCall(parts, opening, nothing.call)
}
