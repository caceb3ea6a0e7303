import {
  parseSignInSessionId,
  parseTenantId,
  parseUserId,
  type SignInSessionId,
  type TenantId,
  type UserId,
} from '../platform/ids.ts'
import type { Clock } from '../platform/clock.ts'
import { type ApiKey, findApiKey } from './api-keys.data.ts'
import { hasDocuments } from './chunk-search.data.ts'
import type { Change, ChangeFeed } from './change-feed.ts'
import type { CoreDatabase } from './core-database.ts'
import type { ModelPrice } from './prices.data.ts'
import { loadPrices } from './prices.data.ts'
import { findSignInSession, type SignInSession } from './sign-in-sessions.data.ts'
import type { TenantDatabases } from './tenant-databases.ts'
import type { TenantUserRow } from './tenant-scope.ts'
import { findTenant, type TenantRecord } from './tenants.data.ts'
import { findUser, type PlatformUser } from './users.data.ts'
import { createWatchedCache, type WatchedCache } from './watched-cache.ts'

/** What decides over access, in memory as long as nobody changed it (design §9). */
export interface Directories {
  tenant(id: TenantId): Promise<TenantRecord | undefined>
  user(id: UserId): Promise<PlatformUser | undefined>
  session(id: SignInSessionId): Promise<SignInSession | undefined>
  /** An API key, revoked and expired ones included; of its last use only what was known when it was read. */
  apiKey(id: UserId): Promise<ApiKey | undefined>
  tenantUser(tenant: TenantRecord, id: UserId): Promise<TenantUserRow | undefined>
  /** Whether the tenant has any document to search. */
  hasDocuments(tenant: TenantRecord): Promise<boolean>
  /** The price in force for a model; undefined when it is unknown. */
  price(provider: string, model: string): Promise<ModelPrice | undefined>
  /** Forgets here at once what this process changed; the other replicas hear of it from the database. */
  forget(change: Change): void
}

const entriesMax = 50_000
/** Prices may come into force by time alone. */
const pricesKeptMs = 60_000
/** Changes act within a second (guarantee A10), and reading takes its time, too. */
const unheardKeptMs = 500

/** When it was asked for, in monotonic milliseconds; null when changes of it are heard. */
interface Aged {
  readMs: number | null
}

/** Caches over the core database and the tenant stores, kept true by the change feed. */
export function createDirectories(options: {
  core: CoreDatabase
  databases: TenantDatabases
  feed: ChangeFeed
  clock: Clock
}): Directories {
  const { core, databases, feed, clock } = options
  const isYoung = (row: { readMs: number | null }): boolean =>
    row.readMs === null || clock.monotonicMs() - row.readMs < unheardKeptMs
  /** In a dedicated database nobody listens, so what was read there is believed only for a while. */
  const readMsOf = (tenant: TenantRecord): number | null =>
    tenant.isolation === 'dedicated' ? clock.monotonicMs() : null
  const isTrusted = (): boolean => feed.isListening()

  const tenants = createWatchedCache<TenantRecord>({
    entriesMax,
    isTrusted,
    load: async (key) => {
      const id = parseTenantId(key)
      return id && findTenant(core.db, id)
    },
  })
  const users = createWatchedCache<PlatformUser>({
    entriesMax,
    isTrusted,
    load: async (key) => {
      const id = parseUserId(key)
      return id && findUser(core.db, id)
    },
  })
  const sessions = createWatchedCache<SignInSession>({
    entriesMax,
    isTrusted,
    load: async (key) => {
      const id = parseSignInSessionId(key)
      return id && findSignInSession(core.db, id)
    },
  })
  const apiKeys = createWatchedCache<ApiKey>({
    entriesMax,
    isTrusted,
    load: async (key) => {
      const id = parseUserId(key)
      return id && findApiKey(core.db, id)
    },
  })
  const tenantUsers = createWatchedCache<Aged & { tenantId: TenantId; row: TenantUserRow }>({
    entriesMax,
    isTrusted,
    isFresh: isYoung,
    load: async (key) => {
      const [tenantText, userText] = key.split(' ')
      const tenantId = parseTenantId(tenantText ?? '')
      const userId = parseUserId(userText ?? '')
      const tenant = tenantId && (await tenants.get(tenantId))
      if (!tenant || !userId) return undefined
      const readMs = readMsOf(tenant)
      const row = await databases.scopeOf(tenant).findUser(userId)
      return row && { tenantId: tenant.id, row, readMs }
    },
  })
  const documents = createWatchedCache<Aged & { tenantId: TenantId; any: boolean }>({
    entriesMax,
    isTrusted,
    isFresh: isYoung,
    load: async (key) => {
      const tenantId = parseTenantId(key)
      const tenant = tenantId && (await tenants.get(tenantId))
      if (!tenant) return undefined
      return {
        tenantId: tenant.id,
        readMs: readMsOf(tenant),
        any: await databases.scopeOf(tenant).read((database) => hasDocuments(database, tenant.id)),
      }
    },
  })
  let pricesAge = 0
  const prices = createWatchedCache<Map<string, ModelPrice>>({
    entriesMax: 1,
    isTrusted,
    load: () => {
      pricesAge = clock.now().getTime()
      return loadPrices(core.db, clock.now())
    },
  })

  feed.onChange((change) => forgetIn({ tenants, users, sessions, apiKeys, tenantUsers, documents, prices }, change))
  return {
    tenant: (id) => tenants.get(id),
    user: (id) => users.get(id),
    session: (id) => sessions.get(id),
    apiKey: (id) => apiKeys.get(id),
    async tenantUser(tenant, id) {
      const found = await tenantUsers.get(`${tenant.id} ${id}`)
      // The tenant is part of the key and checked again in the value (guarantee A8).
      return found?.tenantId === tenant.id ? found.row : undefined
    },
    async hasDocuments(tenant) {
      const found = await documents.get(tenant.id)
      return found?.tenantId === tenant.id && found.any
    },
    async price(provider, model) {
      if (clock.now().getTime() - pricesAge > pricesKeptMs) prices.forgetAll()
      return (await prices.get('all'))?.get(`${provider}/${model}`)
    },
    forget: (change) => feed.announce(change),
  }
}

interface Caches {
  tenants: WatchedCache<unknown>
  users: WatchedCache<unknown>
  sessions: WatchedCache<unknown>
  apiKeys: WatchedCache<unknown>
  tenantUsers: WatchedCache<unknown>
  documents: WatchedCache<unknown>
  prices: WatchedCache<unknown>
}

function forgetIn(caches: Caches, change: Change | undefined): void {
  if (!change) {
    for (const cache of Object.values(caches)) cache.forgetAll()
    return
  }
  const key = change.ids.join(' ')
  if (change.kind === 'tenant') caches.tenants.forget(key)
  else if (change.kind === 'user') caches.users.forget(key)
  else if (change.kind === 'session') caches.sessions.forget(key)
  else if (change.kind === 'api_key') caches.apiKeys.forget(key)
  else if (change.kind === 'tenant_user') caches.tenantUsers.forget(key)
  else if (change.kind === 'documents') caches.documents.forget(key)
  else if (change.kind === 'prices') caches.prices.forgetAll()
}
