import { formatPlural } from '../../lib/numbers.ts'
import { takesTenants } from '../../panels/use-servers.ts'

/** What is read of a database server to offer it. */
export interface OfferedServer {
  id: string
  name: string
  is_draining: boolean
  tenants: number
  tenants_max: number | null
}

/** Somewhere a tenant can be moved to. */
export interface MoveTarget {
  /** What tells it from the others. */
  value: string
  label: string
  note: string
  body: { isolation: 'pooled' | 'dedicated'; database_server_id?: string }
}

const pooled: MoveTarget = {
  value: 'pooled',
  label: 'Shared database',
  note: 'Its rows lie beside those of others, kept apart by the database itself.',
  body: { isolation: 'pooled' },
}

const ownNote = 'A database and a login of its own: another’s load or mistake cannot reach it.'

/**
 * Where a tenant can go from where it is: for a pooled one first wherever there is most room, then each server by name
 * when there are several. Servers that take no new tenants are left out.
 */
export function listMoveTargets(options: {
  tenant: { isolation: 'pooled' | 'dedicated'; database_server_id: string | null }
  servers: readonly OfferedServer[]
}): readonly MoveTarget[] {
  const { tenant, servers } = options
  const named = servers
    .filter((server) => takesTenants(server) && server.id !== tenant.database_server_id)
    .map(({ id, name, tenants }): MoveTarget => ({
      value: id,
      label: `Own database on ${name}`,
      note: `${formatPlural(tenants, 'tenant')} there now.`,
      body: { isolation: 'dedicated', database_server_id: id },
    }))
  if (tenant.isolation === 'dedicated') return [pooled, ...named]
  const note = servers.length > 1 ? `${ownNote} On the server with most room.` : ownNote
  const own: MoveTarget = { value: 'dedicated', label: 'Own database', note, body: { isolation: 'dedicated' } }
  return servers.length > 1 ? [own, ...named] : [own]
}
