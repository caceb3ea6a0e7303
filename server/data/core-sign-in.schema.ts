import { index, integer, jsonb, pgTable, text, timestamp, uuid } from 'drizzle-orm/pg-core'
import type { SignInSessionId, TenantId, UserId } from '../platform/ids.ts'

/** When a refresh token before the previous one was first used; in milliseconds since 1970. */
export interface RefreshTokenUse {
  hash: string
  usedAtMs: number
}

/**
 * A signed-in device: the `sid` of its tokens and the newest refresh token, hashed. No foreign key to a user, as a
 * tenant's own users live in the tenant store.
 */
export const signInSessions = pgTable(
  'sign_in_sessions',
  {
    id: uuid('id').$type<SignInSessionId>().primaryKey(),
    userId: uuid('user_id').$type<UserId>().notNull(),
    scope: text('scope', { enum: ['core', 'tenant'] }).notNull(),
    tenantId: text('tenant_id').$type<TenantId>(),
    /** The tenant user's `password_epoch` at sign-in; the session ends when that has moved on. */
    passwordEpoch: integer('password_epoch').notNull().default(0),
    transport: text('transport', { enum: ['body', 'cookie'] }).notNull(),
    refreshHash: text('refresh_hash').notNull(),
    previousHash: text('previous_hash'),
    rotatedAt: timestamp('rotated_at', { withTimezone: true }),
    earlierUses: jsonb('earlier_uses').$type<RefreshTokenUse[]>().notNull().default([]),
    createdAt: timestamp('created_at', { withTimezone: true }).notNull().defaultNow(),
    expiresAt: timestamp('expires_at', { withTimezone: true }).notNull(),
    revokedAt: timestamp('revoked_at', { withTimezone: true }),
    revokedReason: text('revoked_reason'),
    /** How often the password that a change of it asks for was wrong since it was last right. */
    wrongPasswords: integer('wrong_passwords').notNull().default(0),
  },
  (table) => [
    index('sign_in_sessions_user').on(table.userId),
    index('sign_in_sessions_tenant').on(table.tenantId),
    index('sign_in_sessions_expiry').on(table.expiresAt),
  ],
)

/**
 * How often somebody tried to sign in since a window began: by account and address, by address, by account. Also what
 * else is counted by an hour at most: registrations, mails asked for, guesses at the password of one's own session. Keys
 * are keyed hashes, so whoever reads the table learns none of it.
 */
export const signInTries = pgTable(
  'sign_in_tries',
  {
    key: text('key').primaryKey(),
    beganAt: timestamp('began_at', { withTimezone: true }).notNull(),
    /** Failed ones, and those whose outcome is not known yet. */
    spent: integer('spent').notNull(),
    /** When this account last signed in from this address. */
    succeededAt: timestamp('succeeded_at', { withTimezone: true }),
  },
  (table) => [index('sign_in_tries_began').on(table.beganAt)],
)
