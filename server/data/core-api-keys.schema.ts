import { index, jsonb, pgTable, text, timestamp, uuid } from 'drizzle-orm/pg-core'
import type { ApiKeyScope } from '../platform/api-keys.ts'
import type { TenantId, UserId } from '../platform/ids.ts'
import { tenants } from './core.schema.ts'

/** A secret that was rotated away and still opens until then; in milliseconds since 1970. */
export interface FormerSecret {
  hash: string
  untilMs: number
}

/** The API keys of tenants. A key's id is also that of the tenant user whom its conversations belong to. */
export const apiKeys = pgTable(
  'api_keys',
  {
    id: uuid('id').$type<UserId>().primaryKey(),
    tenantId: text('tenant_id')
      .$type<TenantId>()
      .notNull()
      .references(() => tenants.id, { onDelete: 'cascade' }),
    name: text('name').notNull(),
    /** SHA-256 of the secret, which has 256 random bits: nothing slower is needed. */
    secretHash: text('secret_hash').notNull(),
    last4: text('last4').notNull(),
    formerSecrets: jsonb('former_secrets').$type<FormerSecret[]>().notNull().default([]),
    scopes: text('scopes').array().$type<ApiKeyScope[]>().notNull(),
    expiresAt: timestamp('expires_at', { withTimezone: true }),
    createdBy: uuid('created_by').$type<UserId>(),
    createdByEmail: text('created_by_email'),
    createdAt: timestamp('created_at', { withTimezone: true }).notNull(),
    rotatedAt: timestamp('rotated_at', { withTimezone: true }),
    /** Written once a minute at most. */
    lastUsedAt: timestamp('last_used_at', { withTimezone: true }),
    revokedAt: timestamp('revoked_at', { withTimezone: true }),
  },
  (table) => [index('api_keys_tenant').on(table.tenantId, table.createdAt)],
)
