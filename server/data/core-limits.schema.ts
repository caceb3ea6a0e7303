import { bigint, index, integer, pgTable, text, timestamp, uniqueIndex, uuid } from 'drizzle-orm/pg-core'
import type { TenantId, UserId } from '../platform/ids.ts'
import { limitNames } from '../platform/limit-settings.ts'
import { tenants } from './core.schema.ts'

const tenantId = () =>
  text('tenant_id')
    .$type<TenantId>()
    .notNull()
    .references(() => tenants.id, { onDelete: 'cascade' })

/** Requests that limits refused: a row for each user, counter and minute, so that a flood of them stays small. */
export const limitRefusals = pgTable(
  'limit_refusals',
  {
    id: uuid('id').primaryKey().defaultRandom(),
    tenantId: tenantId(),
    /** Who asked, also where the limit is the tenant's. */
    userId: uuid('user_id').$type<UserId>().notNull(),
    name: text('name', { enum: limitNames }).notNull(),
    scope: text('scope', { enum: ['tenant', 'user'] }).notNull(),
    /** The limit and where its counter stood, at the last of them. */
    limit: bigint('limit', { mode: 'number' }).notNull(),
    spent: bigint('spent', { mode: 'number' }).notNull(),
    resetsAt: timestamp('resets_at', { withTimezone: true }).notNull(),
    minute: timestamp('minute', { withTimezone: true }).notNull(),
    requests: integer('requests').notNull(),
    lastAt: timestamp('last_at', { withTimezone: true }).notNull(),
    lastRequestId: text('last_request_id').notNull(),
  },
  (table) => [
    uniqueIndex('limit_refusals_key').on(table.tenantId, table.minute, table.userId, table.name, table.scope),
    index('limit_refusals_last').on(table.tenantId, table.lastAt, table.id),
    index('limit_refusals_minute').on(table.minute),
  ],
)

/** Warnings: one for each counter, span (a month, or a day for what is counted by the minute) and threshold. */
export const limitWarnings = pgTable(
  'limit_warnings',
  {
    id: uuid('id').primaryKey().defaultRandom(),
    tenantId: tenantId(),
    /** Empty where the limit is the tenant's, else the user's id. */
    subject: text('subject').notNull(),
    name: text('name', { enum: limitNames }).notNull(),
    /** `2026-11` or `2026-11-21`. */
    span: text('span').notNull(),
    threshold: bigint('threshold', { mode: 'number' }).notNull(),
    spent: bigint('spent', { mode: 'number' }).notNull(),
    limit: bigint('limit', { mode: 'number' }),
    at: timestamp('at', { withTimezone: true }).notNull(),
  },
  (table) => [
    uniqueIndex('limit_warnings_key').on(table.tenantId, table.subject, table.name, table.span, table.threshold),
    index('limit_warnings_at').on(table.tenantId, table.at, table.id),
  ],
)
