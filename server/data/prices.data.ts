import { desc, lte } from 'drizzle-orm'
import { modelPrices } from './core.schema.ts'
import type { Database } from './postgres.ts'

/** What a model costs, in micro-USD per million tokens. */
export interface ModelPrice {
  inputPerMillion: number
  cachedInputPerMillion: number
  outputPerMillion: number
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
