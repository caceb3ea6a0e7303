import { AppError, defineError } from '../platform/errors.ts'
import type { DatabaseServerId, TenantId } from '../platform/ids.ts'
import type { Log } from '../platform/log.ts'
import type { SecretBox, SecretPlace } from '../platform/secrets.ts'
import type { ChangeFeed } from './change-feed.ts'
import {
  type BudgetedPool,
  type BudgetFigures,
  type ConnectionBudget,
  createConnectionBudget,
} from './connection-budget.ts'
import type { Connection } from './connection-slot.ts'
import type { CoreDatabase } from './core-database.ts'
import type { DatabaseServers } from './database-servers.ts'
import { createDedicatedStore } from './dedicated-store.ts'
import { storeMigrations } from './migrate.ts'
import { createPooledStore } from './pooled-store.ts'
import type { PoolWaits } from './pool-waits.ts'
import { connectorOf, databaseBy } from './postgres.ts'
import { countReplicas, readConnectionsMax, shareOfServer } from './server-capacity.ts'
import { TenantScope, type TenantStore } from './tenant-scope.ts'
import { findTenant, type TenantRecord } from './tenants.data.ts'
import type { UsageLedger } from './usage.data.ts'
import { verifyIsolation } from './verify-isolation.ts'

/** A database of its own for a tenant cannot be had here. */
export const dedicatedUnavailable = defineError({
  code: 'tenant.dedicated_unavailable',
  status: 409,
  title: 'A dedicated database is not available',
})
/** The tenant's own database does not answer, is not made yet, or waits for its migration. */
export const storeUnavailable = defineError({
  code: 'tenant.database_unavailable',
  status: 503,
  title: "The tenant's database is not available",
})

/** What decides where a tenant's rows are. */
export type StoreLocation = Pick<TenantRecord, 'id'> &
  Partial<Pick<TenantRecord, 'state'>> &
  ({ isolation: 'pooled' } | DedicatedLocation) & {
    /** It is only to be moved there: how its connections go says nothing of the tenant's own database. */
    isTarget?: boolean
  }

type DedicatedLocation = Pick<
  TenantRecord,
  'isolation' | 'databaseServerId' | 'databaseName' | 'databaseRole' | 'databasePassword' | 'storeVersion'
>
/** A dedicated store's place. */
type DedicatedTenant = Pick<TenantRecord, 'id'> & DedicatedLocation & Pick<StoreLocation, 'isTarget'>

/** Opens the store that a tenant lives in; features cannot tell one kind from the other. */
export interface TenantDatabases {
  /**
   * The tenant's rows. A dedicated store that cannot be reached shows at the first query: `tenant.database_unavailable`
   * or `server.busy`, both 503.
   */
  scopeOf(tenant: StoreLocation): TenantScope
  /** How the connections to each database server are used. */
  figures(): Map<DatabaseServerId, BudgetFigures>
  /** Shares connections anew among the replicas there are now. */
  rebalance(): Promise<void>
  close(): Promise<void>
}

/** Who hears how opening connections to dedicated stores goes. */
export interface StoreWatch {
  opened(tenantId: TenantId): void
  /** @param error `tenant.database_unavailable` */
  failed(tenantId: TenantId, error: unknown): void
}

interface OpenedStore {
  location: string
  store: TenantStore
  pool: BudgetedPool
}

/** Before a server has told how many connections it takes. */
const connectionsBeforeKnown = 8

/** Pooled tenants share the core database's connections; each dedicated one has a few of its own within a budget. */
export function createTenantDatabases(parts: {
  core: CoreDatabase
  servers: DatabaseServers
  ledger: UsageLedger
  secretBox: SecretBox
  feed: ChangeFeed
  /** Hears whether a dedicated store could be opened. */
  watch: StoreWatch
  noteWait?: PoolWaits
  log: Log
}): TenantDatabases {
  const { core, servers, ledger, secretBox, watch, log } = parts
  const pooled = createPooledStore(core)
  const version = storeMigrations().version
  const budgets = new Map<DatabaseServerId, ServerBudget>()
  /** By place: a tenant that is being moved has two of them. */
  const opened = new Map<string, OpenedStore>()
  const verified = new Set<string>()
  let replicas = 1

  interface ServerBudget {
    budget: ConnectionBudget
    /** Asked of the server with its first connection. */
    connectionsMax: number | undefined
  }

  function budgetOf(id: DatabaseServerId): ServerBudget {
    const known = budgets.get(id)
    if (known) return known
    const onWait = (waitedMs: number): void => parts.noteWait?.(id, waitedMs)
    const budget = createConnectionBudget({ max: connectionsBeforeKnown, onWait })
    const made = { budget, connectionsMax: undefined }
    budgets.set(id, made)
    return made
  }

  function openStore(tenant: DedicatedTenant, serverId: DatabaseServerId): OpenedStore {
    const location = describeLocation(tenant)
    const key = `${tenant.id} ${tenant.isTarget ? 'target ' : ''}${location}`
    const known = opened.get(key)
    if (known) return known
    const pool = openPool(tenant, serverId, location)
    const made = { location, pool, store: createDedicatedStore({ pool, ledger }) }
    opened.set(key, made)
    return made
  }

  function openPool(tenant: DedicatedTenant, serverId: DatabaseServerId, location: string): BudgetedPool {
    const { budget } = budgetOf(serverId)
    const { databaseName: database, databaseRole: role, databasePassword: sealed } = tenant
    const describe = (cause: unknown): Promise<unknown> =>
      tenant.isTarget ? describeTarget(tenant.id, serverId, cause) : Promise.resolve(describeFailure(tenant.id, cause))
    return budget.createPool({
      prepare: core.prepare,
      async locate() {
        try {
          if (database === null || role === null || sealed === null) throw new Error('the tenant has no database yet')
          const password = await secretBox.open(placeOfStorePassword(tenant.id), sealed)
          const server = await servers.get(serverId)
          return connectorOf({
            url: server.storeUrl({ database, role, password }),
            name: 'tenantry store',
            prepare: core.prepare,
          })
        } catch (cause) {
          throw await describe(cause)
        }
      },
      async check(connection) {
        try {
          await checkStore({ connection, serverId, location })
          if (!tenant.isTarget) watch.opened(tenant.id)
        } catch (cause) {
          throw await describe(cause)
        }
      },
    })
  }

  /** The first connection of this process to a store looks at its catalog (guarantee A4), the others only whether it answers. */
  async function checkStore(check: {
    connection: Connection
    serverId: DatabaseServerId
    location: string
  }): Promise<void> {
    const { connection, serverId, location } = check
    const database = databaseBy((query, parameters) => connection.send(query, parameters))
    const entry = budgetOf(serverId)
    if (entry.connectionsMax === undefined) {
      entry.connectionsMax = await readConnectionsMax(database)
      await resize(serverId, entry)
    }
    if (verified.has(location)) {
      await connection.send('select 1')
      return
    }
    await verifyIsolation(database)
    verified.add(location)
  }

  function describeFailure(tenantId: TenantId, cause: unknown): Error {
    if (cause instanceof AppError && cause.status === 503) return cause
    log.warn({ err: cause, tenant_id: tenantId }, "a tenant's database could not be opened")
    const error = storeUnavailable({
      detail: "The tenant's database does not answer right now. Try again in a moment.",
      cause,
      headers: { 'retry-after': '2' },
    })
    watch.failed(tenantId, error)
    return error
  }

  async function describeTarget(tenantId: TenantId, serverId: DatabaseServerId, cause: unknown): Promise<unknown> {
    if (cause instanceof AppError && cause.status === 503) return cause
    log.warn({ err: cause, tenant_id: tenantId }, 'the database that a tenant is to move to could not be opened')
    const name = await servers.get(serverId).then(
      (server) => `“${server.record.name}”`,
      () => 'its database server',
    )
    return storeUnavailable({ detail: `The new database on ${name} does not answer.`, cause })
  }

  async function resize(id: DatabaseServerId, entry: ServerBudget): Promise<void> {
    if (entry.connectionsMax === undefined) return
    const { record } = await servers.get(id)
    entry.budget.resize(
      shareOfServer({
        connectionsMax: Math.min(entry.connectionsMax, record.connectionsMax ?? Infinity),
        replicas,
        ownConnections: record.isBuiltIn ? core.connectionsMax : 0,
      }),
    )
  }

  function retireServer(id: string | undefined): void {
    for (const [key, store] of opened) {
      if (id !== undefined && !store.location.startsWith(`${id} `)) continue
      opened.delete(key)
      store.pool.retire()
    }
    for (const [serverId, entry] of budgets) {
      if (id === undefined || serverId === id) entry.connectionsMax = undefined
    }
  }

  parts.feed.onChange((change) => {
    if (!change || change.kind === 'database_server') retireServer(change?.ids[0])
  })

  function storeOf(tenant: StoreLocation): TenantStore {
    if (tenant.isolation === 'pooled') return pooled
    const { databaseServerId, databaseName, storeVersion } = tenant
    const isMade = databaseServerId !== null && databaseName !== null
    if (!isMade || (storeVersion ?? 0) < version) throw notReady({ isMade, isFailed: tenant.state === 'failed' })
    return openStore(tenant, databaseServerId).store
  }

  async function relocate(id: TenantId): Promise<TenantStore> {
    const tenant = await findTenant(core.db, id)
    if (!tenant) throw storeUnavailable({ detail: 'The tenant was removed.' })
    return storeOf(tenant)
  }

  return {
    scopeOf: (tenant) => new TenantScope(tenant.id, storeOf(tenant), () => relocate(tenant.id)),
    figures: () => new Map([...budgets].map(([id, entry]) => [id, entry.budget.figures()])),
    async rebalance() {
      replicas = await countReplicas(core.db)
      await Promise.all([...budgets].map(([id, entry]) => resize(id, entry)))
      // Connections to a tenant's former place close when they have been idle for a while.
      for (const [key, store] of opened) if (store.pool.isQuiet) opened.delete(key)
    },
    async close() {
      await Promise.all([...opened.values()].map((store) => store.pool.end()))
      opened.clear()
    },
  }
}

/** Where the password of a tenant's login role is sealed for. */
export function placeOfStorePassword(tenantId: TenantId): SecretPlace {
  return { table: 'tenants', column: 'database_password', row: tenantId }
}

/** Everything that makes another connection: as soon as one part differs, connections made before are not used again. */
function describeLocation(tenant: DedicatedTenant): string {
  return [tenant.databaseServerId, tenant.databaseName, tenant.databaseRole, tenant.databasePassword].join(' ')
}

/** For those who manage the tenant; others meet its state before. */
function notReady({ isMade, isFailed }: { isMade: boolean; isFailed: boolean }): Error {
  const failed = isMade ? 'could not be migrated' : 'could not be made'
  const awaited = isMade ? 'waits for its migration' : 'is not made yet'
  const what = isFailed ? `${failed}: its \`failure\` says why, and it can be tried again` : awaited
  return storeUnavailable({ detail: `The tenant's database ${what}.`, headers: { 'retry-after': '5' } })
}
