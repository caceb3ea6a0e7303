import type { ModelPrice } from '../data/prices.data.ts'
import type { ReservedCall, SettledCall } from '../data/tenant-scope.ts'
import type { AnswerMetrics } from './answer-metrics.ts'
import type { Seat } from './limits/limits.ts'
import type { PlatformModels } from './model-choice.ts'

/** A call that was made at a seat, as its usage is counted. */
export interface MadeCall {
  seat: Seat
  call: ReservedCall
  price: ModelPrice | undefined
}

/** Counts a call that the ledger has settled. */
export async function countCall(
  parts: { metrics: AnswerMetrics; platform: PlatformModels },
  made: MadeCall,
  settled: SettledCall,
): Promise<void> {
  const { call, price } = made
  const { tenant_id: tenantId, model, provider, purpose } = call
  const isKnownModel = price !== undefined || provider === 'offline' || model === parts.platform.defaultModel
  parts.metrics.callSettled({ tenantId, model, isKnownModel, purpose, call: settled })
  await made.seat.settle(call.id, {
    tokens: settled.prompt_tokens + settled.completion_tokens,
    costMicroUsd: settled.cost_micro_usd ?? 0,
  })
}
