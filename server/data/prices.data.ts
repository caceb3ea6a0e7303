import { asc, desc, eq, lte, sql } from 'drizzle-orm'
import { modelPrices, usageLedger } from './core-usage.schema.ts'
import type { Database } from './postgres.ts'

/** What a model costs, in micro-USD per million tokens. */
export interface ModelPrice {
  inputPerMillion: number
  cachedInputPerMillion: number
  outputPerMillion: number
}

/** A version of a model's price, in micro-USD per million tokens. */
export type PriceVersion = typeof modelPrices.$inferSelect

/** Every version of every price, newest first within a model. */
export function listPrices(database: Database): Promise<PriceVersion[]> {
  return database
    .select()
    .from(modelPrices)
    .orderBy(asc(modelPrices.provider), asc(modelPrices.model), desc(modelPrices.validFrom))
}

/** A version of a price, locked for the rest of the transaction. */
export async function findPriceForUpdate(database: Database, id: string): Promise<PriceVersion | undefined> {
  const [row] = await database.select().from(modelPrices).where(eq(modelPrices.id, id)).for('update')
  return row
}

/** Adds a version; undefined when the model has one from that very moment on (the primary key decides). */
export async function insertPrice(
  database: Database,
  price: typeof modelPrices.$inferInsert,
): Promise<PriceVersion | undefined> {
  const [row] = await database.insert(modelPrices).values(price).onConflictDoNothing().returning()
  return row
}

/** Changes a version; undefined when there is none. Throws PostgreSQL's 23505 when the model has another from then on. */
export async function updatePrice(
  database: Database,
  id: string,
  changes: Partial<Omit<PriceVersion, 'id' | 'provider' | 'model'>>,
): Promise<PriceVersion | undefined> {
  const [row] = await database.update(modelPrices).set(changes).where(eq(modelPrices.id, id)).returning()
  return row
}

/** Removes a version. */
export async function deletePrice(database: Database, id: string): Promise<void> {
  await database.delete(modelPrices).where(eq(modelPrices.id, id))
}

/** A model that was called without a price. */
export interface UnpricedModel {
  provider: string
  model: string
  calls: number
  lastAt: Date
}

/** Models that were called since then and whose cost is not known, most calls first. */
export async function listUnpricedModels(
  database: Database,
  query: { since: Date; limit: number },
): Promise<UnpricedModel[]> {
  const rows = await database.execute<{ provider: string; model: string; calls: number; last_ms: string }>(sql`
    select provider, model, count(*)::int as calls,
      floor(extract(epoch from max(created_at)) * 1000)::bigint::text as last_ms
    from ${usageLedger}
    where created_at >= ${query.since.toISOString()}::timestamptz and cost_micro_usd is null and status <> 'failed'
    group by provider, model order by count(*) desc, provider, model limit ${query.limit}`)
  return rows.map(({ last_ms: lastMs, ...row }) => ({ ...row, lastAt: new Date(Number(lastMs)) }))
}

/** The prices in force at a time, by `provider/model`. */
export async function loadPrices(database: Database, at: Date): Promise<Map<string, ModelPrice>> {
  const rows = await database
    .select()
    .from(modelPrices)
    .where(lte(modelPrices.validFrom, at))
    .orderBy(desc(modelPrices.validFrom))
  const prices = new Map<string, ModelPrice>()
  for (const row of rows) {
    const key = `${row.provider}/${row.model}`
    if (!prices.has(key)) prices.set(key, row)
  }
  return prices
}

/** The cost of a call in micro-USD, rounded up; null without a price: unknown is never 0. */
export function computeCostMicroUsd(
  price: ModelPrice | undefined,
  tokens: { promptTokens: number; completionTokens: number; cachedTokens: number },
): number | null {
  if (!price) return null
  const cached = Math.min(tokens.cachedTokens, tokens.promptTokens)
  const total =
    (tokens.promptTokens - cached) * price.inputPerMillion +
    cached * price.cachedInputPerMillion +
    tokens.completionTokens * price.outputPerMillion
  return Math.ceil(total / 1_000_000)
}
