import { t } from 'elysia'
import { connectionFigures } from '../../http/connection-figures.ts'
import { nullable, time } from '../../http/schemas.ts'

const place = t.Object({
  isolation: t.Union([t.Literal('pooled'), t.Literal('dedicated')]),
  database_server_id: nullable(t.String()),
})

const setAsideView = t.Object({
  database_name: t.String(),
  tenant_number: t.Integer({ description: 'Of the tenant it belonged to' }),
  bytes: t.Integer(),
})

/** `GET /admin/system/fleet`: the databases of dedicated tenants, as they are at this moment. */
export const fleetView = t.Object({
  migrations: t.Object({
    version: t.Integer({ description: 'How many migrations a store has that is up to date' }),
    tenants: t.Integer({ description: 'Tenants with a database of their own' }),
    behind: t.Integer({ description: 'Of these, how many have fewer migrations; they are not served' }),
    versions: t.Array(t.Object({ version: nullable(t.Integer()), tenants: t.Integer() })),
    failed: t.Array(
      t.Object({
        tenant_id: t.String(),
        name: t.String(),
        version: nullable(t.Integer({ description: 'How many migrations its database has' })),
        failure: nullable(t.String({ description: 'What its managers read' })),
        error: nullable(t.String({ description: 'What the database said' })),
        at: time,
      }),
      { description: '200 at most' },
    ),
  }),
  servers: t.Array(
    t.Object({
      id: t.String(),
      name: t.String(),
      is_built_in: t.Boolean(),
      status: t.Union([t.Literal('healthy'), t.Literal('unhealthy')]),
      version: nullable(t.String({ description: 'Of PostgreSQL' })),
      latency_ms: nullable(t.Integer()),
      tenants: t.Integer(),
      template_version: nullable(
        t.Integer({ description: 'Migrations of its newest template; null before its first tenant' }),
      ),
      connections: connectionFigures,
      set_aside: t.Array(setAsideView, {
        description: 'Databases without a tenant that hold rows: nothing of ours will ever drop them',
      }),
    }),
    { description: 'The built-in one first' },
  ),
  moves: t.Array(
    t.Object({
      id: t.String(),
      tenant_id: t.String(),
      tenant_name: t.String(),
      source: place,
      target: place,
      step: t.Union(
        [
          t.Literal('preparing'),
          t.Literal('copying'),
          t.Literal('pausing'),
          t.Literal('moved'),
          t.Literal('aborted'),
          t.Literal('failed'),
        ],
        { description: 'pausing: writes wait' },
      ),
      rows_total: t.Integer(),
      rows_copied: t.Integer(),
      started_at: time,
    }),
    { description: 'Running ones' },
  ),
  kept: t.Array(
    t.Object({
      tenant_id: t.String(),
      database_server_id: nullable(t.String()),
      database_name: nullable(t.String({ description: 'null: rows in the shared database' })),
      until: time,
    }),
    { description: 'What tenants were moved away from' },
  ),
})
/** The fleet as sent. */
export type FleetView = typeof fleetView.static
