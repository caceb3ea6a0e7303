import { Counter, Histogram } from 'prom-client'
import type { SettledCall } from '../data/tenant-scope.ts'
import { otherLabel } from '../platform/bounded-label.ts'
import type { Metrics } from '../platform/metrics.ts'

/** Counts what models did and cost. */
export interface AnswerMetrics {
  /** A call of a model was settled. Once for each. */
  callSettled(call: CountedCall): void
  /** A call to another service failed; `code` is one of ours, never upstream text. */
  upstreamFailed(failure: { tenantId: string; connection: string; code: string }): void
}

/** What is counted of a settled call. */
export interface CountedCall {
  tenantId: string
  model: string
  /** Whether the model is one of those that this installation has a price for, or its default; tenants name any. */
  isKnownModel: boolean
  purpose: string
  call: Pick<
    SettledCall,
    'prompt_tokens' | 'completion_tokens' | 'cached_tokens' | 'cost_micro_usd' | 'status' | 'first_token_ms'
  >
}

/** Registers the figures of answers. */
export function createAnswerMetrics({ registry, tenants }: Metrics): AnswerMetrics {
  const registers = [registry]
  const calls = new Counter({
    name: 'tenantry_model_calls_total',
    help: 'Settled model and embedding calls',
    labelNames: ['tenant', 'model', 'purpose', 'status'],
    registers,
  })
  const firstToken = new Histogram({
    name: 'tenantry_first_token_seconds',
    help: 'From the call to the first token',
    labelNames: ['tenant', 'model'],
    buckets: [0.1, 0.25, 0.5, 1, 2, 4, 8, 15, 30],
    registers,
  })
  const tokens = new Counter({
    name: 'tenantry_tokens_total',
    help: 'Tokens of settled calls; cached ones are among those of the prompt, too',
    labelNames: ['tenant', 'model', 'kind'],
    registers,
  })
  const cost = new Counter({
    name: 'tenantry_cost_micro_usd_total',
    help: 'Cost of settled calls whose price is known, in millionths of a US dollar',
    labelNames: ['tenant', 'model'],
    registers,
  })
  const unpriced = new Counter({
    name: 'tenantry_unpriced_calls_total',
    help: 'Settled calls without a known price: their cost is in no figure',
    labelNames: ['tenant'],
    registers,
  })
  const upstreamErrors = new Counter({
    name: 'tenantry_upstream_errors_total',
    help: 'Failed calls of models, indexes and other services behind this one',
    labelNames: ['tenant', 'connection', 'code'],
    registers,
  })

  return {
    callSettled({ tenantId, model: name, isKnownModel, purpose, call }) {
      const labels = { tenant: tenants.of(tenantId), model: isKnownModel ? name : otherLabel }
      calls.inc({ ...labels, purpose, status: call.status })
      if (call.first_token_ms !== null) firstToken.observe(labels, call.first_token_ms / 1000)
      tokens.inc({ ...labels, kind: 'prompt' }, call.prompt_tokens)
      tokens.inc({ ...labels, kind: 'completion' }, call.completion_tokens)
      tokens.inc({ ...labels, kind: 'cached' }, call.cached_tokens)
      if (call.cost_micro_usd === null) unpriced.inc({ tenant: labels.tenant })
      else cost.inc(labels, call.cost_micro_usd)
    },
    upstreamFailed({ tenantId, connection, code }) {
      upstreamErrors.inc({ tenant: tenants.of(tenantId), connection, code })
    },
  }
}
