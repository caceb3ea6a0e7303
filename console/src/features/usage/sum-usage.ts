import type { FigureKey, Group } from './usage-view.ts'

/** A cell of the answer: one bucket and one group. */
export interface UsageCell {
  bucket: string
  tenant_id?: string
  model?: string
  user_id?: string | null
  user_kind?: 'user' | 'api_key' | null
  user_name?: string | null
  purpose?: string
  requests: number
  failed: number
  aborted: number
  prompt_tokens: number
  completion_tokens: number
  total_tokens: number
  cost_micro_usd: number | null
  unpriced_requests: number
  first_token_ms_p95: number | null
}

/** The sums of one group, or of all. */
export interface UsageSum {
  /** The group's id; '' where there is none, such as a call of nobody. */
  key: string
  requests: number
  failed: number
  aborted: number
  prompt: number
  completion: number
  tokens: number
  /** Micro-USD; null when no call had a price. */
  cost: number | null
  unpriced: number
  /** The highest p95 of the first token among the buckets; milliseconds. Percentiles cannot be summed, but compared. */
  slowest: number | null
}

/** The id of the group a cell belongs to. */
export function findGroupKey(cell: UsageCell, group: Group): string {
  const ids = { tenant: cell.tenant_id, model: cell.model, user: cell.user_id, purpose: cell.purpose }
  return ids[group] ?? ''
}

/** Names of users by id: API keys, and addresses as far as the platform knows them; end users have none here. */
export function nameUsers(cells: readonly UsageCell[]): ReadonlyMap<string, string> {
  return new Map(
    cells.flatMap(({ user_id: id, user_kind: kind, user_name: name }): [string, string][] =>
      typeof id === 'string' && typeof name === 'string' ? [[id, kind === 'api_key' ? `API key ${name}` : name]] : [],
    ),
  )
}

/** Sums cells by group, and all of them. */
export function sumUsage(options: { cells: readonly UsageCell[]; group: Group }): {
  rows: UsageSum[]
  total: UsageSum
} {
  const total = makeSum('')
  const rows = new Map<string, UsageSum>()
  for (const cell of options.cells) {
    const key = findGroupKey(cell, options.group)
    const row = rows.get(key) ?? makeSum(key)
    rows.set(key, row)
    add(row, cell)
    add(total, cell)
  }
  return { rows: [...rows.values()], total }
}

/** What a figure measures of a sum or a cell; no price counts as nothing. */
export function measure(of: Pick<UsageSum, FigureKey>, figure: FigureKey): number {
  return of[figure] ?? 0
}

/** The values of the largest groups by bucket, largest group first, then those of all others together. */
export function stackUsage(options: {
  cells: readonly UsageCell[]
  rows: readonly UsageSum[]
  buckets: readonly string[]
  group: Group
  figure: FigureKey
  shownMax: number
}): { shown: { key: string; values: number[] }[]; others: { count: number; values: number[] } } {
  const { group, figure, buckets } = options
  const ranked = options.rows.toSorted((one, other) => measure(other, figure) - measure(one, figure))
  const zeros = (): number[] => buckets.map(() => 0)
  const shown = ranked.slice(0, options.shownMax).map(({ key }) => ({ key, values: zeros() }))
  const others = { count: Math.max(0, ranked.length - shown.length), values: zeros() }
  const places = new Map(buckets.map((bucket, at) => [Date.parse(bucket), at]))
  const valuesOf = new Map(shown.map(({ key, values }) => [key, values]))
  for (const cell of options.cells) {
    const at = places.get(Date.parse(cell.bucket))
    if (at === undefined) continue
    const values = valuesOf.get(findGroupKey(cell, group)) ?? others.values
    values[at] = (values[at] ?? 0) + measureCell(cell, figure)
  }
  return { shown, others }
}

/** The sums of all groups by bucket. */
export function sumByBucket(options: {
  cells: readonly UsageCell[]
  buckets: readonly string[]
  figure: FigureKey
}): number[] {
  const { cells, buckets, figure } = options
  const sums = buckets.map(() => 0)
  const places = new Map(buckets.map((bucket, at) => [Date.parse(bucket), at]))
  for (const cell of cells) {
    const at = places.get(Date.parse(cell.bucket))
    if (at !== undefined) sums[at] = (sums[at] ?? 0) + measureCell(cell, figure)
  }
  return sums
}

function measureCell(cell: UsageCell, figure: FigureKey): number {
  const { requests, failed, total_tokens: tokens, cost_micro_usd: cost } = cell
  return measure({ requests, failed, tokens, cost }, figure)
}

function makeSum(key: string): UsageSum {
  return {
    key,
    requests: 0,
    failed: 0,
    aborted: 0,
    prompt: 0,
    completion: 0,
    tokens: 0,
    cost: null,
    unpriced: 0,
    slowest: null,
  }
}

function add(sum: UsageSum, cell: UsageCell): void {
  sum.requests += cell.requests
  sum.failed += cell.failed
  sum.aborted += cell.aborted
  sum.prompt += cell.prompt_tokens
  sum.completion += cell.completion_tokens
  sum.tokens += cell.total_tokens
  sum.unpriced += cell.unpriced_requests
  if (cell.cost_micro_usd !== null) sum.cost = (sum.cost ?? 0) + cell.cost_micro_usd
  if (cell.first_token_ms_p95 !== null) sum.slowest = Math.max(sum.slowest ?? 0, cell.first_token_ms_p95)
}
