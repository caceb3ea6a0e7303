import type { CoreDatabase } from '../../data/core-database.ts'
import type { Database } from '../../data/postgres.ts'
import { listUsedMonths, sumMonth, type UsedAmounts } from '../../data/usage-months.data.ts'
import { queryUsage, type UsageLedger } from '../../data/usage.data.ts'
import { findTenant } from '../../data/tenants.data.ts'
import { revisionOf } from './limits.ts'
import type { CountedMonth, RedisCounters } from './redis-counters.ts'

/** A figure that is not what the ledger says. */
export interface Drift {
  /** `hours`: the sums by hour that usage is shown by; `counter`: what limits are checked against. */
  what: 'hours' | 'counter'
  tenantId: string
  userId: string | null
  month: string
  shown: UsedAmounts
  ledger: UsedAmounts
}

/** What a comparison of everything with the ledger found. */
export interface Reconciliation {
  /** Calls that nobody had settled although nobody makes them any more; they are settled now. */
  settledCalls: number
  /** Tenants and users of which the sums were compared. */
  months: number
  /** Counters that were compared; null without Redis, where each process reads the ledger every few seconds. */
  counters: number | null
  /** Counters that changed too fast to be compared. */
  busy: number
  drifts: Drift[]
}

const hoursMax = 100_000
/** Until then servers that live may still find a copy of what there was of an answer, and count it. */
const copiesKeptSeconds = 300

/** Compares the sums by hour and all counters of one month with the ledger, and puts counters right. */
export async function reconcileUsage(options: {
  core: Pick<CoreDatabase, 'db' | 'snapshot'>
  ledger: Pick<UsageLedger, 'settleExpired'>
  counters: RedisCounters | undefined
  month: string
}): Promise<Reconciliation> {
  const { core, counters, month } = options
  const { length: settledCalls } = await options.ledger.settleExpired(copiesKeptSeconds)
  const drifts: Drift[] = []
  const months = await core.snapshot(async (db) => {
    const tenants = await listUsedMonths(db, month)
    for (const { tenantId, settled: ledger } of tenants) {
      const shown = await sumHours(db, { tenantId, month })
      if (differ(shown, ledger)) drifts.push({ what: 'hours', tenantId, userId: null, month, shown, ledger })
    }
    return tenants.length
  })
  const counted = counters ? (await counters.listMonths()).filter((found) => found.month === month) : []
  let busy = 0
  for (const found of counters ? counted : []) {
    const tenant = await findTenant(core.db, found.tenantId)
    const compared = await counters?.compare(found, tenant ? revisionOf(tenant) : '')
    if (!compared) busy++
    else if (differ(compared.counted, compared.ledger)) {
      const { counted: shown, ledger } = compared
      drifts.push({ what: 'counter', ...found, shown, ledger })
      await repair(counters, found)
    }
  }
  return { settledCalls, months, counters: counters ? counted.length : null, busy, drifts }
}

/** The next request that needs it loads it from the ledger. */
async function repair(counters: RedisCounters | undefined, found: CountedMonth): Promise<void> {
  await counters?.distrust({ ...found, revision: '', scopes: [{ userId: found.userId, max: {} }] })
}

async function sumHours(
  db: Database,
  span: { tenantId: Parameters<typeof sumMonth>[1]['tenantId']; month: string },
): Promise<UsedAmounts> {
  const from = new Date(`${span.month}-01T00:00:00Z`)
  const to = new Date(Date.UTC(from.getUTCFullYear(), from.getUTCMonth() + 1, 1))
  const rows = await queryUsage(db, {
    tenantId: span.tenantId,
    from,
    to,
    bucket: 'hour',
    groupBy: undefined,
    limit: hoursMax,
  })
  return {
    tokens: rows.reduce((sum, row) => sum + row.promptTokens + row.completionTokens, 0),
    costMicroUsd: rows.reduce((sum, row) => sum + (row.costMicroUsd ?? 0), 0),
  }
}

function differ(one: UsedAmounts, other: UsedAmounts): boolean {
  return one.tokens !== other.tokens || one.costMicroUsd !== other.costMicroUsd
}
