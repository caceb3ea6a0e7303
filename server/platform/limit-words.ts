import type { LimitName } from './limit-settings.ts'

const number = new Intl.NumberFormat('en-US')
const money = new Intl.NumberFormat('en-US', { style: 'currency', currency: 'USD', maximumFractionDigits: 6 })

/** An amount of a limit in words: `60 requests a minute`. */
export function describeAmount(name: LimitName, amount: number): string {
  const amounts: Record<LimitName, string> = {
    requests_per_minute: `${number.format(amount)} requests a minute`,
    tokens_per_minute: `${number.format(amount)} tokens a minute`,
    concurrent_streams: `${number.format(amount)} answers at the same time`,
    tokens_per_month: `${number.format(amount)} tokens a month`,
    cost_per_month_micro_usd: `${money.format(amount / 1_000_000)} a month`,
  }
  return amounts[name]
}
