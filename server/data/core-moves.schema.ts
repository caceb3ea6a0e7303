import { sql } from 'drizzle-orm'
import { bigint, boolean, index, integer, pgTable, text, timestamp, uniqueIndex, uuid } from 'drizzle-orm/pg-core'
import type { DatabaseServerId, TenantId, UserId } from '../platform/ids.ts'
import { tenants } from './core.schema.ts'

/** Where a store is: in the core database (`isolation` pooled), or in a database of its own. */
const place = (side: 'source' | 'target') => ({
  isolation: text(`${side}_isolation`, { enum: ['pooled', 'dedicated'] }).notNull(),
  server: uuid(`${side}_server_id`).$type<DatabaseServerId>(),
  database: text(`${side}_database`),
})

const source = place('source')
const target = place('target')

/** The moves of tenants from one store to another: at most one of a tenant at a time; ended ones are kept. */
export const tenantMoves = pgTable(
  'tenant_moves',
  {
    id: uuid('id').primaryKey(),
    tenantId: text('tenant_id')
      .$type<TenantId>()
      .notNull()
      .references(() => tenants.id, { onDelete: 'cascade' }),
    sourceIsolation: source.isolation,
    sourceServerId: source.server,
    sourceDatabase: source.database,
    targetIsolation: target.isolation,
    targetServerId: target.server,
    targetDatabase: target.database,
    step: text('step', { enum: ['preparing', 'copying', 'pausing', 'moved', 'aborted', 'failed'] })
      .notNull()
      .default('preparing'),
    abortRequested: boolean('abort_requested').notNull().default(false),
    rowsTotal: bigint('rows_total', { mode: 'number' }).notNull().default(0),
    rowsCopied: bigint('rows_copied', { mode: 'number' }).notNull().default(0),
    /** How long writes waited, in milliseconds. */
    pausedMs: integer('paused_ms'),
    failure: text('failure'),
    startedBy: uuid('started_by').$type<UserId>(),
    startedAt: timestamp('started_at', { withTimezone: true }).notNull().defaultNow(),
    endedAt: timestamp('ended_at', { withTimezone: true }),
    /** The former store is destroyed then; null when it is gone, or was never left. */
    sourceKeptUntil: timestamp('source_kept_until', { withTimezone: true }),
  },
  (table) => [
    uniqueIndex('tenant_moves_running')
      .on(table.tenantId)
      .where(sql`ended_at is null`),
    index('tenant_moves_of_tenant').on(table.tenantId, table.startedAt),
    index('tenant_moves_kept')
      .on(table.sourceKeptUntil)
      .where(sql`source_kept_until is not null`),
  ],
)
