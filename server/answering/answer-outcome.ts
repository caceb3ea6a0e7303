import { computeCostMicroUsd, type ModelPrice } from '../data/prices.data.ts'
import type { ReservedCall, SettledCall } from '../data/tenant-scope.ts'
import type { StoredUsage } from '../data/tenant.schema.ts'
import type { ChatMessage, ModelUsage } from '../external/language-model.ts'
import { countCallTokens } from './token-estimate.ts'

/** How an answer ended, as it is stored and counted. */
export interface AnswerOutcome {
  call: SettledCall
  content: string
  cited: number[]
  usage: StoredUsage | null
}

/** An answer that has ended, before it is counted. */
export interface EndedAnswer {
  streamId: string
  model: string
  messages: ChatMessage[]
  price: ModelPrice | undefined
  status: SettledCall['status']
  /** What the provider counted; null where it did not, and then it is estimated. */
  usage: ModelUsage | null
  content: string
  /** Of what the model thought without saying it. */
  unsaidBytes: number
  cited: number[]
  firstTokenMs: number | null
  durationMs: number
}

/** The outcome of an answer, counted by the provider or by us. */
export async function describeOutcome(ended: EndedAnswer): Promise<AnswerOutcome> {
  const { model, messages, content, unsaidBytes } = ended
  const tokens = ended.usage ?? {
    ...(await countCallTokens({ messages, completion: content, unsaidBytes })),
    cachedTokens: 0,
  }
  const cost = computeCostMicroUsd(ended.price, tokens)
  const usageSource = ended.usage ? 'provider' : 'estimated'
  return {
    content,
    cited: ended.cited,
    usage: {
      model,
      prompt_tokens: tokens.promptTokens,
      completion_tokens: tokens.completionTokens,
      total_tokens: tokens.promptTokens + tokens.completionTokens,
      cost_micro_usd: cost,
      usage_source: usageSource,
    },
    call: {
      id: ended.streamId,
      prompt_tokens: tokens.promptTokens,
      completion_tokens: tokens.completionTokens,
      cached_tokens: tokens.cachedTokens,
      cost_micro_usd: cost,
      status: ended.status,
      usage_source: usageSource,
      first_token_ms: ended.firstTokenMs === null ? null : Math.round(ended.firstTokenMs),
      duration_ms: Math.round(ended.durationMs),
    },
  }
}

/**
 * The outcome of a turn that came to nothing. What the provider refused cost nothing; when it was us or the client that
 * gave up after the request had left, the provider may charge for the prompt.
 */
export function describeNothing(refused: {
  call: ReservedCall
  price: ModelPrice | undefined
  gaveUp: boolean
  durationMs: number
}): AnswerOutcome {
  const { call, gaveUp } = refused
  const tokens = { promptTokens: gaveUp ? call.prompt_tokens : 0, completionTokens: 0, cachedTokens: 0 }
  return {
    content: '',
    cited: [],
    usage: null,
    call: {
      id: call.id,
      prompt_tokens: tokens.promptTokens,
      completion_tokens: 0,
      cached_tokens: 0,
      cost_micro_usd: computeCostMicroUsd(refused.price, tokens),
      status: gaveUp ? 'aborted' : 'failed',
      usage_source: 'estimated',
      first_token_ms: null,
      duration_ms: Math.round(refused.durationMs),
    },
  }
}
