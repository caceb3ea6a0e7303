/** What each limit is called, from the shortest span to the longest. */
export const limitTitles = {
  requests_per_minute: 'Requests a minute',
  tokens_per_minute: 'Tokens a minute',
  concurrent_streams: 'Answers at once',
  tokens_per_month: 'Tokens a month',
  cost_per_month_micro_usd: 'Cost a month',
} as const

/** One of the limits. */
export type LimitName = keyof typeof limitTitles

/** The limits, in the order of their titles. */
export const limitNames = [
  'requests_per_minute',
  'tokens_per_minute',
  'concurrent_streams',
  'tokens_per_month',
  'cost_per_month_micro_usd',
] as const satisfies readonly LimitName[]

/** Where the field of a limit is, for `Link`: the page puts the focus into it. */
export function limitSearch(options: { name: string; scope: 'tenant' | 'user' }): { limit: string; of?: 'user' } {
  const { name, scope } = options
  return scope === 'user' ? { limit: name, of: 'user' } : { limit: name }
}
