import type { Directories } from '../data/directories.ts'
import { computeCostMicroUsd } from '../data/prices.data.ts'
import type { TenantScope } from '../data/tenant-scope.ts'
import type { HistoryMessage, ReservedCall } from '../data/tenant-scope.ts'
import type { TenantRecord } from '../data/tenants.data.ts'
import type { UsageLedger } from '../data/usage.data.ts'
import type { Embeddings } from '../external/embeddings.ts'
import type { LanguageModel, ModelSampling, ModelTarget } from '../external/language-model.ts'
import { retrievalFailed } from '../external/pinecone-errors.ts'
import type { Clock } from '../platform/clock.ts'
import { newId, type TenantId, type UserId } from '../platform/ids.ts'
import type { Log } from '../platform/log.ts'
import { type AnswerStream, createAnswerStream } from './answer-stream.ts'
import type { AnswerMetrics } from './answer-metrics.ts'
import type { HealthRecorder } from './connection-health.ts'
import { embedTexts } from './embed-texts.ts'
import type { Limits, Seat } from './limits/limits.ts'
import { countCall } from './made-calls.ts'
import type { ModelTurns } from './model-turns.ts'
import { type Opening, openTurn, type TurnRecord } from './open-turn.ts'
import { chooseEmbeddingTarget, chooseModel, type PlatformModels } from './model-choice.ts'
import { builtInSystemPrompt, buildPrompt } from './prompt.ts'
import type { Comparison, Retriever } from './retrieval.ts'
import type { EmbedQuestion } from './retrieval-request.ts'
import type { TenantSecrets } from './tenant-secrets.ts'
import { estimatePromptTokens, measurePromptTokens } from './token-estimate.ts'

/** What answers stand on. */
export interface AnsweringParts {
  directories: Directories
  ledger: UsageLedger
  languageModel: LanguageModel
  embeddings: Embeddings
  retriever: Retriever
  secrets: TenantSecrets
  health: HealthRecorder
  limits: Pick<Limits, 'admit'>
  modelTurns: ModelTurns
  metrics: AnswerMetrics
  platform: PlatformModels
  defaultSystemPrompt: string | undefined
  clock: Clock
  log: Log
}

/** A question to a tenant's bot. */
export interface Question {
  tenant: TenantRecord
  scope: TenantScope
  userId: UserId
  message: string
  /** What was said before; asked for once the limits let the question through. Throws when there is no such session. */
  readHistory: () => Promise<HistoryMessage[]>
  retrievalOff: boolean
  /** Instead of the tenant's prompt; undefined keeps it. */
  systemPrompt?: string | null
  /** What the caller's program asks for beside the prompt, which goes first. */
  instructions?: string
  /** Fewer than the tenant allows; more are not given. */
  maxOutputTokens?: number
  sampling?: ModelSampling
  source: ReservedCall['source']
  purpose: 'chat' | 'test'
  requestId: string
  signal: AbortSignal
}

/** Whose usage an embedding is, and how long it is waited for. */
type Asker = Pick<Question, 'userId' | 'source' | 'requestId' | 'signal'>

/** The chat engine: model, retrieval, prompt, call; everything that can be refused is refused before the stream. */
export interface Answering {
  /**
   * Resolves when the upstream has answered 2xx and the turn's first half is committed. Throws `limit.*` 429,
   * `model.price_unknown` and `model.not_configured` 503, `model.upstream_error` 502, `model.timeout` 504,
   * `retrieval.failed` 502.
   */
  answer(question: Question, record: TurnRecord): Promise<AnswerStream>
  /**
   * Looks for passages in every way that there is, without an answer; embedding the question is counted. Throws
   * `limit.*` 429; what one way fails with is told in its place.
   */
  compareRetrieval(question: Asker & { tenant: TenantRecord; scope: TenantScope; message: string }): Promise<Comparison>
}

/** The engine over its parts. */
export function createAnswering(parts: AnsweringParts): Answering {
  const { clock } = parts

  async function embed(
    asked: { question: Asker; seat: Seat },
    request: { tenant: TenantRecord; question: string; signal: AbortSignal },
  ): Promise<number[]> {
    const { question, seat } = asked
    const target = await chooseEmbeddingTarget(request.tenant, parts)
    if (!target) {
      throw retrievalFailed({
        detail: 'Nobody can embed the question: give this tenant an OpenAI key, or set OPENAI_API_KEY.',
        extensions: { reason: 'embedding_not_configured' },
      })
    }
    const [vector] = await embedTexts(parts, {
      seat,
      target,
      usage: {
        tenant_id: request.tenant.id,
        user_id: question.userId,
        source: question.source,
        request_id: question.requestId,
      },
      inputs: [request.question],
      signal: request.signal,
    })
    return vector ?? []
  }

  async function answer(question: Question, record: TurnRecord): Promise<AnswerStream> {
    const { tenant, userId, requestId, purpose } = question
    const seat = await parts.limits.admit({ tenant, userId, requestId, purpose })
    try {
      const stream = await answerAt(seat, question, record)
      void stream.settled.finally(() => seat.leave())
      return stream
    } catch (error) {
      await seat.leave()
      throw error
    }
  }

  async function answerAt(seat: Seat, question: Question, record: TurnRecord): Promise<AnswerStream> {
    const { tenant } = question
    const history = await question.readHistory()
    const target = await chooseModel(tenant, parts)
    const price = await parts.directories.price(target.provider, target.model)
    const retrieved = question.retrievalOff
      ? null
      : await parts.retriever.retrieve({
          tenant,
          scope: question.scope,
          question: question.message,
          signal: question.signal,
          embed: (request) => embed({ question, seat }, request),
        })
    const outputTokensMax = Math.min(tenant.maxOutputTokens, question.maxOutputTokens ?? Infinity)
    const messages = buildPrompt({
      systemPrompt: pickSystemPrompt(question, parts.defaultSystemPrompt),
      instructions: question.instructions,
      sources: retrieved?.sources ?? null,
      history,
      message: question.message,
      model: target.model,
      maxOutputTokens: outputTokensMax,
    })
    const promptTokens = seat.countsTokens ? await measurePromptTokens(messages) : estimatePromptTokens(messages)
    // A stream is called as its ledger row, so that any replica finds what was counted for it.
    const streamId = newId()
    const maxOutputTokens = await seat.reserve({ id: streamId, price, promptTokens, outputTokensMax })
    const startedMs = clock.monotonicMs()
    const call: ReservedCall = {
      id: streamId,
      tenant_id: tenant.id,
      user_id: question.userId,
      source: question.source,
      purpose: question.purpose,
      provider: target.provider,
      model: target.model,
      prompt_tokens: promptTokens,
      completion_tokens: maxOutputTokens,
      cost_micro_usd: computeCostMicroUsd(price, { promptTokens, completionTokens: maxOutputTokens, cachedTokens: 0 }),
      request_id: question.requestId,
    }
    const giveBack = await parts.modelTurns.take(tenant.id, question.signal).catch(async (error: unknown) => {
      await seat.settle(call.id, { tokens: 0, costMicroUsd: 0 })
      throw error
    })
    const opening: Opening = {
      question,
      seat,
      record,
      call,
      target,
      messages,
      maxOutputTokens,
      retrieved,
      price,
      abort: new AbortController(),
      startedMs,
      noteProvider: (failure) => noteProvider(tenant.id, target, failure),
    }
    const model = await openTurn(parts, opening).catch((error: unknown) => {
      giveBack()
      throw error
    })
    const stream = createAnswerStream({
      ...opening,
      ids: { streamId, sessionId: record.sessionId, messageId: record.messageId },
      headers: seat.headers,
      model,
      clock,
      log: parts.log,
      async finish(outcome) {
        await record.finish(outcome, retrieved)
        await countCall(parts, { seat, call, price }, outcome.call)
      },
    })
    void stream.settled.finally(giveBack)
    // A client that left while the stream was prepared never pulls nor cancels it.
    const leave = (): void =>
      void stream.leave().catch((err: unknown) => parts.log.error({ err }, 'an answer could not be stored'))
    if (question.signal.aborted) leave()
    else question.signal.addEventListener('abort', leave, { once: true })
    return stream
  }

  /** The offline model is part of this server: it is no connection that could fail. */
  function noteProvider(tenantId: TenantId, target: ModelTarget, failure: unknown): void {
    if (target.provider === 'offline') return
    if (failure === null) parts.health.succeeded(tenantId, 'model')
    else parts.health.failed(tenantId, 'model', failure, true)
  }

  async function compareRetrieval(question: Parameters<Answering['compareRetrieval']>[0]): Promise<Comparison> {
    const { tenant, scope, userId, requestId, signal } = question
    const seat = await parts.limits.admit({ tenant, userId, requestId, purpose: 'test' })
    try {
      const embedAtSeat: EmbedQuestion = (request) => embed({ question, seat }, request)
      return await parts.retriever.compare({ tenant, scope, question: question.message, signal, embed: embedAtSeat })
    } finally {
      await seat.leave()
    }
  }

  return { answer, compareRetrieval }
}

function pickSystemPrompt(question: Question, platformDefault: string | undefined): string {
  const own = question.systemPrompt === undefined ? question.tenant.systemPrompt : question.systemPrompt
  return own ?? platformDefault ?? builtInSystemPrompt
}
