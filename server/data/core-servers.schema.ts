import { sql } from 'drizzle-orm'
import { boolean, check, integer, pgTable, text, timestamp, uniqueIndex, uuid } from 'drizzle-orm/pg-core'
import type { DatabaseServerId } from '../platform/ids.ts'

/**
 * Where stores of dedicated tenants may live. The built-in one is the server of the core database; the others are
 * registered by superusers, with the owner's address sealed.
 */
export const databaseServers = pgTable(
  'database_servers',
  {
    id: uuid('id').$type<DatabaseServerId>().primaryKey(),
    name: text('name').notNull(),
    isBuiltIn: boolean('is_built_in').notNull().default(false),
    /** Sealed; null for the built-in one, whose address is DATABASE_URL's. */
    address: text('address'),
    /** Host and port of the address, to be shown. */
    host: text('host'),
    /** Connections that this installation may open there; null: what the server has, less a reserve. */
    connectionsMax: integer('connections_max'),
    /** Tenants that may live there; null: any number. */
    tenantsMax: integer('tenants_max'),
    /** Takes no new tenants. */
    isDraining: boolean('is_draining').notNull().default(false),
    createdAt: timestamp('created_at', { withTimezone: true }).notNull().defaultNow(),
    updatedAt: timestamp('updated_at', { withTimezone: true }).notNull().defaultNow(),
  },
  (table) => [
    uniqueIndex('database_servers_name_key').on(sql`lower(${table.name})`),
    uniqueIndex('database_servers_built_in')
      .on(table.isBuiltIn)
      .where(sql`is_built_in`),
    check('database_servers_address', sql`${table.isBuiltIn} = (${table.address} is null)`),
  ],
)
