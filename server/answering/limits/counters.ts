import type { TenantId, UserId } from '../../platform/ids.ts'
import { isMonthly, type LimitName, limitNames } from '../../platform/limit-settings.ts'

/** The counters of a tenant as a whole, or of one of its users. */
export interface CounterScope {
  /** Null for the tenant as a whole. */
  userId: UserId | null
  /** Up to where each may go; `Infinity` is counted but never refused, undefined is not counted at all. */
  max: Partial<Record<LimitName, number>>
}

/** Whether the month is counted there. */
export function countsMonth({ max }: CounterScope): boolean {
  return limitNames.some((name) => isMonthly(name) && max[name] !== undefined)
}

/** Where a counter stands. */
export interface Standing {
  /** Null for the tenant as a whole. */
  userId: UserId | null
  name: LimitName
  spent: number
  /** Of what is spent, how much is only held by calls under way. Of months alone. */
  held: number
  /** Milliseconds until the window ends; null for months and for streams, which end when they end. */
  endsInMs: number | null
}

/** Which counters a call touches. */
export interface Counted {
  tenantId: TenantId
  /** The calendar month in UTC: `2026-11`. */
  month: string
  /** Of the tenant's settings. While they were others a month may not have been counted, so it is read anew. */
  revision: string
  scopes: CounterScope[]
}

/** What a model call would take. */
export interface CallDemand {
  callId: string
  promptTokens: number
  /** What is given at most, and what the call is not worth making without. */
  outputTokens: { max: number; min: number }
  /** Micro-USD per million tokens; undefined counts no cost. */
  price: { input: number; output: number } | undefined
}

/** What a model call was given. */
export interface Held {
  tokens: number
  costMicroUsd: number
  /** Of each scope, which window of `tokens_per_minute` it fell into. */
  windows: string[]
}

/** Either let through or refused; the standings are those of everything that is counted, after the call if it was let through. */
export type Admission = { standings: Standing[] } & ({ refused: null } | { refused: Standing })
/** The same of a model call, with how many tokens of output it may have. */
export type Reservation = { standings: Standing[] } & (
  | { refused: null; outputTokens: number; held: Held }
  | { refused: Standing }
)

/** What a call really took. */
export interface Taken {
  tokens: number
  costMicroUsd: number
}

/**
 * Counters of limits. Each method decides over all counters at once: they all move, or none does.
 *
 * Months are counted on top of the ledger, which is the truth: whoever finds no counter loads it from there.
 */
export interface Counters {
  /** Counts a request and gives it a place among the streams under way, under a lease; with `isLook` nothing moves. */
  admit(counted: Counted, seat: { id: string; isLook: boolean }): Promise<Admission>
  /** Sets tokens and cost aside for a call; the output is cut to what remains. */
  reserve(counted: Counted, demand: CallDemand): Promise<Reservation>
  /** Replaces what was set aside by what was taken; only the first time does anything. */
  settle(counted: Counted, call: { callId: string; held: Held; taken: Taken }): Promise<void>
  /** Keeps places of streams for another while, or gives them back. */
  renew(counted: Counted, ids: string[]): Promise<void>
  leave(counted: Counted, id: string): Promise<void>
  /** What is known of this month's counters may not be true any more: the next call loads them anew. */
  distrust(counted: Counted): Promise<void>
}

/** Reads this month's sums from the ledger, calls under way with what they reserved; calls of these ids are left out. */
export type LoadMonth = (query: {
  tenantId: TenantId
  userId: UserId | null
  month: string
  exceptCalls: string[]
}) => Promise<Taken>

/** How long requests and tokens of a minute are counted together: from the first of them on. */
export const windowMs = 60_000
/** A place of a replica that died is free after this time; living ones renew theirs every five seconds. */
export const seatLeaseMs = 20_000
/** From when on it is looked whether a call whose counters are held is still under way. */
export const heldLeaseMs = 120_000
