import { formatWait } from '../../lib/format.ts'
import { formatCount, formatMoney } from '../../lib/numbers.ts'
import { formatDate } from '../../lib/times.ts'
import type { TenantChanges } from '../../panels/tenant.queries.ts'
import { type LimitName, limitTitles } from '../../panels/limit-names.ts'
import type { LimitFacts } from './limits.queries.ts'

/** Whose counter: the tenant's as a whole, or that of each of its users. */
export type LimitScope = 'tenant' | 'user'
/** Where requests are refused, and where somebody is warned. */
export type LimitKind = 'hard' | 'soft'
/** What is written in a form, by scope, kind and limit. */
export type LimitTexts = Record<LimitScope, Record<LimitKind, Record<LimitName, string>>>

/** A limit as the page names it. */
export interface LimitWords {
  name: LimitName
  title: string
  /** What is counted, and for how long. */
  explanation: string
  /** The span that is counted now, after an amount: “12 of 60 this minute”. */
  span: string
}

/** The limits, from the shortest span to the longest. */
export const limits: readonly LimitWords[] = [
  {
    name: 'requests_per_minute',
    title: limitTitles.requests_per_minute,
    explanation: 'Questions asked, by chat and by API.',
    span: 'this minute',
  },
  {
    name: 'tokens_per_minute',
    title: limitTitles.tokens_per_minute,
    explanation: 'Of questions, sources and answers.',
    span: 'this minute',
  },
  {
    name: 'concurrent_streams',
    title: limitTitles.concurrent_streams,
    explanation: 'Being written at the same time.',
    span: 'now',
  },
  {
    name: 'tokens_per_month',
    title: limitTitles.tokens_per_month,
    explanation: 'In a calendar month, UTC, tests included.',
    span: 'this month',
  },
  {
    name: 'cost_per_month_micro_usd',
    title: limitTitles.cost_per_month_micro_usd,
    explanation: 'In US dollars, at the prices known here.',
    span: 'this month',
  },
]

const amountMax = 1_000_000_000
const microUsdPerUsd = 1_000_000
const microUsdPerCent = 10_000
const daySeconds = 86_400

/** An amount as it stands in a sentence: “1,200”, “$14.20”; whole cents without more digits. */
export function formatAmount(name: LimitName, amount: number): string {
  if (name !== 'cost_per_month_micro_usd') return formatCount(amount)
  return amount % microUsdPerCent === 0 ? `$${writeAmount(name, amount)}` : formatMoney(amount)
}

/** The title of a limit. */
export function titleOf(name: LimitName): string {
  return limitTitles[name]
}

type LimitsInForce = LimitFacts['in_force']

/** The values of one column of the page. */
export function valuesOf(values: LimitsInForce, scope: LimitScope, kind: LimitKind): Record<LimitName, number | null> {
  const pair = scope === 'tenant' ? values : values.per_user
  return kind === 'hard' ? pair : pair.soft
}

/** A tenant's own limits as texts of a form; empty where it has none. */
export function writeTexts(own: LimitsInForce): LimitTexts {
  const column = (scope: LimitScope, kind: LimitKind): Record<LimitName, string> => {
    const values = valuesOf(own, scope, kind)
    return {
      requests_per_minute: writeAmount('requests_per_minute', values.requests_per_minute),
      tokens_per_minute: writeAmount('tokens_per_minute', values.tokens_per_minute),
      concurrent_streams: writeAmount('concurrent_streams', values.concurrent_streams),
      tokens_per_month: writeAmount('tokens_per_month', values.tokens_per_month),
      cost_per_month_micro_usd: writeAmount('cost_per_month_micro_usd', values.cost_per_month_micro_usd),
    }
  }
  const both = (scope: LimitScope) => ({ hard: column(scope, 'hard'), soft: column(scope, 'soft') })
  return { tenant: both('tenant'), user: both('user') }
}

/** The changes that a form's texts ask for. */
export function readTexts(texts: LimitTexts): NonNullable<TenantChanges['limits']> {
  const column = (of: Record<LimitName, string>) => ({
    requests_per_minute: readAmount('requests_per_minute', of.requests_per_minute),
    tokens_per_minute: readAmount('tokens_per_minute', of.tokens_per_minute),
    concurrent_streams: readAmount('concurrent_streams', of.concurrent_streams),
    tokens_per_month: readAmount('tokens_per_month', of.tokens_per_month),
    cost_per_month_micro_usd: readAmount('cost_per_month_micro_usd', of.cost_per_month_micro_usd),
  })
  return {
    ...column(texts.tenant.hard),
    soft: column(texts.tenant.soft),
    per_user: { ...column(texts.user.hard), soft: column(texts.user.soft) },
  }
}

/** An amount for a field; money in dollars. */
export function writeAmount(name: LimitName, amount: number | null): string {
  if (amount === null) return ''
  if (name !== 'cost_per_month_micro_usd') return amount.toLocaleString('en-US')
  return (amount / microUsdPerUsd).toLocaleString('en-US', { minimumFractionDigits: 2, maximumFractionDigits: 6 })
}

/** What was typed: null for nothing; thousands may be parted by commas or spaces. */
export function readAmount(name: LimitName, text: string): number | null {
  const plain = plainNumber(text)
  if (plain === '') return null
  return name === 'cost_per_month_micro_usd' ? Math.round(Number(plain) * microUsdPerUsd) : Number(plain)
}

/** Whether a text can be read as this limit. */
export function checkAmount(name: LimitName): (text: string) => string | true {
  const isMoney = name === 'cost_per_month_micro_usd'
  return (text) => {
    const plain = plainNumber(text)
    if (plain === '') return true
    if (!(isMoney ? /^\d+(\.\d{1,6})?$/ : /^\d+$/).test(plain)) {
      return isMoney ? 'Dollars, such as 250 or 12.50.' : 'A whole number.'
    }
    return Number(plain) <= amountMax || `${formatCount(amountMax)} at most.`
  }
}

/** Whether a warning comes before its refusal. */
export function checkWarning(
  name: LimitName,
  texts: { soft: string; hard: string; inherited: number | null },
): string | true {
  const soft = readAmount(name, texts.soft)
  const hard = readAmount(name, texts.hard) ?? texts.inherited
  return soft === null || hard === null || soft <= hard || 'Not above the limit.'
}

/** A refusal in a sentence's part: “60 of 60 requests a minute”. */
export function describeCounter(refusal: { name: LimitName; spent: number; limit: number }): string {
  return `${formatAmount(refusal.name, refusal.spent)} of ${formatAmount(refusal.name, refusal.limit)}`
}

/** Who asked, in a word: an address, an API key by its name, else the id. */
export function nameCaller(caller: { id: string; email: string | null; api_key: string | null }): string {
  if (caller.api_key !== null) return `Key ${caller.api_key}`
  return caller.email ?? caller.id
}

/** The last refusal by each counter within a day, newest first. */
export function findLately<Told extends { name: LimitName; scope: LimitScope; at: string }>(options: {
  /** Newest first. */
  refusals: readonly Told[]
  now: Date
}): readonly Told[] {
  const since = options.now.getTime() - daySeconds * 1_000
  const last = new Map<string, Told>()
  for (const refusal of options.refusals) {
    const counter = `${refusal.scope} ${refusal.name}`
    if (new Date(refusal.at).getTime() >= since && !last.has(counter)) last.set(counter, refusal)
  }
  return [...last.values()]
}

/** When a full counter is free again, in a sentence's part: “free again on 1 Dec”; undefined once it is. */
export function tellReset(options: { time: string; now: Date }): string | undefined {
  const seconds = (new Date(options.time).getTime() - options.now.getTime()) / 1000
  if (seconds <= 0) return undefined
  return seconds < daySeconds ? `free again in ${formatWait(seconds)}` : `free again on ${formatDate(options)}`
}

function plainNumber(text: string): string {
  return text.replaceAll(/[\s,_$]/g, '')
}
