import { t } from 'elysia'
import { connectionFigures } from '../../http/connection-figures.ts'
import { nullable, time } from '../../http/schemas.ts'

const name = t.String({ minLength: 1, maxLength: 100, pattern: String.raw`\S`, error: 'must have 1 to 100 characters' })
const address = t.String({
  minLength: 12,
  maxLength: 500,
  description: "The PostgreSQL address of the databases' owner, with its password; kept sealed and never sent back",
  error: 'must be a PostgreSQL address with user, password, host and database',
})
const bound = (minimum: number, maximum: number) =>
  nullable(t.Integer({ minimum, maximum, error: `must be a whole number from ${minimum} to ${maximum}` }))

const settings = {
  connections_max: bound(2, 100_000),
  tenants_max: bound(0, 1_000_000),
  is_draining: t.Boolean(),
}

/** `POST /admin/database-servers`. */
export const newServerBody = t.Composite([t.Object({ name, address }), t.Partial(t.Object(settings))])
/** `PATCH /admin/database-servers/{server}`: only what is given changes. */
export const serverChangesBody = t.Partial(t.Object({ name, address, ...settings }))
/** What may be changed of a database server. */
export type ServerChangesBody = typeof serverChangesBody.static

/** A database server as sent: its address is not. */
export const serverView = t.Object({
  id: t.String(),
  name: t.String(),
  is_built_in: t.Boolean({ description: 'The server of the core database' }),
  host: nullable(t.String({ description: 'Host and port of the address; null for the built-in one' })),
  connections_max: nullable(t.Integer({ description: 'null: what the server has, less a reserve' })),
  tenants_max: nullable(t.Integer()),
  is_draining: t.Boolean({ description: 'Takes no new tenants' }),
  tenants: t.Integer(),
  connections: connectionFigures,
  created_at: time,
  updated_at: time,
})
/** A database server as sent. */
export type ServerView = typeof serverView.static
