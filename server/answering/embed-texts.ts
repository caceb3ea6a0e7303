import type { Directories } from '../data/directories.ts'
import { computeCostMicroUsd } from '../data/prices.data.ts'
import type { ReservedCall, SettledCall } from '../data/tenant-scope.ts'
import type { UsageLedger } from '../data/usage.data.ts'
import type { Embeddings, EmbeddingTarget } from '../external/embeddings.ts'
import type { Clock } from '../platform/clock.ts'
import { newId } from '../platform/ids.ts'
import type { AnswerMetrics } from './answer-metrics.ts'
import type { Seat } from './limits/limits.ts'
import { countCall } from './made-calls.ts'
import type { PlatformModels } from './model-choice.ts'
import { measureTokens } from './token-estimate.ts'

/** What embedding stands on. */
export interface EmbeddingParts {
  directories: Pick<Directories, 'price'>
  ledger: UsageLedger
  embeddings: Embeddings
  metrics: AnswerMetrics
  platform: PlatformModels
  clock: Clock
}

/** Texts to embed, and whose usage it is. */
export interface EmbeddingRequest {
  seat: Seat
  target: EmbeddingTarget
  usage: Pick<ReservedCall, 'tenant_id' | 'user_id' | 'source' | 'request_id'>
  inputs: string[]
  signal: AbortSignal
}

/**
 * Embeds texts by one call that is counted in the tenant's usage (purpose embedding); one vector each, in order. Throws
 * `limit.*` 429, `model.price_unknown` 503, `model.upstream_error` 502, `model.timeout` 504, or the signal's reason.
 */
export async function embedTexts(parts: EmbeddingParts, request: EmbeddingRequest): Promise<number[][]> {
  const { seat, target, inputs, signal } = request
  const { clock, ledger } = parts
  const price = await parts.directories.price('openai', target.model)
  const estimate = {
    promptTokens: await measureTokens(inputs),
    completionTokens: 0,
    cachedTokens: 0,
  }
  const startedMs = clock.monotonicMs()
  const call: ReservedCall = {
    ...request.usage,
    id: newId(),
    purpose: 'embedding',
    provider: 'openai',
    model: target.model,
    prompt_tokens: estimate.promptTokens,
    completion_tokens: 0,
    cost_micro_usd: computeCostMicroUsd(price, estimate),
  }
  await seat.reserve({ id: call.id, price, promptTokens: call.prompt_tokens, outputTokensMax: 0 })
  await reserveOr(seat, call, () => ledger.reserve(call))
  const settle = async (
    status: SettledCall['status'],
    promptTokens: number,
    source: SettledCall['usage_source'] = 'estimated',
  ): Promise<void> => {
    const settled: SettledCall = {
      id: call.id,
      prompt_tokens: promptTokens,
      completion_tokens: 0,
      cached_tokens: 0,
      cost_micro_usd: computeCostMicroUsd(price, { promptTokens, completionTokens: 0, cachedTokens: 0 }),
      status,
      usage_source: source,
      first_token_ms: null,
      duration_ms: Math.round(clock.monotonicMs() - startedMs),
    }
    await ledger.settle(settled)
    await countCall(parts, { seat, call, price }, settled)
  }
  try {
    const { vectors, promptTokens } = await parts.embeddings.embed({ target, inputs, signal })
    if (promptTokens === null) await settle('completed', estimate.promptTokens)
    else await settle('completed', promptTokens, 'provider')
    return vectors
  } catch (error) {
    // A refused call cost nothing; one that was left alone may have cost what was sent.
    const aborted = signal.aborted
    await settle(aborted ? 'aborted' : 'failed', aborted ? estimate.promptTokens : 0)
    throw error
  }
}

/** Notes a call that was set aside; gives back what was set aside when it cannot be noted. */
async function reserveOr(seat: Seat, call: ReservedCall, reserve: () => Promise<void>): Promise<void> {
  try {
    await reserve()
  } catch (error) {
    await seat.settle(call.id, { tokens: 0, costMicroUsd: 0 })
    throw error
  }
}
