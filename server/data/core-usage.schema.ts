import { sql } from 'drizzle-orm'
import {
  bigint,
  index,
  integer,
  numeric,
  pgTable,
  primaryKey,
  text,
  timestamp,
  uniqueIndex,
  uuid,
} from 'drizzle-orm/pg-core'
import type { TenantId, UserId } from '../platform/ids.ts'

/** One row per model or embedding call: reserved before it, settled after it (design §7). */
export const usageLedger = pgTable(
  'usage_ledger',
  {
    id: uuid('id').primaryKey(),
    tenantId: text('tenant_id').$type<TenantId>().notNull(),
    userId: uuid('user_id').$type<UserId>(),
    source: text('source', { enum: ['api', 'console', 'api_key', 'ingestion'] }).notNull(),
    purpose: text('purpose', { enum: ['chat', 'embedding', 'test'] }).notNull(),
    provider: text('provider').notNull(),
    model: text('model').notNull(),
    promptTokens: integer('prompt_tokens').notNull(),
    completionTokens: integer('completion_tokens').notNull(),
    cachedTokens: integer('cached_tokens').notNull().default(0),
    costMicroUsd: bigint('cost_micro_usd', { mode: 'number' }),
    status: text('status', { enum: ['reserved', 'completed', 'aborted', 'failed'] }).notNull(),
    usageSource: text('usage_source', { enum: ['provider', 'estimated'] }).notNull(),
    firstTokenMs: integer('first_token_ms'),
    durationMs: integer('duration_ms'),
    requestId: text('request_id').notNull(),
    leaseExpiresAt: timestamp('lease_expires_at', { withTimezone: true }),
    createdAt: timestamp('created_at', { withTimezone: true })
      .notNull()
      .default(sql`clock_timestamp()`),
    settledAt: timestamp('settled_at', { withTimezone: true }),
  },
  (table) => [
    index('usage_ledger_tenant').on(table.tenantId, table.createdAt),
    index('usage_ledger_created').on(table.createdAt),
    index('usage_ledger_leases')
      .on(table.leaseExpiresAt)
      .where(sql`status = 'reserved'`),
  ],
)

/**
 * What a model costs from a date on, in micro-USD per million tokens; of several versions the newest that has begun is in
 * force. A model that is not here has no price.
 */
export const modelPrices = pgTable(
  'model_prices',
  {
    id: uuid('id').notNull().defaultRandom(),
    provider: text('provider').notNull(),
    model: text('model').notNull(),
    validFrom: timestamp('valid_from', { withTimezone: true }).notNull(),
    inputPerMillion: numeric('input_per_million', { mode: 'number' }).notNull(),
    cachedInputPerMillion: numeric('cached_input_per_million', { mode: 'number' }).notNull(),
    outputPerMillion: numeric('output_per_million', { mode: 'number' }).notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.provider, table.model, table.validFrom] }),
    uniqueIndex('model_prices_id').on(table.id),
  ],
)
