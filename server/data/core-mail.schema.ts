import { index, integer, pgTable, text, timestamp, uniqueIndex, uuid } from 'drizzle-orm/pg-core'
import type { TenantId, UserId } from '../platform/ids.ts'
import { tenants } from './core.schema.ts'

/**
 * One-time links that were mailed or handed out; only the hash of a token is kept. What else a link stands for is
 * sealed in `context`: an end user's address is never in the core database in the clear.
 */
export const emailTokens = pgTable(
  'email_tokens',
  {
    id: uuid('id').primaryKey(),
    purpose: text('purpose', { enum: ['verify', 'reset', 'invite'] }).notNull(),
    tokenHash: text('token_hash').notNull(),
    scope: text('scope', { enum: ['core', 'tenant'] }).notNull(),
    tenantId: text('tenant_id')
      .$type<TenantId>()
      .references(() => tenants.id, { onDelete: 'cascade' }),
    /** Whom it is for; null for an invite, as there is nobody yet. */
    userId: uuid('user_id').$type<UserId>(),
    /** A keyed hash of the invited address. */
    addressDigest: text('address_digest'),
    context: text('context').notNull(),
    createdAt: timestamp('created_at', { withTimezone: true }).notNull(),
    expiresAt: timestamp('expires_at', { withTimezone: true }).notNull(),
  },
  (table) => [
    uniqueIndex('email_tokens_hash_key').on(table.tokenHash),
    index('email_tokens_user').on(table.userId, table.purpose),
    index('email_tokens_invited').on(table.tenantId, table.addressDigest),
    index('email_tokens_expiry').on(table.expiresAt),
  ],
)

/**
 * Mail on its way: a request whose mail is still to be written (`asked`), a written mail, or one that no server takes
 * (`failed`). A written mail goes with its token: used or expired, it is erased.
 */
export const outgoingMail = pgTable(
  'outgoing_mail',
  {
    id: uuid('id').primaryKey(),
    tokenId: uuid('token_id').references(() => emailTokens.id, { onDelete: 'cascade' }),
    stage: text('stage', { enum: ['asked', 'written', 'failed'] }).notNull(),
    /** A keyed hash of the recipient's address, to look it up by. */
    addressDigest: text('address_digest').notNull(),
    /** Sealed. */
    content: text('content').notNull(),
    attempts: integer('attempts').notNull().default(0),
    /** When it is to be tried (again); null for what nobody sends: it waits to be read. */
    dueAt: timestamp('due_at', { withTimezone: true }),
    createdAt: timestamp('created_at', { withTimezone: true }).notNull(),
  },
  (table) => [
    index('outgoing_mail_due').on(table.dueAt),
    index('outgoing_mail_created').on(table.createdAt, table.id),
    index('outgoing_mail_address').on(table.addressDigest),
    index('outgoing_mail_token').on(table.tokenId),
  ],
)
