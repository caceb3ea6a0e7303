import { sql } from 'drizzle-orm'
import { index, pgTable, primaryKey, text, timestamp, uniqueIndex } from 'drizzle-orm/pg-core'
import type { TenantId } from '../platform/ids.ts'
import { tenants } from './core.schema.ts'

/**
 * The origins that tenants' frontends are served from. Several tenants may claim one (`pending`, without any effect);
 * only one of them can have it verified.
 */
export const tenantDomains = pgTable(
  'tenant_domains',
  {
    tenantId: text('tenant_id')
      .$type<TenantId>()
      .notNull()
      .references(() => tenants.id, { onDelete: 'cascade' }),
    /** Host, and port if it is not the scheme's own: `chat.acme.example`, `localhost:5173`. */
    domain: text('domain').notNull(),
    origin: text('origin').notNull(),
    /** What the TXT record must hold. */
    proof: text('proof').notNull(),
    verifiedAt: timestamp('verified_at', { withTimezone: true }),
    createdAt: timestamp('created_at', { withTimezone: true }).notNull().defaultNow(),
  },
  (table) => [
    primaryKey({ columns: [table.tenantId, table.domain] }),
    uniqueIndex('tenant_domains_verified')
      .on(table.domain)
      .where(sql`verified_at is not null`),
    index('tenant_domains_created').on(table.tenantId, table.createdAt),
  ],
)
