import type { LimitName } from './limit-settings.ts'

const number = new Intl.NumberFormat('en-US')
const money = new Intl.NumberFormat('en-US', { style: 'currency', currency: 'USD', maximumFractionDigits: 6 })

/** An amount of a limit in words: `60 requests a minute`, `1 request a minute`, `no requests a minute`. */
export function describeAmount(name: LimitName, amount: number): string {
  const amounts: Record<LimitName, string> = {
    requests_per_minute: `${count(amount, 'request')} a minute`,
    tokens_per_minute: `${count(amount, 'token')} a minute`,
    concurrent_streams: `${count(amount, 'answer')} at the same time`,
    tokens_per_month: `${count(amount, 'token')} a month`,
    cost_per_month_micro_usd: `${money.format(amount / 1_000_000)} a month`,
  }
  return amounts[name]
}

function count(amount: number, thing: string): string {
  if (amount === 1) return `1 ${thing}`
  return `${amount === 0 ? 'no' : number.format(amount)} ${thing}s`
}
