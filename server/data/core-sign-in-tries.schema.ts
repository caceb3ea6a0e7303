import { index, integer, pgTable, text, timestamp } from 'drizzle-orm/pg-core'

/**
 * How often somebody tried to sign in since a window began: by account and address, by address, by account. Keys are
 * keyed hashes, so whoever reads the table learns neither.
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
