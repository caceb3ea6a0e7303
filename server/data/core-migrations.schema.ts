import { sql } from 'drizzle-orm'
import { integer, pgTable, primaryKey, text, timestamp } from 'drizzle-orm/pg-core'
import type { TenantId } from '../platform/ids.ts'
import { tenants } from './core.schema.ts'

/** How each dedicated store came to each version of its tables: a version is the number of migrations it has. */
export const tenantMigrations = pgTable(
  'tenant_migrations',
  {
    tenantId: text('tenant_id')
      .$type<TenantId>()
      .notNull()
      .references(() => tenants.id, { onDelete: 'cascade' }),
    version: integer('version').notNull(),
    state: text('state', { enum: ['applied', 'failed'] }).notNull(),
    error: text('error'),
    ms: integer('ms').notNull(),
    at: timestamp('at', { withTimezone: true })
      .notNull()
      .default(sql`clock_timestamp()`),
  },
  (table) => [primaryKey({ columns: [table.tenantId, table.version] })],
)
