/** What was used in a span or one of its steps, as overviews send it. Times in milliseconds, cost in micro-USD. */
export interface UsageTotals {
  requests: number
  failed: number
  aborted: number
  prompt_tokens: number
  completion_tokens: number
  total_tokens: number
  cost_micro_usd: number | null
  unpriced_requests: number
  first_token_ms_p50: number | null
  first_token_ms_p95: number | null
}

/** Cost in micro-USD: nothing used costs nothing, but null means that no request had a price. */
export function readCost(totals: UsageTotals): number | null {
  return totals.cost_micro_usd ?? (totals.requests === 0 ? 0 : null)
}

/** The share of requests that failed, 0 to 1; null without requests. */
export function readFailedShare(totals: UsageTotals): number | null {
  return totals.requests === 0 ? null : totals.failed / totals.requests
}
